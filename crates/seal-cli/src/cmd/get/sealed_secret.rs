//! `seal get` of a SealedSecret: opens it offline, with a private key of its controller.

use std::collections::BTreeMap;

use super::{GetArgs, namespace, write_opened};
use crate::config::{self, Config};
use crate::error::Error;
use crate::recovery_keys;
use crate::sealed_secret::SealedSecretAt;
use crate::workers;

pub(super) fn run(args: &GetArgs, secret: &SealedSecretAt<'_>) -> Result<(), Error> {
    let wanted: BTreeMap<&str, &str> = match &args.key {
        Some(key) => {
            let text = secret.entry(key).ok_or_else(|| Error::NoEntry { path: args.file.clone(), key: key.clone() })?;
            BTreeMap::from([(key.as_str(), text)])
        }
        None => secret.entries().collect(),
    };
    let ring = recovery_keys::load(&args.recovery)?;
    if ring.is_empty() && !wanted.is_empty() {
        return Err(Error::NoRecoveryKey);
    }
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    let namespace = namespace(args, secret.namespace(), config.as_ref())?;
    let label = secret.scope().label(&namespace, secret.name());
    let wanted: Vec<_> = wanted.into_iter().collect();
    let answers = workers::each(&wanted, |(_, text)| ring.open(text, &label));
    let mut opened = BTreeMap::new();
    let mut failed = Vec::new();
    for ((key, _), answer) in wanted.into_iter().zip(answers) {
        match answer {
            Ok(value) => drop(opened.insert(key, value.value)),
            Err(problem) => failed.push(format!("{namespace}/{}, entry {key}: {problem}", secret.name())),
        }
    }
    if failed.is_empty() { write_opened(args, &opened) } else { Err(Error::Several(failed)) }
}
