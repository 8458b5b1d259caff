//! The top level of an opened document as entries of a flat map, for whoever wants names and bytes.
//!
//! Owns how a value becomes bytes: text as it is, numbers in decimal, `true` or `false`, nothing for null, and a map
//! or list as JSON without blanks, in the order of the document. Must never leave a copy of a value unwiped.

use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::error::SopsError;
use crate::json;
use crate::scalar::{Kind, Scalar};
use crate::tree::{Map, Node};

/// The entries of a map. Comments are none.
pub(crate) fn entries(map: &Map) -> Result<Vec<(String, SecretBytes)>, SopsError> {
    let entry = |key: &String, node: &Node| {
        let bytes = match node.inner() {
            Node::Leaf(leaf) => alone(&leaf.value),
            Node::Null(_) => SecretBytes::new(Vec::new()),
            inner => {
                let mut text = Zeroizing::new(Vec::new());
                write(inner, &mut text).map_err(|problem| SopsError::Unwritable { path: key.clone(), problem })?;
                SecretBytes::from(text)
            }
        };
        Ok((key.clone(), bytes))
    };
    map.entries().map(|found| entry(&found.key, &found.node)).collect()
}

fn alone(value: &Scalar) -> SecretBytes {
    match value.kind() {
        Kind::Bool => SecretBytes::new(value.bytes().expose().to_ascii_lowercase()),
        _ => value.bytes().duplicate(),
    }
}

fn write(node: &Node, text: &mut Zeroizing<Vec<u8>>) -> Result<(), &'static str> {
    match node.inner() {
        Node::Map(map) => {
            text.push(b'{');
            for (position, entry) in map.entries().enumerate() {
                if position > 0 {
                    text.push(b',');
                }
                grown(text, json::quoted(&entry.key).as_bytes());
                text.push(b':');
                write(&entry.node, text)?;
            }
            text.push(b'}');
        }
        Node::List(list) => {
            text.push(b'[');
            for (position, (node, _)) in list.nodes().enumerate() {
                if position > 0 {
                    text.push(b',');
                }
                write(node, text)?;
            }
            text.push(b']');
        }
        Node::Leaf(leaf) => grown(text, number_or_text(&leaf.value)?.as_bytes()),
        Node::Null(_) | Node::Expanded(..) => grown(text, b"null"),
    }
    Ok(())
}

fn number_or_text(value: &Scalar) -> Result<Zeroizing<String>, &'static str> {
    let text = value.as_str().ok_or("it is no UTF-8 text, which JSON cannot hold")?;
    match value.kind() {
        Kind::Float if !text.ends_with(['f', 'N']) => Ok(Zeroizing::new(text.to_owned())),
        _ => json::plain_text(value),
    }
}

/// Adds bytes; a buffer that has to move leaves no copy behind.
fn grown(text: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    if text.capacity() - text.len() < bytes.len() + 2 {
        let mut larger = Zeroizing::new(Vec::with_capacity((text.len() + bytes.len()) * 2 + 64));
        larger.extend_from_slice(text);
        *text = larger;
    }
    text.extend_from_slice(bytes);
}
