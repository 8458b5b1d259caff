//! What one value is bound to, and the digest of it that stands outside (`b=`).
//!
//! Owns the rule when a sealed value may be used for a target. Must never take a part of the binding from
//! anything that is not authenticated, except to judge a claim.

use sha2::{Digest, Sha256};

use crate::error::SealError;
use crate::glob::NamespaceGlob;
use crate::limits::MAX_PART_BYTES;
use crate::scope::Scope;
use crate::short_hash::ShortHash;
use crate::target::{KnownPlace, Part, Target};

/// What is hashed first, so that the digest can never be one of something else.
const DOMAIN: &[u8] = b"sealbridge.dev/sealed-value/v1/binding";

/// The first 8 bytes of the SHA-256 over these fields, each preceded by its length in bytes as 8 bytes, big
/// endian: the domain `sealbridge.dev/sealed-value/v1/binding`, the scope's word, then as far as the scope
/// binds them the namespace (or the glob), the name of the Secret, the key.
pub(crate) fn digest(scope: Scope, namespace: Option<&str>, name: Option<&str>, key: &str) -> ShortHash {
    let mut hasher = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(bytes);
    };
    field(DOMAIN);
    field(scope.as_str().as_bytes());
    [namespace, name, Some(key)].into_iter().flatten().for_each(|part| field(part.as_bytes()));
    ShortHash::of(hasher)
}

/// A bound namespace: one, or all that fit a pattern. The two cannot be confused: no namespace has a `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BoundNamespace {
    Exact(String),
    Matching(NamespaceGlob),
}

impl BoundNamespace {
    /// Reads a namespace or a pattern; `None` if there is a `*` but no valid pattern.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.contains('*') {
            return text.parse().ok().map(Self::Matching);
        }
        Some(Self::Exact(text.to_owned()))
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Exact(namespace) => namespace.clone(),
            Self::Matching(glob) => glob.to_string(),
        }
    }

    pub(crate) fn glob(&self) -> Option<&NamespaceGlob> {
        match self {
            Self::Exact(_) => None,
            Self::Matching(glob) => Some(glob),
        }
    }

    fn covers(&self, namespace: &str) -> bool {
        match self {
            Self::Exact(bound) => bound == namespace,
            Self::Matching(glob) => glob.matches(namespace),
        }
    }
}

/// What one value is bound to: the parts of a target as far as its scope binds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    scope: Scope,
    namespace: Option<BoundNamespace>,
    name: Option<String>,
    key: String,
}

impl Bound {
    /// The binding of a value that is being sealed for `target`, in the namespaces of `glob` if there is one.
    pub(crate) fn to_target(target: &Target<'_>, scope: Scope, glob: Option<&NamespaceGlob>) -> Result<Self, SealError> {
        let namespace = match (scope.binds_namespace(), glob) {
            (false, None) => None,
            (false, Some(_)) => return Err(SealError::GlobInClusterScope),
            (true, None) => {
                let namespace = bindable(Part::Namespace, target.namespace)?;
                Some(BoundNamespace::Exact(namespace))
            }
            (true, Some(glob)) if !glob.matches(target.namespace) => return Err(SealError::GlobExcludesTarget),
            (true, Some(glob)) => Some(BoundNamespace::Matching(glob.clone())),
        };
        let name = scope.binds_name().then(|| bindable(Part::Name, target.name)).transpose()?;
        Ok(Self { scope, namespace, name, key: bindable(Part::Key, target.key)? })
    }

    /// The binding that a header states; `None` if it has other parts than its scope binds.
    pub(crate) fn from_parts(scope: Scope, namespace: Option<&str>, name: Option<String>, key: String) -> Option<Self> {
        if namespace.is_some() != scope.binds_namespace() || name.is_some() != scope.binds_name() {
            return None;
        }
        let namespace = match namespace {
            Some(text) => Some(BoundNamespace::parse(text)?),
            None => None,
        };
        Some(Self { scope, namespace, name, key })
    }

    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }

    pub(crate) fn namespace(&self) -> Option<&BoundNamespace> {
        self.namespace.as_ref()
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn digest(&self) -> ShortHash {
        let namespace = self.namespace.as_ref().map(BoundNamespace::text);
        digest(self.scope, namespace.as_deref(), self.name(), &self.key)
    }

    /// The first part in which the target is not the one that the value was sealed for, and what that part
    /// was.
    ///
    /// Without this check whoever may write in one namespace could copy a sealed value from another, or a
    /// password into an entry that is shown to people, and have it opened there.
    ///
    /// A part of the place that is not known differs from nothing.
    pub(crate) fn difference(&self, place: &KnownPlace<'_>) -> Option<(Part, String)> {
        let covers = |bound: &BoundNamespace| place.namespace.is_none_or(|namespace| bound.covers(namespace));
        if let Some(namespace) = self.namespace.as_ref().filter(|bound| !covers(bound)) {
            return Some((Part::Namespace, namespace.text()));
        }
        if let Some(name) = self.name.as_ref().filter(|bound| place.name.is_some_and(|name| *bound != name)) {
            return Some((Part::Name, name.clone()));
        }
        place.key.is_some_and(|key| self.key != key).then(|| (Part::Key, self.key.clone()))
    }
}

fn bindable(part: Part, text: &str) -> Result<String, SealError> {
    // A namespace with a `*` would come back from the header as a pattern.
    let ambiguous = part == Part::Namespace && text.contains('*');
    if text.is_empty() || text.len() > MAX_PART_BYTES || ambiguous {
        return Err(SealError::Target { part });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const TARGET: Target<'static> = Target { namespace: "shop", name: "checkout", key: "PASSWORD" };

    fn glob() -> NamespaceGlob {
        "shop-*".parse().unwrap()
    }

    #[test]
    fn digest_is_the_documented_one() {
        // Computed apart from this code, with Python's hashlib and struct.pack(">Q", length) before each field.
        let bound = Bound::to_target(&TARGET, Scope::Strict, None).unwrap();
        assert_eq!(bound.digest().to_string(), "d93c1c4fde006272");
    }

    #[rstest]
    #[case::same(Scope::Strict, TARGET, None)]
    #[case::strict_namespace(Scope::Strict, Target { namespace: "other", ..TARGET }, Some((Part::Namespace, "shop")))]
    #[case::strict_name(Scope::Strict, Target { name: "other", ..TARGET }, Some((Part::Name, "checkout")))]
    #[case::strict_key(Scope::Strict, Target { key: "OTHER", ..TARGET }, Some((Part::Key, "PASSWORD")))]
    #[case::namespace_namespace(Scope::Namespace, Target { namespace: "other", ..TARGET }, Some((Part::Namespace, "shop")))]
    #[case::namespace_name(Scope::Namespace, Target { name: "other", ..TARGET }, None)]
    #[case::namespace_key(Scope::Namespace, Target { key: "OTHER", ..TARGET }, Some((Part::Key, "PASSWORD")))]
    #[case::cluster_elsewhere(Scope::Cluster, Target { namespace: "other", name: "other", ..TARGET }, None)]
    #[case::cluster_key(Scope::Cluster, Target { key: "OTHER", ..TARGET }, Some((Part::Key, "PASSWORD")))]
    fn each_scope_binds_its_parts(#[case] scope: Scope, #[case] used_for: Target<'_>, #[case] expected: Option<(Part, &str)>) {
        let bound = Bound::to_target(&TARGET, scope, None).unwrap();
        let difference = bound.difference(&used_for.into());
        assert_eq!(difference.as_ref().map(|(part, text)| (*part, text.as_str())), expected);
    }

    #[test]
    fn a_glob_covers_its_namespaces_only() {
        let preview = Target { namespace: "shop-1", ..TARGET };
        let bound = Bound::to_target(&preview, Scope::Strict, Some(&glob())).unwrap();
        assert_eq!(bound.difference(&Target { namespace: "shop-2", ..TARGET }.into()), None);
        assert_eq!(bound.difference(&TARGET.into()), Some((Part::Namespace, "shop-*".to_owned())));
    }

    #[rstest]
    #[case::empty_namespace(Target { namespace: "", ..TARGET }, Part::Namespace)]
    #[case::glob_as_namespace(Target { namespace: "shop-*", ..TARGET }, Part::Namespace)]
    #[case::empty_name(Target { name: "", ..TARGET }, Part::Name)]
    #[case::empty_key(Target { key: "", ..TARGET }, Part::Key)]
    fn parts_that_cannot_be_bound_are_refused(#[case] target: Target<'_>, #[case] part: Part) {
        assert_eq!(Bound::to_target(&target, Scope::Strict, None), Err(SealError::Target { part }));
    }

    #[test]
    fn parts_that_are_not_bound_may_be_empty() {
        let target = Target { namespace: "", name: "", key: "K" };
        assert!(Bound::to_target(&target, Scope::Cluster, None).is_ok());
    }

    #[test]
    fn a_glob_needs_a_scope_that_binds_a_namespace_and_a_target_inside() {
        let outside = Bound::to_target(&TARGET, Scope::Strict, Some(&glob()));
        assert_eq!(outside, Err(SealError::GlobExcludesTarget));
        let cluster = Bound::to_target(&TARGET, Scope::Cluster, Some(&glob()));
        assert_eq!(cluster, Err(SealError::GlobInClusterScope));
    }

    proptest! {
        #[test]
        fn digests_of_different_bindings_differ(
            a in any::<(String, String, String)>(),
            b in any::<(String, String, String)>(),
        ) {
            let of = |(namespace, name, key): &(String, String, String)| {
                digest(Scope::Strict, Some(namespace), Some(name), key)
            };
            prop_assert_eq!(of(&a) == of(&b), a == b);
        }

        #[test]
        fn moving_bytes_between_parts_changes_the_digest(name in "[a-z]{1,8}", moved in "[a-z]{1,4}", key in "[a-z]{1,8}") {
            let one = digest(Scope::Strict, Some("n"), Some(&format!("{name}{moved}")), &key);
            let two = digest(Scope::Strict, Some("n"), Some(&name), &format!("{moved}{key}"));
            prop_assert_ne!(one, two);
        }
    }
}
