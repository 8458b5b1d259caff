//! Conditions in the form that kstatus, Flux and Argo CD read, and the reasons they carry.
//!
//! Must never: hold a message that differs while its cause is the same, or any byte of a value.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// The condition types that are written. `Ready` always stands; the others only while they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionType {
    /// Whether the object is as its spec says.
    Ready,
    /// Work goes on and will end without anybody's help.
    Reconciling,
    /// Nothing will change until somebody acts.
    Stalled,
    /// Whether every workload under `spec.rollout` carries the Secret's revision.
    RolledOut,
}

impl ConditionType {
    /// The name as it stands in `status.conditions[].type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
            Self::RolledOut => "RolledOut",
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The classified causes that a condition names. A reason is an interface: alerts match on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// The CamelCase name as it stands in `status.conditions[].reason`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

reasons! {
    /// The Secret is as the sources say.
    Synced,
    /// A store or key is as its spec says.
    Valid,
    /// First work on the object, or work after an edit, goes on.
    Progressing,
    /// The sources are gone and `deletionPolicy: Retain` keeps the last Secret.
    SecretRetained,
    /// The sources are gone and `deletionPolicy: Delete` deleted the Secret.
    SecretDeleted,
    /// `creationPolicy: Merge` waits for somebody to create the Secret.
    SecretMissing,
    /// The store says with authority that the key does not exist.
    SourceNotFound,
    /// The Secret that is pushed is gone, and what was pushed of it is taken back.
    SourceDeleted,
    /// The key exists, the property in it does not.
    PropertyNotFound,
    /// The store refused to read the key.
    SourceDenied,
    /// The value cannot be used as asked: not JSON, too large, of another shape.
    SourceInvalid,
    /// The store could not be asked now; it will be asked again.
    StoreNotReady,
    /// The store answers, but not as a store of the declared kind and version would.
    StoreMisconfigured,
    /// The store object does not exist.
    StoreNotFound,
    /// The store may not be used from this namespace.
    StoreNotAllowed,
    /// The store would use the identity of the operator itself, which is not allowed there.
    AmbientIdentityRefused,
    /// A sealed value was made for another namespace, name or entry.
    SealedForOther,
    /// A sealed value is damaged or not of the format.
    SealedInvalid,
    /// No key at hand opens a sealed value.
    NoKey,
    /// The Secret exists and belongs to somebody else.
    TargetNotOwned,
    /// The Secret cannot be written as asked: immutable, another type, too large, refused by the API server.
    TargetInvalid,
    /// Deletion waits because too much of a store vanished at once, or the store is another one.
    DeletionHeld,
    /// Somebody else keeps undoing what the operator writes.
    Contested,
    /// The object itself cannot be acted upon.
    SpecInvalid,
    /// The operator lacks a permission in the cluster.
    Forbidden,
    /// Every workload carries the Secret's revision.
    RolloutComplete,
    /// A workload has yet to be restarted.
    RolloutPending,
    /// A workload named under `spec.rollout` does not exist.
    WorkloadNotFound,
    /// The key waits for a backup by a person.
    BackupNeeded,
}

/// One condition for the object's `generation`. `lastTransitionTime` is kept from `previous` unless the
/// status changes, so that an unchanged cause gives an equal condition.
#[must_use]
pub fn condition(
    kind: ConditionType,
    status: bool,
    reason: Reason,
    message: &str,
    generation: i64,
    previous: &[Condition],
    now: Timestamp,
) -> Condition {
    let status = if status { "True" } else { "False" };
    let since = previous
        .iter()
        .find(|condition| condition.type_ == kind.as_str() && condition.status == status)
        .map_or(Time(now), |condition| condition.last_transition_time.clone());
    Condition {
        type_: kind.as_str().to_owned(),
        status: status.to_owned(),
        reason: reason.as_str().to_owned(),
        message: message.to_owned(),
        observed_generation: Some(generation),
        last_transition_time: since,
    }
}
