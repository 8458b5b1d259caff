//! One value or document that gets other recipients, as it is told.

use std::path::Path;

use sealbridge_seal::KeyId;
use serde::Serialize;

use crate::config::Config;
use crate::recipients;

/// What got other recipients, or would.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) file: String,
    /// `namespace/name` of the Secret; empty outside of a manifest.
    pub(super) secret: String,
    pub(super) key: String,
    recipients_added: Vec<String>,
    recipients_removed: Vec<String>,
    /// `+ prod - old`, for people.
    #[serde(skip)]
    pub(super) change: String,
}

impl Row {
    /// What stands under `key`, of a Secret or of none.
    pub(super) fn new(
        file: &Path,
        (secret, key): (String, &str),
        added: &[KeyId],
        removed: &[KeyId],
        config: Option<&Config>,
    ) -> Self {
        let ids = |ids: &[KeyId]| ids.iter().map(ToString::to_string).collect();
        let more = added.iter().map(|id| format!("+ {}", recipients::name(config, *id)));
        let change: Vec<_> = more.chain(removed.iter().map(|id| format!("- {}", recipients::name(config, *id)))).collect();
        Self {
            file: file.display().to_string(),
            secret,
            key: key.to_owned(),
            recipients_added: ids(added),
            recipients_removed: ids(removed),
            change: change.join(" "),
        }
    }
}
