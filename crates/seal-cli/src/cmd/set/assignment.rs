//! Which entries get what, read from the arguments.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};

use super::reference::Reference;
use crate::error::Error;
use crate::generate::Generator;
use crate::value::Source;

/// One entry and what it gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) key: String,
    pub(super) what: What,
}

impl Assignment {
    /// Whether it brings a value that may be the present one.
    pub(super) fn brings_a_value(&self) -> bool {
        matches!(&self.what, What::Value(source) if !matches!(source, Source::Generated(_)))
    }
}

/// What an entry gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A value, to be sealed.
    Value(Source),
    /// A reference to a store.
    Reference(Reference),
}

/// Reads the assignments, each key at most once. `ensure` judges the keys.
pub(super) fn read(
    keys: &[String],
    files: &[String],
    variables: &[String],
    generated: &[String],
    reference: Option<&str>,
    ensure: impl Fn(&str) -> Result<(), Error>,
) -> Result<Vec<Assignment>, Error> {
    let mut assignments = Vec::new();
    let mut add = |key: &str, what: What| {
        assignments.push(Assignment { key: key.to_owned(), what });
    };
    if let Some(reference) = reference {
        let [key] = keys else { return Err(Error::Arguments("--ref is for exactly one entry; name one KEY")) };
        if !files.is_empty() || !variables.is_empty() || !generated.is_empty() {
            return Err(Error::Arguments(
                "--ref writes a reference and no value; leave out --from-file, --from-env and --generate",
            ));
        }
        add(key, What::Reference(reference.parse()?));
    } else {
        for key in keys {
            add(key, What::Value(Source::Asked));
        }
    }
    for pair in files {
        let (key, path) = pair.split_once('=').ok_or(Error::Arguments("--from-file takes KEY=PATH; give both"))?;
        add(key, What::Value(Source::File(path.into())));
    }
    for pair in variables {
        let (key, variable) = pair.split_once('=').unwrap_or((pair, pair));
        add(key, What::Value(Source::Variable(variable.to_owned())));
    }
    for pair in generated {
        let (key, generator) = match pair.split_once('=') {
            Some((key, kind)) => (key, kind.parse()?),
            None => (pair.as_str(), Generator::default()),
        };
        add(key, What::Value(Source::Generated(generator)));
    }
    check(&assignments, ensure)?;
    Ok(assignments)
}

fn check(assignments: &[Assignment], ensure: impl Fn(&str) -> Result<(), Error>) -> Result<(), Error> {
    if assignments.is_empty() {
        return Err(Error::Arguments("no entry is named; name a KEY, or use --from-file, --from-env or --generate"));
    }
    let mut seen = BTreeSet::new();
    for assignment in assignments {
        ensure(&assignment.key)?;
        if !seen.insert(&assignment.key) {
            return Err(Error::KeyTwice { key: assignment.key.clone() });
        }
    }
    let asked = assignments.iter().filter(|assignment| assignment.what == What::Value(Source::Asked)).count();
    if asked > 1 && !io::stdin().is_terminal() {
        return Err(Error::SeveralFromStdin);
    }
    Ok(())
}
