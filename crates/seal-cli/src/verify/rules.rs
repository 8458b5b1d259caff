//! What is looked for, one file for each kind of thing.

pub(super) mod bridged_secret;
pub(super) mod generator;
pub(super) mod jenkins;
pub(super) mod pipeline;
pub(super) mod plain_secret;
pub(super) mod private_key;
pub(super) mod schema;
pub(super) mod sealed;
pub(super) mod sealed_secret;
pub(super) mod sops;
pub(super) mod template;
