//! One file: whether it matters, what it holds, what is wrong with it.

use std::collections::HashMap;
use std::path::Path;

use sealbridge_manifest::StoreGroup;
use sealbridge_manifest::document::{self, DocumentError, Object};
use sealbridge_manifest::edit::Step;
use sealbridge_manifest::position::{Positions, Spot};
use sealbridge_seal::{Date, KeyId, PREFIX};
use sealbridge_sops::Format;
use serde_json::Value;

use super::across::{Declared, Store};
use super::allow::Allowed;
use super::draft::{At, Draft};
use super::finding::Finding;
use super::opening::Opening;
use super::rule::Rule;
use super::rules::pipeline::Pipeline;
use super::rules::sealed::Standing;
use super::rules::{
    bridged_secret, cluster_bridged_secret, external_generator, external_secrets, fake_store, generator, jenkins, plain_secret,
    private_key, push_secret, schema, sealed, sealed_secret, sops, template,
};
use super::surroundings::{Cache, Surroundings};
use crate::config::{self, Config};
use crate::{namespaces, render, sealed_texts};

/// What a file has in it before anything of it can matter. An escape could spell any of the others.
const MARKS: [&str; 9] = ["Secret", "sealbridge.dev/", EXTERNAL, PREFIX, "secretGenerator", "sops", namespaces::KIND, "\\u", "\\x"];
/// What has to be known of the folder for.
const OWN_MARKS: [&str; 4] = ["sealbridge.dev/", EXTERNAL, PREFIX, "SealedSecret"];
/// The group of External Secrets Operator.
const EXTERNAL: &str = "external-secrets.io/";

/// What files are judged by.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub(crate) cache: &'a Cache,
    pub(crate) today: Date,
    /// The keys that were named.
    pub(crate) opening: Option<&'a Opening>,
}

/// One file that was read.
pub(super) struct Subject<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    pub(super) documents: &'a [Value],
    pub(super) surroundings: &'a Surroundings,
    cache: &'a Cache,
    pub(super) today: Date,
    pub(super) opening: Option<&'a Opening>,
}

/// What there is to say of one file.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) declared: Declared,
    /// Why the file was left out.
    pub(crate) note: Option<String>,
    /// Why the file could not be judged.
    pub(crate) failure: Option<String>,
}

/// `BridgedSecret shop/checkout`
pub(super) fn label(object: &Object<'_>) -> String {
    let namespace = object.namespace().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    let name = if object.name().is_empty() { "?" } else { object.name() };
    format!("{} {namespace}{name}", object.kind())
}

/// Manifests and documents.
const ENDINGS: [&str; 5] = ["yaml", "yml", "json", "env", "ini"];
/// What people call files of keys; nothing else is looked for in them.
const KEY_ENDINGS: [&str; 3] = ["txt", "key", "agekey"];

/// Whether a file of this name is looked at when it is in Git: where no private key may be.
pub(super) fn accepts(path: &Path) -> bool {
    ends_with(path, &KEY_ENDINGS) || accepts_lying(path)
}

/// Whether a file of this name is looked at when a folder is searched: a person's own keys may lie there.
pub(super) fn accepts_lying(path: &Path) -> bool {
    ends_with(path, &ENDINGS)
        || path.file_name().is_some_and(|name| name == ".env")
        || crate::kustomization::is_one(path)
        || jenkins::is_one(path)
}

fn ends_with(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))
}

/// Whether a file of this name can declare what others name.
pub(super) fn may_declare(path: &Path) -> bool {
    ends_with(path, &["yaml", "yml", "json"])
}

/// Whether a file can declare what others name.
pub(super) fn can_declare(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| ["sealbridge.dev/", EXTERNAL, namespaces::KIND].iter().any(|mark| text.contains(mark)))
}

impl Judge<'_> {
    /// The same, opening nothing: for what is only compared.
    pub(super) fn without_keys(self) -> Self {
        Self { opening: None, ..self }
    }

    /// Judges a file. `is_named` says that somebody named this very file.
    pub(crate) fn judge(&self, path: &Path, bytes: &[u8], is_named: bool) -> Judged {
        let mut judged = Judged::default();
        let Ok(text) = std::str::from_utf8(bytes) else {
            judged.not_text(bytes, is_named);
            return judged;
        };
        private_key::judge(text, &mut judged.drafts);
        if ends_with(path, &KEY_ENDINGS) {
            return judged;
        }
        if jenkins::is_one(path) {
            jenkins::judge(text, &mut judged.drafts);
        } else if let format @ (Format::Dotenv | Format::Ini) = Format::of_path(&path.to_string_lossy()) {
            if text.contains("sops_version") || text.contains("[sops]") {
                let told = sops::judge(format, bytes, self.opening, &mut judged.drafts);
                judged.declare_document(told.key_ids);
            }
        } else {
            self.structured(path, text, &mut judged);
        }
        judged
    }

    fn structured(&self, path: &Path, text: &str, judged: &mut Judged) {
        if path.file_name().is_some_and(|name| name == config::FILE_NAME) {
            judged.failure = Config::parse(path, text).err().map(|error| error.to_string());
            return;
        }
        let pipeline = Pipeline::of(&config::absolute(path));
        if pipeline.is_none() && !MARKS.iter().any(|mark| text.contains(mark)) {
            return;
        }
        let documents = match document::parse(text) {
            Ok(documents) => documents,
            Err(problem) => return judged.not_yaml(path, text, pipeline.is_some(), problem),
        };
        let nothing = Surroundings::default();
        let found;
        let surroundings = if OWN_MARKS.iter().any(|mark| text.contains(mark)) {
            found = match self.cache.of(path) {
                Ok(found) => found,
                Err(problem) => {
                    judged.failure = Some(problem);
                    return;
                }
            };
            &*found
        } else {
            &nothing
        };
        let Self { cache, today, opening } = *self;
        let subject = Subject { path, text, documents: &documents, surroundings, cache, today, opening };
        subject.judge(judged);
        self.let_plain_secrets_be(path, judged);
        if let Some(pipeline) = pipeline {
            documents.iter().enumerate().for_each(|(number, value)| pipeline.judge(number, value, &mut judged.drafts));
        }
    }

    /// Takes back what a rule about the file lets be. The rules are asked only where there is something to take back.
    fn let_plain_secrets_be(&self, path: &Path, judged: &mut Judged) {
        let lies_in_the_clear = |draft: &Draft| matches!(draft.rule, Rule::PlainSecret | Rule::PlainGenerator | Rule::StorePlain);
        if !judged.drafts.iter().any(lies_in_the_clear) {
            return;
        }
        match self.cache.of(path) {
            Ok(found) if found.rule_for(path).is_some_and(|rule| !rule.policy.forbids_plain_secrets) => {
                judged.drafts.retain(|draft| !lies_in_the_clear(draft));
            }
            Ok(_) => {}
            Err(problem) => judged.failure = Some(problem),
        }
    }
}

impl Subject<'_> {
    fn judge(&self, judged: &mut Judged) {
        let is_sops = self.documents.iter().any(|value| value.get("sops").is_some_and(Value::is_object));
        let told = if is_sops {
            let is_json = self.path.extension().is_some_and(|ending| ending == "json");
            let format = if is_json { Format::Json } else { Format::Yaml };
            sops::judge(format, self.text.as_bytes(), self.opening, &mut judged.drafts)
        } else {
            sops::Told::default()
        };
        judged.declare_document(told.key_ids);
        let (leaves, drafts) = (told.plain, &mut judged.drafts);
        for (number, value) in self.documents.iter().enumerate() {
            generator::judge(self.path, |path| self.cache.read(path), number, value, drafts);
            plain_secret::judge_list(number, value, drafts);
            plain_secret::judge_patches(number, value, drafts);
        }
        let objects = document::objects(self.documents);
        for object in &objects {
            plain_secret::judge(object, |path| leaves.iter().any(|leaf| leaf == path), drafts);
            template::judge(object, drafts);
            sealed_secret::judge(self, object, drafts);
            push_secret::judge(self, object, &mut judged.declared, drafts);
            if object.is_external() {
                external_secrets::judge(self, object, &mut judged.declared, drafts);
                fake_store::judge(object, drafts);
                self.declare_store(object, &mut judged.declared);
            } else if external_generator::is_one(object) {
                external_generator::judge(self, object, &mut judged.declared, drafts);
            }
            judged.declared.namespaces.extend(namespaces::declared(object));
            if object.api_version().split('/').next() == Some(sealbridge_api::GROUP) {
                self.native(object, &mut judged.declared, drafts);
            }
        }
        let secrets: Vec<_> = objects.into_iter().filter(|object| object.is_native("BridgedSecret")).collect();
        let elsewhere = sealed_texts::outside_of(&secrets, self.documents);
        let places = if elsewhere.is_empty() { HashMap::new() } else { sealed_places(self.documents) };
        for (path, text) in elsewhere {
            let at = places.get(&text.as_ptr()).cloned().unwrap_or(At::Spot(Spot { line: 1, column: 1 }));
            let standing = Standing { at: at.clone(), object: "", entry: &path, text, target: None };
            if let Some(ids) = sealed::judge(self, &standing, drafts) {
                judged.declared.sealed.insert((String::new(), path.clone()), (at, ids));
            }
        }
    }

    fn native(&self, object: &Object<'_>, declared: &mut Declared, drafts: &mut Vec<Draft>) {
        schema::judge(self, object, drafts);
        fake_store::judge(object, drafts);
        self.declare_store(object, declared);
        match object.kind() {
            "BridgedSecret" if object.is_ours() => {
                bridged_secret::judge(self, object, declared, drafts);
                sops::judge_texts(object, self.opening, declared, drafts);
            }
            "ClusterBridgedSecret" if object.is_ours() => cluster_bridged_secret::judge(self, object, declared, drafts),
            "SealingKey" => bridged_secret::stores(object, None, &label(object), declared),
            _ => {}
        }
    }

    /// Notes a store that objects can name. What a patch says of one is not all of it.
    fn declare_store(&self, object: &Object<'_>, declared: &mut Declared) {
        if !matches!(object.kind(), "SecretStore" | "ClusterSecretStore") {
            return;
        }
        let is_cluster = object.kind() == "ClusterSecretStore";
        let given = render::stores::Store::read(object).ok().filter(|_| !self.surroundings.is_patch(self.path));
        declared.stores.push(Store {
            group: if object.is_external() { StoreGroup::ExternalSecrets } else { StoreGroup::Native },
            is_cluster,
            namespace: self.surroundings.namespace(self.path, object).ok().filter(|_| !is_cluster),
            name: object.name().to_owned(),
            given,
        });
    }
}

/// Where the sealed texts of the documents stand, by where they lie in memory: equal ones are told apart.
fn sealed_places(documents: &[Value]) -> HashMap<*const u8, At> {
    fn walk(document: usize, value: &Value, path: &mut Vec<Step>, found: &mut HashMap<*const u8, At>) {
        let mut below = |step: Step, value: &Value| {
            path.push(step);
            walk(document, value, path, found);
            path.pop();
        };
        match value {
            Value::Array(items) => items.iter().enumerate().for_each(|(number, value)| below(Step::Index(number), value)),
            Value::Object(fields) => fields.iter().for_each(|(key, value)| below(Step::key(key), value)),
            Value::String(text) if text.starts_with(PREFIX) => {
                found.insert(text.as_ptr(), At::Path(document, path.clone()));
            }
            _ => {}
        }
    }
    let mut found = HashMap::new();
    for (number, document) in documents.iter().enumerate() {
        walk(number, document, &mut Vec::new(), &mut found);
    }
    found
}

impl Judged {
    /// Notes to whom a SOPS document is sealed.
    fn declare_document(&mut self, key_ids: Option<Vec<KeyId>>) {
        let at = At::Spot(Spot { line: 1, column: 1 });
        let place = (String::new(), "the whole document".to_owned());
        self.declared.sealed.extend(key_ids.map(|ids| (place, (at, ids))));
    }

    fn not_text(&mut self, bytes: &[u8], is_named: bool) {
        let text = String::from_utf8_lossy(bytes);
        let is_utf16 = bytes.starts_with(&[0xfe, 0xff]) || bytes.starts_with(&[0xff, 0xfe]);
        if is_named || is_utf16 || matters(&text) {
            let at = At::Spot(Spot { line: 1, column: 1 });
            self.drafts.push(Draft::new(Rule::Unreadable, at, "it is not UTF-8 text, so it was not judged", "write it as UTF-8"));
        }
    }

    fn not_yaml(&mut self, path: &Path, text: &str, is_pipeline: bool, problem: DocumentError) {
        if !is_pipeline && !matters(text) {
            return;
        }
        if text.contains("{{") {
            self.note = Some(format!("{} is a template, not a manifest, and is left out; render it first", path.display()));
            return;
        }
        let spot = match problem {
            DocumentError::Syntax { line, column } => (line, column),
            DocumentError::DuplicateKey { line } => (line, 1),
            DocumentError::TooLarge | DocumentError::Budget => (1, 1),
        };
        let number = |number| usize::try_from(number).unwrap_or(1);
        let at = At::Spot(Spot { line: number(spot.0), column: number(spot.1) });
        self.drafts.push(Draft::of_error(Rule::Unreadable, at, &format!("it {problem}")));
    }
}

/// Whether a text that cannot be read could be one that is judged.
fn matters(text: &str) -> bool {
    let is_object = text.contains("apiVersion") && text.contains("kind") && text.contains("Secret");
    is_object || text.contains("sealbridge.dev/") || text.contains(PREFIX) || text.contains("ENC[AES256_GCM,")
}

/// The findings of a file: those that no comment allows, with their lines.
pub(crate) fn settle(shown: &Path, from_root: &str, text: &str, mut drafts: Vec<Draft>) -> Vec<Finding> {
    let allowed = Allowed::read(text, &mut drafts);
    if drafts.is_empty() {
        return Vec::new();
    }
    let positions =
        if drafts.iter().any(|draft| matches!(draft.at, At::Path(..))) { Positions::of(text) } else { Positions::default() };
    let mut findings = Vec::new();
    for draft in drafts {
        let spot = draft.at.spot(&positions);
        if allowed.has(spot.line, draft.rule) {
            continue;
        }
        findings.push(Finding {
            rule: draft.rule,
            severity: draft.severity,
            file: shown.display().to_string(),
            line: spot.line,
            column: spot.column,
            object: draft.object,
            entry: draft.entry,
            problem: draft.problem,
            advice: draft.advice,
            path: from_root.to_owned(),
        });
    }
    findings
}
