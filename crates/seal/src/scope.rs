//! How much of a target a sealed value is bound to.
//!
//! Owns the three words. Must never decide from them alone whether a value may be used: `binding` does.

use std::fmt;
use std::str::FromStr;

/// What a sealed value is bound to. The entry's key is bound in every scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Namespace, Secret name and key.
    #[default]
    Strict,
    /// Namespace and key, in any Secret.
    Namespace,
    /// Key only, in any namespace and Secret.
    Cluster,
}

impl Scope {
    /// The word in the format and in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Namespace => "namespace",
            Self::Cluster => "cluster",
        }
    }

    pub(crate) fn binds_namespace(self) -> bool {
        self != Self::Cluster
    }

    pub(crate) fn binds_name(self) -> bool {
        self == Self::Strict
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a scope; use `strict`, `namespace` or `cluster`")]
pub struct ScopeError;

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "strict" => Ok(Self::Strict),
            "namespace" => Ok(Self::Namespace),
            "cluster" => Ok(Self::Cluster),
            _ => Err(ScopeError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Scope::Strict)]
    #[case(Scope::Namespace)]
    #[case(Scope::Cluster)]
    fn words_round_trip(#[case] scope: Scope) {
        assert_eq!(scope.as_str().parse(), Ok(scope));
    }

    #[rstest]
    #[case("")]
    #[case("Strict")]
    #[case("cluster-wide")]
    fn other_words_are_refused(#[case] text: &str) {
        assert_eq!(text.parse::<Scope>(), Err(ScopeError));
    }
}
