//! What `cargo xtask fuzz` can feed, by name.
//! It only names: what is called with the inputs lies in tests/fuzz.

use std::fmt;
use std::path::PathBuf;

use crate::parts::workspace_root;

/// The variable by which the driver is told its target.
pub const TARGET_VARIABLE: &str = "SEALBRIDGE_FUZZ_TARGET";

/// One part that reads what others wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// Sealed values: their text, the header inside, damaged ones.
    SealedValue,
    /// SOPS documents in five formats: read, sealed, opened, edited.
    Sops,
    /// Entries set and removed, and texts replaced, in YAML and JSON.
    YamlEdit,
    /// Values and manifests of SealedSecrets.
    SealedSecret,
    /// `.sealbridge.yaml`.
    Config,
    /// `seal verify` of a whole file of any kind.
    Verify,
    /// Templates, parsed and rendered.
    Template,
}

impl Target {
    /// Every target.
    pub const ALL: &[Self] =
        &[Self::SealedValue, Self::Sops, Self::YamlEdit, Self::SealedSecret, Self::Config, Self::Verify, Self::Template];

    /// The name on the command line, and of the folder of its corpus.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SealedValue => "sealed-value",
            Self::Sops => "sops",
            Self::YamlEdit => "yaml-edit",
            Self::SealedSecret => "sealed-secret",
            Self::Config => "config",
            Self::Verify => "verify",
            Self::Template => "template",
        }
    }

    /// The folder of the inputs that every run starts with, and that the tests replay.
    #[must_use]
    pub fn corpus(self) -> PathBuf {
        workspace_root().join("tests/fuzz/corpus").join(self.name())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn a_target_is_printed_as_it_is_given() {
        for target in Target::ALL {
            assert_eq!(Target::from_str(target.name(), false), Ok(*target));
        }
        assert_eq!(Target::ALL, Target::value_variants());
    }
}
