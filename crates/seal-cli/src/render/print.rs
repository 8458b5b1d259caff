//! A Secret as YAML, ordered and quoted so that the same Secret is the same bytes.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_api::labels;
use sealbridge_engine::{DEFAULT_TYPE, DesiredSecret};
use sealbridge_manifest::edit::{Node, inline, quoted, written};
use zeroize::Zeroizing;

/// What stands in place of a value, in base64, so that the manifest stays one that tools accept.
pub(crate) const PLACEHOLDER: &str = "(redacted)";

/// Which values are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// All.
    All,
    /// None but those that are no secret.
    PlainOnly,
}

/// The Secret as the operator would write it, without its own bookkeeping annotations. `is_plain` says
/// which entries are no secret.
pub(crate) fn yaml(secret: &DesiredSecret, show: Show, is_plain: impl Fn(&str) -> bool) -> Zeroizing<String> {
    let mut text = Zeroizing::new(written(&head(secret)));
    let length: usize = secret.data.iter().map(|(key, value)| key.len() + value.len() * 4 / 3 + 16).sum();
    text.reserve(length + 16);
    text.push_str(if secret.data.is_empty() { "data: {}\n" } else { "data:\n" });
    for (key, value) in secret.data.iter() {
        let shown = show == Show::All || is_plain(key);
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
    let mut text = Zeroizing::new(inline(&head(secret)));
    text.reserve(length + 16);
    // Behind the last field instead of the closing brace.
    text.pop();
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

fn head(secret: &DesiredSecret) -> Vec<(String, Node)> {
    let text = |key: &str, value: &str| (key.to_owned(), Node::Text(value.to_owned()));
    let mut metadata = vec![text("name", &secret.name), text("namespace", &secret.namespace)];
    let mut all_labels = secret.labels.clone();
    all_labels.insert(labels::MANAGED.to_owned(), labels::MANAGED_VALUE.to_owned());
    for (field, map) in [("labels", &all_labels), ("annotations", &secret.annotations)] {
        if !map.is_empty() {
            metadata.push((field.to_owned(), Node::Block(map.iter().map(|(key, value)| text(key, value)).collect())));
        }
    }
    let mut head = vec![text("apiVersion", "v1"), text("kind", "Secret"), ("metadata".to_owned(), Node::Block(metadata))];
    head.push(text("type", secret.type_.as_deref().unwrap_or(DEFAULT_TYPE)));
    if secret.immutable {
        head.push(("immutable".to_owned(), Node::Flag(true)));
    }
    head
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
        let text = yaml(&secret(), Show::PlainOnly, |key| key == "LOG");
        assert!(text.contains("\"LOG\": \"aW5mbw==\"") && text.contains("\"ON\": \"KHJlZGFjdGVkKQ==\""), "{}", *text);
    }
}
