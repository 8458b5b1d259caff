//! Passwords hashed and derived: bcrypt, htpasswd lines, and the Master Password algorithm.

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Function;
use super::Param::{Text, Unsigned32};
use crate::context::Context;
use crate::fault::{Fault, Outcome};
use crate::number::wide;
use crate::text::find;
use crate::value::Value;

/// What one derivation takes from the budget.
const COST: u32 = 16;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("bcrypt", &[Text], |context, args| Ok(Value::from(bcrypted(context, args.text(0)?)?))).volatile(),
    Function::new("htpasswd", &[Text, Text], |context, args| {
        let (user, password) = (args.text(0)?, args.text(1)?);
        if find(user, b":").is_some() {
            return Ok(Value::from([b"invalid username: ", user].concat()));
        }
        let hash = match args.from(2) {
            [Value::Text(algorithm), ..] if algorithm.bytes() == b"sha" => {
                let sum = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password);
                format!("{{SHA}}{}", BASE64_STANDARD.encode(sum)).into_bytes()
            }
            _ => bcrypted(context, password)?,
        };
        Ok(Value::from([user, b":", &hash].concat()))
    })
    .and_more(Text)
    .volatile(),
    Function::new("derivePassword", &[Unsigned32, Text, Text, Text, Text], |context, args| {
        let counter = u32::try_from(args.unsigned(0)?).map_err(|_| Fault::Because("the counter is too large"))?;
        derived(context, counter, args.text(1)?, args.text(2)?, args.text(3)?, args.text(4)?)
    }),
];

fn bcrypted(context: &Context<'_>, password: &[u8]) -> Result<Vec<u8>, Fault> {
    if password.len() > 72 {
        return Ok(b"failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_vec());
    }
    context.costly(COST)?;
    let parts = bcrypt::hash_with_salt(password, 10, context.random::<16>()?);
    let parts = parts.map_err(|_| Fault::Because("the password cannot be hashed"))?;
    Ok(parts.format_for_version(bcrypt::Version::TwoA).into_bytes())
}

/// The shapes of passwords, by kind: a letter stands for a set of characters.
fn shapes(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

fn characters(letter: char) -> &'static str {
    match letter {
        'V' => "AEIOU",
        'C' => "BCDFGHJKLMNPQRSTVWXYZ",
        'v' => "aeiou",
        'c' => "bcdfghjklmnpqrstvwxyz",
        'A' => "AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        'a' => "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        'n' => "0123456789",
        'o' => "@&%?,=[]_:-+*$#!'^~;()/.",
        _ => "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

const FAILED: Fault = Fault::Because("the password cannot be derived");
const NAMESPACE: &[u8] = b"com.lyndir.masterpassword";

/// The namespace, then a text behind its length.
fn framed(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = u32::try_from(wide(text.len()) & 0xffff_ffff).unwrap_or_default();
    Zeroizing::new([NAMESPACE, &length.to_be_bytes(), text].concat())
}

fn derived(context: &Context<'_>, counter: u32, kind: &[u8], password: &[u8], user: &[u8], site: &[u8]) -> Outcome {
    let Some(shapes) = shapes(kind) else {
        return Ok(Value::from([b"cannot find password template ", kind].concat()));
    };
    context.costly(COST)?;
    let params = scrypt::Params::new(15, 8, 2, 64).map_err(|_| FAILED)?;
    let mut key = Zeroizing::new([0; 64]);
    scrypt::scrypt(password, &framed(user), &params, key.as_mut_slice()).map_err(|_| FAILED)?;
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key.as_slice()).map_err(|_| FAILED)?;
    mac.update(&framed(site));
    mac.update(&counter.to_be_bytes());
    let seed = mac.finalize().into_bytes();
    let pick = |byte: u8, count: usize| usize::from(byte) % count.max(1);
    let mut seed = seed.iter().copied();
    let shape = shapes.get(pick(seed.next().unwrap_or_default(), shapes.len())).copied().unwrap_or_default();
    let chosen = shape.chars().zip(seed).filter_map(|(letter, byte)| {
        let characters = characters(letter);
        characters.chars().nth(pick(byte, characters.len()))
    });
    Ok(Value::from(chosen.collect::<String>()))
}
