//! What `cargo xtask bench` can measure, by name.
//! It only names: the measuring is done by the release binary `bench` of the tests package.

use std::fmt;

/// One thing whose speed or size is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Subject {
    /// Values sealed and opened per second and core.
    Sealing,
    /// Secrets made of values that were read, per second and core.
    Assembly,
    /// Whole processes of `seal` beside sops, kubeseal and age, and how long every command takes to start.
    Cli,
    /// The operator's way from nothing to a thousand Secrets, and its memory after it.
    ColdStart,
}

impl Subject {
    /// Every subject, the quickest first.
    pub const ALL: &[Self] = &[Self::Sealing, Self::Assembly, Self::Cli, Self::ColdStart];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sealing => "sealing",
            Self::Assembly => "assembly",
            Self::Cli => "cli",
            Self::ColdStart => "cold-start",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn a_subject_is_printed_as_it_is_given() {
        for subject in Subject::ALL {
            assert_eq!(Subject::from_str(subject.name(), false), Ok(*subject));
        }
        assert_eq!(Subject::ALL, Subject::value_variants());
    }
}
