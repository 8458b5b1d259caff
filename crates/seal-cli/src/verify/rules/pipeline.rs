//! Variables of GitHub workflows and GitLab CI files that are literals and look secret.

use std::path::Path;

use sealbridge_manifest::edit::Step;
use serde_json::Value;

use super::super::draft::{At, Draft};
use super::super::likely_secret::{is_harmless, name, shape};
use super::super::rule::Rule;

pub(in super::super) const ADVICE: &str =
    "put it into the CI server's own secrets, and change it at its source if it was ever pushed";

/// Whose pipeline a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Pipeline {
    /// `.github/workflows/*.yml`
    GitHub,
    /// `.gitlab-ci.yml`, `*.gitlab-ci.yml`, `.gitlab/**/*.yml`
    GitLab,
}

impl Pipeline {
    /// What a path says. It is the one from the repository's root, or as near to that as is known.
    pub(in super::super) fn of(path: &Path) -> Option<Self> {
        let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let name = parts.last()?;
        let ends = |endings: [&str; 2]| endings.into_iter().any(|ending| name.ends_with(ending));
        if !ends([".yml", ".yaml"]) {
            return None;
        }
        if parts.iter().zip(parts.iter().skip(1)).any(|(one, other)| one == ".github" && other == "workflows") {
            return Some(Self::GitHub);
        }
        let is_gitlab = ends([".gitlab-ci.yml", ".gitlab-ci.yaml"]) || parts.iter().any(|part| part == ".gitlab");
        is_gitlab.then_some(Self::GitLab)
    }

    fn field(self) -> &'static str {
        match self {
            Self::GitHub => "env",
            Self::GitLab => "variables",
        }
    }

    /// Whether a text is put together by the CI server.
    fn is_expression(self, text: &str) -> bool {
        match self {
            Self::GitHub => text.contains("${{"),
            Self::GitLab => text.contains('$'),
        }
    }

    /// Judges one document.
    pub(in super::super) fn judge(self, document: usize, value: &Value, drafts: &mut Vec<Draft>) {
        self.walk(document, value, &mut Vec::new(), drafts);
    }

    fn walk(self, document: usize, value: &Value, path: &mut Vec<Step>, drafts: &mut Vec<Draft>) {
        match value {
            Value::Object(fields) => {
                for (key, below) in fields {
                    path.push(Step::key(key));
                    if key == self.field() {
                        self.variables(document, below, path, drafts);
                    }
                    self.walk(document, below, path, drafts);
                    path.pop();
                }
            }
            Value::Array(items) => {
                for (number, below) in items.iter().enumerate() {
                    path.push(Step::Index(number));
                    self.walk(document, below, path, drafts);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn variables(self, document: usize, variables: &Value, path: &[Step], drafts: &mut Vec<Draft>) {
        for (key, value) in variables.as_object().into_iter().flatten() {
            let value = if self == Self::GitLab { value.get("value").unwrap_or(value) } else { value };
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => continue,
            };
            if let Some(problem) = problem(key, &text).filter(|_| !self.is_expression(&text)) {
                let at = At::Path(document, [path, &[Step::key(key)]].concat());
                drafts.push(Draft::new(Rule::PlainVariable, at, problem, ADVICE).entry(key));
            }
        }
    }
}

/// What is wrong with a literal, if anything is.
pub(super) fn problem(key: &str, text: &str) -> Option<&'static str> {
    if shape(text) {
        return Some("it is a literal with the shape of a credential");
    }
    (name(key) && !is_harmless(text)).then_some("it is a literal under a name that speaks of a secret")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_manifest::document::parse;

    #[rstest]
    #[case(".github/workflows/ci.yml", Some(Pipeline::GitHub))]
    #[case("a/.github/workflows/ci.yaml", Some(Pipeline::GitHub))]
    #[case(".github/dependabot.yml", None)]
    #[case(".gitlab-ci.yml", Some(Pipeline::GitLab))]
    #[case("ci/build.gitlab-ci.yml", Some(Pipeline::GitLab))]
    #[case(".gitlab/ci/build.yml", Some(Pipeline::GitLab))]
    #[case("shop/checkout.yaml", None)]
    fn files(#[case] path: &str, #[case] expected: Option<Pipeline>) {
        assert_eq!(Pipeline::of(Path::new(path)), expected);
    }

    #[rstest]
    #[case(Pipeline::GitHub, "env: {TOKEN: hunter2}\njobs: {a: {env: {X: 1, DB_PASSWORD: 1234}, steps: [{env: {API_KEY: '${{ secrets.K }}', A_SECRET: x}}]}}\n", &["TOKEN", "DB_PASSWORD", "A_SECRET"])]
    #[case(Pipeline::GitHub, "variables: {TOKEN: hunter2}\n", &[])]
    #[case(Pipeline::GitLab, "variables: {TOKEN: hunter2, A_TOKEN: $OTHER, B_TOKEN: {value: hunter2, description: x}}\na: {variables: {URL: 'pg://u:hunter2@h'}}\n", &["TOKEN", "B_TOKEN", "URL"])]
    fn literals(#[case] pipeline: Pipeline, #[case] text: &str, #[case] expected: &[&str]) {
        let documents = parse(text).expect("YAML");
        let mut drafts = Vec::new();
        pipeline.judge(0, &documents[0], &mut drafts);
        let mut found: Vec<_> = drafts.iter().map(|draft| draft.entry.as_str()).collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
