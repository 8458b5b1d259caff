//! Judging files without a key and without a cluster.
//!
//! ```text
//!   inputs ─▶ (threads) file: byte search ─▶ parse once ─▶ rules/* ─▶ drafts ─▶ allowed? ─▶ findings
//!                          │                                  └ declared: stores, keys, recipients
//!                          └ surroundings: rules and kustomization of its folder, read once
//!   declared of all files ─▶ across ─▶ findings            baseline takes away what is known
//!   commits of a range ─▶ history ─▶ findings that are gone from the files
//! ```
//!
//! Owns: what is wrong and where. Must never: put a value, or what was made from one, into a finding; open a value
//! without being asked to; stop at a file that is none of ours.

mod across;
mod allow;
pub(crate) mod baseline;
mod draft;
pub(crate) mod file;
pub(crate) mod finding;
mod history;
pub(crate) mod inputs;
mod likely_secret;
pub(crate) mod opening;
mod recipients_change;
pub(crate) mod rule;
mod rules;
pub(crate) mod run;
pub(crate) mod surroundings;
