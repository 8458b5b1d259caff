//! JSON Web Keys (RFC 7517, 8037) as PEM.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use num_bigint::BigUint;
use zeroize::Zeroizing;

use super::Function;
use super::Param::Text;
use super::der;
use super::json_read;
use super::pem::Block;
use crate::context::Context;
use crate::fault::{Fault, Outcome};
use crate::value::{Map, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("jwkPublicKeyPem", &[Text], |context, args| {
        let key = Key::read(context, args.text(0)?)?;
        // As in Go, a private key is not taken for the public one that it holds.
        let der = if key.part("d").is_some() { Err(NO_KEY) } else { key.public() }?;
        Ok(Value::from(Block::new("PUBLIC KEY", der).encode()))
    }),
    Function::new("jwkPrivateKeyPem", &[Text], |context, args| pem(&Key::read(context, args.text(0)?)?)),
];

const NO_KEY: Fault = Fault::Because("its input is no JSON Web Key of the wanted kind");

fn pem(key: &Key) -> Outcome {
    Ok(Value::from(Block::new("PRIVATE KEY", key.private()?).encode()))
}

struct Key(Map);

struct Curve {
    /// The content of its object identifier.
    id: &'static [u8],
    /// Bytes of a coordinate.
    size: usize,
    algorithm: &'static dyn aws_lc_rs::signature::VerificationAlgorithm,
}

impl Key {
    fn read(context: &Context<'_>, text: &[u8]) -> Result<Self, Fault> {
        match json_read::read(context, text)?.map(|read| read.value) {
            Some(Value::Map(map)) => Ok(Self(map)),
            _ => Err(NO_KEY),
        }
    }

    fn text(&self, name: &str) -> Vec<u8> {
        match self.0.get(name.as_bytes()) {
            Some(Value::Text(text)) => text.bytes().to_vec(),
            _ => Vec::new(),
        }
    }

    fn part(&self, name: &str) -> Option<Zeroizing<Vec<u8>>> {
        let text = self.text(name);
        BASE64_URL_SAFE_NO_PAD.decode(&text).ok().filter(|bytes| !bytes.is_empty()).map(Zeroizing::new)
    }

    fn needed(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
        self.part(name).ok_or(NO_KEY)
    }

    fn curve(&self) -> Result<Curve, Fault> {
        Ok(match self.text("crv").as_slice() {
            b"P-256" => Curve { id: &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], size: 32, algorithm: &ECDSA_P256_SHA256_ASN1 },
            b"P-384" => Curve { id: &[0x2b, 0x81, 4, 0, 0x22], size: 48, algorithm: &ECDSA_P384_SHA384_ASN1 },
            b"P-521" => Curve { id: &[0x2b, 0x81, 4, 0, 0x23], size: 66, algorithm: &ECDSA_P521_SHA512_ASN1 },
            _ => return Err(NO_KEY),
        })
    }

    /// The algorithm of Ed25519 and X25519, RFC 8410.
    fn edwards(&self) -> Result<Vec<u8>, Fault> {
        match self.text("crv").as_slice() {
            b"Ed25519" => Ok(der::sequence(&[&der::object_id(&[0x2b, 0x65, 0x70])])),
            b"X25519" => Ok(der::sequence(&[&der::object_id(&[0x2b, 0x65, 0x6e])])),
            _ => Err(NO_KEY),
        }
    }

    fn point(&self, curve: &Curve) -> Result<Vec<u8>, Fault> {
        let [x, y] = [padded(&self.needed("x")?, curve.size)?, padded(&self.needed("y")?, curve.size)?];
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        ParsedPublicKey::new(curve.algorithm, &point).map_err(|_| NO_KEY)?;
        Ok(point)
    }

    fn public(&self) -> Result<Vec<u8>, Fault> {
        let (algorithm, key) = match self.text("kty").as_slice() {
            b"RSA" => {
                let key = der::sequence(&[&der::integer(&self.needed("n")?), &der::integer(&self.needed("e")?)]);
                (der::rsa_algorithm(), key)
            }
            b"EC" => {
                let curve = self.curve()?;
                (der::sequence(&[&der::object_id(der::EC), &der::object_id(curve.id)]), self.point(&curve)?)
            }
            b"OKP" => (self.edwards()?, self.needed("x")?.to_vec()),
            _ => return Err(NO_KEY),
        };
        Ok(der::sequence(&[&algorithm, &der::bits(&key)]))
    }

    fn private(&self) -> Result<Vec<u8>, Fault> {
        match self.text("kty").as_slice() {
            b"RSA" => Ok(der::pkcs8(&der::rsa_algorithm(), &self.rsa()?)),
            b"EC" => {
                let curve = self.curve()?;
                let public = der::element(0xa1, &der::bits(&self.point(&curve)?));
                let key = padded(&self.needed("d")?, curve.size)?;
                let key = der::sequence(&[&der::integer(&[1]), &der::octets(&key), &public]);
                Ok(der::pkcs8(&der::sequence(&[&der::object_id(der::EC), &der::object_id(curve.id)]), &key))
            }
            b"OKP" => Ok(der::pkcs8(&self.edwards()?, &der::octets(&self.needed("d")?))),
            _ => Err(NO_KEY),
        }
    }

    /// PKCS#1; what a key may leave out is computed.
    fn rsa(&self) -> Result<Vec<u8>, Fault> {
        let number = |name: &str| Ok::<_, Fault>(BigUint::from_bytes_be(&self.needed(name)?));
        let (modulus, exponent, secret) = (number("n")?, number("e")?, number("d")?);
        let (first, second) = (number("p")?, number("q")?);
        let (one, two) = (BigUint::from(1_u8), BigUint::from(2_u8));
        if first < two || second < two || &first * &second != modulus || modulus.bits() > 16_384 {
            return Err(NO_KEY);
        }
        let inverse = second.modpow(&(&first - &two), &first);
        let (of_first, of_second) = (&secret % (&first - &one), &secret % (&second - &one));
        let parts = [modulus, exponent, secret, first, second, of_first, of_second, inverse];
        let parts: Vec<u8> = parts.iter().flat_map(|part| der::integer(&part.to_bytes_be())).collect();
        Ok(der::sequence(&[&der::integer(&[0]), &parts]))
    }
}

/// Filled up with zeros in front.
fn padded(bytes: &[u8], size: usize) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let missing = size.checked_sub(bytes.len()).ok_or(NO_KEY)?;
    let mut padded = vec![0; missing];
    padded.extend_from_slice(bytes);
    Ok(Zeroizing::new(padded))
}
