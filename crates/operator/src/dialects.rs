//! Kinds of other controllers that this operator serves, and which of their objects it takes.
//!
//! Threat: two controllers that both write one Secret undo each other, and which value a workload runs on is
//! chance. Must never: serve an object of a dialect that was not named, or one that another controller answers.

use sealbridge_api::labels;

use crate::args::{Args, Dialect};
use crate::decode::Loaded;
use crate::identity::Kind;

/// Which objects are served.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dialects {
    sealed_secrets: bool,
    sole_operator: bool,
}

impl Dialects {
    /// What the operator was told.
    #[must_use]
    pub fn of(args: &Args) -> Self {
        Self { sealed_secrets: args.dialects.contains(&Dialect::SealedSecrets), sole_operator: args.sole_operator }
    }

    /// The kinds that are served.
    pub fn kinds(self) -> impl Iterator<Item = Kind> {
        std::iter::once(Kind::BridgedSecret).chain(self.sealed_secrets.then_some(Kind::SealedSecret))
    }

    /// Whether an object of a kind that is served is this operator's. One that another controller was the last
    /// to answer is that one's, unless the object itself is marked for being taken over, or the operator was
    /// told that the others are gone.
    #[must_use]
    pub fn are_to_be_served(self, loaded: &Loaded) -> bool {
        let annotation = || loaded.metadata.annotations.as_ref().and_then(|annotations| annotations.get(labels::ADOPT));
        !loaded.is_answered_by_another || self.sole_operator || annotation().is_some_and(|value| value == "true")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::decode;

    #[rstest]
    #[case::fresh("[]", "", false, true)]
    #[case::of_another(r#"[{"manager":"controller","subresource":"status"}]"#, "", false, false)]
    #[case::of_another_that_is_gone(r#"[{"manager":"controller","subresource":"status"}]"#, "", true, true)]
    #[case::handed_over(r#"[{"manager":"controller","subresource":"status"}]"#, r#""sealbridge.dev/adopt":"true""#, false, true)]
    #[case::kept_back(r#"[{"manager":"controller","subresource":"status"}]"#, r#""sealbridge.dev/adopt":"false""#, false, false)]
    fn whose_object_it_is(#[case] managers: &str, #[case] annotation: &str, #[case] sole_operator: bool, #[case] served: bool) {
        let text = format!(
            r#"{{"metadata":{{"name":"a","namespace":"n","managedFields":{managers},"annotations":{{{annotation}}}}},"spec":{{}}}}"#
        );
        let loaded = decode::object(Kind::SealedSecret, &text).unwrap();
        assert_eq!(Dialects { sealed_secrets: true, sole_operator }.are_to_be_served(&loaded), served);
    }

    #[test]
    fn dialects_are_off_until_they_are_named() {
        assert_eq!(Dialects::default().kinds().collect::<Vec<_>>(), [Kind::BridgedSecret]);
    }
}
