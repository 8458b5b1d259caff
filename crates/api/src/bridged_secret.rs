//! `BridgedSecret`: one Kubernetes Secret, declared by where its values come from.

mod data_from;
mod entry;
mod policies;
mod refresh;
mod rewrite;
mod spec;
mod status;
mod target;
mod template_from;
mod workload;

pub use data_from::{DataFromEntry, Extract, Find, FindName};
pub use entry::{DataEntry, RemoteRef, StoreKind, StoreRef};
pub use policies::{ConversionStrategy, DecodingStrategy, MetadataPolicy, NullBytePolicy};
pub use refresh::{RefreshPolicy, SyncWindow, SyncWindows, WindowKind};
pub use rewrite::{ConflictPolicy, MergeStrategy, PriorityPolicy, Rewrite, RewriteMerge, RewriteRegexp, RewriteTransform};
pub use spec::{BridgedSecret, BridgedSecretSpec, DEFAULT_REFRESH_INTERVAL, MIN_REFRESH_INTERVAL};
pub use status::{BridgedSecretStatus, MAX_STATUS_SOURCES, RolloutStatus, SourceStatus, TargetStatus};
pub use target::{
    Adopt, AdoptFrom, CreationPolicy, DeletionPolicy, MergePolicy, Target, TargetManifest, TargetTemplate, TemplateMetadata,
};
pub use template_from::{TemplateAs, TemplateFrom, TemplateItem, TemplateObject};
pub use workload::{WorkloadKind, WorkloadRef};
