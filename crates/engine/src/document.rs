//! A SOPS document into entries.
//!
//! A document that is a Secret stands for the entries of its `data` and `stringData`, any other for the keys of its
//! top level. Must never: use a Secret's document for another Secret. SOPS itself binds a document to nothing, and its
//! MAC does not cover the names of plain keys.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_api::Reason;
use sealbridge_manifest::Plan;
use sealbridge_seal::KeyId;
use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Encrypted, Format, Opened, Scalar, SopsError, Step};

use crate::ports::Keys;

/// What a document holds.
pub(crate) struct Document {
    /// Names and values, each name once. Whether Kubernetes takes the names is not judged.
    pub(crate) entries: Vec<(String, SecretBytes)>,
    /// The keys that opened it.
    pub(crate) opened_by: Vec<KeyId>,
}

/// Why a document is not used.
pub(crate) struct Refused {
    pub(crate) reason: Reason,
    pub(crate) detail: String,
}

/// Opens a document for the Secret of `plan`.
pub(crate) fn open(plan: &Plan, text: &str, keys: &impl Keys) -> Result<Document, Refused> {
    let encrypted = Encrypted::read(Format::of_text(text), text.as_bytes()).map_err(|problem| refused(&problem))?;
    let opened = keys.open_document(encrypted).map_err(|problem| match problem {
        SopsError::NoKey { wanted } => {
            let advice = keys.without_document_key(&plan.namespace);
            let detail = format!("no key for documents that bind no target opens the SOPS document (sealed to {wanted}); {advice}");
            Refused { reason: Reason::NoKey, detail }
        }
        problem => refused(&problem),
    })?;
    if opened.documents() != 1 {
        return Err(invalid("the text holds several YAML documents, which share one MAC; encrypt each by itself"));
    }
    let entries = if is_secret(&opened) {
        ensure_made_for(plan, &opened)?;
        of_secret(&opened)?
    } else {
        opened.entries(0).map_err(|problem| refused(&problem))?
    };
    Ok(Document { entries, opened_by: opened.opened_by().to_vec() })
}

fn text<'a>(opened: &'a Opened, path: &[&str]) -> Option<&'a str> {
    let path: Vec<Step> = path.iter().map(|key| Step::key(key)).collect();
    std::str::from_utf8(opened.get(0, &path)?.bytes().expose()).ok()
}

fn is_secret(opened: &Opened) -> bool {
    text(opened, &["apiVersion"]) == Some("v1") && text(opened, &["kind"]) == Some("Secret")
}

/// Refuses a Secret's document in another place than its own.
///
/// Whoever may write in a namespace could otherwise paste the document of any Secret there, and would be answered
/// with its values under a name of their choice.
fn ensure_made_for(plan: &Plan, opened: &Opened) -> Result<(), Refused> {
    let name = text(opened, &["metadata", "name"]).unwrap_or_default();
    let namespace = text(opened, &["metadata", "namespace"]).unwrap_or(&plan.namespace);
    if name == plan.target.id() && namespace == plan.namespace {
        return Ok(());
    }
    let detail = format!(
        "the SOPS document is the Secret {namespace}/{name}, and is used for {}/{}; use it for its own Secret, or encrypt the values alone",
        plan.namespace,
        plan.target.id()
    );
    Err(Refused { reason: Reason::SealedForOther, detail })
}

/// `data`, with `stringData` over it, as the API server merges them.
fn of_secret(opened: &Opened) -> Result<Vec<(String, SecretBytes)>, Refused> {
    let mut entries: Vec<(String, SecretBytes)> = Vec::new();
    let leaves = opened.leaves(0);
    for field in ["data", "stringData"] {
        let below = leaves.iter().filter(|(path, _)| path.first() == Some(&Step::key(field)));
        for (path, value) in below {
            let [_, Step::Key(name)] = path.as_slice() else {
                return Err(invalid(&format!(
                    "{field} of the Secret in the SOPS document has something else than texts; correct it"
                )));
            };
            let value = if field == "data" { decoded(name, value)? } else { value.bytes().duplicate() };
            entries.retain(|(known, _)| known != name);
            entries.push((name.clone(), value));
        }
    }
    Ok(entries)
}

fn decoded(name: &str, value: &Scalar) -> Result<SecretBytes, Refused> {
    let compact: Vec<u8> = value.bytes().expose().iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let compact = SecretBytes::new(compact);
    let bytes = BASE64_STANDARD.decode(compact.expose());
    bytes.map(SecretBytes::new).map_err(|_| {
        invalid(&format!("data.{name} of the Secret in the SOPS document is no base64; correct it, or put it under stringData"))
    })
}

fn refused(problem: &SopsError) -> Refused {
    invalid(&format!("the SOPS document cannot be used: {problem}"))
}

fn invalid(detail: &str) -> Refused {
    Refused { reason: Reason::SealedInvalid, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use sealbridge_seal::{KeyPair, KeyRing, OpenError, Opened as OpenedValue, Target};
    use sealbridge_sops::{Plain, Recipients, Rules, Selector};

    use super::*;
    use crate::samples::plan;

    /// What somebody else than SOPS does to a document.
    type Change = fn(String) -> String;

    struct Ring(KeyRing);

    impl Keys for Ring {
        fn open(&self, sealed: &str, target: &Target<'_>) -> Result<OpenedValue, OpenError> {
            self.0.open(sealed, target)
        }

        fn open_sealed_secret_value(&self, _: &str, _: &str) -> Result<SecretBytes, sealbridge_sealed_secrets::OpenError> {
            panic!("a document is no SealedSecret")
        }

        fn open_document(&self, document: Encrypted) -> Result<Opened, SopsError> {
            document.open(&self.0)
        }

        fn without_document_key(&self, namespace: &str) -> String {
            format!("ask for {namespace}")
        }
    }

    fn sealed(plain: &str, pair: &KeyPair) -> String {
        let rules = Rules {
            selector: Selector::EncryptedRegex("^(data|stringData|password|a|m)$".to_owned()),
            mac_only_encrypted: false,
            recipients: Recipients::any_of(vec![pair.recipient().clone()]).unwrap(),
        };
        let format = if plain.starts_with('{') { Format::Json } else { Format::Yaml };
        let sealed = Plain::read(format, plain.as_bytes()).unwrap().seal(&rules, "2026-11-21T10:00:00Z".parse().unwrap());
        String::from_utf8(sealed.unwrap()).unwrap()
    }

    fn opened(plain: &str, change: impl Fn(String) -> String) -> Result<Vec<(String, String)>, (Reason, String)> {
        let pair = KeyPair::generate().unwrap();
        let text = change(sealed(plain, &pair));
        let document = open(&plan(), &text, &Ring(KeyRing::new([pair.into_identity()])));
        let document = document.map_err(|refused| (refused.reason, refused.detail))?;
        assert_eq!(document.opened_by.len(), 1);
        let text = |value: &SecretBytes| String::from_utf8(value.expose().to_vec()).unwrap();
        Ok(document.entries.iter().map(|(name, value)| (name.clone(), text(value))).collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: checkout-env\n  namespace: shop\ntype: Opaque\ndata:\n  \
                          A: YQ==\n  B: Yg==\nstringData:\n  B: over\n  C: c\n";

    #[test]
    fn the_top_level_and_a_secrets_data_become_entries() {
        let flat = opened("{\"password\": \"p\", \"a\": 1, \"m\": {\"k\": [true]}, \"open\": \"o\"}\n", |text| text);
        assert_eq!(flat, Ok(pairs(&[("password", "p"), ("a", "1"), ("m", "{\"k\":[true]}"), ("open", "o")])));
        assert_eq!(opened(SECRET, |text| text), Ok(pairs(&[("A", "a"), ("B", "over"), ("C", "c")])));
    }

    #[test]
    fn a_secret_is_not_used_for_another_one() {
        for (from, to) in
            [("name: checkout-env", "name: other"), ("namespace: shop", "namespace: cart"), ("  name: checkout-env\n", "")]
        {
            let refused = opened(&SECRET.replace(from, to), |text| text).unwrap_err();
            assert_eq!(refused.0, Reason::SealedForOther, "{}", refused.1);
        }
        // The MAC does not cover the names of plain keys.
        let renamed = opened(SECRET, |text| text.replace("  name: checkout-env", "  generateName: checkout-env")).unwrap_err();
        assert_eq!(renamed.0, Reason::SealedForOther);
    }

    #[test]
    fn what_cannot_be_used_is_told_without_a_value() {
        let cases: [(&str, Change, &str); 5] = [
            ("password: hunter2\nopen: x\n", |text| text.replace("open: x", "open: y"), "the MAC does not agree"),
            ("password: hunter2\n", |text| text.replace("sops:", "other:"), "no sops metadata"),
            ("password: hunter2\n---\na: hunter2\n", |text| text, "several YAML documents"),
            (
                "apiVersion: v1\nkind: Secret\nmetadata: {name: checkout-env}\ndata: {A: hunter2!}\n",
                |text| text,
                "data.A of the Secret",
            ),
            (
                "apiVersion: v1\nkind: Secret\nmetadata: {name: checkout-env}\ndata: {A: {B: hunter2}}\n",
                |text| text,
                "something else than texts",
            ),
        ];
        for (plain, change, words) in cases {
            let (reason, detail) = opened(plain, change).unwrap_err();
            assert_eq!(reason, Reason::SealedInvalid, "{detail}");
            assert!(detail.contains(words) && !detail.contains("hunter2"), "{detail}");
        }
    }

    #[test]
    fn without_a_key_the_advice_is_the_one_of_whoever_asks() {
        let text = sealed("password: x\n", &KeyPair::generate().unwrap());
        let refused = open(&plan(), &text, &Ring(KeyRing::default())).err().unwrap();
        assert_eq!(refused.reason, Reason::NoKey);
        assert!(refused.detail.ends_with("; ask for shop"), "{}", refused.detail);
    }
}
