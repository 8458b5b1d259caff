//! What is looked for, one file for each kind of thing.

pub(super) mod bridged_secret;
pub(super) mod cluster_bridged_secret;
mod cluster_external_secret;
mod declared_secret;
pub(super) mod external_generator;
pub(super) mod external_secrets;
pub(super) mod fake_store;
pub(super) mod generator;
pub(super) mod jenkins;
pub(super) mod pipeline;
pub(super) mod plain_secret;
pub(super) mod private_key;
pub(super) mod push_secret;
pub(super) mod schema;
pub(super) mod sealed;
pub(super) mod sealed_secret;
mod secret_spec;
pub(super) mod sops;
pub(super) mod template;
