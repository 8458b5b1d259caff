//! What a value is bound to.

use std::fmt;

/// The annotation that makes a SealedSecret namespace-wide, if its value is exactly `true`.
pub const NAMESPACE_WIDE: &str = "sealedsecrets.bitnami.com/namespace-wide";
/// The annotation that makes a SealedSecret cluster-wide, if its value is exactly `true`. It wins over
/// [`NAMESPACE_WIDE`].
pub const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";

/// What a value is bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Namespace and name of the SealedSecret.
    #[default]
    Strict,
    /// Its namespace.
    NamespaceWide,
    /// Nothing.
    ClusterWide,
}

impl Scope {
    /// The scope that a SealedSecret's own annotations choose; those of its template do not count.
    pub fn of_annotations<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let is_set = |name| get(name) == Some("true");
        if is_set(CLUSTER_WIDE) {
            Self::ClusterWide
        } else if is_set(NAMESPACE_WIDE) {
            Self::NamespaceWide
        } else {
            Self::Strict
        }
    }

    /// The annotation that chooses the scope; none for strict.
    #[must_use]
    pub fn annotation(self) -> Option<&'static str> {
        match self {
            Self::Strict => None,
            Self::NamespaceWide => Some(NAMESPACE_WIDE),
            Self::ClusterWide => Some(CLUSTER_WIDE),
        }
    }

    /// The label under which the value's key is wrapped.
    #[must_use]
    pub fn label(self, namespace: &str, name: &str) -> String {
        match self {
            Self::Strict => format!("{namespace}/{name}"),
            Self::NamespaceWide => namespace.to_owned(),
            Self::ClusterWide => String::new(),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::NamespaceWide => "namespace-wide",
            Self::ClusterWide => "cluster-wide",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[], Scope::Strict)]
    #[case(&[(NAMESPACE_WIDE, "true")], Scope::NamespaceWide)]
    #[case(&[(NAMESPACE_WIDE, "true"), (CLUSTER_WIDE, "true")], Scope::ClusterWide)]
    #[case(&[(CLUSTER_WIDE, "True"), (NAMESPACE_WIDE, "yes")], Scope::Strict)]
    fn only_the_exact_word_widens(#[case] annotations: &[(&str, &'static str)], #[case] scope: Scope) {
        let get = |name: &str| annotations.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        assert_eq!(Scope::of_annotations(get), scope);
    }

    #[rstest]
    #[case(Scope::Strict, "shop/checkout")]
    #[case(Scope::NamespaceWide, "shop")]
    #[case(Scope::ClusterWide, "")]
    fn labels(#[case] scope: Scope, #[case] label: &str) {
        assert_eq!(scope.label("shop", "checkout"), label);
    }
}
