//! One field of a manifest made bad, in every way that somebody writes one: for tests of whatever reads it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// A step to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A field of a map.
    Key(String),
    /// An item of a list.
    Index(usize),
}

/// What is done to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Absent,
    Null,
    /// Another type than the one it has.
    WrongType,
    Empty,
    TooLong,
    /// A word that nothing is called by.
    UnknownWord,
    /// A field beside those that there are.
    UnknownField,
}

/// A manifest with one bad field.
pub(crate) struct Mutation {
    pub(crate) how: How,
    pub(crate) path: Vec<Step>,
    pub(crate) manifest: Value,
}

impl Mutation {
    /// The path as people write it: `spec.data[0].remoteRef`.
    pub(crate) fn shown(&self) -> String {
        shown(&self.path)
    }
}

/// The path as people write it.
pub(crate) fn shown(path: &[Step]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        // What is as long as a token is not repeated.
        Step::Key(key) if key.len() > 63 => format!("{text}.(a name of {} characters)", key.len()),
        Step::Key(key) if text.is_empty() => key.clone(),
        Step::Key(key) => format!("{text}.{key}"),
        Step::Index(index) => format!("{text}[{index}]"),
    })
}

/// Every way to make one field of `spec` bad, each field of a kind once, whichever manifest has it.
pub(crate) fn of(manifests: &[Value]) -> Vec<Mutation> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for manifest in manifests {
        for path in paths(manifest) {
            // Of an overlay's null nothing can be told.
            let is_said = !at(manifest, &path).is_null();
            if is_said && seen.insert(format!("{}/{} {}", manifest["apiVersion"], manifest["kind"], generic(&path, manifest))) {
                all.extend(at_path(manifest, &path));
            }
        }
    }
    all
}

fn at_path(manifest: &Value, path: &[Step]) -> Vec<Mutation> {
    let value = at(manifest, path);
    let unknown = [path, &[Step::Key("noSuchField".to_owned())]].concat();
    let changes = changes(value).into_iter().map(|(how, to)| (how, path, to));
    let added = value.is_object().then(|| (How::UnknownField, unknown.as_slice(), Some(json!("canary"))));
    let mutated = |(how, path, to): (How, &[Step], Option<Value>)| {
        let mut manifest = manifest.clone();
        set(&mut manifest, path, to);
        Mutation { how, path: path.to_vec(), manifest }
    };
    changes.chain(added).map(mutated).collect()
}

/// The paths of all fields below `spec`, and its own.
pub(crate) fn paths(manifest: &Value) -> Vec<Vec<Step>> {
    let spec = vec![Step::Key("spec".to_owned())];
    let (mut found, mut next) = (Vec::new(), vec![spec]);
    while let Some(path) = next.pop() {
        let below: Vec<Step> = match at(manifest, &path) {
            Value::Object(fields) => fields.keys().cloned().map(Step::Key).collect(),
            // One item speaks for all.
            Value::Array(items) => (0..items.len().min(1)).map(Step::Index).collect(),
            _ => Vec::new(),
        };
        next.extend(below.into_iter().map(|step| [path.as_slice(), &[step]].concat()));
        found.push(path);
    }
    found
}

/// Whether a map's keys are people's own, so that none of them is unknown.
pub(crate) fn is_map(path: &[Step]) -> bool {
    let keys: Vec<&str> =
        path.iter().filter_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None }).collect();
    matches!(
        keys.as_slice(),
        [.., "labels" | "annotations" | "tags" | "matchLabels" | "headers" | "customSessionTags"]
            | [.., "template", "data"]
            | [_, "data" | "dataTo", "metadata"]
    )
}

/// The path with `*` for items of lists and for keys that are people's own.
pub(crate) fn generic(path: &[Step], manifest: &Value) -> String {
    let mut text = String::new();
    for (position, step) in path.iter().enumerate() {
        let is_of_map = is_map(&path[..position]) || manifest["kind"] == "BridgedSecret" && shown(&path[..position]) == "spec.data";
        match step {
            Step::Key(key) if !is_of_map => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            _ => text.push_str(".*"),
        }
    }
    text
}

/// What the field becomes; nothing, where it is taken away.
fn changes(value: &Value) -> Vec<(How, Option<Value>)> {
    let mut all = vec![(How::Absent, None), (How::Null, Some(Value::Null))];
    let long = "x".repeat(100_000);
    let wrong = |values: &[Value]| values.iter().map(|value| (How::WrongType, Some(value.clone()))).collect::<Vec<_>>();
    match value {
        Value::String(_) => {
            all.extend(wrong(&[json!(7), json!(true), json!({}), json!({"strange": "canary"}), json!(["canary"])]));
            // As serde would also take a word.
            all.extend(wrong(&[json!({ (value.as_str().unwrap_or_default()): null })]));
            all.push((How::Empty, Some(json!(""))));
            all.push((How::TooLong, Some(json!(long))));
            all.push((How::UnknownWord, Some(json!("NoSuchWord"))));
        }
        Value::Bool(_) => all.extend(wrong(&[json!("true"), json!(1), json!({}), json!([])])),
        Value::Number(_) => {
            all.extend(wrong(&[json!("canary"), json!("7"), json!(true), json!(1.5), json!({}), json!([])]));
            all.push((How::TooLong, Some(json!(1_u64 << 63))));
        }
        Value::Array(items) => {
            all.extend(wrong(&[json!("canary"), json!(7), json!({"strange": "canary"})]));
            all.push((How::Empty, Some(json!([]))));
            let many = items.iter().cycle().take(if items.is_empty() { 0 } else { 2000 }).cloned().collect();
            all.push((How::TooLong, Some(Value::Array(many))));
        }
        Value::Object(_) => {
            all.extend(wrong(&[json!("canary"), json!(7), json!(true), json!(["canary"])]));
            all.push((How::Empty, Some(json!({}))));
        }
        Value::Null => {}
    }
    all
}

fn at<'v>(value: &'v Value, path: &[Step]) -> &'v Value {
    path.iter().fold(value, |value, step| match step {
        Step::Key(key) => &value[key.as_str()],
        Step::Index(index) => &value[*index],
    })
}

fn set(value: &mut Value, path: &[Step], to: Option<Value>) {
    let (last, above) = path.split_last().expect("a field");
    let holder = above.iter().fold(value, |value, step| match step {
        Step::Key(key) => &mut value[key.as_str()],
        Step::Index(index) => &mut value[*index],
    });
    match (last, to) {
        (Step::Key(key), Some(to)) => holder[key.as_str()] = to,
        (Step::Index(index), Some(to)) => holder[*index] = to,
        (Step::Key(key), None) => drop(holder.as_object_mut().expect("a map").remove(key)),
        (Step::Index(index), None) => drop(holder.as_array_mut().expect("a list").remove(*index)),
    }
}
