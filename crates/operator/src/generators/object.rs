//! Generator objects as the API server has them.
//!
//! Must never: read one of another namespace than that of the object that names it, or repeat a parser's words.

use std::sync::Arc;

use kube::api::{Api, ApiResource, DynamicObject, GetParams};
use kube::core::{GroupVersionKind, ObjectMeta, PartialObjectMeta, Request};
use kube::{Client, Error};
use sealbridge_api::Reason;
use sealbridge_engine::SourceError;
use sealbridge_manifest::{GENERATOR_GROUP, GENERATOR_VERSION, GeneratorKind, GeneratorRef, external_secrets};
use sealbridge_provider::generator::Generator;
use serde::Deserialize;
use serde_json::Value;

use crate::inputs::{InputId, InputKind};
use crate::object_name::is_object_name;

/// A generator as it was read.
#[derive(Debug)]
pub(crate) struct Read {
    /// What it makes, and how.
    pub(crate) generator: Generator,
    /// Its spec as one text, which differs when it differs. It may hold what is secret.
    pub(crate) spec: String,
    /// Which object it is and which edition of its spec, `<uid> <generation>`; nothing of it is secret.
    pub(crate) version: String,
}

#[derive(Deserialize)]
struct Object {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
}

/// The generator that an object of `namespace` names.
pub(crate) async fn read(client: &Client, namespace: &str, named: &GeneratorRef) -> Result<Read, SourceError> {
    let withheld = |reason, detail: String| SourceError::Withheld { reason, detail };
    if !is_object_name(&named.name) {
        return Err(withheld(Reason::SpecInvalid, "Kubernetes accepts no such name; correct generatorRef.name".to_owned()));
    }
    let api = api::<DynamicObject>(client.clone(), named.kind, namespace);
    let request = Request::new(api.resource_url()).get(&named.name, &GetParams::default());
    let request = request.map_err(|_| withheld(Reason::SpecInvalid, "the generator's name cannot be asked for".to_owned()))?;
    let text = client.request_text(request).await.map_err(|error| refused(&error))?;
    let unreadable = || withheld(Reason::StoreNotReady, UNAVAILABLE.to_owned());
    let object: Object = serde_json::from_str(&text).map_err(|_| unreadable())?;
    let generator = external_secrets::generator(named.kind, &object.spec)
        .map_err(|error| withheld(Reason::SpecInvalid, format!("the generator cannot run: {error}")))?;
    let ObjectMeta { uid, generation, .. } = object.metadata;
    let version = format!("{} {}", uid.unwrap_or_default(), generation.unwrap_or_default());
    Ok(Read { generator, spec: object.spec.to_string(), version })
}

const UNAVAILABLE: &str = "the API server did not answer; it is asked again by itself";

fn refused(error: &Error) -> SourceError {
    let (reason, detail) = match error {
        Error::Api(status) if status.code == 404 => {
            let is_of_a_known_kind = status.details.as_ref().is_some_and(|details| !details.name.is_empty());
            let detail = if is_of_a_known_kind {
                "there is no such generator; create it, or correct generatorRef"
            } else {
                "the cluster has no such kind; apply the CRDs of deploy/dialects/external-secrets/crd, or use another source"
            };
            (Reason::SourceNotFound, detail)
        }
        Error::Api(status) if status.code == 403 => {
            (Reason::Forbidden, "the operator may not get it; grant it the verbs get, list and watch on generators")
        }
        _ => (Reason::StoreNotReady, UNAVAILABLE),
    };
    SourceError::Withheld { reason, detail: detail.to_owned() }
}

/// A generator as something that is watched for the sake of who names it.
pub(crate) fn input_of(namespace: &Arc<str>, named: &GeneratorRef) -> InputId {
    let namespace = if named.kind.is_of_the_cluster() { "".into() } else { Arc::clone(namespace) };
    InputId { kind: InputKind::Generator(named.kind), namespace, name: named.name.as_str().into() }
}

/// Generators of one kind by their metadata alone, of a namespace where the kind has any.
pub(crate) fn metadata_api(client: Client, kind: GeneratorKind, namespace: &str) -> Api<PartialObjectMeta<DynamicObject>> {
    api(client, kind, namespace)
}

fn api<K>(client: Client, kind: GeneratorKind, namespace: &str) -> Api<K>
where
    K: kube::Resource<DynamicType = ApiResource, Scope = kube::core::DynamicResourceScope>,
{
    let gvk = GroupVersionKind::gvk(GENERATOR_GROUP, GENERATOR_VERSION, kind.as_str());
    let resource = ApiResource::from_gvk_with_plural(&gvk, kind.plural());
    if kind.is_of_the_cluster() { Api::all_with(client, &resource) } else { Api::namespaced_with(client, namespace, &resource) }
}
