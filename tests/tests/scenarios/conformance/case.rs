//! What a case is: what a store holds, what is asked of it, and what has to come of that. Read from
//! `tests/conformance`, where an unknown field is an error. It must never know how a case is run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

/// The store that a case reads.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    Fake,
    Kv1,
    Kv2,
    OpenBao,
    Aws,
    Kubernetes,
}

/// Cases of one topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    /// The store of those that name none.
    store: Kind,
    cases: Vec<Case>,
}

/// What words in texts stand for: `$namespace`, and of the store `$mount` and `$server`.
pub(crate) struct Words {
    pub(crate) namespace: String,
    pub(crate) mount: String,
    pub(crate) server: String,
}

/// One case. `@/` in its texts stands for a prefix that no other case has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Case {
    /// The object's name, and the Secret's unless the spec names another.
    pub(crate) name: String,
    /// Its number in `coverage.md`.
    pub(crate) behaviour: u32,
    pub(crate) store: Option<Kind>,
    /// Texts by key: JSON objects in a KV mount.
    #[serde(default)]
    pub(crate) seed: BTreeMap<String, String>,
    /// What is done to the store after that.
    #[serde(default)]
    pub(crate) also: Vec<Deed>,
    /// Objects that are there before.
    #[serde(default)]
    pub(crate) objects: Vec<Value>,
    #[serde(default)]
    pub(crate) metadata: Metadata,
    /// The spec; without `secretStoreRef` it gets the store of the case.
    pub(crate) spec: Value,
    pub(crate) expect: Expect,
    /// What follows, one after the other.
    #[serde(default)]
    pub(crate) then: Vec<Step>,
}

/// Something done to one key of a store.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Deed {
    pub(crate) key: String,
    pub(crate) text: Option<String>,
    /// Bytes, of AWS.
    pub(crate) base64: Option<String>,
    /// The version that the text is, of the fake store.
    pub(crate) version: Option<String>,
    /// Tags of AWS, custom metadata of KV version 2.
    pub(crate) tags: Option<BTreeMap<String, String>>,
    /// Deletes it, so that it can be had back where the store can do that.
    #[serde(default)]
    pub(crate) delete: bool,
    /// Versions that are destroyed.
    #[serde(default)]
    pub(crate) destroy: Vec<u64>,
}

/// Labels and annotations of the object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// What has to come of it. Without more, `Ready` has to be true with the reason `SecretSynced`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Expect {
    /// All entries of the Secret; after `base64:` as bytes.
    pub(crate) data: Option<BTreeMap<String, String>>,
    /// All fields of an object that is no Secret but those that every object has.
    pub(crate) content: Option<Value>,
    pub(crate) labels: Option<BTreeMap<String, String>>,
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    #[serde(rename = "type")]
    pub(crate) type_: Option<String>,
    /// Whether an ExternalSecret controls the Secret, which then carries the label that is made of its name.
    pub(crate) owned: Option<bool>,
    pub(crate) immutable: Option<bool>,
    /// There is no Secret.
    #[serde(default)]
    pub(crate) absent: bool,
    /// The object is told nothing, and there is no Secret.
    #[serde(default)]
    pub(crate) untouched: bool,
    /// Words of the message with which it fails. Without `data` there is no Secret then.
    pub(crate) fails: Option<String>,
    /// The Secret's name, where a step has changed it.
    pub(crate) secret: Option<String>,
    /// The name of a Secret that is there no longer.
    pub(crate) gone: Option<String>,
    pub(crate) ready: Option<Ready>,
}

/// The condition `Ready`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ready {
    pub(crate) status: String,
    pub(crate) reason: String,
    /// Words of the message.
    #[serde(default)]
    pub(crate) message: String,
}

/// A change, and what has to come of it. A change in the store comes with a request for a refresh.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Step {
    #[serde(default)]
    pub(crate) seed: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) also: Vec<Deed>,
    /// The whole new spec.
    pub(crate) spec: Option<Value>,
    /// A merge patch of the Secret.
    pub(crate) secret: Option<Value>,
    /// Whether the Secret is deleted.
    #[serde(default)]
    pub(crate) delete_secret: bool,
    pub(crate) expect: Expect,
}

impl Case {
    /// A text of the case as it is used.
    pub(crate) fn spelt(&self, text: &str, words: &Words) -> String {
        let words = [("$namespace", &words.namespace), ("$mount", &words.mount), ("$server", &words.server)];
        let text = text.replace("@/", &format!("{}/", self.name));
        words.iter().fold(text, |text, (word, meant)| text.replace(word, meant))
    }

    /// A part of an object, likewise.
    pub(crate) fn spelt_value(&self, value: &Value, words: &Words) -> Value {
        serde_json::from_str(&self.spelt(&value.to_string(), words)).unwrap()
    }

    /// Whether something else than a Secret is asked for.
    pub(crate) fn has_manifest(&self) -> bool {
        self.spec.pointer("/target/manifest").is_some()
    }

    /// `apiVersion` and kind of what is written, as its first spec says.
    pub(crate) fn target_kind(&self) -> (&str, &str) {
        let manifest = self.spec.pointer("/target/manifest").unwrap_or(&Value::Null);
        (manifest["apiVersion"].as_str().unwrap_or("v1"), manifest["kind"].as_str().unwrap_or("Secret"))
    }

    /// The name of the Secret that is judged.
    pub(crate) fn judged_name<'a>(&'a self, expect: &'a Expect) -> &'a str {
        expect.secret.as_deref().unwrap_or_else(|| self.secret_name())
    }

    /// The name of the Secret that it begins with.
    pub(crate) fn secret_name(&self) -> &str {
        let named = self.spec.pointer("/target/name").and_then(Value::as_str);
        named.filter(|name| !name.is_empty()).unwrap_or(&self.name)
    }

    /// Whether it is about reading only, so that rendering it gives the same.
    pub(crate) fn only_reads(&self) -> bool {
        (self.expect.data.is_some() || self.expect.content.is_some())
            && self.expect.fails.is_none()
            && self.objects.iter().all(is_generator)
    }
}

fn is_generator(object: &Value) -> bool {
    object["apiVersion"].as_str().is_some_and(|version| version.starts_with("generators."))
}

/// The folder of the cases.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

/// All cases.
pub(crate) fn all() -> Vec<Case> {
    let mut files: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let cases: Vec<_> = files.iter().flat_map(|file| of(&fs::read_to_string(file).unwrap(), &file.display().to_string())).collect();
    let mut names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None, "two cases have one name");
    cases
}

/// The cases of one text.
pub(crate) fn of(text: &str, file: &str) -> Vec<Case> {
    let topic: Topic = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let with_store = |case: Case| Case { store: case.store.or(Some(topic.store)), ..case };
    topic.cases.into_iter().map(with_store).collect()
}
