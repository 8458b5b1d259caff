//! Names of the objects that the operator works on.

use std::fmt;
use std::sync::Arc;

/// A BridgedSecret by name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The namespace.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A BridgedSecret as the owner of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Which object.
    pub id: ObjectId,
    /// Its uid.
    pub uid: Arc<str>,
}
