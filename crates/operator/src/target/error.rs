//! Why a Secret was not written, in words that fit a condition.
//!
//! Must never: carry text of the API server (its messages quote values) or anything that differs while the
//! cause is the same.

use std::fmt;

use sealbridge_api::Reason;
use sealbridge_manifest::shown_target as shown;

use crate::identity::read_holder;

/// When a failed write is worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// With growing pauses from a second on: nothing is wrong with the object.
    Backoff,
    /// At the object's next round: somebody has to act, and may do so outside of the object.
    Round,
    /// Not before the object changes.
    Never,
}

/// To whom a Secret belongs that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The controller of its owner references.
    Controller {
        /// The API group; empty for the core group.
        group: String,
        /// The kind.
        kind: String,
        /// The name.
        name: String,
    },
    /// Another object of ours that holds it without an owner reference.
    Object {
        /// The object, as Secrets name it: see [`crate::identity::ObjectId::holder`].
        name: String,
        /// The object's uid, where the Secret tells it.
        uid: Option<String>,
    },
    /// Nobody that it tells of: it was made by hand or by a tool that leaves no owner.
    Unknown,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Controller { group, kind, name } if group.is_empty() => write!(f, "belongs to {kind} {name}"),
            Self::Controller { group, kind, name } => write!(f, "belongs to {kind}.{group} {name}"),
            Self::Object { name, .. } => write!(f, "belongs to {}", named(name)),
            Self::Unknown => f.write_str("exists and was not made by Sealbridge"),
        }
    }
}

/// `BridgedSecret checkout`
fn named(holder: &str) -> String {
    let (kind, name) = read_holder(holder);
    format!("{kind} {name}")
}

impl Holder {
    fn way_out(&self) -> String {
        match self {
            Self::Controller { group, kind, name }
                if (group == "external-secrets.io" && kind == "ExternalSecret")
                    || (group == "bitnami.com" && kind == "SealedSecret") =>
            {
                format!("to take it over set spec.target.adopt to {{from: {kind}, name: {name}}}")
            }
            Self::Controller { .. } | Self::Object { .. } => {
                "choose another spec.target.name, or remove the other owner".to_owned()
            }
            Self::Unknown => "to take it over set spec.target.adopt to {from: None}".to_owned(),
        }
    }
}

/// Why a Secret was not written or deleted. Equal causes are equal values, so that conditions stay unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The Secret belongs to somebody else.
    #[error("{} {holder}; {}", shown(secret), holder.way_out())]
    NotOwned {
        /// The Secret's name.
        secret: String,
        /// To whom.
        holder: Holder,
    },
    /// Another BridgedSecret already merges the same entry, label or annotation into the Secret.
    #[error("{what} of {} is already set by {}; remove it from one of the two", shown(secret), named(object))]
    EntryTaken {
        /// The Secret's name.
        secret: String,
        /// The entry, label or annotation, with its kind.
        what: String,
        /// The object that has it.
        object: String,
        /// That object's uid.
        uid: String,
    },
    /// The Secret has another type; a type cannot be changed.
    #[error(
        "{} has type {live} and {wanted} is asked for, which cannot be changed; ask for {live}, or delete the Secret so that it is made anew",
        shown(secret)
    )]
    OtherType {
        /// The Secret's name.
        secret: String,
        /// Its type.
        live: String,
        /// The type that is asked for.
        wanted: String,
    },
    /// A type for which the cluster mints or accepts credentials.
    #[error("type {type_} of {} makes the cluster issue or accept credentials; use a Secret of another type", shown(secret))]
    CredentialType {
        /// The Secret's name.
        secret: String,
        /// The type.
        type_: String,
    },
    /// The Secret is immutable and would need other data.
    #[error(
        "{} is immutable and its data would have to change; delete the Secret so that it is made anew, or use a new name",
        shown(secret)
    )]
    Immutable {
        /// The Secret's name.
        secret: String,
    },
    /// The Secret is immutable and the object does not ask for that.
    #[error(
        "{} was made immutable, which cannot be undone; delete the Secret so that it is made anew, or set spec.target.immutable",
        shown(secret)
    )]
    ImmutableUnasked {
        /// The Secret's name.
        secret: String,
    },
    /// A field that has no meaning for a Secret of somebody else.
    #[error(
        "{field} does not go with creationPolicy Merge, whose {} belongs to somebody else; remove one of the two",
        shown(secret)
    )]
    NotWithMerge {
        /// The Secret's name.
        secret: String,
        /// The path of the field.
        field: &'static str,
    },
    /// A kind that the operator may not write.
    #[error(
        "spec.target.manifest: {kind} is no kind that this operator may write; whoever runs it allows it with --target-kinds={kind}, or write a Secret"
    )]
    KindNotAllowed {
        /// The kind, as the flag has it.
        kind: String,
    },
    /// A kind that the API server does not have, or not in namespaces.
    #[error(
        "spec.target.manifest: the API server has no {kind} in namespaces; apply its CRD, or correct apiVersion and kind; it is looked for again by itself"
    )]
    KindUnknown {
        /// The kind, as the flag has it.
        kind: String,
    },
    /// What is written does not fit what stands in the object.
    #[error("{}: {misfit}", shown(secret))]
    Misfit {
        /// The target.
        secret: String,
        /// Where.
        misfit: sealbridge_engine::Misfit,
    },
    /// The name is not one of an object.
    #[error("spec.target.name is not a name that Kubernetes accepts; use lower-case letters, digits, '-' and '.'")]
    Name,
    /// The Secret or its metadata is larger than the cluster stores.
    #[error("{} is larger than the cluster stores; split it into several, or store less", shown(secret))]
    TooLarge {
        /// The Secret's name.
        secret: String,
    },
    /// The API server refused the Secret.
    #[error("the API server refused {} for its {field}; correct spec.target, or ask who runs the admission rules", shown(secret))]
    Refused {
        /// The Secret's name.
        secret: String,
        /// The path of the first field that it named, or `content`.
        field: String,
    },
    /// The operator, or a rule of admission, does not allow the request.
    #[error(
        "the operator may not {verb} {}; grant it the verb in the namespace, or ask who runs the admission rules",
        shown(secret)
    )]
    Forbidden {
        /// The Secret's name.
        secret: String,
        /// What was tried.
        verb: &'static str,
    },
    /// A `ResourceQuota` of the namespace is used up.
    #[error("{} would exceed a ResourceQuota of the namespace; raise the quota or remove other objects", shown(secret))]
    OverQuota {
        /// The Secret's name.
        secret: String,
    },
    /// The Secret is being deleted and waits for a finalizer.
    #[error("{} is being deleted and waits for a finalizer of somebody else; it is made anew once it is gone", shown(secret))]
    BeingDeleted {
        /// The Secret's name.
        secret: String,
    },
    /// The namespace is being deleted or gone.
    #[error("the namespace is being deleted; nothing is written to it")]
    NamespaceGone,
    /// Somebody else wrote between every look and write.
    #[error("{} changes faster than it can be written; it is tried again by itself", shown(secret))]
    Contended {
        /// The Secret's name.
        secret: String,
    },
    /// The API server could not be asked, or did not answer in time.
    #[error("the API server did not answer; it is asked again by itself")]
    ClusterUnavailable,
    /// The operator may have lost its lease.
    #[error("the operator does not know whether it still leads; it is tried again by the one that does")]
    NotLeading,
    /// The system gave no random bytes for a revision id.
    #[error("the system gave no random bytes; it is asked again by itself")]
    NoRandomness,
}

impl TargetError {
    /// The class under which a condition names this; `None` where the object's condition stays as it is,
    /// because nothing is known to be wrong with the object.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::NotOwned { .. } | Self::EntryTaken { .. } => Some(Reason::TargetNotOwned),
            Self::OtherType { .. }
            | Self::CredentialType { .. }
            | Self::Immutable { .. }
            | Self::ImmutableUnasked { .. }
            | Self::NotWithMerge { .. }
            | Self::KindNotAllowed { .. }
            | Self::KindUnknown { .. }
            | Self::Misfit { .. }
            | Self::Name
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::OverQuota { .. }
            | Self::BeingDeleted { .. } => Some(Reason::TargetInvalid),
            Self::Forbidden { .. } => Some(Reason::Forbidden),
            Self::NamespaceGone | Self::Contended { .. } | Self::ClusterUnavailable | Self::NotLeading | Self::NoRandomness => None,
        }
    }

    /// The other object of ours that stands in the way, by name and, where it is known, uid. It may be gone.
    pub(super) fn rival(&self) -> Option<(&str, Option<&str>)> {
        match self {
            Self::NotOwned { holder: Holder::Object { name, uid }, .. } => Some((name, uid.as_deref())),
            Self::EntryTaken { object, uid, .. } => Some((object, Some(uid))),
            _ => None,
        }
    }

    /// When another try is worth it.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Contended { .. }
            | Self::ClusterUnavailable
            | Self::NotLeading
            | Self::NoRandomness
            | Self::BeingDeleted { .. } => Retry::Backoff,
            Self::NamespaceGone | Self::Name | Self::CredentialType { .. } | Self::NotWithMerge { .. } => Retry::Never,
            Self::NotOwned { .. }
            | Self::EntryTaken { .. }
            | Self::KindNotAllowed { .. }
            | Self::KindUnknown { .. }
            | Self::Misfit { .. }
            | Self::OtherType { .. }
            | Self::Immutable { .. }
            | Self::ImmutableUnasked { .. }
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::OverQuota { .. }
            | Self::Forbidden { .. } => Retry::Round,
        }
    }
}
