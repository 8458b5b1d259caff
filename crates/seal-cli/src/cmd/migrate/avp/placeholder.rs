//! Placeholders of the argocd-vault-plugin: `<path:PATH#KEY>`, `<path:PATH#KEY#VERSION>`, `<KEY>` where an annotation
//! names the path, each with modifiers behind `|`.

use sealbridge_manifest::document::Object;

/// What the annotations of an object say.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    /// The path of placeholders that name none. Without it these are no placeholders.
    path: Option<String>,
    version: Option<String>,
    /// Whether an entry goes whose key the store does not have.
    pub(super) removes_missing: bool,
}

impl Defaults {
    /// What the object says.
    pub(super) fn of(object: &Object<'_>) -> Self {
        let mut annotations = object.metadata_texts("annotations");
        let mut take = |name: &str| annotations.remove(&format!("{}{name}", super::MARKS));
        let removes_missing = take("remove-missing").is_some_and(|value| value == "true");
        Self { path: take("path"), version: take("secret-version").filter(|version| !version.is_empty()), removes_missing }
    }
}

/// One placeholder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Placeholder {
    pub(super) path: String,
    pub(super) key: String,
    pub(super) version: Option<String>,
    /// Whether the path is that of the annotation.
    pub(super) is_generic: bool,
    /// What is done to the value, in this order.
    pub(super) modifiers: Vec<String>,
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it stands.
    Text(String),
    /// What is replaced.
    Placeholder(Placeholder),
}

/// Whether a text has a placeholder.
pub(super) fn is_in(text: &str, defaults: &Defaults) -> bool {
    parts(text, defaults).iter().any(|part| matches!(part, Part::Placeholder(_)))
}

/// The pieces of a text in their order.
pub(super) fn parts(text: &str, defaults: &Defaults) -> Vec<Part> {
    let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some((before, behind)) = rest.split_once('<') {
        plain.push_str(before);
        let found = behind.split_once('>').filter(|(inner, _)| !inner.contains(['\n', '<']));
        if let Some((placeholder, behind)) = found.and_then(|(inner, behind)| Some((placeholder(inner, defaults)?, behind))) {
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Placeholder(placeholder));
            rest = behind;
        } else {
            plain.push('<');
            rest = behind;
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    parts
}

fn placeholder(inner: &str, defaults: &Defaults) -> Option<Placeholder> {
    let mut pieces = inner.split('|').map(|piece| piece.trim().to_owned());
    let head = pieces.next()?;
    let modifiers = pieces.collect();
    let Some(named) = head.strip_prefix("path:") else {
        let path = defaults.path.clone()?;
        let version = defaults.version.clone();
        return (!head.is_empty()).then_some(Placeholder { path, key: head, version, is_generic: true, modifiers });
    };
    let pieces: Vec<&str> = named.split('#').map(str::trim).collect();
    let (path, key, version) = match pieces.as_slice() {
        [path, key] => (path, key, None),
        [path, key, version] if !version.is_empty() => (path, key, Some((*version).to_owned())),
        _ => return None,
    };
    let is_whole = !path.is_empty() && !key.is_empty();
    let (path, key) = ((*path).to_owned(), (*key).to_owned());
    is_whole.then_some(Placeholder { path, key, version, is_generic: false, modifiers })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn shown(text: &str, path: Option<&str>) -> Vec<String> {
        let defaults = Defaults { path: path.map(str::to_owned), version: Some("9".to_owned()), removes_missing: false };
        let shown = parts(text, &defaults).into_iter().map(|part| match part {
            Part::Text(text) => text,
            Part::Placeholder(Placeholder { path, key, version, modifiers, .. }) => {
                format!("[{path} {key} {} {}]", version.unwrap_or_default(), modifiers.join("+"))
            }
        });
        shown.collect()
    }

    #[rstest]
    #[case("<path:a/data/b#k>", None, &["[a/data/b k  ]"])]
    #[case("<path:a#k#3 | base64encode>", None, &["[a k 3 base64encode]"])]
    #[case("x<path:a#k>y<path:b#l|base64decode | base64encode>", None, &["x", "[a k  ]", "y", "[b l  base64decode+base64encode]"])]
    #[case("<user> <path:a#k>", Some("p/q"), &["[p/q user 9 ]", " ", "[a k  ]"])]
    #[case("<user>", None, &["<user>"])]
    #[case("a < b > c <path:a#k>", None, &["a < b > c ", "[a k  ]"])]
    #[case("<path:a> <path:#k> <path:a#> <path:a#b#c#d>", None, &["<path:a> <path:#k> <path:a#> <path:a#b#c#d>"])]
    #[case("<path:a\n#k>", None, &["<path:a\n#k>"])]
    #[case("", None, &[])]
    fn texts_are_cut_up(#[case] text: &str, #[case] path: Option<&str>, #[case] expected: &[&str]) {
        assert_eq!(shown(text, path), expected);
    }
}
