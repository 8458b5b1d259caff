//! Variables of Jenkinsfiles that are literals and look secret: `environment {}`, `env.NAME =`, `withEnv([])`.
//!
//! Must never: try to understand Groovy. Lines of these three forms are looked at, and nothing else.

use std::path::Path;

use sealbridge_manifest::position::Spot;

use super::super::draft::{At, Draft};
use super::super::rule::Rule;
use super::pipeline::{ADVICE, problem};

/// Whether a file is one by its name.
pub(in super::super) fn is_one(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    name == "jenkinsfile" || name.starts_with("jenkinsfile.") || name.ends_with(".jenkinsfile")
}

/// Judges a text.
pub(in super::super) fn judge(text: &str, drafts: &mut Vec<Draft>) {
    // The depth of braces at which an `environment` block began.
    let (mut depth, mut block) = (0_usize, None);
    let mut in_list = false;
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        if code.starts_with("environment") && code.contains('{') {
            block = block.or(Some(depth));
        }
        in_list |= code.contains("withEnv");
        let assigned = code.rsplit_once('{').map_or(code, |(_, inner)| inner);
        let mut found = Vec::new();
        found.extend(assignment(code.strip_prefix("env.").unwrap_or_default()));
        if block.is_some() {
            found.extend(assignment(assigned));
        }
        if in_list {
            found.extend(quoted(line).filter_map(|text| text.split_once('=')));
        }
        found.dedup();
        for (key, value) in found {
            let column = line.find(key).map_or(1, |start| line.get(..start).map_or(1, |before| before.chars().count() + 1));
            if is_name(key)
                && !value.contains('$')
                && let Some(problem) = problem(key, value)
            {
                let at = At::Spot(Spot { line: number, column });
                drafts.push(Draft::new(Rule::PlainVariable, at, problem, ADVICE).entry(key));
            }
        }
        in_list &= !code.contains(']');
        for c in code.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        block = block.filter(|began| depth > *began);
    }
}

/// `NAME = 'literal'`
fn assignment(code: &str) -> Option<(&str, &str)> {
    let (name, value) = code.split_once('=')?;
    let value = quoted(value.trim_start()).next().filter(|_| value.trim_start().starts_with(['\'', '"']))?;
    Some((name.trim(), value))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The texts in quotes of a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let start = rest.find(['\'', '"'])?;
        let quote = rest.get(start..start + 1)?;
        let (text, behind) = rest.get(start + 1..)?.split_once(quote)?;
        rest = behind;
        Some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Jenkinsfile", true)]
    #[case("ci/Jenkinsfile.release", true)]
    #[case("build.jenkinsfile", true)]
    #[case("jenkins.yaml", false)]
    fn files(#[case] path: &str, #[case] expected: bool) {
        assert_eq!(is_one(Path::new(path)), expected);
    }

    #[test]
    fn literals_are_found_and_references_are_not() {
        let text = "\
pipeline {
  environment {
    DB_PASSWORD = 'hunter2'
    TOKEN = credentials('deploy-token')
    API_KEY = \"${params.KEY}\"
    LOG_LEVEL = 'info'
    // OLD_TOKEN = 'hunter2'
  }
  stages {
    stage('a') {
      environment { A_SECRET = 'hunter2' }
      steps {
        script { PASSWORD = 'a variable of Groovy' }
        withEnv(['B_TOKEN=hunter2', 'C=1',
                 'C_TOKEN=hunter2']) {
          sh 'D_TOKEN=hunter2 make'
        }
      }
    }
  }
}
env.E_TOKEN = 'hunter2'
";
        let mut drafts = Vec::new();
        judge(text, &mut drafts);
        let found: Vec<_> = drafts
            .iter()
            .map(|draft| match draft.at {
                At::Spot(spot) => (spot.line, spot.column, draft.entry.as_str()),
                At::Path(..) => panic!("a line is known"),
            })
            .collect();
        let expected = [(3, 5, "DB_PASSWORD"), (11, 21, "A_SECRET"), (14, 19, "B_TOKEN"), (15, 19, "C_TOKEN"), (22, 5, "E_TOKEN")];
        assert_eq!(found, expected);
    }
}
