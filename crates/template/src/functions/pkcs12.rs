//! PKCS#12 files (RFC 7292): the keys and certificates inside, and files made of both.
//!
//! Must never: derive a key at a cost that the file alone decides.

mod alone;

use std::collections::HashMap;

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, Pkcs12Archive, PrivateKey, PrivateKeyChain};
use zeroize::Zeroizing;

use super::Function;
use super::Param::Text;
use super::der;
use super::pem::{Block, NO_BLOCK, NO_CERTIFICATE, decode, in_order};
use crate::context::Context;
use crate::fault::{Fault, Outcome};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("pkcs12key", &[Text], |context, args| key(context, b"", args.text(0)?)),
    Function::new("pkcs12keyPass", &[Text, Text], |context, args| key(context, args.text(0)?, args.text(1)?)),
    Function::new("pkcs12cert", &[Text], |context, args| certificates(context, b"", args.text(0)?)),
    Function::new("pkcs12certPass", &[Text, Text], |context, args| certificates(context, args.text(0)?, args.text(1)?)),
    Function::new("pemToPkcs12", &[Text, Text], |context, args| bundle(context, &leaf(args.text(0)?)?, args.text(1)?, b""))
        .volatile(),
    Function::new("pemToPkcs12Pass", &[Text, Text, Text], |context, args| {
        bundle(context, &leaf(args.text(0)?)?, args.text(1)?, args.text(2)?)
    })
    .volatile(),
    Function::new("fullPemToPkcs12", &[Text, Text], |context, args| bundle(context, &all(args.text(0)?)?, args.text(1)?, b""))
        .volatile(),
    Function::new("fullPemToPkcs12Pass", &[Text, Text, Text], |context, args| {
        bundle(context, &all(args.text(0)?)?, args.text(1)?, args.text(2)?)
    })
    .volatile(),
    Function::new("pemTruststoreToPKCS12", &[Text], |context, args| trust_store(context, &all(args.text(0)?)?, b"")).volatile(),
    Function::new("pemTruststoreToPKCS12Pass", &[Text, Text], |context, args| {
        trust_store(context, &all(args.text(0)?)?, args.text(1)?)
    })
    .volatile(),
];

/// Rounds of key derivation that take one unit of the budget: about as long as the others' units.
const ROUNDS_PER_UNIT: u64 = 4096;
/// Rounds that writing a file takes: three derivations.
const ROUNDS_WRITTEN: u64 = 3 * 10_000;

const NOT_READ: Fault = Fault::Because("its input is no PKCS#12 file that the password opens");
const NOT_WRITTEN: Fault = Fault::Because("no PKCS#12 file can be made of its input");
const PASSWORD: Fault = Fault::Because("the password is no text");

fn key(context: &Context<'_>, password: &[u8], file: &[u8]) -> Outcome {
    let archive = opened(context, password, file)?;
    let [key] = archive.keys.as_slice() else { return Err("the PKCS#12 file must hold exactly one key".into()) };
    let plain = der::plain_pkcs8(key.key.as_der()).ok_or(NOT_READ)?;
    Ok(Value::from(Block::new("PRIVATE KEY", plain).encode()))
}

fn certificates(context: &Context<'_>, password: &[u8], file: &[u8]) -> Outcome {
    let archive = opened(context, password, file)?;
    let blocks = || archive.certs.iter().map(|bag| Block::new("CERTIFICATE", bag.cert.as_der().to_vec()));
    let ordered = in_order(context, blocks()).unwrap_or_else(|_| blocks().collect());
    Ok(Value::from(ordered.iter().flat_map(Block::encode).collect::<Vec<u8>>()))
}

/// A file with one key and its certificate, as the functions demand it.
fn opened(context: &Context<'_>, password: &[u8], file: &[u8]) -> Result<Pkcs12Archive, Fault> {
    spend(context, rounds(file))?;
    let archive = Pkcs12Archive::from_pkcs12(file, text(password)?).map_err(|_| NOT_READ)?;
    if archive.keys.len() != 1 || archive.certs.is_empty() {
        return Err("the PKCS#12 file must hold exactly one key and its certificate".into());
    }
    Ok(archive)
}

/// Rounds of key derivation that a file asks for. In all of its structures (`MacData` and `pkcs-12PbeParams` of RFC
/// 7292, `PBKDF2-params` of RFC 8018) the number stands behind the salt.
fn rounds(file: &[u8]) -> u64 {
    let mut sum = 0_u64;
    let mut waiting = vec![file];
    while let Some(mut content) = waiting.pop() {
        let mut after_octets = false;
        while let Some((tag, inner, rest)) = der::next(content) {
            if tag == 0x02 && after_octets {
                let significant = inner.iter().skip_while(|byte| **byte == 0);
                let number = significant.fold(0_u64, |number, byte| number.saturating_mul(256).saturating_add(u64::from(*byte)));
                sum = sum.saturating_add(number);
            }
            after_octets = tag == 0x04;
            if tag & 0x20 != 0 || tag == 0x04 {
                waiting.push(inner);
            }
            content = rest;
        }
    }
    sum
}

fn spend(context: &Context<'_>, rounds: u64) -> Result<(), Fault> {
    context.costly(u32::try_from(rounds / ROUNDS_PER_UNIT + 1).unwrap_or(u32::MAX))
}

/// The first certificate of a text, which may hold more.
fn leaf(text: &[u8]) -> Result<Vec<Certificate>, Fault> {
    let (mut found, _) = certificates_in(text)?;
    found.truncate(1);
    Ok(found)
}

/// The certificates of a text that holds nothing behind them.
fn all(text: &[u8]) -> Result<Vec<Certificate>, Fault> {
    match certificates_in(text)? {
        (found, []) => Ok(found),
        (_, _) => Err(NO_BLOCK),
    }
}

fn certificates_in(mut text: &[u8]) -> Result<(Vec<Certificate>, &[u8]), Fault> {
    let mut found = Vec::new();
    while let Some((block, rest)) = decode(text) {
        found.push(Certificate::from_der(&block.bytes).map_err(|_| NO_CERTIFICATE)?);
        text = rest;
    }
    Ok((found, text))
}

fn bundle(context: &Context<'_>, certificates: &[Certificate], key: &[u8], password: &[u8]) -> Outcome {
    let leaf = certificates.first().ok_or(NO_BLOCK)?;
    let (block, _) = decode(key).ok_or(NO_BLOCK)?;
    let pkcs8 = Zeroizing::new(der::pkcs8_of_any(&block.bytes).ok_or(NOT_WRITTEN)?);
    let key = PrivateKey::from_der(&pkcs8).map_err(|_| NOT_WRITTEN)?;
    // What binds the key to its certificate inside of the file; OpenSSL, Go and Java take the same.
    let id = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, leaf.as_der());
    let chain = PrivateKeyChain::new(id.as_ref(), key, certificates.iter().cloned());
    let mut store = KeyStore::new();
    store.add_entry("1", KeyStoreEntry::PrivateKeyChain(chain));
    Ok(encoded(&written(context, &store, text(password)?)?))
}

fn trust_store(context: &Context<'_>, certificates: &[Certificate], password: &[u8]) -> Outcome {
    let mut store = KeyStore::new();
    let mut counts: HashMap<String, u32> = HashMap::new();
    for certificate in certificates {
        // The file has sixteen bits for a character.
        let subject: String = certificate.subject().chars().map(|letter| if letter <= '\u{ffff}' { letter } else { '?' }).collect();
        // Numbers that are known to be taken are not tried again: a text may hold one certificate many times.
        let count = counts.entry(subject.clone()).or_insert(1);
        let names = (*count..).map(|number| if number == 1 { subject.clone() } else { format!("{subject} ({number})") });
        let mut free = names.zip(*count..).skip_while(|(name, _)| store.entry(name).is_some());
        if let Some((name, number)) = free.next() {
            *count = number.saturating_add(1);
            store.add_entry(&name, KeyStoreEntry::Certificate(certificate.clone()));
        }
    }
    let password = text(password)?;
    let file = written(context, &store, password)?;
    Ok(encoded(&alone::first_safe(&file, password).ok_or(NOT_WRITTEN)?))
}

fn written(context: &Context<'_>, store: &KeyStore, password: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    spend(context, ROUNDS_WRITTEN)?;
    Ok(Zeroizing::new(store.writer(password).write().map_err(|_| NOT_WRITTEN)?))
}

fn text(password: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(password).map_err(|_| PASSWORD)
}

fn encoded(file: &[u8]) -> Value {
    Value::from(BASE64_STANDARD.encode(file))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn octets_and(rounds: &[u8]) -> Vec<u8> {
        der::sequence(&[&der::octets(b"salt"), &der::integer(rounds)])
    }

    #[rstest]
    #[case::beside(octets_and(&[8, 0]), 2048)]
    #[case::deep(der::sequence(&[&der::octets(&der::sequence(&[&octets_and(&[1]), &octets_and(&[2])]))]), 3)]
    #[case::endless(octets_and(&[0xff; 9]), u64::MAX)]
    #[case::a_number_alone(der::sequence(&[&der::integer(&[9]), &der::octets(b"x")]), 0)]
    #[case::nothing(Vec::new(), 0)]
    fn rounds_stand_behind_salts(#[case] file: Vec<u8>, #[case] expected: u64) {
        assert_eq!(rounds(&file), expected);
    }
}
