//! What differs at every run, by its shape and by its reader: what one program makes, the other must take. And what
//! depends on keys and certificates, byte for byte.

use std::collections::BTreeMap;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256, SanType};
use sealbridge_secret::{SecretBytes, SecretMap};
use sealbridge_template::{Limits, System, Template};
use sealbridge_tests::{Question, TemplateOracle};

type Values = BTreeMap<String, Vec<u8>>;

fn render(template: &str, values: &Values) -> Result<Vec<u8>, String> {
    let template = Template::parse("t", template).map_err(|error| error.to_string())?;
    let values: SecretMap = values.iter().map(|(name, value)| (name.clone(), SecretBytes::new(value.clone()))).collect();
    let rendered = template.render(&values, &Limits::default(), &System).map_err(|error| error.to_string())?;
    Ok(rendered.expose().to_vec())
}

async fn go(template: &str, values: &Values) -> Result<Vec<u8>, String> {
    let question = Question { template: template.to_owned(), values: values.clone(), lenient: false };
    TemplateOracle::ask(&[question]).await.remove(0)
}

fn name(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params
}

/// A chain of three, keys of several kinds.
fn certificates() -> Values {
    let mut root = name("root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().unwrap();
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let root = Issuer::new(root, root_key);
    let mut middle = name("middle");
    middle.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let middle_key = KeyPair::generate().unwrap();
    let middle_pem = middle.signed_by(&middle_key, &root).unwrap().pem();
    let middle = Issuer::new(middle, middle_key);
    let mut leaf = name("leaf");
    leaf.is_ca = IsCa::ExplicitNoCa;
    leaf.subject_alt_names = vec![
        SanType::URI("spiffe://a/b".try_into().unwrap()),
        SanType::DnsName("b.example".try_into().unwrap()),
        SanType::IpAddress("10.0.0.1".parse().unwrap()),
        SanType::IpAddress("2001:db8::1".parse().unwrap()),
        SanType::Rfc822Name("a@b.example".try_into().unwrap()),
        SanType::DnsName("a.example".try_into().unwrap()),
    ];
    let leaf_key = KeyPair::generate().unwrap();
    let leaf_pem = leaf.signed_by(&leaf_key, &middle).unwrap().pem();
    let rsa = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let entries = [
        ("root", root_pem.clone()),
        ("leaf", leaf_pem.clone()),
        ("chain", format!("junk\n{middle_pem}text\n{root_pem}{leaf_pem}")),
        ("broken", leaf_pem.replace('A', "*")),
        ("key", leaf_key.serialize_pem()),
        ("rsa", rsa.serialize_pem()),
        ("headers", "-----BEGIN X-----\nB: 2\nProc-Type: 4\nA: 1\n\naGVsbG8=\n-----END X-----\n".to_owned()),
        ("both", format!("{}{leaf_pem}trailing", leaf_key.serialize_pem())),
        ("plain", "no block".to_owned()),
        ("ec", r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#.to_owned()),
        ("ecPrivate", r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#.to_owned()),
        ("ecWrong", r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}"#.to_owned()),
        ("ed", r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#.to_owned()),
        ("edPrivate", r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#.to_owned()),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect()
}

#[tokio::test]
async fn pem_and_keys_render_to_the_bytes_of_go() {
    let values = certificates();
    let mut templates = Vec::new();
    for entry in ["root", "leaf", "chain", "broken", "key", "headers", "both", "plain"] {
        for kind in ["CERTIFICATE", "private key", "X", ""] {
            templates.push(format!("{{{{ filterPEM {kind:?} .{entry} }}}}"));
        }
        for kind in ["leaf", "intermediate", "root", "other"] {
            templates.push(format!("{{{{ filterCertChain {kind:?} .{entry} }}}}"));
        }
        templates.push(format!("{{{{ certSANs .{entry} | join \",\" }}}}"));
        templates.push(format!("{{{{ rsaDecrypt \"RSA-OAEP\" \"SHA1\" \"x\" .{entry} }}}}"));
        templates.push(format!("{{{{ rsaDecrypt \"None\" \"\" \"x\" .{entry} }}}}"));
    }
    for entry in ["ec", "ecPrivate", "ecWrong", "ed", "edPrivate", "plain"] {
        templates.push(format!("{{{{ jwkPublicKeyPem .{entry} }}}}"));
        templates.push(format!("{{{{ jwkPrivateKeyPem .{entry} }}}}"));
    }
    let questions: Vec<Question> =
        templates.into_iter().map(|template| Question { template, values: values.clone(), lenient: false }).collect();
    for (question, expected) in questions.iter().zip(TemplateOracle::ask(&questions).await) {
        let found = render(&question.template, &values);
        match (&expected, &found) {
            (Ok(expected), Ok(found)) => {
                assert_eq!(String::from_utf8_lossy(found), String::from_utf8_lossy(expected), "{}", question.template);
            }
            (expected, found) => assert!(expected.is_err() && found.is_err(), "{}: {expected:?}, {found:?}", question.template),
        }
    }
}

#[tokio::test]
async fn what_one_encrypts_the_other_decrypts() {
    let secret = b"p\xff\x00 with bytes".to_vec();
    let mut values = Values::from([("secret".to_owned(), secret.clone())]);
    values.insert("cipher".into(), render(r#"{{ encryptAES "password" .secret }}"#, &values).unwrap());
    assert_eq!(go(r#"{{ decryptAES "password" .cipher }}"#, &values).await.unwrap(), secret);
    values.insert("cipher".into(), go(r#"{{ encryptAES "password" .secret }}"#, &values).await.unwrap());
    assert_eq!(render(r#"{{ decryptAES "password" .cipher }}"#, &values).unwrap(), secret);
}

#[tokio::test]
async fn go_takes_the_certificates_and_keys_that_are_made_here() {
    let template = r#"{{ $ca := genCA "authority" 30 -}}
{{ $leaf := genSignedCert "leaf" (list "10.1.2.3") (list "a.example") 10 $ca -}}
{{ $own := genSelfSignedCert "own" nil (list "b.example") 1 -}}
{{ toJson (dict "leaf" $leaf.Cert "ca" $ca.Cert "key" $leaf.Key "own" $own.Cert "again" (genSignedCertWithKey "again" nil (list "c.example") 1 $ca $leaf.Key).Cert "self" (genSelfSignedCertWithKey "self" nil (list "d.example") 1 (genPrivateKey "ecdsa")).Cert "built" (buildCustomCert (b64enc $leaf.Cert) (b64enc $leaf.Key)).Key "ec" (genPrivateKey "ecdsa") "ed" (genPrivateKey "ed25519")) }}"#;
    let made = render(template, &Values::new()).unwrap();
    let values = Values::from([("made".to_owned(), made)]);
    let checked = r#"{{ $m := fromJson .made -}}
{{ certSANs $m.leaf | join "," }} {{ certSANs $m.own | join "," }} {{ certSANs $m.again | join "," }} {{ certSANs $m.self | join "," }} {{ eq $m.built $m.key }} {{ filterCertChain "leaf" (print $m.ca $m.leaf) | eq $m.leaf }}
{{- range list $m.key $m.ec $m.ed }} {{ (genCAWithKey "again" 1 .).Key | eq . }}{{ end }}"#;
    let told = String::from_utf8(go(checked, &values).await.unwrap()).unwrap();
    assert_eq!(told, "a.example,10.1.2.3 b.example c.example d.example true true true true true");
}

/// Files of PKCS#12 hold salts, so that what is compared is what comes out of them, there and here.
#[tokio::test]
async fn files_of_pkcs12_go_both_ways() {
    let making = r#"{{ $ca := genCA "authority" 30 -}}
{{ $leaf := genSignedCert "leaf" nil (list "a.example") 10 $ca -}}
{{ $own := genSelfSignedCertWithKey "own" nil (list "b.example") 1 (genPrivateKey "ecdsa") -}}
{{ toJson (dict "leaf" $leaf.Cert "ca" $ca.Cert "key" $leaf.Key "own" $own.Cert "ec" $own.Key) }}"#;
    let made = render(making, &Values::new()).unwrap();
    let mut values = Values::from([("made".to_owned(), made)]);
    let written = [
        ("one", "{{ $m := fromJson .made }}{{ pemToPkcs12 (print $m.leaf $m.ca) $m.key }}"),
        ("onePass", r#"{{ $m := fromJson .made }}{{ pemToPkcs12Pass $m.own $m.ec "pass word ü" }}"#),
        ("full", "{{ $m := fromJson .made }}{{ fullPemToPkcs12 (print $m.leaf $m.ca) $m.key }}"),
        ("fullPass", r#"{{ $m := fromJson .made }}{{ fullPemToPkcs12Pass (print $m.leaf $m.own $m.ca) $m.key "secret" }}"#),
        ("trust", "{{ $m := fromJson .made }}{{ pemTruststoreToPKCS12 (print $m.leaf $m.ca $m.ca) }}"),
        ("trustPass", r#"{{ $m := fromJson .made }}{{ pemTruststoreToPKCS12Pass (print $m.leaf $m.ca) "trusted" }}"#),
    ];
    let read = r#"{{ .one | b64dec | pkcs12key }}{{ .one | b64dec | pkcs12cert }}
{{- .onePass | b64dec | pkcs12keyPass "pass word ü" }}{{ .onePass | b64dec | pkcs12certPass "pass word ü" }}
{{- .full | b64dec | pkcs12key }}{{ .full | b64dec | pkcs12cert }}
{{- .fullPass | b64dec | pkcs12keyPass "secret" }}{{ .fullPass | b64dec | pkcs12certPass "secret" }}"#;
    let by = |values: &Values, writer: &str| {
        let mut values = values.clone();
        values.insert("writer".into(), writer.as_bytes().to_vec());
        values
    };
    let (mut ours, mut theirs) = (by(&values, "here"), by(&values, "go"));
    for (name, template) in written {
        ours.insert(name.into(), render(template, &values).unwrap());
        theirs.insert(name.into(), go(template, &values).await.unwrap());
    }
    let expected = String::from_utf8(go(read, &theirs).await.unwrap()).unwrap();
    assert_eq!(expected.matches("BEGIN CERTIFICATE").count(), 1 + 1 + 2 + 3, "{expected}");
    assert_eq!(String::from_utf8(go(read, &ours).await.unwrap()).unwrap(), expected);
    assert_eq!(String::from_utf8(render(read, &ours).unwrap()).unwrap(), expected);
    assert_eq!(String::from_utf8(render(read, &theirs).unwrap()).unwrap(), expected);
    let counted = r#"{{ .trust | b64dec | trusted "" }} {{ .trustPass | b64dec | trusted "trusted" }}"#;
    assert_eq!(go(counted, &ours).await.unwrap(), b"3 2");

    for (_, template) in written {
        assert!(Template::parse("t", template).unwrap().is_volatile(), "{template}");
    }
    values.insert("file".into(), ours["fullPass"].clone());
    for wrong in [
        r#"{{ .file | b64dec | pkcs12keyPass "other" }}"#,
        "{{ .file | b64dec | pkcs12cert }}",
        "{{ .file | pkcs12key }}",
        r#"{{ .file | b64dec | trunc 60 | pkcs12keyPass "secret" }}"#,
        "{{ $m := fromJson .made }}{{ pemToPkcs12 $m.key $m.key }}",
        r#"{{ $m := fromJson .made }}{{ pemToPkcs12 $m.leaf "none" }}"#,
        r#"{{ $m := fromJson .made }}{{ fullPemToPkcs12 (print $m.leaf "behind") $m.key }}"#,
    ] {
        assert!(go(wrong, &values).await.is_err(), "{wrong}");
        let told = render(wrong, &values).unwrap_err();
        assert!(!told.contains("secret") && !told.contains("PRIVATE"), "{told}");
    }
}

#[test]
fn every_run_gives_another_result() {
    for template in
        ["{{ randAlphaNum 20 }}", "{{ uuidv4 }}", "{{ randBytes 16 }}", "{{ bcrypt \"x\" }}", "{{ genPrivateKey \"ed25519\" }}"]
    {
        assert!(Template::parse("t", template).unwrap().is_volatile(), "{template}");
        assert_ne!(render(template, &Values::new()), render(template, &Values::new()), "{template}");
    }
}
