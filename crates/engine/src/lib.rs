//! The one way from a plan to a Secret, behind the operator and `seal render` alike.
//!
//! ```text
//!   Plan ──gather──▶ Gathered (a value or an authoritative absence per entry) ──assemble──▶ DesiredSecret
//!            ▲  ▲
//!    Values ─┘  └─ Keys                     Recipe: what of a plan decides whether anything changed
//!
//!   PushPlan, Secrets ──push──▶ Wanted (a value for each place in a store)
//! ```
//!
//! Owns: what the bytes of a Secret are for given values. It is pure: values come in through ports.
//! Must never: fetch, write, or know how it is driven.

mod assemble;
mod content;
mod document;
mod failure;
mod fields;
mod gather;
mod names;
mod pairs;
mod ports;
pub mod push;
mod read;
mod recipe;
#[cfg(test)]
mod samples;
mod several;
mod standing;
mod take;
mod template;

pub use assemble::{
    AssembleError, DEFAULT_TYPE, DesiredSecret, MAX_SECRET_BYTES, assemble, assemble_kept, is_told_by_its_data, is_volatile,
    written_digest,
};
pub use content::{Misfit, Tree};
pub use failure::{EntryFailure, summary};
pub use gather::{Gathered, gather};
pub use ports::{Generated, Keys, SourceError, Values};
pub use recipe::Recipe;
pub use sealbridge_template::System;
pub use standing::standing;
pub use template::{Kept, Texts};
