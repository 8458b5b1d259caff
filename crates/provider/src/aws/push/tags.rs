//! Tags of what is pushed: the mark, and those that an entry names.
//!
//! Must never: take away the mark, or a tag of AWS itself.

use std::collections::BTreeMap;

use crate::push::invalid;
use crate::{PushError, Pusher};

/// The name of the tag that says what was pushed.
pub(in crate::aws) const MARK: &str = "managed-by";

/// Whether tags say that their bearer was pushed.
pub(in crate::aws) fn is_pushed(tags: &BTreeMap<String, String>) -> bool {
    tags.get(MARK).is_some_and(|mark| Pusher::is_mark(mark))
}

/// Tags that only AWS sets.
fn is_of_aws(name: &str) -> bool {
    name.get(..4).is_some_and(|beginning| beginning.eq_ignore_ascii_case("aws:"))
}

/// Refuses tags that an entry may not name.
pub(in crate::aws) fn ensure_may_be_set(tags: &BTreeMap<String, String>) -> Result<(), PushError> {
    match tags.keys().find(|name| *name == MARK || is_of_aws(name)) {
        Some(name) => Err(invalid(
            &format!("metadata.spec.tags.{name}"),
            "this tag is set by who pushes, or by AWS itself; name it otherwise",
        )),
        None => Ok(()),
    }
}

/// What is to be done with tags.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::aws) struct TagChange {
    /// Those that are not there, or with another value.
    pub(in crate::aws) set: BTreeMap<String, String>,
    /// Those that an entry which names tags does not name, as in External Secrets Operator.
    pub(in crate::aws) remove: Vec<String>,
}

impl TagChange {
    /// From those that are there to those that an entry names.
    pub(in crate::aws) fn between(there: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> Self {
        let differs = |(name, value): &(&String, &String)| there.get(*name) != Some(*value);
        let is_foreign = |name: &&String| *name != MARK && !is_of_aws(name) && !wanted.contains_key(*name);
        Self {
            set: wanted.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect(),
            remove: there.keys().filter(is_foreign).cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(tags: &[(&str, &str)]) -> BTreeMap<String, String> {
        tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_what_differs_is_changed_and_never_the_mark() {
        let there =
            tags(&[("managed-by", "external-secrets"), ("team", "a"), ("old", "x"), ("same", "y"), ("aws:cloudformation", "s")]);
        let change = TagChange::between(&there, &tags(&[("team", "b"), ("same", "y"), ("new", "z")]));
        assert_eq!(change, TagChange { set: tags(&[("new", "z"), ("team", "b")]), remove: vec!["old".to_owned()] });
        assert_eq!(TagChange::between(&there, &tags(&[("team", "a"), ("old", "x"), ("same", "y")])), TagChange::default());
    }

    #[test]
    fn marks() {
        assert!(is_pushed(&tags(&[("managed-by", "sealbridge")])) && is_pushed(&tags(&[("managed-by", "external-secrets")])));
        assert!(!is_pushed(&tags(&[("managed-by", "terraform")])) && !is_pushed(&tags(&[("Managed-By", "sealbridge")])));
    }
}
