//! kustomize's `secretGenerator`: literals, and files of the tree in the clear.

use std::path::Path;

use sealbridge_manifest::edit::Step;
use serde_json::Value;

use super::super::draft::{At, Draft};
use super::super::likely_secret::{is_harmless, is_placeholder};
use super::super::rule::Rule;
use crate::config;

const ADVICE: &str = "declare a BridgedSecret instead (`seal import`), and delete it here";

/// Judges one document. `file` is where it lies, `read` gives the bytes of a file beside it, if there is one.
pub(in super::super) fn judge(
    file: &Path,
    read: impl Fn(&Path) -> Option<Vec<u8>>,
    document: usize,
    value: &Value,
    drafts: &mut Vec<Draft>,
) {
    let generators = value.get("secretGenerator").and_then(Value::as_array);
    for (number, generator) in generators.into_iter().flatten().enumerate() {
        let name = generator.get("name").and_then(Value::as_str).unwrap_or_default();
        let object = format!("secretGenerator {name}").trim_end().to_owned();
        let mut found = |field: &str, item: Option<usize>, entry: &str, problem: String| {
            let mut path = vec![Step::key("secretGenerator"), Step::Index(number), Step::key(field)];
            path.extend(item.map(Step::Index));
            drafts.push(Draft::new(Rule::PlainGenerator, At::Path(document, path), problem, ADVICE).of(&object).entry(entry));
        };
        for (item, literal) in texts(generator, "literals") {
            let (key, value) = literal.split_once('=').unwrap_or((literal, ""));
            if !value.trim_matches(['"', '\'']).is_empty() && !is_placeholder(value) {
                found("literals", Some(item), key, "it is a literal in the clear".to_owned());
            }
        }
        let older = generator.get("env").and_then(Value::as_str).map(|path| ("env", None, path));
        let fed = ["envs", "files"]
            .into_iter()
            .flat_map(|field| texts(generator, field).map(move |(item, text)| (field, Some(item), text)));
        for (field, item, text) in fed.chain(older) {
            let source = if field == "files" { text.split_once('=').map_or(text, |(_, path)| path) } else { text };
            if read(&config::folder_of(file).join(source)).is_some_and(|bytes| lies_in_the_clear(&bytes, field != "files")) {
                found(field, item, source, "it is fed from a file in the clear".to_owned());
            }
        }
    }
}

fn texts<'a>(generator: &'a Value, field: &str) -> impl Iterator<Item = (usize, &'a str)> {
    let items = generator.get(field).and_then(Value::as_array).into_iter().flatten();
    items.enumerate().filter_map(|(item, text)| Some((item, text.as_str()?)))
}

/// A file that is not there is made elsewhere, and one that SOPS encrypted is not in the clear.
fn lies_in_the_clear(bytes: &[u8], is_env: bool) -> bool {
    let text = String::from_utf8_lossy(bytes);
    if text.contains("ENC[AES256_GCM,") && text.contains("sops") {
        return false;
    }
    if !is_env {
        return !bytes.is_empty();
    }
    let mut assignments = text.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(|line| line.split_once('='));
    assignments.any(|(_, value)| !is_harmless(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealbridge_manifest::document::parse;

    #[test]
    fn literals_and_files_that_are_there_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("plain.env"), "# a\nTOKEN=hunter2\n").expect("written");
        std::fs::write(folder.path().join("empty.env"), "# a\nTOKEN=\n").expect("written");
        std::fs::write(folder.path().join("sealed.env"), "T=ENC[AES256_GCM,data:x]\nsops_version=3\n").expect("written");
        std::fs::write(folder.path().join("key.pem"), "hunter2").expect("written");
        let text = "secretGenerator:\n- name: a\n  literals: [A=hunter2, B=, 'C=${C}', D=\"\"]\n  envs: [plain.env, empty.env, sealed.env, made-later.env]\n  files: [tls.key=key.pem, other.pem]\n- {name: b, env: plain.env}\n";
        let documents = parse(text).expect("YAML");
        let mut drafts = Vec::new();
        judge(&folder.path().join("kustomization.yaml"), |path| std::fs::read(path).ok(), 0, &documents[0], &mut drafts);
        let found: Vec<_> = drafts.iter().map(|draft| (draft.object.as_str(), draft.entry.as_str())).collect();
        let a = "secretGenerator a";
        assert_eq!(found, [(a, "A"), (a, "plain.env"), (a, "key.pem"), ("secretGenerator b", "plain.env")]);
    }
}
