//! `BridgedSecret`: one Kubernetes Secret, declared by where its values come from.

mod spec;
mod status;

pub use spec::{
    Adopt, AdoptFrom, BridgedSecret, BridgedSecretSpec, CreationPolicy, DEFAULT_REFRESH_INTERVAL, DataEntry, DeletionPolicy,
    MIN_REFRESH_INTERVAL, RemoteRef, StoreKind, StoreRef, Target, TargetTemplate, TemplateMetadata, WorkloadKind, WorkloadRef,
};
pub use status::{BridgedSecretStatus, MAX_STATUS_SOURCES, RolloutStatus, SourceStatus, TargetStatus};
