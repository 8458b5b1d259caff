//! The five formats of SOPS documents.
//!
//! Owns how a format is chosen. Must never look into a document to guess.

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// YAML 1.2 with the habits of Go's yaml.v3; one or several documents.
    Yaml,
    /// One JSON object.
    Json,
    /// `KEY=value` lines.
    Dotenv,
    /// Sections of `key = value` lines.
    Ini,
    /// Any bytes; encrypted they are one value of a JSON object.
    Binary,
}

impl Format {
    /// The format that sops takes for a file of this name; whatever has no known suffix is binary.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let has = |suffix: &str| name.ends_with(suffix);
        if has(".yaml") || has(".yml") {
            Self::Yaml
        } else if has(".json") {
            Self::Json
        } else if has(".env") {
            Self::Dotenv
        } else if has(".ini") {
            Self::Ini
        } else {
            Self::Binary
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a/b.yaml", Format::Yaml)]
    #[case("b.enc.yml", Format::Yaml)]
    #[case("b.json", Format::Json)]
    #[case(".env", Format::Dotenv)]
    #[case("x.ini", Format::Ini)]
    #[case("a.env/key.pem", Format::Binary)]
    #[case("b.YAML", Format::Binary)]
    fn the_suffix_decides(#[case] path: &str, #[case] format: Format) {
        assert_eq!(Format::of_path(path), format);
    }
}
