//! For which Secret a value is sealed: the namespace that everybody agrees on, and names that Kubernetes takes.
//!
//! Must never: fall back to a namespace, `default` least of all.

use std::path::Path;

use crate::config::{self, Rule};
use crate::error::Error;
use crate::kustomization::{self, Kustomization};

/// Somebody's word on the namespace.
struct Claim {
    namespace: String,
    from: String,
}

/// Who may say what the namespace is.
pub(crate) struct NamespaceSources<'a> {
    /// `-n`.
    pub(crate) flag: Option<&'a str>,
    /// `metadata.namespace`.
    pub(crate) manifest: Option<&'a str>,
    /// The rule that matches the file.
    pub(crate) rule: Option<&'a Rule>,
    /// Where the nearest kustomization is looked for.
    pub(crate) folder: &'a Path,
}

impl NamespaceSources<'_> {
    /// The one namespace that all who speak name.
    pub(crate) fn resolve(&self) -> Result<String, Error> {
        self.resolve_beside(kustomization::nearest(self.folder)?.as_ref())
    }

    /// The same, when the nearest kustomization is known.
    pub(crate) fn resolve_beside(&self, kustomization: Option<&Kustomization>) -> Result<String, Error> {
        let mut claims = Vec::new();
        let mut claim = |namespace: Option<&str>, from: &str| {
            claims.extend(namespace.map(|namespace| Claim { namespace: namespace.to_owned(), from: from.to_owned() }));
        };
        claim(self.flag, "-n");
        claim(self.manifest, "the manifest");
        if let Some(Kustomization { path, namespace, .. }) = kustomization {
            claim(namespace.as_deref(), &config::shown(path).display().to_string());
        }
        claim(self.rule.and_then(|rule| rule.namespace.as_deref()), "the rule in .sealbridge.yaml");
        let mut claims = claims.into_iter();
        let first = claims.next().ok_or(Error::NoNamespace)?;
        if let Some(other) = claims.find(|claim| claim.namespace != first.namespace) {
            return Err(Error::NamespacesDiffer {
                one: first.namespace,
                one_from: first.from,
                other: other.namespace,
                other_from: other.from,
            });
        }
        if !is_label(&first.namespace) {
            return Err(Error::NamespaceName { namespace: first.namespace, from: first.from });
        }
        Ok(first.namespace)
    }
}

/// Whether Kubernetes accepts the text as a namespace: an RFC 1123 label.
pub(crate) fn is_label(text: &str) -> bool {
    let ordinary = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| ordinary(byte) || byte == b'-')
        && text.bytes().next().is_some_and(ordinary)
        && text.bytes().last().is_some_and(ordinary)
}

/// Refuses a name that Kubernetes does not accept for an object: an RFC 1123 subdomain.
pub(crate) fn ensure_object_name(name: &str) -> Result<(), Error> {
    if name.len() <= 253 && name.split('.').all(is_label) { Ok(()) } else { Err(Error::ObjectName { name: name.to_owned() }) }
}

/// Refuses a name that Kubernetes does not accept for an entry. It may be a value by
/// mistake and is not repeated.
pub(crate) fn ensure_key(key: &str) -> Result<(), Error> {
    if key.contains('=') {
        return Err(Error::ValueInArguments);
    }
    if sealbridge_api::keys::is_valid_data_key(key) { Ok(()) } else { Err(Error::KeyName) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("shop", true)]
    #[case("shop-1", true)]
    #[case("", false)]
    #[case("-shop", false)]
    #[case("Shop", false)]
    #[case("shop.eu", false)]
    #[case("shop-*", false)]
    fn namespaces(#[case] text: &str, #[case] accepted: bool) {
        assert_eq!(is_label(text), accepted);
    }

    #[rstest]
    #[case(None, None, Err("the namespace is not known"))]
    #[case(Some("a"), None, Ok("a"))]
    #[case(None, Some("b"), Ok("b"))]
    #[case(Some("a"), Some("a"), Ok("a"))]
    #[case(Some("a"), Some("b"), Err("the namespace is a by -n and b by the manifest"))]
    #[case(Some("k"), None, Ok("k"))]
    fn everybody_has_to_agree(#[case] flag: Option<&str>, #[case] manifest: Option<&str>, #[case] expected: Result<&str, &str>) {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join(".git")).expect("folder");
        let sources = NamespaceSources { flag, manifest, rule: None, folder: folder.path() };
        let found = sources.resolve().map_err(|error| error.to_string());
        match expected {
            Ok(namespace) => assert_eq!(found.as_deref(), Ok(namespace)),
            Err(begins) => assert!(found.expect_err("refused").starts_with(begins)),
        }
    }

    #[test]
    fn only_the_nearest_kustomization_speaks() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("inner");
        std::fs::create_dir_all(inner.join("deep")).expect("folders");
        std::fs::create_dir(folder.path().join(".git")).expect("folder");
        std::fs::write(folder.path().join("kustomization.yaml"), "namespace: outer\n").expect("written");
        std::fs::write(inner.join("kustomization.yaml"), "namespace: inner\n").expect("written");
        let resolve = |folder: &Path| NamespaceSources { flag: None, manifest: None, rule: None, folder }.resolve();
        assert_eq!(resolve(&inner.join("deep")).expect("namespace"), "inner");
        assert_eq!(resolve(folder.path()).expect("namespace"), "outer");
    }
}
