//! `filterCertChain`: certificates ordered from the leaf to the root by their key ids. No signature is checked.

use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Block, NO_CERTIFICATE, decode};
use crate::context::Context;
use crate::fault::{Fault, Outcome};
use crate::value::Value;

struct Link {
    block: Block,
    own: Option<Vec<u8>>,
    issuer: Option<Vec<u8>>,
}

impl Link {
    fn of(block: Block) -> Result<Self, Fault> {
        let (own, issuer) = key_ids(&block.bytes)?;
        Ok(Self { block, own, issuer })
    }

    fn is_self_issued(&self) -> bool {
        self.issuer.is_none() || self.issuer == self.own
    }
}

/// Certificates from the leaf to the root, if they are one chain.
pub(in crate::functions) fn in_order(context: &Context<'_>, blocks: impl Iterator<Item = Block>) -> Result<Vec<Block>, Fault> {
    let links = blocks.map(Link::of).collect::<Result<_, _>>()?;
    Ok(ordered(context, links)?.into_iter().map(|link| link.block).collect())
}

pub(super) fn filter(context: &Context<'_>, kind: &[u8], text: &[u8]) -> Outcome {
    let chain = ordered(context, links(text)?)?;
    let blocks = |links: &[Link]| Value::from(links.iter().flat_map(|link| link.block.encode()).collect::<Vec<u8>>());
    let first = chain.first().filter(|link| !link.is_self_issued());
    let last = chain.last().filter(|link| link.is_self_issued());
    Ok(match kind {
        b"leaf" => first.map_or_else(|| Value::from(""), |link| blocks(std::slice::from_ref(link))),
        b"root" => last.map_or_else(|| Value::from(""), |link| blocks(std::slice::from_ref(link))),
        b"intermediate" => {
            let behind = chain.get(1..).unwrap_or_default();
            let end = behind.iter().position(Link::is_self_issued).unwrap_or(behind.len());
            blocks(behind.get(..end).unwrap_or_default())
        }
        _ => Value::from(""),
    })
}

fn links(mut text: &[u8]) -> Result<Vec<Link>, Fault> {
    let mut links = Vec::new();
    while let Some((block, rest)) = decode(text) {
        text = rest;
        links.push(Link::of(block)?);
    }
    Ok(links)
}

type KeyId = Option<Vec<u8>>;

fn key_ids(der: &[u8]) -> Result<(KeyId, KeyId), Fault> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| NO_CERTIFICATE)?;
    let (mut own, mut issuer) = (None, None);
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => own = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => issuer = id.key_identifier.as_ref().map(|id| id.0.to_vec()),
            _ => {}
        }
    }
    Ok((own, issuer))
}

/// From the one certificate that issues no other along its issuers.
fn ordered(context: &Context<'_>, links: Vec<Link>) -> Result<Vec<Link>, Fault> {
    context.steps(links.len().saturating_mul(links.len()))?;
    let bytes = |id: &Option<Vec<u8>>| id.clone().unwrap_or_default();
    let issuers: Vec<Option<usize>> = links
        .iter()
        .enumerate()
        .map(|(at, link)| {
            links.iter().enumerate().position(|(other, issuer)| other != at && bytes(&issuer.own) == bytes(&link.issuer))
        })
        .collect();
    let mut leaves = (0..links.len()).filter(|at| !issuers.contains(&Some(*at)));
    let mut next = leaves.next();
    if next.is_none() {
        return Err("there is no leaf among the certificates".into());
    }
    if leaves.next().is_some() {
        return Err("there is more than one leaf among the certificates".into());
    }
    let mut slots: Vec<Option<Link>> = links.into_iter().map(Some).collect();
    let mut chain = Vec::new();
    while let Some(at) = next {
        let link =
            slots.get_mut(at).and_then(Option::take).ok_or(Fault::Because("the certificates issue each other in a circle"))?;
        chain.push(link);
        next = issuers.get(at).copied().flatten();
    }
    Ok(chain)
}
