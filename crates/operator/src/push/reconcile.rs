//! One object: its sources read, judged, brought into its stores, told of.
//!
//! Must never: take anything back because a source could not be read, or a template failed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kube::api::{Patch, PatchParams};
use sealbridge_api::Reason;
use sealbridge_engine::push::{Prepared, Wanted, WantedError, wanted};
use sealbridge_manifest::StoreName;
use sealbridge_manifest::external_secrets::metadata_hash;
use sealbridge_manifest::push::{PushPlan, PushSource};
use serde_json::json;
use tokio::time::Instant;

use super::Pushes;
use super::again::Again;
use super::declared::Declared;
use super::deliver::Delivery;
use super::queue::Look;
use super::record::Record;
use super::source::{NoSource, Reader, Sources, Versions};
use super::stale::{Place, SECOND_LOOK};
use super::status::{self, Failure, Outcome, Report, Step, Synced};
use super::take_back::Occasion;
use crate::refusal::Refusal;
use crate::schedule::wall_clock;

/// What the API server did not do is asked for again after so long.
const TRY_AGAIN: Duration = Duration::from_secs(10);

impl Pushes {
    /// Looks at one object.
    pub(super) async fn reconcile(self: &Arc<Self>, declared: &Arc<Declared>, look: Look) -> Again {
        if !self.is_ours(declared) {
            return Again::Never;
        }
        if declared.is_being_deleted {
            return self.let_go(declared).await;
        }
        let plan = match &declared.plan {
            Ok(plan) => plan,
            Err(problem) => {
                let failure = Failure { step: Step::Spec, reason: Reason::SpecInvalid, detail: problem.to_string() };
                return self.say(declared, failed(failure, declared.record.clone())).await;
            }
        };
        // Before the first push, so that there is no moment in which a deletion would leave something behind.
        match self.hold(declared, plan.takes_back).await {
            Ok(()) => {}
            Err(Refusal::Forbidden) => {
                let detail =
                    "the operator may not hold the object until what it pushed is taken back; grant it patch on pushsecrets";
                let failure = Failure { step: Step::Spec, reason: Reason::Forbidden, detail: detail.to_owned() };
                return self.say(declared, failed(failure, declared.record.clone())).await.or(Again::Failed);
            }
            Err(_) => return Again::In(TRY_AGAIN),
        }
        self.follow_sources(declared, plan).await;
        let stores = self.chosen(declared, plan);
        // What was made and pushed is held nowhere, so that stores could not be compared with it.
        let rests = look == Look::Glance || plan.source.is_generated();
        let reader = Reader::new(&self.client, &declared.id.namespace);
        if rests
            && let Some(versions) = reader.versions(plan).await
            && let version = self.version(declared, versions, &stores)
        {
            match status::synced_from(&declared.status, &version, wall_clock().as_secs()) {
                Synced::Lasting => return Again::Never,
                Synced::Until(ends) => return until(ends),
                Synced::No => {}
            }
        }
        let sources = match self.sources(declared, plan).await {
            Ok(sources) => sources,
            Err(NoSource::Absent(failure)) => return self.without_source(declared, plan, failure).await,
            Err(NoSource::Unknown(failure)) => {
                let again = self.say(declared, failed(failure, declared.record.clone())).await;
                return again.or(Again::Failed);
            }
        };
        let (version, ends) = (self.version(declared, sources.versions.clone(), &stores), sources.ends);
        match self.judged(declared, plan, sources, &stores) {
            Ok(wanted) => {
                self.bring(declared, plan, wanted, status::ending(&version, ends)).await.or(ends.map_or(Again::Never, until))
            }
            Err(problem) => {
                let failure = Failure { step: Step::Push, reason: problem.reason(), detail: problem.to_string() };
                self.say(declared, failed(failure, declared.record.clone())).await
            }
        }
    }

    /// The stores that the plan chooses, each once.
    fn chosen(&self, declared: &Declared, plan: &PushPlan) -> BTreeSet<StoreName> {
        plan.stores.iter().flat_map(|choice| self.stores.chosen(&declared.id.namespace, choice)).collect()
    }

    /// What the plan pushes.
    async fn sources(&self, declared: &Declared, plan: &PushPlan) -> Result<Sources, NoSource> {
        let reader = Reader::new(&self.client, &declared.id.namespace);
        let mut versions = Versions::new();
        let entries = match &plan.source {
            PushSource::Named(name) => reader.named(name, &mut versions).await?,
            PushSource::Selected(selector) => reader.selected(selector, &mut versions).await?,
            PushSource::Generated(named) => return self.generate(declared, plan, named).await,
        };
        let texts = reader.texts(plan, &mut versions).await?;
        Ok(Sources { entries, texts, versions, ends: None })
    }

    /// What the object is synced from: `<generation>-<hash>` of its labels and annotations, as the other controller has it, of
    /// which objects in which versions it reads from, of the slot in which a generator runs for it, and of which editions of
    /// stores it writes to. Nothing of it is secret.
    pub(super) fn version(&self, declared: &Declared, versions: Versions, stores: &BTreeSet<StoreName>) -> String {
        let editions = stores.iter().map(|store| {
            let edition = self.stores.edition(&declared.id.namespace, store).unwrap_or_default();
            (format!("{} {}", store.kind.as_str(), store.name), edition)
        });
        let run = declared.run(wall_clock()).map(|slot| ("run in".to_owned(), slot.to_string()));
        // No annotation has a name with a space in it.
        let all: BTreeMap<_, _> = declared.annotations.clone().into_iter().chain(versions).chain(editions).chain(run).collect();
        format!("{}-{}", declared.generation, metadata_hash(&declared.labels, &all))
    }

    /// What is to be in each store, of all sources together.
    fn judged(
        &self,
        declared: &Declared,
        plan: &PushPlan,
        sources: Sources,
        stores: &BTreeSet<StoreName>,
    ) -> Result<Vec<(StoreName, Vec<Wanted>)>, WantedError> {
        let Sources { entries, texts, .. } = sources;
        let prepared = entries.into_iter().map(|(of, data)| Prepared::new(plan, &of, data, &texts));
        let prepared: Vec<_> = prepared.collect::<Result<_, _>>()?;
        let each = stores.iter().map(|store| {
            let is_chosen = |choice: &_| self.stores.chosen(&declared.id.namespace, choice).contains(store);
            Ok((store.clone(), wanted(plan, &prepared, is_chosen)?))
        });
        each.collect()
    }

    async fn bring(
        self: &Arc<Self>,
        declared: &Declared,
        plan: &PushPlan,
        wanted: Vec<(StoreName, Vec<Wanted>)>,
        version: String,
    ) -> Again {
        if wanted.is_empty() {
            let detail = "no store has the labels that are selected; label one, or correct secretStoreRefs".to_owned();
            let failure = Failure { step: Step::Push, reason: Reason::StoreNotFound, detail };
            return self.say(declared, failed(failure, declared.record.clone())).await;
        }
        let places = wanted.iter().flat_map(|(store, all)| all.iter().map(|one| (store.clone(), one.at.clone())));
        let places: BTreeSet<Place> = places.collect();
        self.generated().is_tried(&declared.id);
        let mut delivery = self.deliver(declared, plan, wanted).await;
        if let Some(failure) = delivery.failure(Step::Push) {
            delivery.record.keep(&declared.record);
            let again = self.say(declared, failed(failure, delivery.record)).await;
            return again.or(Again::Failed);
        }
        let Taken { left, waits } = self.take_back_all_but(declared, plan, &places).await;
        delivery.record.keep(&left.record);
        if let Some(failure) = left.failure(Step::TakeBack) {
            let again = self.say(declared, failed(failure, delivery.record)).await;
            return again.or(Again::Failed);
        }
        // Another operator that takes over in between has to look at it again.
        let version = if waits { format!("{}-", declared.generation) } else { version };
        let outcome = Outcome::Synced { version, only_if_absent: plan.only_if_absent };
        let again = self.say(declared, Report { outcome, record: delivery.record }).await;
        if again == Again::Never && !waits {
            self.generated().forget(&declared.id);
        }
        again.or(second_look(waits))
    }

    /// The API server says that there is nothing to push.
    async fn without_source(self: &Arc<Self>, declared: &Declared, plan: &PushPlan, failure: Failure) -> Again {
        if !plan.takes_back {
            return self.say(declared, failed(failure, declared.record.clone())).await;
        }
        let was_something = !declared.record.is_empty();
        let Taken { left, waits } = self.take_back_all_but(declared, plan, &BTreeSet::new()).await;
        let is_gone = was_something && left.record.is_empty() || status::is_source_deleted(&declared.status);
        let report = match left.failure(Step::TakeBack) {
            Some(failure) => failed(failure, left.record),
            None if is_gone => Report { outcome: Outcome::SourceDeleted, record: left.record },
            None => failed(failure, left.record),
        };
        let is_open = matches!(report.outcome, Outcome::Failed(_)) && was_something;
        let again = self.say(declared, report).await;
        again.or(second_look(waits)).or(if is_open { Again::Failed } else { Again::Never })
    }

    /// Takes back what the object pushed and does not want any more, once a second look says so too.
    async fn take_back_all_but(&self, declared: &Declared, plan: &PushPlan, wanted: &BTreeSet<Place>) -> Taken {
        let unwanted: BTreeSet<Place> = declared.record.places().filter(|place| !wanted.contains(place)).cloned().collect();
        if !plan.takes_back {
            self.stale().forget(&declared.id);
            return Taken::default();
        }
        let ripe = self.stale().look(&declared.id, unwanted.clone(), Instant::now());
        let waiting: Vec<_> = unwanted.difference(&ripe).cloned().collect();
        let ripe: Vec<_> = ripe.into_iter().collect();
        let mut left = self.take_back(declared, &ripe, Occasion::Less).await;
        left.record.keep_of(&declared.record, &waiting);
        Taken { left, waits: !waiting.is_empty() }
    }

    /// The object goes: what it pushed is taken back first, if it asks for that.
    async fn let_go(self: &Arc<Self>, declared: &Arc<Declared>) -> Again {
        self.forget(&declared.id);
        if !declared.is_held() {
            return Again::Never;
        }
        if declared.takes_back {
            let places: Vec<_> = declared.record.places().cloned().collect();
            let left = self.take_back(declared, &places, Occasion::Goodbye).await;
            if let Some(failure) = left.failure(Step::TakeBack) {
                let again = self.say(declared, failed(failure, left.record)).await;
                return again.or(Again::In(TRY_AGAIN));
            }
        }
        if self.hold(declared, false).await.is_ok() { Again::Never } else { Again::In(TRY_AGAIN) }
    }

    /// Writes the status if it says something else.
    async fn say(&self, declared: &Declared, report: Report) -> Again {
        let Some(status) = status::difference(declared, &report, jiff::Timestamp::now()) else { return Again::Never };
        let patch = json!({"metadata": {"uid": declared.uid}, "status": status});
        let api = declared.id.kind.api(self.client.clone(), Some(&declared.id.namespace));
        match api.patch_status(&declared.id.name, &PatchParams::default(), &Patch::Merge(patch)).await {
            Ok(written) => {
                self.tell(declared, &written).await;
                self.take_in(declared.id.kind, &written);
                Again::Never
            }
            Err(error) => match Refusal::from(&error) {
                Refusal::NotFound => Again::Never,
                refusal => {
                    tracing::warn!(object = %declared.id, ?refusal, "the status of an object that pushes could not be written");
                    Again::In(TRY_AGAIN)
                }
            },
        }
    }
}

/// What became of what is not wanted any more.
#[derive(Default)]
struct Taken {
    /// What could not be taken back, and what waits.
    left: Delivery,
    /// Whether something waits for a second look.
    waits: bool,
}

/// Another look when something ends, in seconds since the Unix epoch.
fn until(ends: u64) -> Again {
    Again::In(Duration::from_secs(ends).saturating_sub(wall_clock()))
}

fn second_look(waits: bool) -> Again {
    if waits { Again::In(SECOND_LOOK) } else { Again::Never }
}

fn failed(failure: Failure, record: Record) -> Report {
    Report { outcome: Outcome::Failed(failure), record }
}
