//! Generators of the manifests, run here as far as they ask nobody.
//!
//! Must never: have somebody else make a credential, which nobody would then take care of.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealbridge_api::Reason;
use sealbridge_engine::{Generated, SourceError};
use sealbridge_manifest::document::Object;
use sealbridge_manifest::external_secrets::{self, GeneratorError};
use sealbridge_manifest::{GENERATOR_GROUP, GENERATOR_VERSION, GeneratorKind, GeneratorRef, Plan};
use sealbridge_provider::generator::Generator;
use serde_json::Value;

const ASKS: &str = "it would have a server make a credential, of which nobody would take care; the operator runs it";

/// What the generators of one plan made, by their position in it.
pub(crate) type Made = BTreeMap<usize, Result<Arc<Generated>, SourceError>>;

/// All of them. Without a namespace of its own a generator is taken for one of every namespace.
#[derive(Debug, Default)]
pub(crate) struct Generators(BTreeMap<(GeneratorRef, Option<String>), Result<Generator, GeneratorError>>);

impl Generators {
    /// Adds the object if it is one; `namespace` is that of objects that say none.
    pub(crate) fn add(&mut self, namespace: Option<&str>, object: &Object<'_>) {
        if object.api_version().split_once('/') != Some((GENERATOR_GROUP, GENERATOR_VERSION)) {
            return;
        }
        let Some(kind) = GeneratorKind::named(object.kind()) else { return };
        let namespace = object.namespace().or(namespace).filter(|_| !kind.is_of_the_cluster()).map(str::to_owned);
        let generator = external_secrets::generator(kind, object.value.get("spec").unwrap_or(&Value::Null));
        self.0.insert((GeneratorRef { kind, name: object.name().to_owned() }, namespace), generator);
    }

    /// Runs those that a plan names, each source on its own; also whether another run would make something else.
    pub(crate) fn run(&self, plan: &Plan) -> (Made, bool) {
        let mut differs = false;
        let made = plan.generators().map(|(position, named)| {
            let made = self.get(&plan.namespace, named).and_then(|generator| {
                differs |= !generator.is_steady();
                let made = generator.make().ok_or_else(|| withheld(Reason::StoreNotReady, ASKS.to_owned()))?;
                let made = made.map_err(|error| withheld(error.reason(), error.to_string()))?;
                Ok(Arc::new(Generated::Made(made.entries)))
            });
            (position, made)
        });
        (made.collect(), differs)
    }

    fn get(&self, namespace: &str, named: &GeneratorRef) -> Result<&Generator, SourceError> {
        let own = self.0.get(&(named.clone(), Some(namespace.to_owned())));
        match own.or_else(|| self.0.get(&(named.clone(), None))) {
            Some(Ok(generator)) => Ok(generator),
            Some(Err(error)) => Err(withheld(Reason::SpecInvalid, format!("the generator cannot run: {error}"))),
            None => {
                let detail = "no manifest that was read declares the generator; name its file or folder too";
                Err(withheld(Reason::SourceNotFound, detail.to_owned()))
            }
        }
    }
}

fn withheld(reason: Reason, detail: String) -> SourceError {
    SourceError::Withheld { reason, detail }
}
