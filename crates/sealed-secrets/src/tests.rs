//! Values both ways, what is refused, and which key is tried.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rstest::rstest;

use super::*;

struct Pair {
    key: String,
    certificate: String,
}

impl Pair {
    fn valid_until(year: i32) -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let mut params = CertificateParams::default();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(year, 12, 31);
        Self { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    fn certificate(&self) -> Certificate {
        Certificate::from_pem(self.certificate.as_bytes()).unwrap()
    }

    fn private(&self) -> PrivateKey {
        PrivateKey::from_pair(self.key.as_bytes(), self.certificate.as_bytes()).unwrap()
    }
}

static PAIR: LazyLock<Pair> = LazyLock::new(|| Pair::valid_until(2095));
static OTHER: LazyLock<Pair> = LazyLock::new(|| Pair::valid_until(2021));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_sealed_opens(value in proptest::collection::vec(any::<u8>(), 0..300), label in "[a-z]{0,9}(/[a-z]{1,9})?") {
        let ring = KeyRing::new([OTHER.private(), PAIR.private()]);
        let text = seal(&value, &label, &PAIR.certificate()).unwrap();
        prop_assert!(ensure_is_sealed(&text).is_ok());
        let opened = ring.open(&text, &label).unwrap();
        prop_assert_eq!(opened.value.expose(), &value);
        prop_assert_eq!(opened.key, PAIR.certificate().fingerprint());
    }

    #[test]
    fn a_changed_byte_is_noticed(position in 0usize..300, flip in 1u8..=255) {
        let text = seal(b"value of some length", "shop/a", &PAIR.certificate()).unwrap();
        let mut bytes = BASE64_STANDARD.decode(text).unwrap();
        let position = position % bytes.len();
        bytes[position] ^= flip;
        let error = KeyRing::new([PAIR.private()]).open(&BASE64_STANDARD.encode(&bytes), "shop/a").unwrap_err();
        let expected = match position {
            0..2 => matches!(error, OpenError::Malformed | OpenError::NoKey { .. }),
            2..258 => error == OpenError::NoKey { tried: 1 },
            _ => error == OpenError::Damaged,
        };
        prop_assert!(expected, "{position}: {error:?}");
    }
}

#[rstest]
#[case::other_name("shop/b")]
#[case::other_namespace("bank/a")]
#[case::wider("shop")]
#[case::widest("")]
fn a_value_opens_only_under_its_label(#[case] label: &str) {
    let text = seal(b"v", "shop/a", &PAIR.certificate()).unwrap();
    let ring = KeyRing::new([PAIR.private()]);
    assert_eq!(ring.open(&text, label), Err(OpenError::NoKey { tried: 1 }));
    assert!(ring.open(&text, "shop/a").is_ok());
}

#[rstest]
#[case::nothing("")]
#[case::no_base64("canary!")]
#[case::short("AAAA")]
#[case::no_tag(&BASE64_STANDARD.encode([[1, 0].as_slice(), &[7; 256]].concat()))]
#[case::an_age_file(&BASE64_STANDARD.encode(b"age-encryption.org/v1\n"))]
fn what_is_no_sealed_value_is_told_without_a_key(#[case] text: &str) {
    assert_eq!(ensure_is_sealed(text), Err(OpenError::Malformed));
    let error = KeyRing::default().open(text, "").unwrap_err();
    assert!(!error.to_string().contains("canary"));
}

#[test]
fn what_no_secret_can_hold_is_refused_before_it_is_decoded() {
    assert_eq!(ensure_is_sealed(&"A".repeat(2 * MAX_VALUE_BYTES)), Err(OpenError::TooLarge));
    assert_eq!(seal(&vec![0; MAX_VALUE_BYTES + 1], "", &PAIR.certificate()), Err(SealError::TooLarge));
}

#[test]
fn both_forms_of_a_private_key_are_one_key() {
    let pkcs8 = PAIR.private();
    let pair = aws_lc_rs::rsa::KeyPair::from_pkcs8(&KeyPair::from_pem(&PAIR.key).unwrap().serialize_der()).unwrap();
    let whole: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
    // A PKCS#8 of RSA ends with the PKCS#1 key in an octet string; its SEQUENCE begins after 26 bytes.
    let pem = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
        BASE64_STANDARD.encode(&whole.as_ref()[26..])
    );
    let pkcs1 = PrivateKey::from_pem(pem.as_bytes(), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(pkcs1.fingerprint(), pkcs8.fingerprint());
    assert_eq!(KeyRing::new([pkcs1, pkcs8]).fingerprints().count(), 1);
}

#[test]
fn keys_and_certificates_that_cannot_be_used_are_told() {
    let elliptic = KeyPair::generate().unwrap();
    assert_eq!(PrivateKey::from_pem(b"canary", Timestamp::MIN).unwrap_err(), KeyError::Absent);
    assert_eq!(PrivateKey::from_pem(elliptic.serialize_pem().as_bytes(), Timestamp::MIN).unwrap_err(), KeyError::NotRsa);
    assert_eq!(Certificate::from_pem(b"canary").unwrap_err(), CertificateError::Absent);
    let certificate = CertificateParams::default().self_signed(&elliptic).unwrap();
    assert_eq!(Certificate::from_pem(certificate.pem().as_bytes()).unwrap_err(), CertificateError::NotRsa);
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    assert!(PAIR.certificate().ensure_valid(now).is_ok());
    let expired_on = jiff::civil::date(2021, 12, 31);
    assert_eq!(OTHER.certificate().ensure_valid(now), Err(CertificateError::Expired { expired_on }));
}

#[test]
fn a_key_never_shows_itself() {
    let shown = format!("{:?}", KeyRing::new([PAIR.private()]));
    assert!(shown.contains("SHA256:") && shown.len() < 200, "{shown}");
}
