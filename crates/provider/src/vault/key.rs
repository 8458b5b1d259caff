//! From a key as the manifest gives it to the path that is read; External Secrets Operator's rules.
//!
//! Must never: let a key reach outside of its mount, or be spelt in two ways.

use sealbridge_api::store::VaultKvVersion;

use super::http::Path;
use crate::{ReadError, RemoteKey, Selection};

/// How a store lays out its keys.
pub(super) struct Layout {
    /// The segments of the mount; absent, the first segment of each key is its mount.
    pub(super) mount: Option<Vec<String>>,
    pub(super) kv: VaultKvVersion,
    pub(super) selection: Selection,
}

/// Where a key stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// What is read.
    pub(super) path: Path,
    /// The segments of the mount that it stands in.
    pub(super) mount: Vec<String>,
}

impl Layout {
    /// The place of a key.
    ///
    /// # Errors
    /// [`ReadError::InvalidKey`] for a key or version that cannot be meant.
    pub(super) fn place(&self, key: &RemoteKey) -> Result<Place, ReadError> {
        let given = segments(&key.key).map_err(ReadError::InvalidKey)?;
        let (mount, rest) = match &self.mount {
            Some(mount) => (mount.clone(), self.below_mount(mount, &given)),
            None => self.split_mount(&given),
        };
        if rest.is_empty() {
            return Err(ReadError::InvalidKey("the key names only a mount; name a path below it"));
        }
        let data = (self.kv == VaultKvVersion::V2).then_some("data");
        let mut path = Path::new(mount.iter().map(String::as_str).chain(data).chain(rest.iter().copied()));
        path.query = self.version(key.version.as_deref())?.map(|version| ("version", version));
        Ok(Place { path, mount })
    }

    /// A key may repeat the mount, and then, in version 2, the `data` of the API's path.
    fn below_mount<'k>(&self, mount: &[String], given: &[&'k str]) -> Vec<&'k str> {
        let repeated = given.len() > mount.len() && given.iter().zip(mount).all(|(given, mount)| *given == mount.as_str());
        if !repeated {
            return given.to_vec();
        }
        let below: Vec<&str> = given.iter().skip(mount.len()).copied().collect();
        match below.split_first() {
            Some((&"data", rest)) if self.kv == VaultKvVersion::V2 && !rest.is_empty() => rest.to_vec(),
            _ => below,
        }
    }

    /// Without a mount in the store: what stands before `data`, if the key spells the API's path, else one segment.
    fn split_mount<'k>(&self, given: &[&'k str]) -> (Vec<String>, Vec<&'k str>) {
        let spelt = (self.kv == VaultKvVersion::V2)
            .then(|| given.iter().skip(1).position(|segment| *segment == "data"))
            .flatten()
            .map(|at| at + 1)
            .filter(|at| at + 1 < given.len());
        let (mount, rest) = match spelt {
            Some(at) => (given.iter().take(at), given.iter().skip(at + 1)),
            None => (given.iter().take(1), given.iter().skip(1)),
        };
        (mount.map(|segment| (*segment).to_owned()).collect(), rest.copied().collect())
    }

    fn version(&self, version: Option<&str>) -> Result<Option<String>, ReadError> {
        match (version, self.kv) {
            (None, _) => Ok(None),
            (Some(_), VaultKvVersion::V1) => Err(ReadError::InvalidKey("KV version 1 keeps no versions; leave version out")),
            (Some(version), VaultKvVersion::V2) => match version.parse::<u32>() {
                Ok(number) if number > 0 => Ok(Some(number.to_string())),
                _ => Err(ReadError::InvalidKey("the version is not a positive number, as KV version 2 counts them; correct it")),
            },
        }
    }
}

/// The segments of a path in its one canonical spelling.
///
/// # Errors
/// What is wrong with it and what to do.
pub(super) fn segments(path: &str) -> Result<Vec<&str>, &'static str> {
    if path.is_empty() {
        return Err("the key is empty; name a path in the store");
    }
    if path.chars().any(char::is_control) {
        return Err("the key holds control characters; remove them");
    }
    let segments: Vec<&str> = path.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err("the key begins or ends with '/' or holds '//'; write each segment once, parted by one '/'");
    }
    if segments.iter().any(|segment| matches!(*segment, "." | "..")) {
        return Err("the key holds '.' or '..' as a segment; write the path in full");
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn place(mount: Option<&str>, kv: VaultKvVersion, key: &str, version: Option<&str>) -> Result<(String, String), ReadError> {
        let mount = mount.map(|mount| mount.split('/').map(str::to_owned).collect());
        let layout = Layout { mount, kv, selection: Selection::VaultLiteralThenGjson };
        let key = RemoteKey::value(key, version.map(str::to_owned));
        layout.place(&key).map(|place| {
            let query = place.path.query.map(|(name, value)| format!("?{name}={value}")).unwrap_or_default();
            (place.path.segments.join("/") + &query, place.mount.join("/"))
        })
    }

    const V1: VaultKvVersion = VaultKvVersion::V1;
    const V2: VaultKvVersion = VaultKvVersion::V2;

    #[rstest]
    #[case(Some("kv"), V2, "shop/db", None, "kv/data/shop/db", "kv")]
    #[case(Some("kv"), V2, "shop/db", Some("7"), "kv/data/shop/db?version=7", "kv")]
    #[case(Some("kv"), V2, "kv/shop/db", None, "kv/data/shop/db", "kv")]
    #[case(Some("kv"), V2, "kv/data/shop/db", None, "kv/data/shop/db", "kv")]
    #[case(Some("kv"), V2, "data/shop", None, "kv/data/data/shop", "kv")]
    #[case(Some("kv"), V2, "kv", None, "kv/data/kv", "kv")]
    #[case(Some("kv"), V2, "kv/data", None, "kv/data/data", "kv")]
    #[case(Some("team/kv"), V2, "team/kv/a", None, "team/kv/data/a", "team/kv")]
    #[case(Some("team/kv"), V2, "kv/a", None, "team/kv/data/kv/a", "team/kv")]
    #[case(Some("kv"), V1, "kv/data/a", None, "kv/data/a", "kv")]
    #[case(Some("kv"), V1, "shop/db", None, "kv/shop/db", "kv")]
    #[case(None, V2, "kv/shop/db", None, "kv/data/shop/db", "kv")]
    #[case(None, V2, "kv/data/shop", None, "kv/data/shop", "kv")]
    #[case(None, V2, "team/kv/data/shop", None, "team/kv/data/shop", "team/kv")]
    #[case(None, V2, "kv/shop/data", None, "kv/data/shop/data", "kv")]
    #[case(None, V1, "kv/shop/db", None, "kv/shop/db", "kv")]
    fn placed(
        #[case] mount: Option<&str>,
        #[case] kv: VaultKvVersion,
        #[case] key: &str,
        #[case] version: Option<&str>,
        #[case] path: &str,
        #[case] stands_in: &str,
    ) {
        assert_eq!(place(mount, kv, key, version), Ok((path.to_owned(), stands_in.to_owned())));
    }

    #[rstest]
    #[case(V2, "", None)]
    #[case(V2, "/a", None)]
    #[case(V2, "a/", None)]
    #[case(V2, "a//b", None)]
    #[case(V2, "a/../b", None)]
    #[case(V2, "./a", None)]
    #[case(V2, "a\nb", None)]
    #[case(V2, "a\u{7f}", None)]
    #[case(V2, "a", Some("0"))]
    #[case(V2, "a", Some("seven"))]
    #[case(V2, "a", Some("-1"))]
    #[case(V1, "a", Some("1"))]
    fn refused(#[case] kv: VaultKvVersion, #[case] key: &str, #[case] version: Option<&str>) {
        assert!(matches!(place(Some("kv"), kv, key, version), Err(ReadError::InvalidKey(_))));
    }

    #[test]
    fn a_mount_alone_is_no_key() {
        assert!(matches!(place(None, V2, "kv", None), Err(ReadError::InvalidKey(_))));
    }
}
