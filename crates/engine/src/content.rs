//! The content of an object that is no Secret: a tree, and its leaves by name.
//!
//! ```text
//!   values, templates ──▶ Tree ──leaves──▶ SecretMap ──put──▶ Tree ──▶ JSON of a request
//!                                  `spec/routes[0]/host` = `"a.example"`
//! ```
//!
//! A leaf's value is JSON: a scalar, `{}` for a map without members, `[2]` for a list that is held whole and has two
//! items. So what is desired, what was written, and what of it still stands are compared entry by entry, as in a Secret.
//! Must never: print a value, or let one stay in memory behind it.

mod leaf;
mod put;
mod text;
mod tree;

pub use put::Misfit;
pub use tree::Tree;

pub(crate) use leaf::name as leaf_name;
pub(crate) use text::text_of;
