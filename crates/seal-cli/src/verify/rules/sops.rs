//! SOPS documents: leaves that the selector covers and that are not encrypted; with private keys at hand also the MAC.

use sealbridge_manifest::document::Object;
use sealbridge_manifest::edit::Step;
use sealbridge_manifest::position::Spot;
use sealbridge_seal::KeyId;
use sealbridge_sops::{Encrypted, Format, SopsError};
use serde_json::Value;

use super::super::across::Declared;
use super::super::draft::{At, Draft};
use super::super::file::label;
use super::super::opening::Opening;
use super::super::rule::Rule;

/// What a document says without a key.
#[derive(Debug, Default)]
pub(in super::super) struct Told {
    /// Paths that have to be encrypted and are not.
    pub(in super::super) plain: Vec<String>,
    /// The age keys that it claims to be sealed to; none if it cannot be read.
    pub(in super::super) key_ids: Option<Vec<KeyId>>,
}

/// Judges a document.
pub(in super::super) fn judge(format: Format, bytes: &[u8], opening: Option<&Opening>, drafts: &mut Vec<Draft>) -> Told {
    let start = At::Spot(Spot { line: 1, column: 1 });
    let read = Encrypted::read(format, bytes).and_then(|mut document| Ok((document.plain_leaves()?, document)));
    let (leaves, document) = match read {
        Ok(read) => read,
        Err(problem) => {
            let at = match &problem {
                SopsError::Syntax { line, .. } if *line > 0 => At::Spot(Spot { line: *line, column: 1 }),
                _ => start,
            };
            drafts.push(Draft::of_error(Rule::SopsMetadata, at, &problem));
            return Told::default();
        }
    };
    let key_ids = document.metadata().key_ids().ok();
    // A value that lies in the clear is told by itself; the document cannot open then.
    if let (Some(opening), []) = (opening, leaves.as_slice())
        && let Some(problem) = opening.problem_of(document)
    {
        drafts.push(Draft::of_error(Rule::SopsUnopened, start, &problem));
    }
    for path in &leaves {
        let at = match format {
            Format::Yaml | Format::Json => At::Path(0, path.split('.').map(Step::key).collect()),
            _ => line_of(bytes, path),
        };
        let problem = "it should be encrypted by the document's selector, and is not";
        let advice = "encrypt the file again with sops, and change the value at its source if it was ever pushed";
        drafts.push(Draft::new(Rule::SopsPlain, at, problem, advice).entry(path));
    }
    Told { plain: leaves, key_ids }
}

/// Judges the documents that a BridgedSecret holds as texts. Where a leaf stands in such a text is told by its path.
pub(in super::super) fn judge_texts(
    object: &Object<'_>,
    opening: Option<&Opening>,
    declared: &mut Declared,
    drafts: &mut Vec<Draft>,
) {
    let sources = object.value.pointer("/spec/dataFrom").and_then(Value::as_array);
    let texts =
        sources.into_iter().flatten().enumerate().filter_map(|(number, source)| Some((number, source.get("sops")?.as_str()?)));
    for (number, text) in texts {
        let format = Format::of_text(text);
        let mut found = Vec::new();
        let told = judge(format, text.as_bytes(), opening, &mut found);
        let path =
            [object.place.path(), vec![Step::key("spec"), Step::key("dataFrom"), Step::Index(number), Step::key("sops")]].concat();
        let at = At::Path(object.place.document, path.clone());
        let place = (label(object), format!("dataFrom[{number}]"));
        declared.sealed.extend(told.key_ids.map(|ids| (place, (at, ids))));
        drafts.extend(
            found.into_iter().map(|draft| Draft { at: At::Path(object.place.document, path.clone()), ..draft.of(&label(object)) }),
        );
    }
}

/// The line on which a key of a flat format is assigned.
fn line_of(bytes: &[u8], path: &str) -> At {
    let key = path.rsplit('.').next().unwrap_or(path);
    let text = String::from_utf8_lossy(bytes);
    let is_it = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    let line = text.lines().position(is_it).map_or(1, |position| position + 1);
    At::Spot(Spot { line, column: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealbridge_manifest::document::{objects, parse};

    #[test]
    fn documents_in_a_manifest_are_judged_where_they_stand() {
        let sealed = "ENC[AES256_GCM,data:Zm9v,iv:AAAA,tag:AAAA,type:str]";
        let metadata = "      sops: {age: [{recipient: age1x, enc: e}], lastmodified: \"2026-11-21T10:00:00Z\", version: 3.13.3}\n";
        let text = format!(
            "apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {{name: a}}\nspec:\n  dataFrom:\n  - sops: |\n      done: {sealed}\n      forgotten: hunter2\n{metadata}  - sops: none\n"
        );
        let documents = parse(&text).expect("YAML");
        let (mut declared, mut drafts) = (Declared::default(), Vec::new());
        objects(&documents).iter().for_each(|object| judge_texts(object, None, &mut declared, &mut drafts));
        let found: Vec<_> = drafts.iter().map(|draft| (draft.rule, draft.object.as_str(), draft.entry.as_str())).collect();
        assert_eq!(found, [(Rule::SopsPlain, "BridgedSecret a", "forgotten"), (Rule::SopsMetadata, "BridgedSecret a", "")]);
        assert!(matches!(&drafts[0].at, At::Path(0, path) if path.len() == 4));
    }
}
