//! The new text of a migrated file.
//!
//! Must never: take a plain value into a text.

use std::path::Path;

use sealbridge_manifest::document;
use sealbridge_manifest::edit::{self, Change, Edit, Node};
use sealbridge_seal::{Scope, Target};

use super::source::{self, Kind, Source};
use crate::cmd::import::manifest;
use crate::error::Error;
use crate::import::Imported;
use crate::recipients::Recipients;
use crate::sealing;

/// Fields of a Secret that have another place in a BridgedSecret, and the metadata of SOPS.
const GONE: [&str; 5] = ["data", "stringData", "type", "immutable", "sops"];

/// How values are sealed.
pub(super) struct How<'a> {
    pub(super) scope: Scope,
    pub(super) recipients: &'a Recipients,
}

/// A file that is rewritten.
pub(super) struct Rewrite<'a> {
    pub(super) path: &'a Path,
    /// The encrypted text.
    pub(super) text: &'a str,
    pub(super) source: &'a Source,
    /// The namespaces of the Secrets.
    pub(super) namespaces: &'a [String],
}

impl Rewrite<'_> {
    /// With each value sealed by itself.
    pub(super) fn sealing(&self, how: &How<'_>) -> Result<String, Error> {
        let specs = self.targets().map(|(secret, place)| {
            let entries = secret.values.iter().map(|(key, value)| {
                let sealed = sealing::seal_value(value, &Target { key, ..place }, how.scope, how.recipients)?;
                Ok((key.to_owned(), sealed))
            });
            Ok((secret, place, entries.collect::<Result<Vec<_>, Error>>()?))
        });
        let specs = specs.collect::<Result<Vec<_>, Error>>()?;
        if self.source.kind == Kind::PlainSecrets {
            let specs = specs.into_iter().map(|(secret, _, entries)| manifest::spec(secret, vec![manifest::data(entries)]));
            return self.in_place(specs.collect());
        }
        self.ensure_yaml()?;
        let documents = specs.into_iter().map(|(secret, place, entries)| manifest::text(secret, &place, entries));
        Ok(format!("{}{}", self.head(), documents.collect::<Vec<_>>().join("---\n")))
    }

    /// With the whole document as it was, which is of one Secret.
    pub(super) fn keeping(&self) -> Result<String, Error> {
        self.ensure_yaml()?;
        let mut targets = self.targets();
        let (Some((secret, place)), None, 1, false) =
            (targets.next(), targets.next(), self.source.documents, self.source.kind == Kind::SopsSecret)
        else {
            return Err(self.refused(
                "--keep-sops takes files with one Secret: the MAC covers all documents of a file, and a SopsSecret has no name of \
                 its Secret's own; split the file with sops, or leave --keep-sops out",
            ));
        };
        let marked = manifest::around(secret, &place, vec![documents(MARK)]);
        let line = format!("dataFrom: [{{sops: {MARK}}}]\n");
        let block = marked.replacen(&line, &format!("dataFrom:\n    - sops: {}", literal(self.text, "        ")), 1);
        let written = document::parse(&block).ok().and_then(|documents| documents.into_iter().next());
        let kept = written.as_ref().and_then(|written| written.pointer("/spec/dataFrom/0/sops")?.as_str());
        if kept == Some(self.text) {
            return Ok(format!("{}{block}", self.head()));
        }
        // A text that no block can hold, with Windows line ends for example.
        let quoted = manifest::around(secret, &place, vec![documents(self.text)]);
        Ok(format!("{}{quoted}", self.head()))
    }

    /// The Secrets and where they will be.
    fn targets(&self) -> impl Iterator<Item = (&Imported, Target<'_>)> {
        self.source
            .secrets
            .iter()
            .zip(self.namespaces)
            .map(|(secret, namespace)| (secret, Target { namespace, name: secret.name.as_deref().unwrap_or_default(), key: "" }))
    }

    /// Every byte that is not of the Secret's values, type and SOPS' metadata stays.
    fn in_place(&self, specs: Vec<Vec<(String, Node)>>) -> Result<String, Error> {
        let (mut text, _) = source::without_encrypted_comments(self.text);
        let failed = |problem| Error::Edit { path: self.path.to_owned(), problem };
        let documents = document::parse(&text).map_err(|problem| Error::Document { path: self.path.to_owned(), problem })?;
        for (object, spec) in document::objects(&documents).into_iter().zip(specs) {
            let mapping = object.place.path();
            let edit = |key: &str, change: Change| Edit { mapping: mapping.clone(), key: key.to_owned(), change };
            let text_of = |text: &str| Change::Set(Node::Text(text.to_owned()));
            let mut edits = vec![edit("apiVersion", text_of("sealbridge.dev/v1")), edit("kind", text_of("BridgedSecret"))];
            let gone = GONE.iter().filter(|field| object.value.get(**field).is_some());
            edits.extend(gone.map(|field| edit(field, Change::Remove)));
            edits.push(edit("spec", Change::Set(Node::Block(spec))));
            text = edit::apply(&text, object.place.document, &edits).map_err(failed)?;
        }
        Ok(text)
    }

    /// The plain comments on top of the file.
    fn head(&self) -> String {
        let (text, _) = source::without_encrypted_comments(self.text);
        let is_head = |line: &&str| line.starts_with('#') || line.trim().is_empty();
        text.split_inclusive('\n').take_while(is_head).collect()
    }

    fn ensure_yaml(&self) -> Result<(), Error> {
        let is_json = self.path.extension().is_some_and(|ending| ending == "json");
        if is_json { Err(self.refused("is JSON, and the new manifest is written as YAML; rename it first")) } else { Ok(()) }
    }

    fn refused(&self, problem: &str) -> Error {
        Error::Import { path: self.path.to_owned(), problem: problem.to_owned() }
    }
}

/// Stands for the document until it is put in.
const MARK: &str = "document";

/// A document as the field of a spec.
fn documents(text: &str) -> (String, Node) {
    let source = Node::Flow(vec![("sops".to_owned(), Node::Text(text.to_owned()))]);
    ("dataFrom".to_owned(), Node::List(vec![source]))
}

/// A text as a literal block behind its key.
fn literal(text: &str, indent: &str) -> String {
    let chomp = if text.ends_with('\n') { "|" } else { "|-" };
    let mut block = format!("{chomp}\n");
    for line in text.lines() {
        if !line.is_empty() {
            block.push_str(indent);
            block.push_str(line);
        }
        block.push('\n');
    }
    block
}
