//! The content of an object that is no Secret, of values and of what templates make of them.
//!
//! Must never: put bytes into an object that are no text, or tell what they are.

use sealbridge_manifest::{FieldPath, FieldStep, TargetKind};
use sealbridge_secret::{SecretBytes, SecretMap};

use crate::assemble::AssembleError;
use crate::content::{Misfit, Tree, leaf_name};

/// Something that is made, in the order in which it counts.
pub(crate) enum Made {
    /// An entry of the data.
    Entry(String, SecretBytes),
    /// A text at a path.
    Text(Vec<FieldStep>, SecretBytes),
    /// A part of the object at a path, in YAML.
    Part(FieldPath, SecretBytes),
}

/// The leaves of the content.
pub(crate) fn content(kind: &TargetKind, values: Option<&SecretMap>, made: Vec<Made>) -> Result<SecretMap, AssembleError> {
    let mut content = Tree::default();
    let of_values = if kind.is_config_map() { vec![key("data")] } else { vec![key("spec"), key("data")] };
    for (name, value) in values.into_iter().flat_map(SecretMap::iter) {
        let steps = [of_values.as_slice(), &[key(name)]].concat();
        put_text(&mut content, &steps, value)?;
    }
    for made in made {
        match made {
            Made::Entry(name, value) => put_text(&mut content, &[key("data"), key(&name)], &value)?,
            Made::Text(steps, value) => put_text(&mut content, &steps, &value)?,
            Made::Part(path, text) => {
                let part = part(&path, &text)?;
                let replaces = path.top().is_some();
                content.set(path.steps(), |before| if replaces { part } else { merged(before, part) }).map_err(misfit)?;
            }
        }
    }
    Ok(content.leaves())
}

fn key(key: &str) -> FieldStep {
    FieldStep::Key(key.to_owned())
}

fn put_text(content: &mut Tree, steps: &[FieldStep], value: &SecretBytes) -> Result<(), AssembleError> {
    let text = std::str::from_utf8(value.expose()).map_err(|_| AssembleError::NotText { field: leaf_name(steps) })?;
    content.set(steps, |_| Tree::text(text)).map_err(misfit)
}

fn part(path: &FieldPath, text: &SecretBytes) -> Result<Tree, AssembleError> {
    let field = || leaf_name(path.steps());
    let text = std::str::from_utf8(text.expose()).map_err(|_| AssembleError::NotText { field: field() })?;
    sealbridge_manifest::document::decode_text(text).map_err(|_| AssembleError::NotYaml { field: field() })
}

/// Of two maps the members of both, of which those of the later count.
fn merged(before: Tree, part: Tree) -> Tree {
    match (before, part) {
        (Tree::Map(mut fields), Tree::Map(more)) => {
            fields.extend(more);
            Tree::Map(fields)
        }
        (_, part) => part,
    }
}

fn misfit(misfit: Misfit) -> AssembleError {
    AssembleError::Misfit(misfit)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_api::bridged_secret::DecodingStrategy;
    use sealbridge_manifest::{DataTemplate, Further, FurtherTarget, FurtherText, TargetPlan};
    use sealbridge_template::System;
    use serde_json::{Value, json};
    use zeroize::Zeroizing;

    use super::*;
    use crate::samples;
    use crate::template::{Kept, Texts, render};

    fn rendered(kind: (&str, &str), literals: &[(&str, &str)], entries: &[(&str, &str)]) -> Result<Value, String> {
        let literal = |(target, text): &(&str, &str)| Further {
            text: FurtherText::Literal((*text).to_owned()),
            target: if *target == "Data" { FurtherTarget::Data } else { FurtherTarget::Field(target.parse().unwrap()) },
            decoding: DecodingStrategy::None,
        };
        let template = DataTemplate {
            further: literals.iter().map(literal).collect(),
            entries: entries.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect(),
            ..DataTemplate::default()
        };
        let manifest = Some(TargetKind { api_version: kind.0.to_owned(), kind: kind.1.to_owned() });
        let target = TargetPlan { manifest, template, ..samples::target() };
        let values = [("user", b"app".to_vec()), ("bytes", vec![0xff])];
        let values = values.map(|(key, value)| (key.to_owned(), SecretBytes::new(value))).into_iter();
        let values =
            values.filter(|(key, _)| key != "bytes" || literals.iter().chain(entries).any(|(_, text)| text.contains("bytes")));
        let made = render(&target, values.collect(), &Texts::new(), Kept::Nothing(&System)).map_err(|error| error.to_string())?;
        let mut content = Tree::default();
        content.put(&made.data).map_err(|misfit| misfit.to_string())?;
        let mut json = Zeroizing::new(Vec::new());
        content.write_json(&mut json);
        Ok(serde_json::from_slice(&json).unwrap())
    }

    const CONFIG_MAP: (&str, &str) = ("v1", "ConfigMap");
    const ROUTE: (&str, &str) = ("example.com/v1", "Route");

    #[rstest]
    #[case::values_of_a_config_map(CONFIG_MAP, &[], &[], json!({"data": {"user": "app"}}))]
    #[case::values_of_another_kind(ROUTE, &[], &[], json!({"spec": {"data": {"user": "app"}}}))]
    #[case::entries(ROUTE, &[], &[("a", "{{ .user }}: 1")], json!({"data": {"a": "app: 1"}}))]
    #[case::entries_are_texts(CONFIG_MAP, &[("Data", "a: 1\nb: yes")], &[], json!({"data": {"a": "1", "b": "yes"}}))]
    #[case::a_path_is_typed(ROUTE, &[("spec.a", "n: 1\nt: true\ns: '1'\nl: [1.5, {x: \"{{ .user }}\"}]\nu: ~")], &[],
        json!({"spec": {"a": {"n": 1, "t": true, "s": "1", "l": [1.5, {"x": "app"}]}}}))]
    #[case::a_scalar_at_a_path(ROUTE, &[("spec.a.b", "{{ .user }}")], &[], json!({"spec": {"a": {"b": "app"}}}))]
    #[case::one_step_replaces(ROUTE, &[("spec", "a: 1\nb: 1"), ("spec", "b: 2")], &[], json!({"spec": {"b": 2}}))]
    #[case::further_down_maps_merge(ROUTE, &[("spec.x", "a: 1\nb: 1"), ("spec.x", "b: 2")], &[], json!({"spec": {"x": {"a": 1, "b": 2}}}))]
    #[case::lists_do_not(ROUTE, &[("spec.x", "[1, 2]"), ("spec.x", "[3]")], &[], json!({"spec": {"x": [3]}}))]
    #[case::an_item(ROUTE, &[("spec", "l: [{a: 1}, {a: 2}]"), ("spec.l[1].b", "{{ .user }}")], &[],
        json!({"spec": {"l": [{"a": 1}, {"a": 2, "b": "app"}]}}))]
    #[case::one_item_more(ROUTE, &[("spec.l", "[1]"), ("spec.l[1]", "2")], &[], json!({"spec": {"l": [1, 2]}}))]
    #[case::items_of_nothing(ROUTE, &[("spec.l[1]", "2"), ("spec.l[0]", "1")], &[], json!({"spec": {"l": [1, 2]}}))]
    fn content_is_made(
        #[case] kind: (&str, &str),
        #[case] literals: &[(&str, &str)],
        #[case] entries: &[(&str, &str)],
        #[case] expected: Value,
    ) {
        assert_eq!(rendered(kind, literals, entries), Ok(expected));
    }

    #[rstest]
    #[case::bytes(CONFIG_MAP, &[], &[("a", "{{ .bytes }}")], "data/a is made of bytes that are no text")]
    #[case::bytes_at_a_path(ROUTE, &[("spec.a", "{{ .bytes }}")], &[], "spec/a is made of bytes that are no text")]
    #[case::no_yaml(ROUTE, &[("spec.a", "{{ .user }}: [")], &[], "what the template for spec/a makes is no YAML")]
    #[case::through_a_text(ROUTE, &[("spec.a", "{{ .user }}"), ("spec.a.b", "1")], &[], "templateFrom: spec/a is no map there")]
    #[case::through_a_map(ROUTE, &[("spec.a", "{b: 1}"), ("spec.a[0]", "1")], &[], "templateFrom: spec/a is no list there")]
    #[case::beyond_a_list(ROUTE, &[("spec.a", "[1]"), ("spec.a[2]", "1")], &[], "templateFrom: spec/a has only 1 items")]
    fn what_cannot_stand_there_is_told_without_a_value(
        #[case] kind: (&str, &str),
        #[case] literals: &[(&str, &str)],
        #[case] entries: &[(&str, &str)],
        #[case] words: &str,
    ) {
        let told = rendered(kind, literals, entries).unwrap_err();
        assert!(told.starts_with(words) && !told.contains("app"), "{told}");
    }
}
