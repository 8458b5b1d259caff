//! `seal keys list`: keys at hand and keys that the rules seal to.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use sealbridge_seal::KeyId;
use serde::Serialize;

use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{self, Config};
use crate::error::Error;
use crate::identities::{self, IdentityArgs};
use crate::output::Output;

/// List the keys that you hold, and those of .sealbridge.yaml.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal keys list
  seal keys list -i break-glass.txt -o json")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    key_id: String,
    recipient: String,
    held: bool,
    sets: Vec<String>,
}

pub(crate) fn run(args: &ListArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(Path::new(config::FILE_NAME)))?;
    let beside = config.as_ref().map(|config| config.identities.as_slice()).unwrap_or_default();
    let ring = identities::load(&args.identities, beside)?;
    let mut keys: BTreeMap<KeyId, Key> = BTreeMap::new();
    for identity in ring.ids().filter_map(|id| ring.get(&id)) {
        let recipient = identity.recipient();
        keys.insert(
            recipient.id(),
            Key { key_id: recipient.id().to_string(), recipient: recipient.to_string(), held: true, sets: Vec::new() },
        );
    }
    for (set, members) in config.iter().flat_map(|config| &config.sets) {
        for recipient in members {
            let key = keys.entry(recipient.id()).or_insert_with(|| Key {
                key_id: recipient.id().to_string(),
                recipient: recipient.to_string(),
                held: false,
                sets: Vec::new(),
            });
            key.sets.push(set.clone());
        }
    }
    if keys.is_empty() {
        output.note("no key is held and no .sealbridge.yaml was found; make a key with `seal keys new`");
    }
    for key in keys.values() {
        let held = if key.held { "held" } else { "not held" };
        let sets = if key.sets.is_empty() { String::new() } else { format!(", in {}", key.sets.join(" + ")) };
        output.say(&format!("{}  {}  {held}{sets}", key.key_id, key.recipient))?;
    }
    output.document(&keys.into_values().collect::<Vec<_>>())
}
