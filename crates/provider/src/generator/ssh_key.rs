//! Key pairs as OpenSSH has them: the private half in its own container, the public one as a line of `authorized_keys`.

mod container;
mod der;

use aws_lc_rs::encoding::{AsBigEndian, AsDer, Curve25519SeedBin, EcPrivateKeyBin, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use super::random::NoRandomness;
use super::{Entries, SshAlgorithm, SshKey};
use container::{Fields, pem, sealed_by_nothing};

/// Both halves in the encoding of RFC 4251, section 5.
struct Halves {
    /// The algorithm's name and the public key.
    public: Fields,
    /// The algorithm's name and the whole key.
    private: Fields,
}

/// A new key pair.
pub(super) fn make(key: &SshKey) -> Result<Entries, NoRandomness> {
    let halves = halves(key.algorithm).map_err(|_| NoRandomness)?;
    let container = sealed_by_nothing(&halves.public, &halves.private, &key.comment)?;
    let name = halves.public.name();
    let mut line = format!("{name} {}", BASE64_STANDARD.encode(halves.public.bytes()));
    if !key.comment.is_empty() {
        line.push(' ');
        line.push_str(&key.comment);
    }
    line.push('\n');
    Ok(vec![("privateKey".to_owned(), pem(&container)), ("publicKey".to_owned(), SecretBytes::new(line.into_bytes()))])
}

fn halves(algorithm: SshAlgorithm) -> Result<Halves, Unspecified> {
    match algorithm {
        SshAlgorithm::Rsa2048 => rsa_halves(KeySize::Rsa2048),
        SshAlgorithm::Rsa3072 => rsa_halves(KeySize::Rsa3072),
        SshAlgorithm::Rsa4096 => rsa_halves(KeySize::Rsa4096),
        SshAlgorithm::Rsa8192 => rsa_halves(KeySize::Rsa8192),
        SshAlgorithm::P256 => ecdsa_halves("nistp256", &ECDSA_P256_SHA256_ASN1_SIGNING),
        SshAlgorithm::P384 => ecdsa_halves("nistp384", &ECDSA_P384_SHA384_ASN1_SIGNING),
        SshAlgorithm::P521 => ecdsa_halves("nistp521", &ECDSA_P521_SHA512_ASN1_SIGNING),
        SshAlgorithm::Ed25519 => ed25519_halves(),
    }
}

/// RFC 8709; the private half is the seed and then the public key.
fn ed25519_halves() -> Result<Halves, Unspecified> {
    let pair = Ed25519KeyPair::generate()?;
    let seed: Curve25519SeedBin<'_> = pair.seed()?.as_be_bytes()?;
    let public = pair.public_key().as_ref();
    let mut both = Zeroizing::new(Vec::with_capacity(64));
    both.extend_from_slice(seed.as_ref());
    both.extend_from_slice(public);
    let name = "ssh-ed25519";
    Ok(Halves { public: Fields::of(name).text(public), private: Fields::of(name).text(public).text(&both) })
}

/// RFC 5656, section 3.1.
fn ecdsa_halves(curve: &str, algorithm: &'static EcdsaSigningAlgorithm) -> Result<Halves, Unspecified> {
    let pair = EcdsaKeyPair::generate(algorithm)?;
    let scalar: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes()?;
    let point = pair.public_key().as_ref();
    let fields = || Fields::of(&format!("ecdsa-sha2-{curve}")).text(curve.as_bytes()).text(point);
    Ok(Halves { public: fields(), private: fields().number(scalar.as_ref()) })
}

/// RFC 4253, section 6.6; the private half has the numbers in the order of OpenSSH's own container.
fn rsa_halves(size: KeySize) -> Result<Halves, Unspecified> {
    let pkcs8: Pkcs8V1Der<'_> = rsa::KeyPair::generate(size)?.as_der()?;
    let numbers = der::rsa_numbers(pkcs8.as_ref()).ok_or(Unspecified)?;
    let name = "ssh-rsa";
    let public = Fields::of(name).number(numbers.e).number(numbers.n);
    let private = Fields::of(name).number(numbers.n).number(numbers.e).number(numbers.d).number(numbers.inverse);
    Ok(Halves { public, private: private.number(numbers.p).number(numbers.q) })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::process::Command;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(SshAlgorithm::Rsa2048, "2048 ", "(RSA)")]
    #[case(SshAlgorithm::P256, "256 ", "(ECDSA)")]
    #[case(SshAlgorithm::P384, "384 ", "(ECDSA)")]
    #[case(SshAlgorithm::P521, "521 ", "(ECDSA)")]
    #[case(SshAlgorithm::Ed25519, "256 ", "(ED25519)")]
    fn openssh_reads_both_halves_and_they_belong_together(
        #[case] algorithm: SshAlgorithm,
        #[case] bits: &str,
        #[case] kind: &str,
        #[values("", "deploy@ci")] comment: &str,
    ) {
        let made = make(&SshKey { algorithm, comment: comment.to_owned() }).unwrap();
        let [(_, private), (_, public)] = made.as_slice() else { panic!("two halves") };
        let public = String::from_utf8(public.expose().to_vec()).unwrap();
        assert!(public.ends_with(&format!("{}\n", if comment.is_empty() { "" } else { " deploy@ci" })), "{public:?}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        file.write_all(private.expose()).unwrap();
        let Ok(derived) = Command::new("ssh-keygen").arg("-y").arg("-f").arg(&path).output() else { return };
        assert!(derived.status.success(), "{}", String::from_utf8_lossy(&derived.stderr));
        assert_eq!(String::from_utf8(derived.stdout).unwrap().trim_end(), public.trim_end());
        let shown = Command::new("ssh-keygen").arg("-l").arg("-f").arg(&path).output().unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.starts_with(bits) && shown.trim_end().ends_with(kind), "{shown}");
    }
}
