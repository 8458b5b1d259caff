//! SOPS documents: leaves that the selector covers and that are not encrypted. The MAC needs a key.

use sealbridge_manifest::edit::Step;
use sealbridge_manifest::position::Spot;
use sealbridge_sops::{Encrypted, Format, SopsError};

use super::super::draft::{At, Draft};
use super::super::rule::Rule;

/// Judges a document, and says which paths have to be encrypted and are not.
pub(in super::super) fn judge(format: Format, bytes: &[u8], drafts: &mut Vec<Draft>) -> Vec<String> {
    let start = At::Spot(Spot { line: 1, column: 1 });
    let leaves = Encrypted::read(format, bytes).and_then(|mut document| document.plain_leaves());
    let leaves = match leaves {
        Ok(leaves) => leaves,
        Err(problem) => {
            let at = match &problem {
                SopsError::Syntax { line, .. } if *line > 0 => At::Spot(Spot { line: *line, column: 1 }),
                _ => start,
            };
            drafts.push(Draft::of_error(Rule::SopsMetadata, at, &problem));
            return Vec::new();
        }
    };
    for path in &leaves {
        let at = match format {
            Format::Yaml | Format::Json => At::Path(0, path.split('.').map(Step::key).collect()),
            _ => line_of(bytes, path),
        };
        let problem = "it should be encrypted by the document's selector, and is not";
        let advice = "encrypt the file again with sops, and change the value at its source if it was ever pushed";
        drafts.push(Draft::new(Rule::SopsPlain, at, problem, advice).entry(path));
    }
    leaves
}

/// The line on which a key of a flat format is assigned.
fn line_of(bytes: &[u8], path: &str) -> At {
    let key = path.rsplit('.').next().unwrap_or(path);
    let text = String::from_utf8_lossy(bytes);
    let is_it = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    let line = text.lines().position(is_it).map_or(1, |position| position + 1);
    At::Spot(Spot { line, column: 1 })
}
