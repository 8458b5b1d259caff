//! Where in an object a template's result goes: `spec.routes[0].headers`.
//!
//! Must never: lead to what the API server or the operator writes itself.

use std::fmt;
use std::str::FromStr;

/// The highest index that a path may have.
const MAX_INDEX: usize = 10_000;
/// The most steps of a path.
const MAX_STEPS: usize = 64;
/// Fields of every object that no template writes.
const NOT_CONTENT: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

/// One step into an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldStep {
    /// Into a map.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

/// Steps from the top of an object; at least one, and the first is a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(Vec<FieldStep>);

impl FieldPath {
    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[FieldStep] {
        &self.0
    }

    /// Whether a field at the top is the API server's or the operator's to write.
    #[must_use]
    pub fn is_beside_content(field: &str) -> bool {
        NOT_CONTENT.contains(&field)
    }

    /// The only step, where there is one.
    #[must_use]
    pub fn top(&self) -> Option<&str> {
        match self.0.as_slice() {
            [FieldStep::Key(key)] => Some(key),
            _ => None,
        }
    }
}

/// As it is written in a manifest.
impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                FieldStep::Key(key) if position == 0 => f.write_str(key)?,
                FieldStep::Key(key) => write!(f, ".{key}")?,
                FieldStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// The text is no [`FieldPath`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a path of keys and indices into the content of an object")]
pub struct NotAFieldPath;

impl FromStr for FieldPath {
    type Err = NotAFieldPath;

    fn from_str(text: &str) -> Result<Self, NotAFieldPath> {
        let mut steps = Vec::new();
        for segment in text.split('.') {
            let (key, mut indices) = segment.split_at(segment.find('[').unwrap_or(segment.len()));
            if key.is_empty() || key.contains(']') {
                return Err(NotAFieldPath);
            }
            steps.push(FieldStep::Key(key.to_owned()));
            while !indices.is_empty() {
                let (index, rest) = indices.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or(NotAFieldPath)?;
                let is_number = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
                let index = index.parse().ok().filter(|index| is_number && *index <= MAX_INDEX);
                steps.push(FieldStep::Index(index.ok_or(NotAFieldPath)?));
                indices = rest;
            }
        }
        let is_content = matches!(steps.first(), Some(FieldStep::Key(first)) if !Self::is_beside_content(first));
        if is_content && steps.len() <= MAX_STEPS { Ok(Self(steps)) } else { Err(NotAFieldPath) }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn steps_are_keys_and_indices() {
        let path: FieldPath = "spec.a-b.c[2][0].d".parse().unwrap();
        let key = |key: &str| FieldStep::Key(key.to_owned());
        assert_eq!(path.steps(), [key("spec"), key("a-b"), key("c"), FieldStep::Index(2), FieldStep::Index(0), key("d")]);
        assert_eq!((path.top(), "spec".parse::<FieldPath>().unwrap().top()), (None, Some("spec")));
    }

    #[rstest]
    #[case("")]
    #[case("spec.")]
    #[case(".spec")]
    #[case("spec..a")]
    #[case("[0]")]
    #[case("spec.[0]")]
    #[case("spec[")]
    #[case("spec[]")]
    #[case("spec[-1]")]
    #[case("spec[+1]")]
    #[case("spec[a]")]
    #[case("spec[1]x")]
    #[case("spec]")]
    #[case("spec[10001]")]
    #[case("spec[99999999999999999999]")]
    #[case("metadata.finalizers")]
    #[case("metadata")]
    #[case("status.phase")]
    #[case("apiVersion")]
    #[case("kind")]
    fn what_leads_nowhere_or_out_of_the_content_is_refused(#[case] text: &str) {
        assert_eq!(text.parse::<FieldPath>(), Err(NotAFieldPath));
    }

    #[test]
    fn a_path_has_an_end() {
        assert!(vec!["a"; MAX_STEPS].join(".").parse::<FieldPath>().is_ok());
        assert!(vec!["a"; MAX_STEPS + 1].join(".").parse::<FieldPath>().is_err());
    }
}
