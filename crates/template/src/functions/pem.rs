//! PEM blocks and certificates picked from texts; RSA decryption.

mod blocks;
mod chain;

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Function;
use super::Param::Text;
use super::der;
use crate::fault::{Fault, Outcome};
use crate::value::Value;

pub(super) use blocks::{Block, decode};
pub(super) use chain::in_order;

pub(super) const NO_BLOCK: Fault = Fault::Because("there is no PEM block in its input");
pub(super) const NO_CERTIFICATE: Fault = Fault::Because("its input holds what is no certificate");

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("filterPEM", &[Text, Text], |_, args| filter(args.text(0)?, args.text(1)?)),
    Function::new("filterCertChain", &[Text, Text], |context, args| chain::filter(context, args.text(0)?, args.text(1)?)),
    Function::new("certSANs", &[Text], |_, args| alternative_names(args.text(0)?)),
    Function::new("rsaDecrypt", &[Text, Text, Text, Text], |_, args| match args.text(0)? {
        b"None" => Ok(args.value(2)),
        b"RSA-OAEP" => decrypt(args.text(1)?, args.text(2)?, args.text(3)?),
        _ => Err("there is no such scheme; it is None or RSA-OAEP".into()),
    }),
];

fn filter(kind: &[u8], text: &[u8]) -> Outcome {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((block, behind)) = decode(rest) {
        rest = behind;
        if block.kind.eq_ignore_ascii_case(kind) {
            out.extend(block.encode());
        }
    }
    if out.is_empty() && !rest.is_empty() { Err(NO_BLOCK) } else { Ok(Value::from(out)) }
}

fn alternative_names(text: &[u8]) -> Outcome {
    let (block, _) = decode(text).ok_or(NO_BLOCK)?;
    let (_, certificate) = X509Certificate::from_der(&block.bytes).map_err(|_| NO_CERTIFICATE)?;
    let names = certificate.subject_alternative_name().map_err(|_| NO_CERTIFICATE)?;
    let names = names.map(|names| names.value.general_names.as_slice()).unwrap_or_default();
    let mut found = Vec::new();
    let kinds: [fn(&GeneralName<'_>) -> Option<String>; 4] = [
        |name| if let GeneralName::DNSName(name) = name { Some((*name).to_owned()) } else { None },
        |name| if let GeneralName::IPAddress(bytes) = name { address(bytes) } else { None },
        |name| if let GeneralName::RFC822Name(name) = name { Some((*name).to_owned()) } else { None },
        |name| if let GeneralName::URI(name) = name { Some((*name).to_owned()) } else { None },
    ];
    for kind in kinds {
        found.extend(names.iter().filter_map(kind).map(Value::from));
    }
    Ok(Value::texts(found))
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    let address = std::net::Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?);
    Some(address.to_ipv4_mapped().map_or_else(|| address.to_string(), |four| four.to_string()))
}

fn decrypt(hash: &[u8], cipher: &[u8], key: &[u8]) -> Outcome {
    let (block, _) = decode(key).ok_or(NO_BLOCK)?;
    let wrapped = der::pkcs8(&der::rsa_algorithm(), &block.bytes);
    let key = PrivateDecryptingKey::from_pkcs8(&block.bytes).or_else(|_| PrivateDecryptingKey::from_pkcs8(&wrapped));
    let key = key.map_err(|_| Fault::Because("its key is no RSA key that can be used"))?;
    let key = OaepPrivateDecryptingKey::new(key).map_err(|_| Fault::Because("its key is no RSA key that can be used"))?;
    let algorithm = match hash {
        b"SHA1" => &OAEP_SHA1_MGF1SHA1,
        b"SHA512" => &OAEP_SHA512_MGF1SHA512,
        _ => &OAEP_SHA256_MGF1SHA256,
    };
    let mut plain = zeroize::Zeroizing::new(vec![0; key.min_output_size()]);
    let plain = key.decrypt(algorithm, cipher, &mut plain, None);
    plain.map(|plain| Value::from(&*plain)).map_err(|_| Fault::Because("its input was not encrypted for this key"))
}
