//! Reading what the plans need: each key of each store once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;
use sealbridge_api::Reason;
use sealbridge_engine::{Generated, SourceError, Values};
use sealbridge_manifest::{SourceRef, TemplateInput};
use sealbridge_provider::{Admission, AmbientIdentity, InputError, NamespaceInputs, Payload, Provider, RemoteKey, Scope, connect};

use sealbridge_secret::{Digest, SecretBytes};

use super::declared::{Declarations, Declared};
use super::generators::Made;
use super::login::StoresArgs;
use super::stores::StoreId;

/// Which stores are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Only those whose values stand in the manifests.
    Fake,
    /// All, with your own credentials or those of the job.
    #[cfg(feature = "stores")]
    Live,
}

type Answer = Result<Arc<Payload>, SourceError>;

/// What the stores answered.
#[derive(Default)]
pub(crate) struct Answers(BTreeMap<(StoreId, RemoteKey), Answer>);

impl Answers {
    /// The answers as an object of `namespace` sees them, and what its generators made.
    pub(crate) fn seen_from<'a>(&'a self, namespace: &'a str, declarations: &'a Declarations, made: &'a Made) -> Seen<'a> {
        Seen { answers: self, namespace, declarations, made }
    }
}

/// Answers as an object of one namespace sees them.
pub(crate) struct Seen<'a> {
    answers: &'a Answers,
    namespace: &'a str,
    declarations: &'a Declarations,
    made: &'a Made,
}

impl Values for Seen<'_> {
    fn get(&self, source: &SourceRef) -> Option<Answer> {
        let id = StoreId::of(self.namespace, &source.store);
        let refused = self.declarations.stores.get(&id).is_some_and(|store| !store.admits(self.namespace));
        if refused {
            let detail =
                format!("the store's conditions do not admit namespace {}; add it there, or use another store", self.namespace);
            return Some(Err(SourceError::Withheld { reason: Reason::StoreNotAllowed, detail }));
        }
        let admission = self.declarations.stores.get(&id).map(|store| store.admission(self.namespace));
        let answer = self.answers.0.get(&(id, source.key.clone())).cloned();
        match admission {
            Some(admission) => judged(&admission, &source.key, answer),
            None => answer,
        }
    }

    fn template(&self, input: &TemplateInput, key: &str) -> Option<Result<Arc<SecretBytes>, SourceError>> {
        let text = self.declarations.templates.get(self.namespace, input, key);
        Some(text.ok_or_else(|| SourceError::Withheld {
            reason: Reason::SourceNotFound,
            detail: format!("no manifest that was read declares {input} with an entry {key}; name its file or folder too"),
        }))
    }

    fn templates(&self) -> Option<Digest> {
        None
    }

    fn generated(&self, position: usize) -> Option<Result<Arc<Generated>, SourceError>> {
        self.made.get(&position).cloned()
    }
}

/// The answer, unless the store's limits do not let the namespace have it.
fn judged(admission: &Admission, key: &RemoteKey, answer: Option<Answer>) -> Option<Answer> {
    let judged = admission.admit(key).and_then(|key| match &answer {
        Some(Ok(payload)) => admission.ensure_found(&key, payload),
        _ => Ok(()),
    });
    match judged {
        Ok(()) => answer,
        Err(refused) => Some(Err(SourceError::Withheld { reason: Reason::StoreNotAllowed, detail: refused.to_string() })),
    }
}

/// Reads everything that the declared Secrets need.
pub(crate) async fn read(declarations: &Declarations, stores: &StoresArgs) -> Answers {
    let mut wanted: BTreeMap<StoreId, BTreeSet<RemoteKey>> = BTreeMap::new();
    for Declared { plan, .. } in &declarations.secrets {
        for source in plan.sources() {
            let id = StoreId::of(&plan.namespace, &source.store);
            let store = declarations.stores.get(&id);
            if store.is_none_or(|store| store.admission(&plan.namespace).admit(&source.key).is_ok()) {
                wanted.entry(id).or_default().insert(source.key.clone());
            }
        }
    }
    let mut answers = Answers::default();
    for (id, keys) in wanted {
        match open(declarations, &id, stores).await {
            Ok(provider) => {
                for (key, answer) in ask(provider.as_ref(), keys).await {
                    answers.0.insert((id.clone(), key), answer);
                }
            }
            Err(error) => answers.0.extend(keys.into_iter().map(|key| ((id.clone(), key), Err(error.clone())))),
        }
    }
    answers
}

async fn open(declarations: &Declarations, id: &StoreId, stores: &StoresArgs) -> Result<Arc<dyn Provider>, SourceError> {
    let withheld = |reason, detail: String| SourceError::Withheld { reason, detail };
    let store = declarations.stores.get(id).ok_or_else(|| {
        withheld(Reason::StoreNotFound, "no manifest that was read declares the store; name its file or folder too".to_owned())
    })?;
    let connected = match stores.mode {
        _ if store.provider.fake.is_some() => connect(&store.provider, &NothingAtHand).await,
        Mode::Fake => return Err(withheld(Reason::StoreNotReady, offline(store.provider_name()))),
        #[cfg(feature = "stores")]
        Mode::Live => super::live::connect(&store.provider, &stores.login).await,
    };
    connected.map_err(|error| withheld(Reason::StoreNotReady, error.to_string()))
}

fn offline(kind: &str) -> String {
    format!("the store is {kind}, which is not asked offline; pass --stores live to read it with your own credentials")
}

async fn ask(provider: &dyn Provider, keys: BTreeSet<RemoteKey>) -> Vec<(RemoteKey, Answer)> {
    let mut answers: Vec<_> = provider.read(keys.into_iter().collect()).collect().await;
    let mut judged = Vec::new();
    for (key, answer) in answers.drain(..) {
        let answer = match answer {
            Err(error @ sealbridge_provider::ReadError::Absent(_)) => {
                Err(SourceError::Read(provider.confirm_absence(&key).await.err().unwrap_or(error)))
            }
            answer => answer.map(Arc::new).map_err(SourceError::Read),
        };
        judged.push((key, answer));
    }
    provider.close().await;
    judged
}

/// The surroundings of a store that needs none.
struct NothingAtHand;

impl Scope for NothingAtHand {
    fn inputs(&self, namespace: Option<&str>) -> Result<Arc<dyn NamespaceInputs>, InputError> {
        Err(InputError::NamespaceRefused { namespace: namespace.unwrap_or_default().to_owned() })
    }

    fn ambient_identity(&self) -> AmbientIdentity {
        AmbientIdentity::Refused
    }
}
