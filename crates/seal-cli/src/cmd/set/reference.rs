//! References on the command line: `[KIND/]STORE:PATH[#PROPERTY][@VERSION]`.

use std::fmt;
use std::str::FromStr;

use sealbridge_manifest::edit::EntrySource;

use crate::error::Error;
use crate::manifest_file::StoreName;

const FORM: &str =
    "--ref takes [KIND/]STORE:PATH, then #PROPERTY and @VERSION, for example ClusterSecretStore/vault:shop/db#password@7";

/// A value in a store.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    store: Option<String>,
    kind: Option<String>,
    key: String,
    property: Option<String>,
    version: Option<String>,
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (store, rest) = text.split_once(':').ok_or(Error::Arguments(FORM))?;
        let (kind, store) = match store.split_once('/') {
            Some((kind @ ("SecretStore" | "ClusterSecretStore"), store)) if !store.is_empty() => (Some(kind), store),
            Some(_) => return Err(Error::Arguments(FORM)),
            None => (None, store),
        };
        let (rest, version) = rest.rsplit_once('@').map_or((rest, None), |(rest, version)| (rest, Some(version)));
        let (key, property) = rest.split_once('#').map_or((rest, None), |(key, property)| (key, Some(property)));
        if [Some(key), property, version].into_iter().flatten().any(str::is_empty) {
            return Err(Error::Arguments(FORM));
        }
        let owned = |part: Option<&str>| part.map(str::to_owned);
        Ok(Self {
            store: owned(Some(store).filter(|store| !store.is_empty())),
            kind: owned(kind),
            key: key.to_owned(),
            property: owned(property),
            version: owned(version),
        })
    }
}

impl Reference {
    /// What is written. A store that is the manifest's default is not repeated.
    pub(super) fn source(&self, default: Option<&StoreName>) -> EntrySource {
        let is_default = default.is_some_and(|default| {
            self.store.as_ref() == Some(&default.name) && self.kind.as_ref().is_none_or(|kind| *kind == default.kind)
        });
        EntrySource::Remote {
            store: self.store.clone().filter(|_| !is_default),
            store_kind: self.kind.clone().filter(|kind| kind != "SecretStore"),
            key: self.key.clone(),
            property: self.property.clone(),
            version: self.version.clone(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(store) = &self.store {
            let kind = self.kind.as_deref().map(|kind| format!("{kind}/")).unwrap_or_default();
            write!(f, "{kind}{store} ")?;
        }
        write!(f, "{}", self.key)?;
        if let Some(property) = &self.property {
            write!(f, "#{property}")?;
        }
        if let Some(version) = &self.version {
            write!(f, "@{version}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("vault:shop/db", "vault shop/db")]
    #[case("vault:shop/db#password@7", "vault shop/db#password@7")]
    #[case("ClusterSecretStore/vault:shop/db#a.b", "ClusterSecretStore/vault shop/db#a.b")]
    #[case(":shop/db@uuid/x", "shop/db@uuid/x")]
    #[case("aws:arn:aws:x", "aws arn:aws:x")]
    fn read(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(text.parse::<Reference>().expect("a reference").to_string(), shown);
    }

    #[rstest]
    fn refused(
        #[values("vault", "vault:", "vault:#p", "vault:a#", "vault:a@", "Store/vault:a", "ClusterSecretStore/:a")] text: &str,
    ) {
        assert!(text.parse::<Reference>().is_err());
    }

    #[rstest]
    #[case("vault:a", None)]
    #[case("ClusterSecretStore/vault:a", None)]
    #[case("SecretStore/vault:a", Some("vault"))]
    #[case("aws:a", Some("aws"))]
    fn the_default_store_is_not_repeated(#[case] text: &str, #[case] written: Option<&str>) {
        let default = StoreName { name: "vault".to_owned(), kind: "ClusterSecretStore".to_owned() };
        let source = text.parse::<Reference>().expect("a reference").source(Some(&default));
        assert!(matches!(source, EntrySource::Remote { store, .. } if store.as_deref() == written));
    }
}
