//! What is read in one piece: a key in a store, at a version.

/// A key in a store, at a version. Two entries with an equal `RemoteKey` share one read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteKey {
    /// The path or name as the manifest gives it.
    pub key: String,
    /// The version in the store's notation; `None` is the newest.
    pub version: Option<String>,
}
