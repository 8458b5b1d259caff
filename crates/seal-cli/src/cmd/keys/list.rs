//! `seal keys list`: keys at hand and keys that the rules seal to, and where each is used.

mod certificates;
mod uses;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use sealbridge_seal::{KeyId, Recipient};
use serde::Serialize;

use self::certificates::{RsaKey, RsaKeys};
use self::uses::{Use, Uses};
use crate::cli::{ConfigArgs, ReportArgs};
#[cfg(feature = "cluster")]
use crate::cluster::WhichCluster;
use crate::config::{self, Config};
use crate::error::Error;
use crate::identities::{self, IdentityArgs};
use crate::output::Output;
use crate::recovery_keys::{self, RecoveryArgs};

/// List the keys that you hold and those of .sealbridge.yaml, with the files and values that are sealed to each.
///
/// Looks through the files below the current folder where there is a .sealbridge.yaml, or below PATH. Certificates that
/// rules name for SealedSecrets are listed by their fingerprint, with the number of values under these rules. A
/// SealedSecret does not name its key: which values one opens is told with --recovery-private-key, by trying.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal keys list
  seal keys list overlays/prod --branches stage --branches prod
  seal keys list --context prod-eu
  seal keys list --recovery-private-key controller-keys.yaml
  seal keys list -i break-glass.txt -o json")]
pub(crate) struct ListArgs {
    /// Files, or folders of them, whose values are counted.
    paths: Vec<PathBuf>,
    /// Also count the values of a branch, which is not checked out for it.
    #[arg(long, value_name = "BRANCH")]
    branches: Vec<String>,
    #[cfg(feature = "cluster")]
    #[command(flatten)]
    which: WhichCluster,
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    recovery: RecoveryArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// A key of either kind: what has a `keyId` is an age key, what has a `fingerprint` an RSA key.
#[derive(Serialize)]
#[serde(untagged)]
enum AnyKey {
    Age(Key),
    Rsa(RsaKey),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    key_id: String,
    /// Not known of a key that only values name.
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    held: bool,
    sets: Vec<String>,
    /// Absent when no file was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<Vec<Use>>,
    #[cfg(feature = "cluster")]
    #[serde(skip_serializing_if = "Option::is_none")]
    sealing_key: Option<LiveKey>,
}

/// What a cluster says of a key.
#[cfg(feature = "cluster")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LiveKey {
    name: String,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_use: Option<i64>,
}

impl Key {
    fn new(id: KeyId, recipient: Option<&Recipient>) -> Self {
        let recipient = recipient.map(Recipient::to_string);
        Self {
            key_id: id.to_string(),
            recipient,
            held: false,
            sets: Vec::new(),
            uses: None,
            #[cfg(feature = "cluster")]
            sealing_key: None,
        }
    }
}

pub(crate) fn run(args: &ListArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(Path::new(config::FILE_NAME)))?;
    let beside = config.as_ref().map(|config| config.identities.as_slice()).unwrap_or_default();
    let ring = identities::load(&args.identities, beside)?;
    let mut keys: BTreeMap<KeyId, Key> = BTreeMap::new();
    for identity in ring.ids().filter_map(|id| ring.get(&id)) {
        let recipient = identity.recipient();
        keys.entry(recipient.id()).or_insert_with(|| Key::new(recipient.id(), Some(recipient))).held = true;
    }
    for (set, members) in config.iter().flat_map(|config| &config.sets) {
        for recipient in members {
            let key = keys.entry(recipient.id()).or_insert_with(|| Key::new(recipient.id(), Some(recipient)));
            key.sets.push(set.clone());
        }
    }
    let looks = config.is_some() || !args.paths.is_empty() || !args.branches.is_empty();
    let uses = if looks { Some(Uses::read(&args.paths, &args.branches)?) } else { None };
    if let Some(uses) = &uses {
        for (id, found) in uses.by_key() {
            keys.entry(id).or_insert_with(|| Key::new(id, None)).uses = Some(found);
        }
        keys.values_mut().for_each(|key| key.uses = key.uses.take().or(Some(Vec::new())));
    }
    #[cfg(feature = "cluster")]
    add_cluster(&args.which, &mut keys)?;
    let rsa = RsaKeys::read(config.as_ref(), &recovery_keys::load(&args.recovery)?, &args.paths, looks, output)?;
    if keys.is_empty() && rsa.is_empty() {
        output.note("no key is held and no .sealbridge.yaml was found; make a key with `seal keys new`");
    }
    for key in keys.values() {
        say(output, key)?;
    }
    rsa.say(output)?;
    let age = keys.into_values().map(AnyKey::Age);
    output.document(&age.chain(rsa.into_keys().map(AnyKey::Rsa)).collect::<Vec<_>>())
}

#[cfg(feature = "cluster")]
fn add_cluster(which: &WhichCluster, keys: &mut BTreeMap<KeyId, Key>) -> Result<(), Error> {
    if !which.is_asked() {
        return Ok(());
    }
    for live in crate::cluster::sealing_keys(which.context.as_deref())? {
        let Some(id) = live.key_id else { continue };
        let recipient = live.recipient.as_deref().and_then(|text| text.parse::<Recipient>().ok());
        let recipient = recipient.filter(|recipient| recipient.id() == id);
        let key = keys.entry(id).or_insert_with(|| Key::new(id, recipient.as_ref()));
        key.sealing_key = Some(LiveKey { name: live.name, state: live.state, in_use: live.in_use });
    }
    Ok(())
}

fn say(output: Output, key: &Key) -> Result<(), Error> {
    let mut parts = vec![if key.held { "held" } else { "not held" }.to_owned()];
    if !key.sets.is_empty() {
        parts.push(format!("in {}", key.sets.join(" + ")));
    }
    #[cfg(feature = "cluster")]
    if let Some(live) = &key.sealing_key {
        let in_use = live.in_use.map_or_else(|| "use not known".to_owned(), |count| format!("in use by {count}"));
        parts.push(format!("SealingKey {} {}, {in_use}", live.name, live.state));
    }
    let uses = key.uses.as_deref();
    if uses.is_some_and(<[Use]>::is_empty) {
        parts.push("no value".to_owned());
    }
    let recipient = key.recipient.as_deref().unwrap_or("recipient not known");
    output.say(&format!("{}  {recipient}  {}", key.key_id, parts.join(", ")))?;
    uses.unwrap_or_default().iter().try_for_each(|found| output.say(&format!("  {}", found.described())))
}
