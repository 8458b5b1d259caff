//! SealedSecrets: any text as a value, any damage to a value, any manifest.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use sealbridge_manifest::document;
use sealbridge_manifest::sealed_secrets::{SealedSecretSpec, plan};
use sealbridge_sealed_secrets::{Certificate, KeyRing, PrivateKey, ensure_is_sealed, seal};
use serde_json::Value;

use crate::canary::ensure_absent;
use crate::damage::{damaged, split};

const LABEL: &str = "shop/checkout";

struct Keys {
    ring: KeyRing,
    certificate: Certificate,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key");
    let certificate = CertificateParams::default().self_signed(&key).expect("a certificate");
    let certificate = Certificate::from_pem(certificate.pem().as_bytes()).expect("a certificate");
    let key = PrivateKey::from_pem(key.serialize_pem().as_bytes(), Timestamp::UNIX_EPOCH).expect("a key");
    Keys { ring: KeyRing::new([key]), certificate }
});

pub(crate) fn run(input: &[u8]) {
    match input.split_first() {
        Some((b'v', text)) => value(text),
        Some((b'd', rest)) => damage(rest),
        _ => manifest(input),
    }
}

fn value(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if ensure_is_sealed(text).is_ok() {
        assert!(KEYS.ring.open(text, LABEL).is_err(), "opened without its key");
    }
}

fn damage(input: &[u8]) {
    let (script, value) = split(input, 9);
    let text = seal(value, LABEL, &KEYS.certificate).expect("sealed");
    let changed = damaged(&text, script);
    match KEYS.ring.open(&changed, LABEL) {
        Ok(opened) => assert!(changed == text && opened.value.expose() == value, "a damaged value was opened"),
        Err(_) => assert!(changed != text, "an intact value was refused"),
    }
}

fn manifest(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let documents = match document::parse(text) {
        Ok(documents) => documents,
        Err(error) => return ensure_absent(input, &error.to_string()),
    };
    for object in document::objects(&documents) {
        let annotations = object.value.pointer("/metadata/annotations").and_then(Value::as_object);
        let annotations: BTreeMap<String, String> =
            annotations.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
        let spec = object.value.get("spec").unwrap_or(&Value::Null);
        let planned = document::decode::<SealedSecretSpec>(spec, "spec").map_err(|error| error.to_string()).and_then(|spec| {
            plan(object.namespace().unwrap_or("shop"), object.name(), &annotations, &spec).map_err(|error| error.to_string())
        });
        match planned {
            Ok(plan) => assert_eq!(plan.name, object.name()),
            Err(message) => ensure_absent(input, &message),
        }
    }
}
