//! What is declared, as the Secrets that it stands for.

use sealbridge_engine::{DesiredSecret, Kept, System, assemble, gather, is_volatile, summary};
use sealbridge_manifest::Entry;

use super::declared::{Declarations, Declared};
use super::keys::PersonalKeys;
use super::login::StoresArgs;
use super::read::{Answers, read};
use crate::error::Error;
use crate::identities::{self, IdentityArgs};

/// One Secret.
pub(crate) struct Rendered {
    /// The Secret as the operator makes it where there is none.
    pub(crate) secret: DesiredSecret,
    /// Whether templates or generators give other bytes at every run.
    pub(crate) is_volatile: bool,
}

/// The keys that what is declared needs, beside those of SealedSecrets' controllers that are given.
pub(crate) fn keys(
    declarations: &Declarations,
    args: &IdentityArgs,
    rsa: sealbridge_sealed_secrets::KeyRing,
) -> Result<PersonalKeys, Error> {
    let plans = || declarations.secrets.iter().map(|declared| &declared.plan);
    let mut keys = PersonalKeys { rsa, ..PersonalKeys::default() };
    if plans().any(|plan| plan.entries.values().any(|entry| matches!(entry, Entry::Sealed(_)))) {
        keys.ring = identities::load(args, &declarations.identities)?;
    }
    if plans().any(|plan| plan.documents().next().is_some()) {
        keys.sops = Some(identities::load_for_sops(args, &declarations.identities)?);
    }
    Ok(keys)
}

/// All that is declared, in its order, each key of a store read once. What fails is told with its file and object.
pub(crate) fn all(
    declarations: &Declarations,
    stores: &StoresArgs,
    keys: &PersonalKeys,
) -> Result<Vec<Result<Rendered, String>>, Error> {
    let reads_stores = declarations.secrets.iter().any(|declared| !declared.plan.sources().is_empty());
    let answers = if reads_stores { asked(declarations, stores)? } else { Answers::default() };
    Ok(declarations.secrets.iter().map(|declared| one(declared, declarations, &answers, keys)).collect())
}

fn asked(declarations: &Declarations, stores: &StoresArgs) -> Result<Answers, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::Runtime { cause: error.kind() })?;
    Ok(runtime.block_on(read(declarations, stores)))
}

fn one(declared: &Declared, declarations: &Declarations, answers: &Answers, keys: &PersonalKeys) -> Result<Rendered, String> {
    let plan = &declared.plan;
    let failed = |problem: String| format!("{}: {}/{}: {problem}", declared.file.display(), plan.namespace, plan.target.name);
    let (made, differs) = declarations.generators.run(plan);
    let values = answers.seen_from(&plan.namespace, declarations, &made);
    let gathered = gather(plan, &values, keys).map_err(|failures| failed(summary(&failures)))?;
    let is_volatile = differs || is_volatile(plan, &gathered);
    let secret = assemble(plan, gathered, Kept::Nothing(&System)).map_err(|error| failed(error.to_string()))?;
    // Items of a list that somebody else made are known in the cluster alone.
    if secret.manifest.is_some() {
        secret.content().map_err(|misfit| failed(misfit.to_string())).map(drop)?;
    }
    Ok(Rendered { secret, is_volatile })
}
