//! Leaves into a tree and out of it.

use std::collections::BTreeMap;

use sealbridge_manifest::FieldStep;
use sealbridge_secret::{SecretBytes, SecretMap};

use super::{Tree, leaf};

/// A path that does not fit what stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Something else stands where the path goes on.
    #[error("{at} is no {wanted} there; correct the path, or what stands there")]
    Other {
        /// The name of what stands there.
        at: String,
        /// What it would have to be.
        wanted: &'static str,
    },
    /// Items before it are missing.
    #[error("{at} has only {len} items there; write the items before it too")]
    Gap {
        /// The name of the list.
        at: String,
        /// How many items it has.
        len: usize,
    },
}

impl Tree {
    /// Puts leaves into the tree, over what stands there. The rest of it stays.
    ///
    /// # Errors
    /// [`Misfit`]; the tree is then of no use.
    pub fn put(&mut self, leaves: &SecretMap) -> Result<(), Misfit> {
        // Lists before their items, and these in order.
        let by_steps: BTreeMap<Vec<FieldStep>, &[u8]> =
            leaves.iter().filter_map(|(name, json)| Some((leaf::steps(name)?, json.expose()))).collect();
        for (steps, json) in by_steps {
            let node = self.node(&steps)?;
            let other = |wanted| Misfit::Other { at: leaf::name(&steps), wanted };
            match list_len(json) {
                Some(len) => {
                    node.become_list(&steps)?;
                    if let Self::List(items) = node {
                        items.truncate(len);
                        items.resize_with(len, Self::null);
                    }
                }
                None if json == b"{}" => node.become_map(&steps)?,
                None => match node {
                    Self::Scalar(scalar) => *scalar = SecretBytes::new(json.to_vec()),
                    Self::Map(fields) if fields.is_empty() => *node = Self::Scalar(SecretBytes::new(json.to_vec())),
                    Self::Map(_) | Self::List(_) | Self::Items(_) => return Err(other("text, number or truth")),
                },
            }
        }
        Ok(())
    }

    /// Sets what stands at a path to what `make` makes of what stands there.
    pub(crate) fn set(&mut self, steps: &[FieldStep], make: impl FnOnce(Self) -> Self) -> Result<(), Misfit> {
        let mut node = self;
        for (position, step) in steps.iter().enumerate() {
            let above = steps.get(..position).unwrap_or_default();
            node = match (step, node) {
                // Of a list of which nothing is known yet any item can be set.
                (FieldStep::Index(index), node) if node.is_null() || matches!(node, Self::Items(_)) => {
                    if node.is_null() {
                        *node = Self::Items(BTreeMap::new());
                    }
                    match node {
                        Self::Items(items) => items.entry(*index).or_insert_with(Self::null),
                        _ => return Err(Misfit::Other { at: leaf::name(above), wanted: "list" }),
                    }
                }
                (step, node) => node.below(step, above)?,
            };
        }
        *node = make(std::mem::replace(node, Self::null()));
        Ok(())
    }

    /// Removes leaves that were put into the tree before, and the maps that they were the last in, but for the fields at
    /// the top. A single item of a list stays: without it the others would be other items.
    pub fn remove<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        let mut all: Vec<_> = names.filter_map(leaf::steps).collect();
        all.sort_unstable();
        for steps in all.iter().rev() {
            if let Some((FieldStep::Key(top), rest)) = steps.split_first()
                && let Self::Map(fields) = self
                && let Some(field) = fields.get_mut(top)
            {
                field.without(rest);
            }
        }
    }

    /// Whether nothing is left.
    fn without(&mut self, steps: &[FieldStep]) -> bool {
        match (self, steps.split_first()) {
            (Self::Map(fields), Some((FieldStep::Key(key), rest))) => {
                if fields.get_mut(key).is_some_and(|tree| tree.without(rest)) {
                    fields.remove(key);
                }
                fields.is_empty()
            }
            (Self::List(items), Some((FieldStep::Index(index), rest))) => {
                if let Some(item) = items.get_mut(*index).filter(|_| !rest.is_empty()) {
                    item.without(rest);
                }
                false
            }
            // A list that was held whole goes whole, a map only without members that others set.
            (Self::List(_) | Self::Scalar(_), None) => true,
            (Self::Map(fields), None) => fields.is_empty(),
            _ => false,
        }
    }

    fn node(&mut self, steps: &[FieldStep]) -> Result<&mut Self, Misfit> {
        let mut node = self;
        for (position, step) in steps.iter().enumerate() {
            node = node.below(step, steps.get(..position).unwrap_or_default())?;
        }
        Ok(node)
    }

    /// One step down from what stands at `above`, which is made where nothing is there.
    fn below(&mut self, step: &FieldStep, above: &[FieldStep]) -> Result<&mut Self, Misfit> {
        match step {
            FieldStep::Key(key) => {
                self.become_map(above)?;
                match self {
                    Self::Map(fields) => Ok(fields.entry(key.clone()).or_insert_with(Self::null)),
                    _ => Err(Misfit::Other { at: leaf::name(above), wanted: "map" }),
                }
            }
            FieldStep::Index(index) => {
                self.become_list(above)?;
                let Self::List(items) = self else { return Err(Misfit::Other { at: leaf::name(above), wanted: "list" }) };
                let len = items.len();
                if *index == len {
                    items.push(Self::null());
                }
                items.get_mut(*index).ok_or_else(|| Misfit::Gap { at: leaf::name(above), len })
            }
        }
    }

    fn become_map(&mut self, at: &[FieldStep]) -> Result<(), Misfit> {
        if self.is_null() {
            *self = Self::default();
        }
        if matches!(self, Self::Map(_)) { Ok(()) } else { Err(Misfit::Other { at: leaf::name(at), wanted: "map" }) }
    }

    fn become_list(&mut self, at: &[FieldStep]) -> Result<(), Misfit> {
        if self.is_null() || matches!(self, Self::Map(fields) if fields.is_empty()) {
            *self = Self::List(Vec::new());
        }
        if matches!(self, Self::List(_)) { Ok(()) } else { Err(Misfit::Other { at: leaf::name(at), wanted: "list" }) }
    }
}

/// The length that the mark of a list tells.
fn list_len(json: &[u8]) -> Option<usize> {
    std::str::from_utf8(json).ok()?.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};
    use zeroize::Zeroizing;

    use super::*;

    fn tree(value: &Value) -> Tree {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn value(tree: &Tree) -> Value {
        let mut json = Zeroizing::new(Vec::new());
        tree.write_json(&mut json);
        serde_json::from_slice(&json).unwrap()
    }

    #[rstest]
    #[case::into_nothing(json!({}), json!({"spec": {"a": {"b": [1, {"c": "x"}]}}}), json!({"spec": {"a": {"b": [1, {"c": "x"}]}}}))]
    #[case::beside_others(json!({"spec": {"o": 1, "a": {"p": 2}}}), json!({"spec": {"a": {"b": 3}}}), json!({"spec": {"o": 1, "a": {"p": 2, "b": 3}}}))]
    #[case::a_list_is_held_whole(json!({"s": {"l": [1, 2, 3]}}), json!({"s": {"l": [4, 5]}}), json!({"s": {"l": [4, 5]}}))]
    #[case::an_empty_list(json!({"s": {"l": [1]}}), json!({"s": {"l": []}}), json!({"s": {"l": []}}))]
    #[case::defaults_in_items_stay(json!({"s": {"l": [{"a": 1, "d": 9}]}}), json!({"s": {"l": [{"a": 2}]}}), json!({"s": {"l": [{"a": 2, "d": 9}]}}))]
    #[case::more_than_ten_items(json!({}), json!({"s": {"l": [0,1,2,3,4,5,6,7,8,9,10,11]}}), json!({"s": {"l": [0,1,2,3,4,5,6,7,8,9,10,11]}}))]
    #[case::an_empty_map(json!({"s": {}}), json!({"s": {"m": {}}}), json!({"s": {"m": {}}}))]
    #[case::an_empty_map_over_one_with_members(json!({"s": {"m": {"x": 1}}}), json!({"s": {"m": {}}}), json!({"s": {"m": {"x": 1}}}))]
    fn leaves_are_put(#[case] before: Value, #[case] desired: Value, #[case] expected: Value) {
        let mut before = tree(&before);
        before.put(&tree(&desired).leaves()).unwrap();
        assert_eq!(value(&before), expected);
    }

    #[rstest]
    #[case(json!({"s": "text"}), json!({"s": {"a": 1}}), "s is no map there")]
    #[case(json!({"s": {"l": {"a": 1}}}), json!({"s": {"l": [1]}}), "s/l is no list there")]
    #[case(json!({"s": {"m": {"a": 1}}}), json!({"s": {"m": 1}}), "s/m is no text, number or truth there")]
    fn what_does_not_fit_is_told(#[case] before: Value, #[case] desired: Value, #[case] words: &str) {
        let misfit = tree(&before).put(&tree(&desired).leaves()).unwrap_err().to_string();
        assert!(misfit.starts_with(words), "{misfit}");
    }

    fn at(path: &str) -> Vec<FieldStep> {
        path.parse::<sealbridge_manifest::FieldPath>().unwrap().steps().to_vec()
    }

    #[test]
    fn an_item_is_set_in_a_list_of_others() {
        let mut desired = Tree::default();
        desired.set(&at("s.l[1].c"), |_| Tree::text("x")).unwrap();
        let mut live = tree(&json!({"s": {"l": [{"a": 1}, {"b": 2}, {"c": 3}]}}));
        live.put(&desired.leaves()).unwrap();
        assert_eq!(value(&live), json!({"s": {"l": [{"a": 1}, {"b": 2, "c": "x"}, {"c": 3}]}}));
        let mut short = tree(&json!({"s": {"l": []}}));
        assert_eq!(short.put(&desired.leaves()), Err(Misfit::Gap { at: "s/l".to_owned(), len: 0 }));
    }

    #[test]
    fn an_item_is_set_in_a_list_that_was_set_before() {
        let mut desired = Tree::default();
        desired.set(&at("s"), |_| tree(&json!({"l": [1, 2]}))).unwrap();
        desired.set(&at("s.l[1]"), |_| Tree::text("x")).unwrap();
        assert_eq!(value(&desired), json!({"s": {"l": [1, "x"]}}));
        assert!(desired.set(&at("s.l[3]"), |_| Tree::text("x")).is_err());
        assert!(desired.set(&at("s.l.a"), |_| Tree::text("x")).is_err());
    }

    #[rstest]
    #[case::a_scalar(json!({"s": {"a": 1, "b": 2}}), &["s/a"], json!({"s": {"b": 2}}))]
    #[case::with_its_maps(json!({"s": {"a": {"b": {"c": 1}}, "d": 1}}), &["s/a/b/c"], json!({"s": {"d": 1}}))]
    #[case::not_with_the_top(json!({"s": {"a": 1}}), &["s/a"], json!({"s": {}}))]
    #[case::not_with_what_others_set(json!({"s": {"a": {"b": 1, "o": 2}}}), &["s/a/b"], json!({"s": {"a": {"o": 2}}}))]
    #[case::a_list(json!({"s": {"l": [1, {"a": 2}], "b": 1}}), &["s/l", "s/l[0]", "s/l[1]/a"], json!({"s": {"b": 1}}))]
    #[case::not_an_item_of_a_list_of_others(json!({"s": {"l": [1, 2]}}), &["s/l[0]"], json!({"s": {"l": [1, 2]}}))]
    #[case::in_an_item_of_a_list_of_others(json!({"s": {"l": [{"a": 1, "b": 2}]}}), &["s/l[0]/a"], json!({"s": {"l": [{"b": 2}]}}))]
    #[case::what_is_not_there(json!({"s": {"a": 1}}), &["s/x/y", "t", "s/a/b", "%", ""], json!({"s": {"a": 1}}))]
    fn leaves_are_removed(#[case] before: Value, #[case] names: &[&str], #[case] expected: Value) {
        let mut before = tree(&before);
        before.remove(names.iter().copied());
        assert_eq!(value(&before), expected);
    }
}
