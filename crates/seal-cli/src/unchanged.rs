//! Whether a sealed text already holds the value that is to be set, for the same readers and the same place: then it
//! stays byte for byte.
//!
//! Must never: ask for anything unless a key is named, or keep a text that others can open than those who shall.

use sealbridge_seal::{KeyId, KeyRing, Scope, SealedValue, Target};
use sealbridge_secret::SecretBytes;

use crate::config::Config;
use crate::error::Error;
use crate::identities::{self, IdentityArgs};
use crate::recipients::Recipients;

/// The keys that can tell.
pub(crate) struct Opener(KeyRing);

impl Opener {
    /// The keys that are named; without any, those that lie in the clear where a person has them.
    pub(crate) fn at_hand(args: &IdentityArgs, config: Option<&Config>) -> Result<Self, Error> {
        let beside = config.map(|config| config.identities.as_slice()).unwrap_or_default();
        let ring = if args.identities.is_empty() { identities::at_hand(beside) } else { identities::load(args, beside)? };
        Ok(Self(ring))
    }

    /// Whether `text` opens for the target and is what sealing `value` again would make, but for chance and the day.
    pub(crate) fn holds(
        &self,
        text: &str,
        value: &SecretBytes,
        target: &Target<'_>,
        scope: Scope,
        recipients: &Recipients,
    ) -> bool {
        let Ok(sealed) = SealedValue::parse(text) else { return false };
        let ids: Vec<KeyId> = recipients.set.ids().collect();
        // Outer ids are proven by opening; that nobody else can open it is told by the age file alone.
        let is_for_them = sealed.key_ids() == ids
            && sealed.stanzas().is_ok_and(|found| found.other == 0 && found.x25519 + found.post_quantum == ids.len());
        let is_for_there = sealed.scope() == scope && sealed.namespace_glob().is_none();
        is_for_them && is_for_there && self.0.open_sealed(&sealed, target).is_ok_and(|opened| opened.value == *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_seal::{Date, KeyPair, NamespaceGlob, RecipientSet, seal};

    const TARGET: Target<'_> = Target { namespace: "shop", name: "checkout", key: "TOKEN" };

    fn recipients(pairs: &[&KeyPair]) -> Recipients {
        let set = RecipientSet::new(pairs.iter().map(|pair| pair.recipient().clone())).expect("a set");
        Recipients { set, label: String::new() }
    }

    #[rstest]
    #[case::the_same(b"hunter2", Scope::Strict, None, "TOKEN", true)]
    #[case::another_value(b"hunter3", Scope::Strict, None, "TOKEN", false)]
    #[case::a_wider_scope(b"hunter2", Scope::Namespace, None, "TOKEN", false)]
    #[case::a_pattern(b"hunter2", Scope::Strict, Some("shop*"), "TOKEN", false)]
    #[case::another_entry(b"hunter2", Scope::Strict, None, "OTHER", false)]
    fn only_what_would_be_sealed_again_is_held(
        #[case] value: &[u8],
        #[case] scope: Scope,
        #[case] glob: Option<&str>,
        #[case] key: &str,
        #[case] expected: bool,
    ) {
        let (one, other) = (KeyPair::generate().expect("a pair"), KeyPair::generate().expect("a pair"));
        let (to_one, to_both) = (recipients(&[&one]), recipients(&[&one, &other]));
        let glob: Option<NamespaceGlob> = glob.map(|glob| glob.parse().expect("a pattern"));
        let target = Target { key, ..TARGET };
        let text = seal(value, &target, scope, glob.as_ref(), &to_one.set, Date::constant(2026, 1, 31)).expect("sealed");
        let wanted = SecretBytes::new(b"hunter2".to_vec());
        let opener = Opener(KeyRing::new([one.into_identity()]));
        assert_eq!(opener.holds(&text, &wanted, &TARGET, Scope::Strict, &to_one), expected);
        assert!(!opener.holds(&text, &wanted, &TARGET, Scope::Strict, &to_both), "another reader is to be added");
        assert!(!Opener(KeyRing::default()).holds(&text, &wanted, &TARGET, Scope::Strict, &to_one), "nobody can tell");
    }
}
