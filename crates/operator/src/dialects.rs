//! Kinds of other controllers that this operator serves, and which of their objects it takes.
//!
//! Threat: two controllers that both write one Secret undo each other, and which value a workload runs on is
//! chance. Must never: serve an object of a dialect that was not named, or one that another controller answers.

use sealbridge_api::labels;
use sealbridge_manifest::StoreName;

use crate::args::{Args, Dialect};
use crate::decode::Loaded;
use crate::identity::Kind;

/// Which objects are served.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dialects {
    sealed_secrets: bool,
    external_secrets: bool,
    sole_operator: bool,
}

/// Whom a store of another controller's kind names as the one who serves what reads from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreClass {
    /// This operator.
    Ours,
    /// Nobody: whoever is there.
    Anybody,
    /// Another controller.
    Another,
}

impl Dialects {
    /// What the operator was told.
    #[must_use]
    pub fn of(args: &Args) -> Self {
        Self {
            sealed_secrets: args.dialects.contains(&Dialect::SealedSecrets),
            external_secrets: args.dialects.contains(&Dialect::ExternalSecrets),
            sole_operator: args.sole_operator,
        }
    }

    /// The kinds that are served.
    pub fn kinds(self) -> impl Iterator<Item = Kind> {
        let sealed_secrets = self.sealed_secrets.then_some(Kind::SealedSecret);
        let external_secrets = self.external_secrets.then_some(Kind::ExternalSecret);
        [Some(Kind::BridgedSecret), sealed_secrets, external_secrets].into_iter().flatten()
    }

    /// Whether a store of such a class is this operator's to look after.
    #[must_use]
    pub fn are_served_from(self, class: StoreClass) -> bool {
        class == StoreClass::Ours || class == StoreClass::Anybody && self.sole_operator
    }

    /// Whether an object of a kind that is served is this operator's. `class_of` tells the class of a store that it
    /// names; there is none of one that is not there.
    #[must_use]
    pub fn are_to_be_served(self, loaded: &Loaded, class_of: impl Fn(&StoreName) -> Option<StoreClass>) -> bool {
        let annotation = || loaded.metadata.annotations.as_ref().and_then(|annotations| annotations.get(labels::ADOPT));
        match loaded.id.kind {
            Kind::BridgedSecret => true,
            // One that another controller was the last to answer is that one's, unless the object itself is marked for
            // being taken over, or the operator was told that the others are gone.
            Kind::SealedSecret => {
                !loaded.is_answered_by_another || self.sole_operator || annotation().is_some_and(|value| value == "true")
            }
            Kind::ExternalSecret => self.serves(annotation().map(String::as_str), &loaded.stores, class_of),
        }
    }

    /// Whether what reads from `stores` is this operator's, where the object itself says `adopt`.
    #[must_use]
    pub fn serves(self, adopt: Option<&str>, stores: &[StoreName], class_of: impl Fn(&StoreName) -> Option<StoreClass>) -> bool {
        match adopt {
            Some("true") => true,
            Some(_) => false,
            None => self.serves_all(stores, class_of),
        }
    }

    /// An object whose stores are not there yet may become another controller's.
    fn serves_all(self, stores: &[StoreName], class_of: impl Fn(&StoreName) -> Option<StoreClass>) -> bool {
        if stores.is_empty() {
            return self.sole_operator;
        }
        stores.iter().all(|store| class_of(store).map_or(self.sole_operator, |class| self.are_served_from(class)))
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
    fn whose_sealed_secret_it_is(
        #[case] managers: &str,
        #[case] annotation: &str,
        #[case] sole_operator: bool,
        #[case] served: bool,
    ) {
        let text = format!(
            r#"{{"metadata":{{"name":"a","namespace":"n","managedFields":{managers},"annotations":{{{annotation}}}}},"spec":{{}}}}"#
        );
        let loaded = decode::object(Kind::SealedSecret, &text).unwrap();
        let dialects = Dialects { sealed_secrets: true, sole_operator, ..Dialects::default() };
        assert_eq!(dialects.are_to_be_served(&loaded, |_| None), served);
    }

    #[rstest]
    #[case::ours(Some(StoreClass::Ours), "", false, true)]
    #[case::of_another(Some(StoreClass::Another), "", false, false)]
    #[case::of_another_beside_nobody(Some(StoreClass::Another), "", true, false)]
    #[case::of_anybody(Some(StoreClass::Anybody), "", false, false)]
    #[case::of_anybody_alone(Some(StoreClass::Anybody), "", true, true)]
    #[case::not_there(None, "", false, false)]
    #[case::not_there_alone(None, "", true, true)]
    #[case::handed_over(Some(StoreClass::Another), r#""sealbridge.dev/adopt":"true""#, false, true)]
    #[case::kept_back(Some(StoreClass::Ours), r#""sealbridge.dev/adopt":"false""#, false, false)]
    fn whose_external_secret_it_is(
        #[case] class: Option<StoreClass>,
        #[case] annotation: &str,
        #[case] sole_operator: bool,
        #[case] served: bool,
    ) {
        let text = format!(
            r#"{{"metadata":{{"name":"a","namespace":"n","annotations":{{{annotation}}}}},"spec":{{"secretStoreRef":{{"name":"x"}},
                "data":[{{"sourceRef":{{"storeRef":{{"name":"ours"}}}}}}]}}}}"#
        );
        let loaded = decode::object(Kind::ExternalSecret, &text).unwrap();
        let dialects = Dialects { external_secrets: true, sole_operator, ..Dialects::default() };
        let class_of = |store: &StoreName| if store.name == "ours" { Some(StoreClass::Ours) } else { class };
        assert_eq!(dialects.are_to_be_served(&loaded, class_of), served);
    }

    #[test]
    fn dialects_are_off_until_they_are_named() {
        assert_eq!(Dialects::default().kinds().collect::<Vec<_>>(), [Kind::BridgedSecret]);
    }
}
