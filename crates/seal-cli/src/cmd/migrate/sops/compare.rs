//! Whether new manifests stand for the Secrets of the old ones.
//!
//! Must never: name a value in what it refuses.

use sealbridge_engine::{DEFAULT_TYPE, DesiredSecret};
use sealbridge_manifest::document;
use sealbridge_seal::KeyRing;

use super::super::compare::{DIFFERS, rendered};
use super::rewrite::Rewrite;
use crate::error::Error;
use crate::identities::SopsKeys;
use crate::import::Imported;
use crate::render::keys::PersonalKeys;

/// Renders the new text and refuses it unless each Secret is the old one, byte for byte.
pub(super) fn ensure_same(rewrite: &Rewrite<'_>, text: &str, ring: &KeyRing, sops: Option<SopsKeys>) -> Result<(), Error> {
    let failed = |problem: String| Error::Import { path: rewrite.path.to_owned(), problem };
    let documents = document::parse(text).map_err(|problem| Error::Document { path: rewrite.path.to_owned(), problem })?;
    let objects = document::objects(&documents);
    if objects.len() != rewrite.source.secrets.len() {
        return Err(failed(DIFFERS.to_owned()));
    }
    let keys = PersonalKeys { ring: ring.clone(), sops, ..PersonalKeys::default() };
    for ((object, secret), namespace) in objects.iter().zip(&rewrite.source.secrets).zip(rewrite.namespaces) {
        let rendered = rendered(object, namespace, &keys).map_err(&failed)?;
        if let Some(part) = difference(secret, namespace, &rendered) {
            return Err(failed(format!("{DIFFERS}: {namespace}/{} has another {part}", rendered.name)));
        }
    }
    Ok(())
}

/// The first part that is not the same.
fn difference(old: &Imported, namespace: &str, new: &DesiredSecret) -> Option<&'static str> {
    let values = || old.values.len() == new.data.len() && old.values.iter().all(|(key, value)| new.data.get(key) == Some(value));
    let parts = [
        ("namespace", namespace == new.namespace),
        ("name", old.name.as_deref() == Some(new.name.as_str())),
        ("type", old.type_.as_deref().unwrap_or(DEFAULT_TYPE) == new.type_.as_deref().unwrap_or(DEFAULT_TYPE)),
        ("immutable", old.immutable == new.immutable),
        ("labels", old.labels == new.labels),
        ("annotations", old.annotations == new.annotations),
        ("data", values()),
    ];
    parts.into_iter().find(|(_, is_same)| !is_same).map(|(part, _)| part)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::source::{Kind, Source};
    use super::*;
    use rstest::rstest;
    use sealbridge_secret::SecretBytes;

    const TEXT: &str = "apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {name: a}\nspec:\n  data: {K: {plain: v}}\n  \
                        target: {immutable: true, template: {type: x/y, metadata: {labels: {l: m}, annotations: {n: o}}}}\n";

    fn judged(text: &str) -> Result<(), String> {
        let secret = Imported {
            name: Some("a".to_owned()),
            type_: Some("x/y".to_owned()),
            immutable: true,
            labels: [("l".to_owned(), "m".to_owned())].into(),
            annotations: [("n".to_owned(), "o".to_owned())].into(),
            values: [("K".to_owned(), SecretBytes::new(b"v".to_vec()))].into_iter().collect(),
            ..Imported::default()
        };
        let source = Source { kind: Kind::Secrets, secrets: vec![secret], documents: 1 };
        let rewrite = Rewrite { path: Path::new("a.yaml"), text: "", source: &source, namespaces: &["shop".to_owned()] };
        ensure_same(&rewrite, text, &KeyRing::default(), None).map_err(|error| error.to_string())
    }

    #[test]
    fn the_same_secret_passes() {
        assert_eq!(judged(TEXT), Ok(()));
    }

    #[rstest]
    #[case("metadata: {name: a}", "metadata: {name: b}", "name")]
    #[case("plain: v", "plain: w", "data")]
    #[case("{K: {plain: v}}", "{K: {plain: v}, L: {plain: v}}", "data")]
    #[case("immutable: true", "immutable: false", "immutable")]
    #[case("type: x/y", "type: x/z", "type")]
    #[case("l: m", "l: other", "labels")]
    #[case("n: o", "p: o", "annotations")]
    fn any_difference_is_found_and_no_value_named(#[case] from: &str, #[case] to: &str, #[case] part: &str) {
        let problem = judged(&TEXT.replace(from, to)).expect_err("refused");
        assert!(problem.ends_with(&format!("has another {part}")), "{problem}");
    }

    #[test]
    fn a_missing_secret_is_found() {
        assert!(judged("a: 1\n").is_err());
    }
}
