//! Keys and certificates made anew: `genPrivateKey`, `genCA`, `genSelfSignedCert`, `genSignedCert` and their like.
//! Keys come from AWS-LC's own randomness, serial numbers and the time from the ports.

use std::net::IpAddr;
use std::rc::Rc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize, SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime};

use super::Function;
use super::Param::{Int, List as ListParam, Pair, Text as TextParam};
use super::args::Args;
use super::certificates::CertificatePair;
use super::der;
use super::encoding::base64_decoded;
use super::pem::{Block, NO_BLOCK, NO_CERTIFICATE, decode};
use crate::context::Context;
use crate::fault::{Fault, Outcome};
use crate::text::Text;
use crate::value::Value;

/// What making an RSA key takes from the budget, by its bits.
const RSA_2048: u32 = 16;
const RSA_4096: u32 = 64;

const NO_KEY: Fault = Fault::Because("its input holds no private key that can be used");
const NOT_MADE: Fault = Fault::Because("the certificate cannot be made from what it is given");

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("genPrivateKey", &[TextParam], |context, args| gen_private_key(context, args.text(0)?)).volatile(),
    Function::new("buildCustomCert", &[TextParam, TextParam], |_, args| {
        let decoded = |index| base64_decoded(args.text(index)?).map_err(|_| Fault::Because("its input is not base64"));
        let (certificate, key) = (decoded(0)?, decoded(1)?);
        let (block, _) = decode(&certificate).ok_or(NO_BLOCK)?;
        der::certificate(&block.bytes).ok_or(NO_CERTIFICATE)?;
        read_key(&key)?;
        Ok(pair(Text::new(certificate), Text::new(key)))
    }),
    Function::new("genCA", &[TextParam, Int], |context, args| authority(context, args, &new_key(context)?)).volatile(),
    Function::new("genCAWithKey", &[TextParam, Int, TextParam], |context, args| {
        authority(context, args, &read_key(args.text(2)?)?)
    })
    .volatile(),
    Function::new("genSelfSignedCert", &[TextParam, ListParam, ListParam, Int], |context, args| {
        self_signed(context, args, &new_key(context)?)
    })
    .volatile(),
    Function::new("genSelfSignedCertWithKey", &[TextParam, ListParam, ListParam, Int, TextParam], |context, args| {
        self_signed(context, args, &read_key(args.text(4)?)?)
    })
    .volatile(),
    Function::new("genSignedCert", &[TextParam, ListParam, ListParam, Int, Pair], |context, args| {
        signed(context, args, &new_key(context)?)
    })
    .volatile(),
    Function::new("genSignedCertWithKey", &[TextParam, ListParam, ListParam, Int, Pair, TextParam], |context, args| {
        signed(context, args, &read_key(args.text(5)?)?)
    })
    .volatile(),
];

fn pair(certificate: Text, key: Text) -> Value {
    Value::Pair(Rc::new(CertificatePair::new(certificate, key)))
}

fn new_key(context: &Context<'_>) -> Result<KeyPair, Fault> {
    context.costly(RSA_2048)?;
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(|_| Fault::Because("no key can be made"))
}

/// A key in any of the forms that [`key_pem`] writes.
fn read_key(text: &[u8]) -> Result<KeyPair, Fault> {
    let (block, _) = decode(text).ok_or(NO_BLOCK)?;
    let pkcs8 = match block.kind.as_slice() {
        b"PRIVATE KEY" => Some(block.bytes),
        b"RSA PRIVATE KEY" => Some(der::pkcs8(&der::rsa_algorithm(), &block.bytes)),
        b"EC PRIVATE KEY" => der::pkcs8_of_sec1(&block.bytes),
        _ => None,
    };
    let pkcs8 = zeroize::Zeroizing::new(pkcs8.ok_or(NO_KEY)?);
    KeyPair::try_from(pkcs8.as_slice()).map_err(|_| NO_KEY)
}

fn gen_private_key(context: &Context<'_>, kind: &[u8]) -> Outcome {
    let key = match kind {
        b"" | b"rsa" => {
            context.costly(RSA_4096)?;
            KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_4096)
        }
        b"ecdsa" => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        b"ed25519" => KeyPair::generate_for(&PKCS_ED25519),
        b"dsa" => return Err("DSA keys are not made here".into()),
        other => return Ok(Value::from([b"Unknown type ", other].concat())),
    };
    let key = key.map_err(|_| Fault::Because("no key can be made"))?;
    Ok(Value::Text(key_pem(&key)?))
}

/// The key as sprig writes it: each kind in its oldest form.
fn key_pem(key: &KeyPair) -> Result<Text, Fault> {
    let pkcs8 = zeroize::Zeroizing::new(key.serialize_der());
    let inner = der::private_key(&pkcs8).ok_or(NO_KEY)?;
    let block = match inner.algorithm {
        der::RSA => Block::new("RSA PRIVATE KEY", inner.key.to_vec()),
        der::EC => Block::new("EC PRIVATE KEY", der::sec1(inner.key, inner.parameters).ok_or(NO_KEY)?),
        algorithm => {
            let algorithm = der::sequence(&[&der::object_id(algorithm)]);
            Block::new("PRIVATE KEY", der::pkcs8(&algorithm, inner.key))
        }
    };
    Ok(Text::new(block.encode()))
}

fn strings(args: Args<'_>, index: usize) -> Result<Vec<String>, Fault> {
    let items = if let Value::List(list) = args.value(index) { list.items().to_vec() } else { Vec::new() };
    let string = |item: &Value| match item {
        Value::Text(text) => String::from_utf8(text.bytes().to_vec()).map_err(|_| NOT_MADE),
        _ => Err(Fault::Because("a name or address is no string")),
    };
    items.iter().map(string).collect()
}

fn params(context: &Context<'_>, args: Args<'_>, days: i64) -> Result<CertificateParams, Fault> {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, String::from_utf8(args.text(0)?.to_vec()).map_err(|_| NOT_MADE)?);
    params.distinguished_name = name;
    let mut serial = context.random::<16>()?;
    // A serial number is positive.
    if let Some(first) = serial.first_mut() {
        *first &= 0x7f;
    }
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    let now = OffsetDateTime::from_unix_timestamp(context.ports.now().as_second()).map_err(|_| NOT_MADE)?;
    params.not_before = now;
    params.not_after = now.checked_add(Duration::days(days.clamp(-3_000_000, 3_000_000))).ok_or(NOT_MADE)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    Ok(params)
}

/// With the addresses and names of the second and third argument.
fn leaf_params(context: &Context<'_>, args: Args<'_>) -> Result<CertificateParams, Fault> {
    let mut params = params(context, args, args.int(3)?)?;
    for name in strings(args, 2)? {
        params.subject_alt_names.push(SanType::DnsName(name.try_into().map_err(|_| NOT_MADE)?));
    }
    for address in strings(args, 1)? {
        let address: IpAddr = address.parse().map_err(|_| Fault::Because("an address is no IP address"))?;
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    Ok(params)
}

fn authority(context: &Context<'_>, args: Args<'_>, key: &KeyPair) -> Outcome {
    let mut params = params(context, args, args.int(1)?)?;
    params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(key).map_err(|_| NOT_MADE)?;
    finished(&certificate, key)
}

fn self_signed(context: &Context<'_>, args: Args<'_>, key: &KeyPair) -> Outcome {
    let certificate = leaf_params(context, args)?.self_signed(key).map_err(|_| NOT_MADE)?;
    finished(&certificate, key)
}

fn signed(context: &Context<'_>, args: Args<'_>, key: &KeyPair) -> Outcome {
    let authority = args.pair(4)?;
    let (Value::Text(certificate), Value::Text(authority_key)) = (&authority.certificate, &authority.key) else {
        return Err(NO_CERTIFICATE);
    };
    let (block, _) = decode(certificate.bytes()).ok_or(NO_BLOCK)?;
    let issuer = Issuer::from_ca_cert_der(&block.bytes.as_slice().into(), read_key(authority_key.bytes())?);
    let mut params = leaf_params(context, args)?;
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(key, &issuer.map_err(|_| NO_CERTIFICATE)?).map_err(|_| NOT_MADE)?;
    finished(&certificate, key)
}

fn finished(certificate: &rcgen::Certificate, key: &KeyPair) -> Outcome {
    let block = Block::new("CERTIFICATE", certificate.der().to_vec());
    Ok(pair(Text::new(block.encode()), key_pem(key)?))
}
