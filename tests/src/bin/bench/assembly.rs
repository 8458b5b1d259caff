//! Secrets made of values that were read, per second on one thread, beside one JSON round trip of the same Secret. It
//! must never count the reading, or the planning of the manifest, which is done once for each change of it.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use sealbridge_api::BridgedSecretSpec;
use sealbridge_engine::{DesiredSecret, Kept, Keys, SourceError, System, Values, assemble, gather};
use sealbridge_manifest::{Plan, SourceRef, TemplateInput, native};
use sealbridge_provider::{Payload, RemoteKey, Selection};
use sealbridge_seal::{OpenError, Opened, Target};
use sealbridge_secret::{Digest, SecretBytes};
use sealbridge_sops::{Encrypted, Opened as OpenedDocument, SopsError};
use serde_json::{Value, json};

use crate::figure::{Figure, Goal, Unit};
use crate::pairs::Pairs;
use crate::report::Report;

/// Secrets in one run.
const SECRETS: u32 = 10_000;
const RUNS: usize = 11;
const REFERENCE: &str = "serde_json";

pub(crate) fn measure(report: &mut Report) {
    report.conditions(&format!("one thread, five entries of two sources, {SECRETS} a run, median of {RUNS}"));
    let entry = |key: &str, property: &str| json!({"remoteRef": {"key": key, "property": property}});
    let data = json!({
        "DB_USER": entry("shop/db", "username"), "DB_PASSWORD": entry("shop/db", "password"),
        "DB_HOST": entry("shop/db", "host"), "API_KEY": entry("shop/api", "key"), "LOG_LEVEL": {"plain": "info"},
    });
    let url = "postgres://{{ .DB_USER }}:{{ .DB_PASSWORD | urlquery }}@{{ .DB_HOST }}/shop?sslmode=require";
    let file = "level: {{ .LOG_LEVEL | upper | quote }}\napi:\n  key: {{ .API_KEY | b64enc }}\n";
    let template = json!({"data": {"DATABASE_URL": url, "config.yaml": file}});
    for (name, goal, target) in [
        ("assembled, with a template", Goal::AtLeast(20_000.0), json!({"template": template})),
        ("assembled, entries as they are", Goal::None, json!({})),
    ] {
        let plan = plan(&json!({"secretStoreRef": {"name": "vault"}, "data": data, "target": target}));
        let read = Read::of(&plan);
        let text = written(&assembled(&plan, &read));
        let pairs =
            Pairs::of(RUNS, || rate(|| drop(black_box(assembled(&plan, &read)))), || rate(|| drop(black_box(round_trip(&text)))));
        report.tell(&Figure::beside(name, REFERENCE, &pairs, Unit::PerSecond, goal));
    }
}

fn rate(mut one: impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..SECRETS).for_each(|_| one());
    f64::from(SECRETS) / began.elapsed().as_secs_f64()
}

fn plan(spec: &Value) -> Plan {
    let spec: BridgedSecretSpec = serde_json::from_value(spec.clone()).expect("a spec");
    native::plan("shop", "checkout", &spec).expect("a plan")
}

fn assembled(plan: &Plan, read: &Read) -> DesiredSecret {
    let gathered = gather(plan, read, &NoKeys).expect("all values are there");
    assemble(plan, gathered, Kept::Nothing(&System)).expect("a Secret")
}

/// The Secret's data as one JSON text.
fn written(secret: &DesiredSecret) -> String {
    let data: HashMap<_, _> = secret.data.iter().map(|(key, value)| (key, String::from_utf8_lossy(value.expose()))).collect();
    serde_json::to_string(&data).expect("texts")
}

fn round_trip(text: &str) -> String {
    let value: Value = serde_json::from_str(text).expect("JSON");
    serde_json::to_string(&value).expect("JSON")
}

/// What was read.
struct Read(HashMap<RemoteKey, Arc<Payload>>);

impl Read {
    fn of(plan: &Plan) -> Self {
        let body =
            br#"{"username":"checkout","password":"p@ss/word with 32 characters!!","host":"db.shop.svc","key":"0123456789abcdef"}"#;
        let payload = || Arc::new(Payload::new(SecretBytes::new(body.to_vec()), Selection::VaultLiteralThenGjson, None));
        Self(plan.sources().into_iter().map(|source| (source.key.clone(), payload())).collect())
    }
}

impl Values for Read {
    fn get(&self, source: &SourceRef) -> Option<Result<Arc<Payload>, SourceError>> {
        self.0.get(&source.key).cloned().map(Ok)
    }

    fn template(&self, _: &TemplateInput, _: &str) -> Option<Result<Arc<SecretBytes>, SourceError>> {
        None
    }

    fn templates(&self) -> Option<Digest> {
        None
    }
}

/// Nothing is sealed here.
struct NoKeys;

impl Keys for NoKeys {
    fn open(&self, _: &str, _: &Target<'_>) -> Result<Opened, OpenError> {
        unreachable!("no entry is sealed")
    }

    fn open_document(&self, _: Encrypted) -> Result<OpenedDocument, SopsError> {
        unreachable!("there is no document")
    }

    fn without_document_key(&self, _: &str) -> String {
        String::new()
    }

    fn open_sealed_secret_value(&self, _: &str, _: &str) -> Result<SecretBytes, sealbridge_sealed_secrets::OpenError> {
        unreachable!("there is no SealedSecret")
    }
}
