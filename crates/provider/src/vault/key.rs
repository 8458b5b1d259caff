//! From a key as the manifest gives it to the path that is read; External Secrets Operator's rules.
//!
//! Must never: let a key reach outside of its mount, or be spelt in two ways.

use sealbridge_api::store::VaultKvVersion;

use super::http::Path;
use crate::{ReadError, RemoteKey, Selection};

/// How a store lays out its keys.
#[derive(Debug)]
pub(super) struct Layout {
    /// The segments of the mount; absent, the first segment of each key is its mount.
    pub(super) mount: Option<Vec<String>>,
    pub(super) kv: VaultKvVersion,
    pub(super) selection: Selection,
}

/// Where a key stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The segments of the mount that it stands in.
    pub(super) mount: Vec<String>,
    /// The segments below the mount, without those that only the API's paths have.
    below: Vec<String>,
    kv: VaultKvVersion,
    version: Option<String>,
}

impl Place {
    /// Where its value is read.
    pub(super) fn value(&self) -> Path {
        let mut path = api_path(&self.mount, self.kv, "data", &self.below);
        path.query = self.version.clone().map(|version| ("version", version));
        path
    }

    /// Where its metadata is read, which all its versions share.
    ///
    /// # Errors
    /// [`ReadError::InvalidKey`] for KV version 1, which has none.
    pub(super) fn metadata(&self) -> Result<Path, ReadError> {
        match self.kv {
            VaultKvVersion::V1 => Err(ReadError::InvalidKey(
                "KV version 1 keeps no metadata; leave metadataPolicy and tags out, or use a mount of version 2",
            )),
            VaultKvVersion::Logical => Err(ReadError::InvalidKey(
                "a store of version logical reads values only; leave metadataPolicy out, or use a KV engine of version v2",
            )),
            VaultKvVersion::V2 => Ok(api_path(&self.mount, self.kv, "metadata", &self.below)),
        }
    }
}

/// The API's path: version 2 has a segment for what of a key is meant between the mount and the key.
fn api_path(mount: &[String], kv: VaultKvVersion, part: &str, below: &[String]) -> Path {
    let part = (kv == VaultKvVersion::V2).then_some(part);
    Path::new(mount.iter().map(String::as_str).chain(part).chain(below.iter().map(String::as_str)))
}

/// Where a search looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// The segments of the mount that it stands in.
    pub(super) mount: Vec<String>,
    below: Vec<String>,
    kv: VaultKvVersion,
    /// What stands before a path below the mount in a key of this store.
    shown: Vec<String>,
}

impl Folder {
    /// Where its names are listed.
    pub(super) fn list(&self) -> Path {
        let mut path = api_path(&self.mount, self.kv, "metadata", &self.below);
        path.query = Some(("list", "true".to_owned()));
        path
    }

    /// The path that begins the paths of all values below it.
    pub(super) fn values(&self) -> Path {
        api_path(&self.mount, self.kv, "data", &self.below)
    }

    /// What stands below it, of a name as a search shows it.
    pub(super) fn rest<'n>(&self, full_name: &'n str) -> Option<&'n str> {
        self.shown
            .iter()
            .chain(&self.below)
            .try_fold(full_name, |rest, segment| rest.strip_prefix(segment.as_str())?.strip_prefix('/'))
    }

    /// The folder of this name in it.
    pub(super) fn folder(&self, name: &str) -> Self {
        let mut folder = self.clone();
        folder.below.push(name.to_owned());
        folder
    }

    /// The key of this name in it: its place, and the full name that is searched and shown.
    pub(super) fn key(&self, name: &str) -> (String, Place) {
        let below: Vec<String> = self.below.iter().map(String::as_str).chain([name]).map(str::to_owned).collect();
        let full_name = self.shown.iter().chain(&below).map(String::as_str).collect::<Vec<_>>().join("/");
        (full_name, Place { mount: self.mount.clone(), below, kv: self.kv, version: None })
    }
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
        let version = self.version(key.version.as_deref())?;
        Ok(Place { mount, below: owned(&rest), kv: self.kv, version })
    }

    /// The folder that a search looks through. A `/` at the end of its path is allowed; of the mount alone it is what
    /// tells it from a folder that is called the same.
    ///
    /// # Errors
    /// [`ReadError::InvalidKey`] for a path that cannot be meant.
    pub(super) fn folder(&self, path: &str) -> Result<Folder, ReadError> {
        if self.kv == VaultKvVersion::Logical {
            return Err(ReadError::InvalidKey(
                "a store of version logical is not searched, since a list means another thing in each engine; name the keys",
            ));
        }
        self.beginning(path)
    }

    /// What keys can stand below, whether or not it can be searched; see [`Self::folder`].
    pub(super) fn beginning(&self, path: &str) -> Result<Folder, ReadError> {
        let trimmed = path.strip_suffix('/').unwrap_or(path);
        let given = if path.is_empty() { Vec::new() } else { segments(trimmed).map_err(ReadError::InvalidKey)? };
        let Some(mount) = &self.mount else { return self.folder_with_mount(&given) };
        let is_mount = trimmed != path && given.iter().eq(mount);
        let below = if is_mount { Vec::new() } else { self.below_mount(mount, &given) };
        Ok(Folder { mount: mount.clone(), below: owned(&below), kv: self.kv, shown: Vec::new() })
    }

    fn folder_with_mount(&self, given: &[&str]) -> Result<Folder, ReadError> {
        if given.is_empty() {
            return Err(ReadError::InvalidKey("the store names no mount, so the search's path has to begin with one; add it"));
        }
        let (mount, below) = self.split_mount(given);
        let shown = match mount.len() {
            1 => mount.clone(),
            // Without this word only the first segment would be taken for the mount.
            _ => mount.iter().map(String::as_str).chain(["data"]).map(str::to_owned).collect(),
        };
        Ok(Folder { mount, below: owned(&below), kv: self.kv, shown })
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
            (Some(_), VaultKvVersion::Logical) => {
                Err(ReadError::InvalidKey("a store of version logical knows no versions; leave version out"))
            }
            (Some(version), VaultKvVersion::V2) => match version.parse::<u32>() {
                Ok(number) if number > 0 => Ok(Some(number.to_string())),
                _ => Err(ReadError::InvalidKey("the version is not a positive number, as KV version 2 counts them; correct it")),
            },
        }
    }
}

fn owned(segments: &[&str]) -> Vec<String> {
    segments.iter().map(|segment| (*segment).to_owned()).collect()
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
        let layout = layout(mount, kv);
        let key = RemoteKey::value(key, version.map(str::to_owned));
        layout.place(&key).map(|place| (shown(&place.value()), place.mount.join("/")))
    }

    fn layout(mount: Option<&str>, kv: VaultKvVersion) -> Layout {
        let mount = mount.map(|mount| mount.split('/').map(str::to_owned).collect());
        Layout { mount, kv, selection: Selection::VaultLiteralThenGjson }
    }

    fn shown(path: &Path) -> String {
        let query = path.query.as_ref().map(|(name, value)| format!("?{name}={value}")).unwrap_or_default();
        path.segments.join("/") + &query
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

    #[rstest]
    #[case(Some("kv"), V2, "", "kv/metadata?list=true", "name")]
    #[case(Some("kv"), V2, "shop", "kv/metadata/shop?list=true", "shop/name")]
    #[case(Some("kv"), V2, "shop/", "kv/metadata/shop?list=true", "shop/name")]
    #[case(Some("kv"), V2, "kv/shop", "kv/metadata/shop?list=true", "shop/name")]
    #[case(Some("kv"), V2, "kv/data/shop", "kv/metadata/shop?list=true", "shop/name")]
    #[case(Some("kv"), V2, "kv", "kv/metadata/kv?list=true", "kv/name")]
    #[case(Some("kv"), V2, "kv/", "kv/metadata?list=true", "name")]
    #[case(Some("team/kv"), V2, "team/kv/", "team/kv/metadata?list=true", "name")]
    #[case(Some("kv"), V1, "shop", "kv/shop?list=true", "shop/name")]
    #[case(None, V2, "kv", "kv/metadata?list=true", "kv/name")]
    #[case(None, V2, "kv/shop", "kv/metadata/shop?list=true", "kv/shop/name")]
    #[case(None, V2, "team/kv/data/shop", "team/kv/metadata/shop?list=true", "team/kv/data/shop/name")]
    #[case(None, V1, "kv/shop", "kv/shop?list=true", "kv/shop/name")]
    fn folders(
        #[case] mount: Option<&str>,
        #[case] kv: VaultKvVersion,
        #[case] path: &str,
        #[case] list: &str,
        #[case] full_name: &str,
    ) {
        let layout = layout(mount, kv);
        let folder = layout.folder(path).ok().unwrap();
        assert_eq!(shown(&folder.list()), list);
        let (name, place) = folder.key("name");
        assert_eq!(name, full_name);
        if !name.starts_with("kv/") || mount.is_none() {
            assert_eq!(layout.place(&RemoteKey::value(name, None)), Ok(place), "the full name is a key of the store");
        }
    }

    #[rstest]
    #[case(None, "")]
    #[case(Some("kv"), "/")]
    #[case(Some("kv"), "/shop")]
    #[case(Some("kv"), "shop//")]
    #[case(Some("kv"), "shop/../other")]
    fn folders_that_cannot_be_meant(#[case] mount: Option<&str>, #[case] path: &str) {
        assert!(matches!(layout(mount, V2).folder(path), Err(ReadError::InvalidKey(_))));
    }

    #[test]
    fn a_folder_called_like_the_mount_is_searched_in_its_own_place() {
        let (name, place) = layout(Some("kv"), V2).folder("").unwrap().folder("kv").key("a");
        assert_eq!((name.as_str(), shown(&place.value())), ("kv/a", "kv/data/kv/a".to_owned()));
    }

    #[test]
    fn metadata_stands_beside_all_versions() {
        let key = RemoteKey::metadata("kv/shop/db", Some("7".to_owned()));
        let path = layout(Some("kv"), V2).place(&key).unwrap().metadata();
        assert_eq!(path.as_ref().map(shown), Ok("kv/metadata/shop/db".to_owned()));
        let refused = layout(Some("kv"), V1).place(&RemoteKey::metadata("shop/db", None)).unwrap().metadata();
        assert!(matches!(refused, Err(ReadError::InvalidKey(_))));
    }
}
