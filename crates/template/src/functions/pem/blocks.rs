//! PEM blocks as Go's encoding/pem reads and writes them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::functions::encoding::base64_decoded;
use crate::text::find;

/// One block.
pub(in crate::functions) struct Block {
    pub(in crate::functions) kind: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub(in crate::functions) bytes: Vec<u8>,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// The first block, and what stands behind it.
pub(in crate::functions) fn decode(text: &[u8]) -> Option<(Block, &[u8])> {
    let mut rest = text;
    loop {
        let begin = begin(rest)?;
        let (line, behind) = line(begin);
        if let Some(kind) = line.strip_suffix(DASHES)
            && let Some((block, behind)) = body(kind, behind)
        {
            return Some((block, behind));
        }
        rest = behind;
    }
}

/// What stands behind the next `-----BEGIN ` at the beginning of a line.
fn begin(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(BEGIN).or_else(|| {
        let marker = [b"\n", BEGIN].concat();
        text.get(find(text, &marker)? + marker.len()..)
    })
}

/// A line without blanks at its end, and what follows it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match find(text, b"\n") {
        Some(at) => (text.get(..at).unwrap_or(text), text.get(at + 1..).unwrap_or_default()),
        None => (text, &[][..]),
    };
    let end = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).map_or(0, |at| at + 1);
    (line.get(..end).unwrap_or(line), rest)
}

fn body<'t>(kind: &[u8], text: &'t [u8]) -> Option<(Block, &'t [u8])> {
    let mut headers = Vec::new();
    let mut rest = text;
    loop {
        let (header, behind) = line(rest);
        let Some(colon) = header.iter().position(|byte| *byte == b':') else { break };
        let (name, value) = (header.get(..colon)?, header.get(colon + 1..)?);
        headers.push((name.trim_ascii().to_vec(), value.trim_ascii().to_vec()));
        rest = behind;
    }
    let (encoded, behind) = if let Some(behind) = rest.strip_prefix(END).filter(|_| headers.is_empty()) {
        (&[][..], behind)
    } else {
        let marker = [b"\n", END].concat();
        let at = find(rest, &marker)?;
        (rest.get(..at)?, rest.get(at + marker.len()..)?)
    };
    let (last, behind) = line(behind);
    if last.strip_suffix(DASHES)? != kind {
        return None;
    }
    let encoded: Vec<u8> = encoded.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')).collect();
    let bytes = base64_decoded(&encoded).ok()?;
    Some((Block { kind: kind.to_vec(), headers, bytes }, behind))
}

impl Block {
    pub(in crate::functions) fn new(kind: &str, bytes: Vec<u8>) -> Self {
        Self { kind: kind.as_bytes().to_vec(), headers: Vec::new(), bytes }
    }

    /// The block as text, 64 characters a line.
    pub(in crate::functions) fn encode(&self) -> Vec<u8> {
        let mut out = [BEGIN, &self.kind, DASHES, b"\n"].concat();
        let mut headers = self.headers.clone();
        headers.sort();
        headers.sort_by_key(|(name, _)| name != b"Proc-Type");
        for (name, value) in &headers {
            out.extend([name.as_slice(), b": ", value, b"\n"].concat());
        }
        if !headers.is_empty() {
            out.push(b'\n');
        }
        for line in BASE64_STANDARD.encode(&self.bytes).as_bytes().chunks(64) {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        out.extend([END, &self.kind, DASHES, b"\n"].concat());
        out
    }
}
