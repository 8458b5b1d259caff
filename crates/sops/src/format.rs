//! The five formats of SOPS documents.
//!
//! Owns how a format is chosen: by the file's name, or for a text without one by where its metadata stands. Must
//! never look at a value.

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

    /// The format of an encrypted document that has no name; a binary one is JSON.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        [Self::Json, Self::Yaml, Self::Dotenv, Self::Ini]
            .into_iter()
            .find(|format| format.has_place_of_metadata(text))
            .unwrap_or(Self::Yaml)
    }

    /// Whether a text of this format may be an encrypted document: a look for the place of metadata, far cheaper
    /// than reading it.
    #[must_use]
    pub fn may_have_metadata(self, text: &str) -> bool {
        text.contains("lastmodified") && self.has_place_of_metadata(text)
    }

    fn has_place_of_metadata(self, text: &str) -> bool {
        let is_object = || text.trim_start().starts_with('{') && text.contains("\"sops\"");
        match self {
            Self::Json | Self::Binary => is_object(),
            Self::Yaml => text.starts_with("sops:") || text.contains("\nsops:") || text.contains("\n\"sops\":") || is_object(),
            Self::Dotenv => text.starts_with("sops_") || text.contains("\nsops_"),
            Self::Ini => text.starts_with("[sops]") || text.contains("\n[sops]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("{\n\t\"a\": \"x\",\n\t\"sops\": {}\n}\n", Format::Json)]
    #[case("a: x\nsops:\n    mac: y\n", Format::Yaml)]
    #[case("a: |\n    [sops]\nsops: {}\n", Format::Yaml)]
    #[case("A=x\nsops_mac=y\n", Format::Dotenv)]
    #[case("[s]\na = x\n\n[sops]\nmac = y\n", Format::Ini)]
    #[case("a: x\n", Format::Yaml)]
    fn the_place_of_the_metadata_decides_without_a_name(#[case] text: &str, #[case] format: Format) {
        assert_eq!(Format::of_text(text), format);
    }

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
