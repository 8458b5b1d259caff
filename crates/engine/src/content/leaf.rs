//! Names of leaves: `spec/routes[0]/host`.
//!
//! Names go into lists that commas and semicolons part, so that both are written as `%2C` and `%3B`, and so is what parts
//! the steps.

use sealbridge_manifest::FieldStep;

/// Characters that stand for themselves nowhere.
const WRITTEN: [char; 6] = ['%', '/', '[', ']', ',', ';'];

/// The name of the leaf at these steps.
pub(crate) fn name(steps: &[FieldStep]) -> String {
    let mut name = String::new();
    for step in steps {
        add(&mut name, step);
    }
    name
}

/// Adds one step to a name.
pub(super) fn add(name: &mut String, step: &FieldStep) {
    match step {
        FieldStep::Index(index) => name.push_str(&format!("[{index}]")),
        FieldStep::Key(key) => {
            if !name.is_empty() {
                name.push('/');
            }
            for letter in key.chars() {
                if WRITTEN.contains(&letter) || letter.is_control() {
                    let mut bytes = [0; 4];
                    letter.encode_utf8(&mut bytes).bytes().for_each(|byte| name.push_str(&format!("%{byte:02X}")));
                } else {
                    name.push(letter);
                }
            }
        }
    }
}

/// The steps that a name tells; `None` for a text that is no name, which somebody else wrote.
pub(super) fn steps(name: &str) -> Option<Vec<FieldStep>> {
    let mut steps = Vec::new();
    for segment in name.split('/') {
        let (key, mut indices) = segment.split_at(segment.find('[').unwrap_or(segment.len()));
        steps.push(FieldStep::Key(read(key)?));
        while !indices.is_empty() {
            let (index, rest) = indices.strip_prefix('[')?.split_once(']')?;
            steps.push(FieldStep::Index(index.parse().ok()?));
            indices = rest;
        }
    }
    Some(steps)
}

fn read(key: &str) -> Option<String> {
    let mut parts = key.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(part.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_reads_back_and_parts_no_list(
            first in ".{0,8}",
            rest in proptest::collection::vec(prop_oneof![".{0,8}".prop_map(FieldStep::Key), (0..99_usize).prop_map(FieldStep::Index)], 0..5),
        ) {
            let path: Vec<_> = std::iter::once(FieldStep::Key(first)).chain(rest).collect();
            // An empty first key has the name of nothing; no object has such a field.
            prop_assume!(path.first() != Some(&FieldStep::Key(String::new())));
            let name = name(&path);
            prop_assert_eq!(steps(&name), Some(path));
            prop_assert!(!name.contains([',', ';', '\n']));
        }

        #[test]
        fn foreign_text_does_no_harm(text in ".{0,40}") {
            steps(&text);
        }
    }

    #[test]
    fn usual_names_stay_readable() {
        let key = |key: &str| FieldStep::Key(key.to_owned());
        assert_eq!(name(&[key("data"), key("application.yaml")]), "data/application.yaml");
        assert_eq!(name(&[key("spec"), key("a"), FieldStep::Index(2), key("c,d")]), "spec/a[2]/c%2Cd");
    }
}
