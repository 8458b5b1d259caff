//! `encryptAES` and `decryptAES`: AES-256 in CBC mode, the password itself as the key, as sprig has it. It is no
//! way to keep a secret; it is here for what was encrypted with it elsewhere.

use aes::Aes256;
use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::Function;
use super::Param::Text;
use super::encoding::base64_decoded;
use crate::fault::Fault;
use crate::value::Value;

const BLOCK: usize = 16;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("encryptAES", &[Text, Text], |context, args| {
        let plain = args.text(1)?;
        if plain.is_empty() {
            return Ok(Value::from(""));
        }
        let mut before = context.random::<BLOCK>()?;
        let cipher = cipher(args.text(0)?);
        let mut out = before.to_vec();
        let padding = BLOCK - plain.len() % BLOCK;
        let padded = plain.iter().copied().chain(std::iter::repeat_n(u8::try_from(padding).unwrap_or_default(), padding));
        let padded = Zeroizing::new(padded.collect::<Vec<u8>>());
        for block in padded.chunks_exact(BLOCK) {
            before.iter_mut().zip(block).for_each(|(to, from)| *to ^= from);
            cipher.encrypt_block(GenericArray::from_mut_slice(&mut before));
            out.extend_from_slice(&before);
        }
        Ok(Value::from(BASE64_STANDARD.encode(out)))
    })
    .volatile(),
    Function::new("decryptAES", &[Text, Text], |_, args| {
        let text = args.text(1)?;
        if text.is_empty() {
            return Ok(Value::from(""));
        }
        let bytes = base64_decoded(text).map_err(|_| Fault::Because("its input is not base64"))?;
        if bytes.len() < 2 * BLOCK || bytes.len() % BLOCK != 0 {
            return Err("its input is not made of whole blocks".into());
        }
        let cipher = cipher(args.text(0)?);
        let mut out = Vec::with_capacity(bytes.len());
        for (before, block) in bytes.chunks_exact(BLOCK).zip(bytes.chunks_exact(BLOCK).skip(1)) {
            let mut plain = GenericArray::clone_from_slice(block);
            cipher.decrypt_block(&mut plain);
            out.extend(plain.iter().zip(before).map(|(left, right)| left ^ right));
        }
        let padding = usize::from(out.last().copied().unwrap_or_default());
        let length = out.len().checked_sub(padding).ok_or(Fault::Because("its input was encrypted with another password"))?;
        out.truncate(length);
        Ok(Value::from(out))
    }),
];

/// The password, cut or filled up with zeros.
fn cipher(password: &[u8]) -> Aes256 {
    let mut key = Zeroizing::new([0; 32]);
    key.iter_mut().zip(password).for_each(|(to, from)| *to = *from);
    Aes256::new(GenericArray::from_slice(key.as_slice()))
}
