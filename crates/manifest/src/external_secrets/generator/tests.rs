use rstest::rstest;
use sealbridge_provider::generator::{VaultMethod, VaultPart};
use sealbridge_provider::inputs_of_generator;
use serde_json::json;

use super::*;

fn made(kind: &str, spec: &Value) -> Generator {
    generator(GeneratorKind::named(kind).unwrap(), spec).unwrap()
}

#[test]
fn a_password_as_nothing_is_said_of_it() {
    let Generator::Password(password) = made("Password", &json!({})) else { panic!("a password") };
    assert_eq!((password.length, password.digits, password.symbols), (24, 6, 6));
    assert_eq!((password.no_upper, password.allow_repeat, password.encoding), (false, false, Encoding::Raw));
    assert_eq!((password.keys.as_slice(), password.symbol_characters.len()), (&["password".to_owned()][..], 30));
}

#[rstest]
#[case::quarters(json!({"length": 42, "noUpper": false}), 42, 10, 10)]
#[case::none(json!({"length": 5, "digits": 0, "symbols": 0}), 5, 0, 0)]
#[case::short(json!({"length": 3}), 3, 0, 0)]
#[case::zero(json!({"length": 0, "digits": null}), 24, 6, 6)]
fn shares_of_a_password(#[case] spec: Value, #[case] length: usize, #[case] digits: usize, #[case] symbols: usize) {
    let Generator::Password(password) = made("Password", &spec) else { panic!("a password") };
    assert_eq!((password.length, password.digits, password.symbols), (length, digits, symbols));
}

#[rstest]
#[case(json!({}), SshAlgorithm::Rsa2048)]
#[case(json!({"keyType": "rsa", "keySize": 4096}), SshAlgorithm::Rsa4096)]
#[case(json!({"keyType": "ecdsa"}), SshAlgorithm::P256)]
#[case(json!({"keyType": "ecdsa", "keySize": 521, "comment": "a b"}), SshAlgorithm::P521)]
#[case(json!({"keyType": "ed25519", "keySize": 7}), SshAlgorithm::Ed25519)]
fn key_pairs(#[case] spec: Value, #[case] algorithm: SshAlgorithm) {
    let Generator::SshKey(key) = made("SSHKey", &spec) else { panic!("a key pair") };
    assert_eq!(key.algorithm, algorithm);
}

#[test]
fn the_others() {
    assert_eq!(made("UUID", &json!({})), Generator::Uuid);
    assert_eq!(made("UUID", &Value::Null), Generator::Uuid);
    let fake = Generator::Fake([("a".to_owned(), "b".to_owned())].into());
    assert_eq!(made("Fake", &json!({"data": {"a": "b"}, "controller": "x"})), fake);
    let of_the_cluster = json!({"kind": "Fake", "generator": {"fakeSpec": {"data": {"a": "b"}}}});
    assert_eq!(made("ClusterGenerator", &of_the_cluster), fake);
}

#[test]
fn who_is_asked_for_what() {
    let provider = json!({"server": "https://vault", "auth": {"tokenSecretRef": {"name": "t", "key": "t"}}});
    let Generator::VaultDynamic(read) = made("VaultDynamicSecret", &json!({"provider": provider, "path": "a/b"})) else {
        panic!("a dynamic secret")
    };
    assert_eq!((read.method, read.part, read.may_be_empty), (VaultMethod::Get, VaultPart::Data, false));
    let spec = json!({"provider": provider, "path": "/a/b", "method": "PUT", "parameters": {"ttl": "1h"}, "resultType": "Raw",
        "allowEmptyResponse": true, "controller": "x"});
    let Generator::VaultDynamic(write) = made("VaultDynamicSecret", &spec) else { panic!("a dynamic secret") };
    assert_eq!((write.method, write.part, write.may_be_empty), (VaultMethod::Write, VaultPart::Raw, true));
    assert_eq!(write.parameters, r#"{"ttl":"1h"}"#);
    let spec = json!({"region": "a-1", "requestParameters": {"sessionDuration": 900}, "role": ""});
    let Generator::SessionToken(session) = made("STSSessionToken", &spec) else { panic!("a session") };
    assert_eq!((session.duration, session.role), (Some(900), None));
    let Generator::RegistryToken(token) = made("ECRAuthorizationToken", &json!({"region": "a-1", "scope": "public"})) else {
        panic!("a token")
    };
    assert!(token.is_public);
}

#[rstest]
#[case("VaultDynamicSecret", json!({"path": "a"}), "spec lacks the field provider")]
#[case("VaultDynamicSecret", json!({"path": "", "provider": {"server": "https://a", "auth": {}}}), "spec.path: it is empty")]
#[case("VaultDynamicSecret", json!({"path": "a", "provider": {"server": "https://a", "auth": {}}, "parameters": {"a": "canary"}}), "spec.parameters: they are written")]
#[case("VaultDynamicSecret", json!({"path": "a", "provider": {"server": "https://a", "auth": {}}, "retrySettings": {"max": 1}}), "spec.retrySettings.max is not a known field")]
#[case("VaultDynamicSecret", json!({"path": "a", "provider": {"server": "https://a", "auth": {}, "sever": 1}}), "spec.provider.sever is not a known field")]
#[case("STSSessionToken", json!({"region": "a.example/"}), "spec.region: it is no region")]
#[case("STSSessionToken", json!({"region": "a", "auth": {"jwt": {"serviceAccountRef": {"name": "a"}}}}), "spec.auth.jwt: a session is made")]
#[case("ECRAuthorizationToken", json!({"region": "a@b"}), "spec.region: it is no region")]
#[case("ECRAuthorizationToken", json!({"region": "a", "scope": "all"}), "spec.scope has a value that is not allowed")]
#[case("Password", json!({"lenght": 12}), "spec.lenght is not a known field")]
#[case("Password", json!({"length": "canary"}), "spec.length has a value of the wrong type")]
#[case("Password", json!({"length": -1}), "spec.length: write a number")]
#[case("Password", json!({"digits": -1}), "spec.digits: write a number")]
#[case("Password", json!({"length": 10, "digits": 8, "symbols": 8}), "spec.length: it is less than")]
#[case("Password", json!({"encoding": "canary"}), "spec.encoding has a value that is not allowed")]
#[case("Password", json!({"secretKeys": ["a", "b", "a"]}), "spec.secretKeys: a name stands there twice")]
#[case("Password", json!({"secretKeys": ["a b"]}), "spec.secretKeys: a name is")]
#[case("Password", json!({"secretKeys": [""]}), "spec.secretKeys: a name is")]
#[case("Password", json!(null), "spec has a value of the wrong type")]
#[case("UUID", json!({"canary": 1}), "spec.canary is not a known field")]
#[case("SSHKey", json!({"keySize": 1024}), "spec.keySize: a key of RSA")]
#[case("SSHKey", json!({"keyType": "ecdsa", "keySize": 2048}), "spec.keySize: a key of ECDSA")]
#[case("SSHKey", json!({"keyType": "dsa"}), "spec.keyType has a value that is not allowed")]
#[case("SSHKey", json!({"comment": "a\nssh-rsa canary"}), "spec.comment: it has to be one line")]
#[case("Fake", json!({"data": {"a": 1}}), "spec.data.a has a value of the wrong type")]
#[case("ClusterGenerator", json!({"kind": "Canary", "generator": {}}), "spec.kind: it is no kind")]
#[case("ClusterGenerator", json!({"kind": "ClusterGenerator", "generator": {}}), "spec.kind: it is no kind")]
#[case("ClusterGenerator", json!({"kind": "UUID", "generator": {"fakeSpec": {}}}), "spec.generator: it needs")]
#[case("ClusterGenerator", json!({"kind": "UUID", "generator": {"uuidSpec": {}, "fakeSpec": {}}}), "spec.generator: it needs")]
#[case("ClusterGenerator", json!({"kind": "Password", "generator": {"passwordSpec": {"length": -4}}}), "spec.generator.passwordSpec.length: write")]
fn what_cannot_be_meant_is_named_by_its_path(#[case] kind: &str, #[case] spec: Value, #[case] begins: &str) {
    let message = generator(GeneratorKind::named(kind).unwrap(), &spec).unwrap_err().to_string();
    assert!(message.starts_with(begins), "{message}");
    assert!(!message.contains("canary") || message.contains("spec.canary"), "{message}");
}

#[rstest]
#[case("Password", json!({}), &[])]
#[case("VaultDynamicSecret", json!({"path": "a", "provider": {"server": "https://a",
    "caProvider": {"type": "ConfigMap", "name": "ca", "key": "k"}, "auth": {"tokenSecretRef": {"name": "token", "key": "k"}}}}),
    &["Secret token", "ConfigMap ca"])]
#[case("STSSessionToken", json!({"region": "a", "auth": {"secretRef": {
    "accessKeyIDSecretRef": {"name": "id", "key": "k"}, "secretAccessKeySecretRef": {"name": "key", "key": "k"}}}}),
    &["Secret id", "Secret key"])]
#[case("ECRAuthorizationToken", json!({"region": "a", "auth": {"jwt": {"serviceAccountRef": {"name": "sa"}}}}),
    &["ServiceAccount sa"])]
#[case("Webhook", json!({"url": "https://a", "result": {}, "caProvider": {"type": "Secret", "name": "ca", "key": "k"},
    "secrets": [{"name": "b", "secretRef": {"name": "b"}}, {"name": "c", "secretRef": {"name": "b"}}]}),
    &["Secret b", "Secret ca"])]
fn what_a_generator_takes_from_other_objects(#[case] kind: &str, #[case] spec: Value, #[case] wanted: &[&str]) {
    let named = inputs_of_generator(&made(kind, &spec));
    let named: Vec<_> = named.iter().map(|input| format!("{:?} {}", input.kind, input.name)).collect();
    assert_eq!(named, wanted);
}
