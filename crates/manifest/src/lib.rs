//! Manifests: dialects read into one `Plan`, and YAML edited in place.
//!
//! ```text
//!   text ──document──▶ objects ──native, sealed_secrets, external_secrets──▶ Plan ──▶ engine
//!     ├────edit: one entry in place, every other byte kept
//!     └────position: the line and column of a path
//! ```
//!
//! Owns: what a manifest means, defaults included. Must never: fetch or open a value.

mod data_from;
pub mod document;
pub mod edit;
pub mod external_secrets;
mod fan_out;
mod keys;
pub mod native;
mod plain_key;
pub mod plan;
pub mod position;
pub mod push;
pub mod sealed_secrets;
mod syntax;
mod windows;

pub use fan_out::FanOut;
pub use keys::retyped_keys;
pub use plan::{
    AbsentValue, Cron, DataTemplate, EntriesFrom, Entry, FieldPath, FieldStep, Further, FurtherTarget, FurtherText,
    GENERATOR_GROUP, GENERATOR_VERSION, GeneratorKind, GeneratorRef, Missing, NotATargetKind, Opening, Origin, Plan, PlanError,
    Refresh, RewriteStep, SourceRef, StoreGroup, StoreName, SyncWindows, Taking, TargetKind, TargetPlan, TemplateInput,
    TemplateInputKind, TemplateRefused, Unowned, Window, WindowKind, is_template, shown_target,
};
