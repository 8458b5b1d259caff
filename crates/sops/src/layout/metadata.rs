//! Where the metadata of a document stands in each format.
//!
//! Owns finding, cutting out and adding it. Must never judge what it says.

use std::ops::Range;

use serde_json::{Map as Fields, Value};

use super::is_reserved;
use super::place;
use crate::error::SopsError;
use crate::flatten;
use crate::format::Format;
use crate::limits::MAX_METADATA_BYTES;
use crate::scalar::Kind;
use crate::splice::{self, Splice};
use crate::tree::{Element, Item, Map, Node, Site, Tree};
use crate::{ini, json, yaml};

/// The metadata as it stands in the text.
pub(crate) struct Block {
    pub(crate) fields: Fields<String, Value>,
    /// Every place that has to go when the document becomes plain.
    pub(crate) places: Vec<Range<usize>>,
    /// The places of the two fields that every change renews, in each document.
    pub(crate) mac: Vec<Site>,
    pub(crate) lastmodified: Vec<Site>,
    /// The entries of the first document as they are written.
    pub(crate) raw: Vec<Range<usize>>,
}

/// Takes the metadata out of a tree. Of several documents only the first one's counts.
pub(crate) fn extract(format: Format, text: &str, tree: &mut Tree) -> Result<Block, SopsError> {
    let mut block = None;
    let mut places = Vec::new();
    for (position, map) in tree.documents.iter_mut().enumerate() {
        let taken: Vec<Range<usize>> =
            map.entries().filter(|entry| is_reserved(format, &entry.key)).map(|entry| entry.range.clone()).collect();
        places.extend(place::cut(format, text, map, &taken));
        let reserved = map.items.extract_if(.., |item| matches!(item, Item::Entry(entry) if is_reserved(format, &entry.key)));
        let reserved: Vec<Item> = reserved.collect();
        if position == 0 {
            let (fields, [mac, lastmodified]) = fields_of(format, reserved)?;
            let sites = |site: Option<Site>| site.into_iter().collect();
            block = Some(Block { fields, places: Vec::new(), mac: sites(mac), lastmodified: sites(lastmodified), raw: taken });
        } else if let (Some(block), Ok((_, [mac, lastmodified]))) = (&mut block, fields_of(format, reserved)) {
            block.mac.extend(mac);
            block.lastmodified.extend(lastmodified);
        }
    }
    let block = block.ok_or(SopsError::NotEncrypted)?;
    let size: usize = block.fields.values().map(text_bytes).sum();
    if size > MAX_METADATA_BYTES {
        return Err(SopsError::TooLarge { what: "bytes of metadata", limit: MAX_METADATA_BYTES });
    }
    Ok(Block { places, ..block })
}

fn fields_of(format: Format, found: Vec<Item>) -> Result<Found, SopsError> {
    let Some(Item::Entry(entry)) = found.first() else { return Err(SopsError::NotEncrypted) };
    if format == Format::Dotenv {
        return flat(&Map { items: found, ..Map::default() }, "sops_", false);
    }
    let Node::Map(map) = &entry.node else { return Err(SopsError::Metadata { problem: "sops is no map" }) };
    if found.len() > 1 {
        return Err(SopsError::Metadata { problem: "there are two of it" });
    }
    if format == Format::Ini { flat(map, "", true) } else { nested(map) }
}

type Found = (Fields<String, Value>, [Option<Site>; 2]);

fn leaf_text(node: &Node) -> Option<(&str, &Site)> {
    match node {
        Node::Leaf(leaf) => leaf.value.as_str().map(|text| (text, &leaf.site)),
        _ => None,
    }
}

fn nested(map: &Map) -> Result<Found, SopsError> {
    let fields = map.entries().map(|entry| Ok((entry.key.clone(), value(&entry.node)?))).collect::<Result<_, SopsError>>()?;
    let site = |key: &str| map.find(key).and_then(|entry| leaf_text(&entry.node)).map(|(_, site)| site.clone());
    Ok((fields, [site("mac"), site("lastmodified")]))
}

fn flat(map: &Map, prefix: &str, is_escaped: bool) -> Result<Found, SopsError> {
    let leaves = || map.entries().filter_map(|entry| Some((entry.key.strip_prefix(prefix)?, leaf_text(&entry.node)?)));
    let text = |text: &str| if is_escaped { text.replace("\\n", "\n") } else { text.to_owned() };
    let fields = flatten::unflatten(leaves().map(|(key, (value, _))| (key, text(value))))?;
    let site = |wanted: &str| leaves().find(|(key, _)| *key == wanted).map(|(_, (_, site))| site.clone());
    Ok((fields, [site("mac"), site("lastmodified")]))
}

fn value(node: &Node) -> Result<Value, SopsError> {
    let problem = SopsError::Metadata { problem: "a value is no text" };
    Ok(match node.inner() {
        Node::Map(map) => map
            .entries()
            .map(|entry| Ok((entry.key.clone(), value(&entry.node)?)))
            .collect::<Result<Fields<_, _>, SopsError>>()?
            .into(),
        Node::List(list) => {
            let values = list.elements.iter().filter_map(|element| match element {
                Element::Node(node, _) => Some(value(node)),
                Element::Comment(_) => None,
            });
            values.collect::<Result<Vec<_>, _>>()?.into()
        }
        Node::Null(_) | Node::Expanded(..) => Value::Null,
        Node::Leaf(leaf) => {
            let text = leaf.value.as_str().ok_or(problem.clone())?;
            match leaf.value.kind() {
                Kind::Int => text.parse::<i64>().map_err(|_| problem)?.into(),
                Kind::Bool => (text == "True").into(),
                _ => text.into(),
            }
        }
    })
}

fn text_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(text_bytes).sum(),
        Value::Object(fields) => fields.values().map(text_bytes).sum(),
        _ => 8,
    }
}

/// What adds the metadata to every document of a plain text; `raw` is how it was written before.
pub(crate) fn append(
    format: Format,
    text: &str,
    tree: &Tree,
    fields: &Fields<String, Value>,
    raw: Option<&[String]>,
) -> Vec<Splice> {
    tree.documents.iter().map(|map| append_to(format, text, map, fields, raw)).collect()
}

fn append_to(format: Format, text: &str, map: &Map, fields: &Fields<String, Value>, raw: Option<&[String]>) -> Splice {
    let line_break = splice::line_break(text);
    let on_new_line = |at: usize, lines: String| {
        let is_at_start = text.get(..at).is_none_or(|before| before.is_empty() || before.ends_with('\n'));
        Splice::insert(at, if is_at_start { lines } else { format!("{line_break}{lines}") })
    };
    if let Some(raw) = raw {
        return match format {
            Format::Yaml | Format::Json | Format::Binary if map.shape.flow => place::into_braces(text, map, &raw.concat()),
            Format::Yaml => {
                let column = " ".repeat(map.shape.indent);
                on_new_line(map.shape.range.end, format!("{column}{}{line_break}", raw.concat()))
            }
            Format::Ini => on_new_line(text.len(), format!("{line_break}{}{line_break}", raw.concat())),
            Format::Dotenv | Format::Json | Format::Binary => on_new_line(text.len(), raw.join(line_break) + line_break),
        };
    }
    match format {
        Format::Yaml if map.shape.flow => {
            let entry = format!("\"sops\": {}", Value::Object(fields.clone()));
            place::into_braces(text, map, &entry)
        }
        Format::Yaml => on_new_line(map.shape.range.end, yaml::block_metadata(fields, map.shape.indent, line_break)),
        Format::Json | Format::Binary => place::into_braces(text, map, &json::metadata_entry(fields, &place::unit(text, map))),
        Format::Dotenv => {
            let lines =
                flatten::flatten(fields).into_iter().map(|(key, value)| format!("sops_{key}={}\n", value.replace('\n', "\\n")));
            on_new_line(text.len(), lines.collect())
        }
        Format::Ini => {
            let lines = flatten::flatten(fields).into_iter().map(|(key, value)| {
                let value = value.replace('\n', "\\n");
                let scalar = crate::Scalar::text(&value);
                let written = ini::plain_text(&scalar).map_or_else(|_| value.clone(), |text| text.to_string());
                // A reader of INI sees no difference, and sops writes these without quotes.
                let is_bare = !value.contains(['#', ';', '`']) && value.trim() == value;
                format!("{key} = {}{line_break}", if is_bare { value } else { written })
            });
            let section: String = lines.collect();
            on_new_line(text.len(), format!("{line_break}[sops]{line_break}{section}"))
        }
    }
}
