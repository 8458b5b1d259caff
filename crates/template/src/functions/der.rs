//! The few pieces of DER that keys are written in (X.690).

/// `rsaEncryption`, RFC 8017.
pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// `id-ecPublicKey`, RFC 5480.
pub(super) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];

/// One element: its tag, its length, its content.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => out.push(length),
        _ => {
            let length = content.len().to_be_bytes();
            let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
            out.extend(significant);
        }
    }
    out.extend_from_slice(content);
    out
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

pub(super) fn octets(content: &[u8]) -> Vec<u8> {
    element(0x04, content)
}

pub(super) fn object_id(content: &[u8]) -> Vec<u8> {
    element(0x06, content)
}

pub(super) fn bits(content: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], content].concat())
}

/// A number that is not negative, from its bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let significant: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    match significant.first() {
        None => element(0x02, &[0]),
        Some(0x80..) => element(0x02, &[&[0], significant.as_slice()].concat()),
        Some(_) => element(0x02, &significant),
    }
}

/// The algorithm of an RSA key.
pub(super) fn rsa_algorithm() -> Vec<u8> {
    sequence(&[&object_id(RSA), &[0x05, 0x00]])
}

/// PKCS#8, RFC 5208.
pub(super) fn pkcs8(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    sequence(&[&integer(&[0]), algorithm, &octets(key)])
}

/// The element at the beginning: its tag, its content, and what stands behind it.
pub(super) fn next(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let (length, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        (length.iter().try_fold(0_usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)))?, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// An element of the tag at the beginning: its content, and what stands behind it.
pub(super) fn read(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    next(bytes).filter(|(found, _, _)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// What a PKCS#8 file holds.
pub(super) struct PrivateKey<'k> {
    /// The content of the algorithm's object identifier.
    pub(super) algorithm: &'k [u8],
    /// What stands behind it.
    pub(super) parameters: &'k [u8],
    pub(super) key: &'k [u8],
}

/// Reads PKCS#8.
pub(super) fn private_key(pkcs8: &[u8]) -> Option<PrivateKey<'_>> {
    let (content, _) = read(0x30, pkcs8)?;
    let (_, rest) = read(0x02, content)?;
    let (algorithm, rest) = read(0x30, rest)?;
    let (algorithm, parameters) = read(0x06, algorithm)?;
    let (key, _) = read(0x04, rest)?;
    Some(PrivateKey { algorithm, parameters, key })
}

/// A key of RFC 5915: the secret number, and the element of the public key where it is there.
fn elliptic(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, _) = read(0x30, key)?;
    let (_, rest) = read(0x02, content)?;
    let (secret, rest) = read(0x04, rest)?;
    Some((secret, if rest.first() == Some(&0xa0) { read(0xa0, rest)?.1 } else { rest }))
}

/// RFC 5915 with the curve, from the key inside of PKCS#8 without it.
pub(super) fn sec1(key: &[u8], curve: &[u8]) -> Option<Vec<u8>> {
    let (secret, public) = elliptic(key)?;
    Some(sequence(&[&integer(&[1]), &octets(secret), &element(0xa0, curve), public]))
}

/// PKCS#8 as Go writes it: without attributes, and a curve named once.
pub(super) fn plain_pkcs8(pkcs8_file: &[u8]) -> Option<Vec<u8>> {
    let PrivateKey { algorithm, parameters, key } = private_key(pkcs8_file)?;
    let named = sequence(&[&object_id(algorithm), parameters]);
    if algorithm != EC {
        return Some(pkcs8(&named, key));
    }
    let (secret, public) = elliptic(key)?;
    Some(pkcs8(&named, &sequence(&[&integer(&[1]), &octets(secret), public])))
}

/// PKCS#8 from a key of RFC 5915 that names its curve.
pub(super) fn pkcs8_of_sec1(sec1: &[u8]) -> Option<Vec<u8>> {
    let (content, _) = read(0x30, sec1)?;
    let (_, rest) = read(0x02, content)?;
    let (_, rest) = read(0x04, rest)?;
    let (curve, _) = read(0xa0, rest)?;
    Some(pkcs8(&sequence(&[&object_id(EC), curve]), sec1))
}

/// PKCS#8 from a key in any of the forms that Go's `x509` parses: PKCS#1 (RFC 8017), PKCS#8, SEC1 (RFC 5915).
pub(super) fn pkcs8_of_any(key: &[u8]) -> Option<Vec<u8>> {
    if private_key(key).is_some() {
        return Some(key.to_vec());
    }
    let (content, _) = read(0x30, key)?;
    let (_, rest) = read(0x02, content)?;
    match next(rest)? {
        (0x04, _, _) => pkcs8_of_sec1(key),
        (0x02, _, _) => Some(pkcs8(&rsa_algorithm(), key)),
        _ => None,
    }
}

/// Whether it is one certificate.
pub(super) fn certificate(der: &[u8]) -> Option<()> {
    use x509_parser::prelude::{FromDer, X509Certificate};
    X509Certificate::from_der(der).ok().map(|_| ())
}
