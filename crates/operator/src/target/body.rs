//! Request bodies that carry values.
//!
//! Owns: the way of values from wiped bytes as base64 into one wiped buffer of exact size.
//! Must never: let that buffer grow (growing leaves copies behind) or hand values to a serializer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealbridge_engine::Tree;
use sealbridge_secret::SecretMap;
use serde_json::Value;
use zeroize::Zeroizing;

/// The JSON text of `object` with one more member, `data`, after its own.
pub(super) fn object_with_data(object: &serde_json::Map<String, Value>, data: &SecretMap) -> Zeroizing<Vec<u8>> {
    let mut before = Value::Object(object.clone()).to_string();
    before.truncate(before.len().saturating_sub(1));
    before.push_str(if object.is_empty() { r#""data":"# } else { r#","data":"# });
    around(&before, data, "}")
}

/// The JSON Patch (RFC 6902) of `operations`, and one more that replaces the whole data where it is given.
pub(super) fn json_patch(operations: &[Value], data: Option<&SecretMap>) -> Zeroizing<Vec<u8>> {
    let mut before = Value::Array(operations.to_vec()).to_string();
    let Some(data) = data else { return Zeroizing::new(before.into_bytes()) };
    before.truncate(before.len().saturating_sub(1));
    if !operations.is_empty() {
        before.push(',');
    }
    before.push_str(r#"{"op":"add","path":"/data","value":"#);
    around(&before, data, "}]")
}

/// The JSON text of `object` with the fields of `content` after its own.
pub(super) fn object_with_fields(object: &serde_json::Map<String, Value>, content: &Tree) -> Zeroizing<Vec<u8>> {
    let mut before = Value::Object(object.clone()).to_string();
    before.truncate(before.len().saturating_sub(1));
    let fields = content.fields().into_iter().flatten();
    let fields: Vec<_> = fields.map(|(name, tree)| (format!(",{}:", Value::from(name.as_str())), tree)).collect();
    joined(&before, &fields, "", "}")
}

/// The JSON Patch of `operations`, and one more for each field at the top that is replaced.
pub(super) fn json_patch_of_fields<'t>(
    operations: &[Value],
    fields: impl Iterator<Item = (&'t str, &'t Tree)>,
) -> Zeroizing<Vec<u8>> {
    let mut before = Value::Array(operations.to_vec()).to_string();
    before.truncate(before.len().saturating_sub(1));
    let pointer = |name: &str| Value::from(format!("/{}", pointer_step(name)));
    let fields: Vec<_> = fields.map(|(name, tree)| (format!(r#",{{"op":"add","path":{},"value":"#, pointer(name)), tree)).collect();
    joined(&before, &fields, "}", "]")
}

/// A name as one step of a JSON Pointer (RFC 6901, section 3).
pub(super) fn pointer_step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn joined(before: &str, parts: &[(String, &Tree)], after_each: &str, after: &str) -> Zeroizing<Vec<u8>> {
    let size: usize = parts.iter().map(|(lead, tree)| lead.len() + tree.json_len() + after_each.len()).sum();
    let mut body = Zeroizing::new(Vec::with_capacity(before.len() + size + after.len()));
    body.extend_from_slice(before.as_bytes());
    for (lead, tree) in parts {
        body.extend_from_slice(lead.as_bytes());
        tree.write_json(&mut body);
        body.extend_from_slice(after_each.as_bytes());
    }
    body.extend_from_slice(after.as_bytes());
    body
}

fn around(before: &str, data: &SecretMap, after: &str) -> Zeroizing<Vec<u8>> {
    let entries: Vec<(String, &[u8])> = data.iter().map(|(name, value)| (Value::from(name).to_string(), value.expose())).collect();
    // Per entry: the quoted name, a colon, two quotes and a comma.
    let size = entries.iter().map(|(name, value)| name.len() + base64_len(value) + 4).sum::<usize>();
    let mut body = Zeroizing::new(Vec::with_capacity(before.len() + size + 2 + after.len()));
    body.extend_from_slice(before.as_bytes());
    body.push(b'{');
    for (position, (name, value)) in entries.iter().enumerate() {
        if position > 0 {
            body.push(b',');
        }
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b":\"");
        push_base64(&mut body, value);
        body.push(b'"');
    }
    body.push(b'}');
    body.extend_from_slice(after.as_bytes());
    body
}

fn base64_len(value: &[u8]) -> usize {
    value.len().div_ceil(3) * 4
}

fn push_base64(body: &mut Vec<u8>, value: &[u8]) {
    let start = body.len();
    body.resize(start + base64_len(value), 0);
    if let Some(space) = body.get_mut(start..) {
        let written = STANDARD.encode_slice(value, space).unwrap_or_default();
        body.truncate(start + written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sealbridge_secret::SecretBytes;
    use serde_json::json;

    fn map(entries: &[(String, Vec<u8>)]) -> SecretMap {
        entries.iter().map(|(name, value)| (name.clone(), SecretBytes::new(value.clone()))).collect()
    }

    fn encoded(data: &SecretMap) -> Value {
        data.iter()
            .map(|(name, value)| (name.to_owned(), Value::from(STANDARD.encode(value.expose()))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    proptest! {
        #[test]
        fn bodies_are_the_json_that_a_serializer_would_make(
            entries in proptest::collection::vec(("[-._a-zA-Z0-9]{1,20}", proptest::collection::vec(any::<u8>(), 0..40)), 0..6),
            prior in proptest::collection::vec("[a-z]{1,5}", 0..3),
        ) {
            let data = map(&entries);
            let mut object: serde_json::Map<String, Value> = prior.iter().map(|name| (name.clone(), json!({"a": 1}))).collect();
            object.remove("data");
            let body = object_with_data(&object, &data);
            prop_assert!(body.len() <= body.capacity());
            let mut expected = object.clone();
            expected.insert("data".to_owned(), encoded(&data));
            prop_assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), Value::Object(expected));

            let operations: Vec<Value> = prior.iter().map(|name| json!({"op": "test", "path": name})).collect();
            let body = json_patch(&operations, Some(&data));
            let mut expected = operations.clone();
            expected.push(json!({"op": "add", "path": "/data", "value": encoded(&data)}));
            prop_assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), Value::Array(expected));
        }

        #[test]
        fn the_buffer_never_grows(entries in proptest::collection::vec(("[-._a-zA-Z0-9]{1,20}", proptest::collection::vec(any::<u8>(), 0..99)), 0..9)) {
            let data = map(&entries);
            let body = around("[", &data, "]");
            let exact = 1 + 2 + 1 + data.iter().map(|(name, value)| name.len() + 2 + base64_len(value.expose()) + 4).sum::<usize>();
            prop_assert_eq!(body.capacity(), exact);
        }
    }

    #[test]
    fn a_patch_without_data_leaves_data_alone() {
        assert_eq!(json_patch(&[json!({"op": "test"})], None).as_slice(), br#"[{"op":"test"}]"#);
    }
}
