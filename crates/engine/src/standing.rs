//! Where a value stands in the target when nothing is made of it.
//!
//! Must never: tell which of several places is the one; whoever asks knows the value by its digest.

use sealbridge_manifest::{FieldStep, TargetPlan};
use sealbridge_secret::{SecretBytes, SecretMap};

use crate::content::{leaf_name, text_of};

/// What stands in the data of a target under the name of an entry: the entry of a Secret, or the text at each of the places
/// where an object of another kind has entries.
pub fn standing(target: &TargetPlan, name: &str, data: &SecretMap) -> impl Iterator<Item = SecretBytes> {
    let Some(kind) = &target.manifest else { return vec![data.get(name).map(SecretBytes::duplicate)].into_iter().flatten() };
    let at = |fields: &[&str]| {
        let steps: Vec<_> = fields.iter().chain([&name]).map(|field| FieldStep::Key((*field).to_owned())).collect();
        data.get(&leaf_name(&steps)).and_then(text_of)
    };
    // Templates make entries of `data`, of whichever kind.
    let mut found = vec![at(&["data"])];
    if !kind.is_config_map() {
        found.push(at(&["spec", "data"]));
    }
    found.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_manifest::TargetKind;

    use super::*;
    use crate::samples;

    #[rstest]
    #[case::secret(None, &[("a", "x")], &["x"])]
    #[case::none(None, &[("b", "x")], &[])]
    #[case::config_map(Some("v1/ConfigMap"), &[("data/a", "\"x\\n\""), ("a", "\"y\"")], &["x\n"])]
    #[case::config_map_has_no_spec(Some("v1/ConfigMap"), &[("spec/data/a", "\"x\"")], &[])]
    #[case::another_kind(Some("x.example/v1/X"), &[("data/a", "\"x\""), ("spec/data/a", "\"y\"")], &["x", "y"])]
    #[case::a_number(Some("x.example/v1/X"), &[("spec/data/a", "1")], &[])]
    fn places(#[case] kind: Option<&str>, #[case] data: &[(&str, &str)], #[case] wanted: &[&str]) {
        let manifest = kind
            .and_then(|kind| kind.rsplit_once('/'))
            .map(|(api_version, kind)| TargetKind { api_version: api_version.to_owned(), kind: kind.to_owned() });
        let target = TargetPlan { manifest, ..samples::target() };
        let data = data.iter().map(|(name, value)| ((*name).to_owned(), SecretBytes::new((*value).into()))).collect();
        let found: Vec<_> = standing(&target, "a", &data).map(|value| value.expose().to_vec()).collect();
        assert_eq!(found, wanted.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>());
    }
}
