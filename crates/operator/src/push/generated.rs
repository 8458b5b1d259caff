//! What generators make to be pushed: made once for all stores, and held until it stands in each of them.
//!
//! ```text
//!   object, generator, slot ─▶ occasion ─┬─ held for it from a try before ─┐
//!                                        └─ run ─▶ held ───────────────────┴─▶ delivered ─▶ told ─▶ let go
//! ```
//!
//! Nothing can be read again once it is let go, so the status says of which occasion the stores are, and only another one is
//! a reason to run: another slot, an edit of the object or the generator, an end.
//! Must never: bring values of two runs into the stores of one object, or hold what stands in all of them.

use std::collections::HashMap;
use std::sync::Arc;

use sealbridge_engine::SourceError;
use sealbridge_manifest::GeneratorRef;
use sealbridge_manifest::push::PushPlan;
use sealbridge_provider::generator::{Generator, Lease, Made};
use sealbridge_secret::SecretMap;

use super::declared::Declared;
use super::kind::PushId;
use super::source::{NoSource, Reader, Sources, Versions, problem};
use super::{KNOWN_SOON, Pushes};
use crate::generators::{self, credentials_of, made_anew_at};
use crate::schedule::wall_clock;

/// What is held, by the object for which it was made.
#[derive(Default)]
pub(super) struct Generated(HashMap<PushId, Held>);

struct Held {
    /// For what it was made.
    occasion: String,
    entries: SecretMap,
    /// When it has to be made anew, in seconds since the Unix epoch.
    ends: Option<u64>,
    lease: Option<Arc<dyn Lease>>,
    /// Whether a store may have it.
    is_tried: bool,
}

impl Drop for Held {
    /// What no store can have is given back, once: what cannot be ends by itself.
    fn drop(&mut self) {
        let Some(lease) = self.lease.take().filter(|_| !self.is_tried) else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = lease.give_back().await {
                    tracing::info!(%error, "a credential that was not pushed could not be given back; it ends by itself");
                }
            });
        }
    }
}

impl Generated {
    /// Copies of what is held for an occasion, unless it has ended at `now`, and when it will.
    fn of(&self, id: &PushId, occasion: &str, now: u64) -> Option<(SecretMap, Option<u64>)> {
        let held = self.0.get(id).filter(|held| held.occasion == occasion && held.ends.is_none_or(|ends| ends > now))?;
        Some((held.entries.duplicate(), held.ends))
    }

    /// Notes that stores may have what is held for an object from here on.
    pub(super) fn is_tried(&mut self, id: &PushId) {
        if let Some(held) = self.0.get_mut(id) {
            held.is_tried = true;
        }
    }

    /// Lets go of what is held for an object.
    pub(super) fn forget(&mut self, id: &PushId) {
        self.0.remove(id);
    }
}

impl Pushes {
    /// What a generator makes for an object, with the object's templates.
    pub(super) async fn generate(&self, declared: &Declared, plan: &PushPlan, named: &GeneratorRef) -> Result<Sources, NoSource> {
        let (id, namespace) = (&declared.id, &declared.id.namespace);
        let read = generators::read(&self.client, namespace, named).await.map_err(|error| no_source(named, &error))?;
        let mut versions = Versions::from([(named.to_string(), read.version)]);
        // Neither a template nor a store that is put right is a reason to run again.
        let occasion = self.version(declared, versions.clone(), &[].into());
        let texts = Reader::new(&self.client, namespace).texts(plan, &mut versions).await?;
        let held = self.generated().of(id, &occasion, wall_clock().as_secs());
        let (entries, ends) = if let Some(held) = held {
            held
        } else {
            let credentials = credentials_of(namespace, &read.generator);
            credentials.iter().for_each(|input| self.inputs.follow(id, input));
            // From here on no change of what it logs in with is missed; what takes longer to be known asks for another look.
            let _known = self.inputs.states(id, &credentials, KNOWN_SOON).await;
            let made = self.make(declared, named, &read.generator).await?;
            let ends = made_anew_at(made.life, plan.refresh_interval);
            let entries: SecretMap = made.entries.into_iter().collect();
            let copies = entries.duplicate();
            self.generated().0.insert(id.clone(), Held { occasion, entries, ends, lease: made.lease, is_tried: false });
            (copies, ends)
        };
        Ok(Sources { entries: vec![(named.to_string(), entries)], texts, versions, ends })
    }

    /// Runs a generator. A key pair takes a while, in which this thread must not keep others waiting.
    async fn make(&self, declared: &Declared, named: &GeneratorRef, generator: &Generator) -> Result<Made, NoSource> {
        let made = match tokio::task::block_in_place(|| generator.make()) {
            Some(made) => made,
            None => generator.ask(&self.stores.scope_of_generator(&declared.id.namespace, &named.name)).await,
        };
        let made = made.map_err(|error| problem(error.reason(), format!("{named}: {error}")))?;
        tracing::info!(object = %declared.id, generator = %named, "a generator was run to be pushed");
        Ok(made)
    }
}

fn no_source(named: &GeneratorRef, error: &SourceError) -> NoSource {
    match error {
        SourceError::Withheld { reason, detail } => problem(*reason, format!("{named}: {detail}")),
        SourceError::Read(error) => problem(error.reason(), format!("{named}: {error}")),
    }
}
