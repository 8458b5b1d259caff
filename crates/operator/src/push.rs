//! Secrets that are written into stores: what PushSecrets declare.
//!
//! ```text
//!   PushSecrets          ─┐                      ┌─ source       their Secrets, what generators make, templates
//!   metadata of sources  ─┼▶ queue ─▶ reconcile ─┼─ deliver      places that limits admit, one store beside the other
//!   stores, the clock    ─┘                      ├─ take_back    what is not wanted any more, after a second look
//!                                                └─ status       and with it the memory of what was pushed
//! ```
//!
//! Owns: when a store is written to. The writer of each store sees to it that nothing equal is written again.
//! Must never: read from another namespace than the object's, or take back what could not be judged whole.

mod again;
mod declared;
mod deliver;
mod finalizer;
mod generated;
mod kind;
mod news;
mod queue;
mod reconcile;
mod record;
mod selected;
mod source;
mod stale;
mod status;
mod take_back;
mod watching;
mod whose;
mod work;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::Client;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use self::again::Failures;
use self::declared::Declared;
use self::generated::Generated;
use self::kind::{PushId, PushKind};
use self::queue::Look;
use self::selected::Selected;
use self::stale::Stale;
use crate::dialects::Dialects;
use crate::events::Events;
use crate::identity::Kind;
use crate::inputs::Inputs;
use crate::shutdown::Shutdown;
use crate::stores::Stores;

/// How long it may take until the state of a source is known that was not watched before.
const KNOWN_SOON: Duration = Duration::from_secs(5);

/// Writes Secrets into stores.
pub struct Pushes {
    client: Client,
    events: Events,
    dialects: Dialects,
    stores: Arc<Stores>,
    /// Whether this operator may write.
    leader: watch::Receiver<bool>,
    declared: Mutex<HashMap<PushId, Arc<Declared>>>,
    inputs: Arc<Inputs<PushId>>,
    selected: Selected,
    stale: Mutex<Stale>,
    generated: Mutex<Generated>,
    failures: Mutex<Failures>,
    /// When objects are looked at again that nothing else asks for.
    timers: Mutex<HashMap<PushId, AbortHandle>>,
    ask: mpsc::UnboundedSender<(PushId, Look)>,
    shutdown: Shutdown,
    queues: Mutex<Option<Queues>>,
}

/// The receiving ends, until they are run.
struct Queues {
    asked: mpsc::UnboundedReceiver<(PushId, Look)>,
    inputs: mpsc::UnboundedReceiver<PushId>,
}

impl Pushes {
    /// Nothing is watched before [`Pushes::run`].
    #[must_use]
    pub fn new(
        client: Client,
        dialects: Dialects,
        stores: Arc<Stores>,
        leader: watch::Receiver<bool>,
        shutdown: Shutdown,
    ) -> Arc<Self> {
        let (ask, asked) = mpsc::unbounded_channel();
        let (inputs_changed, inputs_seen) = mpsc::unbounded_channel();
        Arc::new(Self {
            inputs: Inputs::new(client.clone(), shutdown.clone(), inputs_changed),
            events: Events::new(client.clone()),
            client,
            dialects,
            stores,
            leader,
            declared: Mutex::default(),
            selected: Selected::default(),
            stale: Mutex::default(),
            generated: Mutex::default(),
            failures: Mutex::default(),
            timers: Mutex::default(),
            ask,
            shutdown,
            queues: Mutex::new(Some(Queues { asked, inputs: inputs_seen })),
        })
    }

    /// Keeps stores as it is declared in these namespaces, `None` being all, until the shutdown. `since` is when some operator
    /// was last at work, since the Unix epoch. To be run once.
    pub async fn run(self: Arc<Self>, namespaces: Vec<Option<String>>, since: Duration) {
        let Some(queues) = self.queues.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        // Whose an object is stands on the stores that it names.
        tokio::select! {
            () = self.shutdown.requested() => return,
            () = self.stores.ready() => {}
        }
        let external = self.dialects.kinds().any(|kind| kind == Kind::ExternalSecret).then_some(PushKind::External);
        let kinds: Vec<_> = std::iter::once(PushKind::Native).chain(external).collect();
        let watches = kinds.iter().flat_map(|kind| namespaces.iter().map(|namespace| (*kind, namespace.as_deref())));
        let watches = watches.map(|(kind, namespace)| self.watch_declared(kind, namespace));
        tokio::join!(
            futures::future::join_all(watches),
            self.watch_stores(self.stores.follow()),
            self.watch_inputs(queues.inputs),
            self.work(queues.asked, since),
        );
    }

    fn known(&self) -> MutexGuard<'_, HashMap<PushId, Arc<Declared>>> {
        self.declared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stale(&self) -> MutexGuard<'_, Stale> {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn generated(&self) -> MutexGuard<'_, Generated> {
        self.generated.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, id: PushId, look: Look) {
        // Without a receiver the process is about to end.
        let _told = self.ask.send((id, look)).is_ok();
    }
}
