//! Where the entries of a Secret come from, as far as what declares it tells: for `seal why` in files, and for
//! `kubectl seal why` in a cluster.
//!
//! Must never: open a value, or hold one.

#[cfg(feature = "cluster")]
mod changes;
pub(crate) mod claims;
mod defaults;
mod entries;
mod occasion;
mod shown;
mod templates;

#[cfg(feature = "cluster")]
pub(crate) use changes::changes;
pub(crate) use defaults::defaults;
pub(crate) use entries::{EntryTold, told};
pub(crate) use occasion::occasion;
pub(crate) use shown::{described, section};
