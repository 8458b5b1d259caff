//! A Secret as YAML, ordered and quoted so that the same Secret is the same bytes.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_api::labels;
use sealbridge_engine::{DEFAULT_TYPE, DesiredSecret};
use sealbridge_manifest::TargetPlan;
use sealbridge_manifest::edit::{Node, inline, quoted, written};
use zeroize::Zeroizing;

use super::content;

/// What stands in place of a value, in base64, so that the manifest stays one that tools accept.
pub(crate) const PLACEHOLDER: &str = "(redacted)";

/// What stands in place of a label that was made of values: parentheses are none of a label's characters.
const PLACEHOLDER_LABEL: &str = "redacted";

/// Which values are printed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Show<'p> {
    /// All.
    All,
    /// None but those that are no secret, and of labels and annotations those that stand in the plan as they are.
    PlainOnly(&'p TargetPlan),
}

/// The Secret as the operator would write it, without its own bookkeeping annotations. `is_plain` says
/// which entries are no secret.
pub(crate) fn yaml(secret: &DesiredSecret, show: Show<'_>, is_plain: impl Fn(&str) -> bool) -> Zeroizing<String> {
    let mut text = Zeroizing::new(written(&head(secret, show)));
    if secret.manifest.is_some() {
        content::add_yaml(&mut text, secret, |name| matches!(show, Show::All) || is_plain(name));
        return text;
    }
    let length: usize = secret.data.iter().map(|(key, value)| key.len() + value.len() * 4 / 3 + 16).sum();
    text.reserve(length + 16);
    text.push_str(if secret.data.is_empty() { "data: {}\n" } else { "data:\n" });
    for (key, value) in secret.data.iter() {
        let shown = matches!(show, Show::All) || is_plain(key);
        let bytes = if shown { value.expose() } else { PLACEHOLDER.as_bytes() };
        text.push_str("  ");
        text.push_str(&quoted(key));
        text.push_str(": \"");
        BASE64_STANDARD.encode_string(bytes, &mut text);
        text.push_str("\"\n");
    }
    text
}

/// The Secret with all values as one line of JSON.
pub(crate) fn json(secret: &DesiredSecret) -> Zeroizing<String> {
    let length: usize = secret.data.iter().map(|(key, value)| key.len() + value.len() * 4 / 3 + 16).sum();
    let mut text = Zeroizing::new(inline(&head(secret, Show::All)));
    text.reserve(length + 16);
    // Behind the last field instead of the closing brace.
    text.pop();
    if secret.manifest.is_some() {
        content::add_json(&mut text, secret);
        text.push('}');
        return text;
    }
    text.push_str(", \"data\": {");
    for (position, (key, value)) in secret.data.iter().enumerate() {
        text.push_str(if position == 0 { "" } else { ", " });
        text.push_str(&quoted(key));
        text.push_str(": \"");
        BASE64_STANDARD.encode_string(value.expose(), &mut text);
        text.push('"');
    }
    text.push_str("}}");
    text
}

fn head(secret: &DesiredSecret, show: Show<'_>) -> Vec<(String, Node)> {
    let text = |key: &str, value: &str| (key.to_owned(), Node::Text(value.to_owned()));
    let mut metadata = vec![text("name", &secret.name), text("namespace", &secret.namespace)];
    let (mut all_labels, mut annotations) = (secret.labels.clone(), secret.annotations.clone());
    if let Show::PlainOnly(plan) = show {
        hide(&mut all_labels, &plan.labels, PLACEHOLDER_LABEL);
        hide(&mut annotations, &plan.annotations, PLACEHOLDER);
    }
    all_labels.insert(labels::MANAGED.to_owned(), labels::MANAGED_VALUE.to_owned());
    for (field, map) in [("labels", &all_labels), ("annotations", &annotations)] {
        if !map.is_empty() {
            metadata.push((field.to_owned(), Node::Block(map.iter().map(|(key, value)| text(key, value)).collect())));
        }
    }
    let (api_version, kind) = secret.manifest.as_ref().map_or(("v1", "Secret"), |kind| (&kind.api_version, &kind.kind));
    let mut head = vec![text("apiVersion", api_version), text("kind", kind), ("metadata".to_owned(), Node::Block(metadata))];
    if secret.manifest.is_some() {
        return head;
    }
    head.push(text("type", secret.type_.as_deref().unwrap_or(DEFAULT_TYPE)));
    if secret.immutable {
        head.push(("immutable".to_owned(), Node::Flag(true)));
    }
    head
}

/// Puts a placeholder where a template made something.
fn hide(made: &mut BTreeMap<String, String>, written: &BTreeMap<String, String>, placeholder: &str) {
    for (_, text) in made.iter_mut().filter(|(key, text)| written.get(*key) != Some(text)) {
        placeholder.clone_into(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealbridge_secret::{SecretBytes, SecretMap};

    fn secret() -> DesiredSecret {
        let values = [("ON", "\u{0}binary"), ("LOG", "info")];
        DesiredSecret {
            namespace: "shop".to_owned(),
            name: "checkout".to_owned(),
            manifest: None,
            type_: None,
            immutable: false,
            labels: [("on".to_owned(), "1.10".to_owned())].into(),
            annotations: std::collections::BTreeMap::new(),
            data: values
                .iter()
                .map(|(key, value)| ((*key).to_owned(), SecretBytes::new(value.as_bytes().to_vec())))
                .collect::<SecretMap>(),
        }
    }

    #[test]
    fn what_is_printed_reads_back_as_the_secret() {
        let text = yaml(&secret(), Show::All, |_| false);
        let documents = sealbridge_manifest::document::parse(&text).expect("YAML");
        assert_eq!(
            documents,
            [serde_json::json!({
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                "metadata": {"name": "checkout", "namespace": "shop", "labels": {"on": "1.10", "sealbridge.dev/managed": "true"}},
                "data": {"LOG": "aW5mbw==", "ON": "AGJpbmFyeQ=="},
            })]
        );
    }

    #[test]
    fn one_line_of_json_is_the_same_secret() {
        let json = json(&secret());
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let yaml = sealbridge_manifest::document::parse(&yaml(&secret(), Show::All, |_| true)).expect("YAML");
        assert_eq!((yaml, json.contains('\n')), (vec![read], false));
        let empty = DesiredSecret { data: SecretMap::default(), ..secret() };
        assert!(super::json(&empty).ends_with(", \"data\": {}}"));
    }

    #[test]
    fn unasked_only_what_is_no_secret_is_printed() {
        let metadata = serde_json::json!({"labels": {"on": "1.10", "user": "{{ .A }}"}, "annotations": {"note": "{{ .A }}"}});
        let spec = serde_json::json!({"data": {"A": {"plain": "x"}}, "target": {"template": {"metadata": metadata}}});
        let spec = serde_json::from_value(spec).expect("a spec");
        let plan = sealbridge_manifest::native::plan("shop", "checkout", &spec).expect("a plan");
        let mut secret = secret();
        // The last one is of a further template, whose names no plan has.
        secret.labels.extend([("user", "canary"), ("more", "canary")].map(|(key, value)| (key.to_owned(), value.to_owned())));
        secret.annotations.insert("note".to_owned(), "canary".to_owned());
        let text = yaml(&secret, Show::PlainOnly(&plan.target), |key| key == "LOG");
        assert!(text.contains("\"LOG\": \"aW5mbw==\"") && text.contains("\"ON\": \"KHJlZGFjdGVkKQ==\""), "{}", *text);
        assert!(text.contains("1.10") && !text.contains("canary"), "{}", *text);
        assert_eq!((text.matches(": redacted\n").count(), text.matches("(redacted)").count()), (2, 1), "{}", *text);
    }
}
