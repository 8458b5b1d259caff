//! What a ClusterExternalSecret has stand in several namespaces: the ExternalSecret in it, as far as it is the same in all, and
//! what it reads and writes in those that it names.

use sealbridge_manifest::document::{DecodeError, Object};
use sealbridge_manifest::external_secrets;
use serde_json::Value;

use super::super::across::Declared;
use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::rule::Rule;
use super::schema::{Problem, steps};
use super::secret_spec::SecretSpec;
use super::{declared_secret, external_generator, external_secrets as of_one};

/// Judges one object that is not another controller's.
pub(super) fn judge(subject: &Subject<'_>, object: &Object<'_>, declared: &mut Declared, drafts: &mut Vec<Draft>) {
    let label = label(object);
    let fan_out = match external_secrets::fan_out(object.value.get("spec").unwrap_or(&Value::Null)) {
        Ok(fan_out) => Some(fan_out),
        Err(DecodeError::MissingField { .. }) if subject.surroundings.is_patch(subject.path) => None,
        Err(problem) => {
            let problem = Problem::Decode(problem);
            let at = At::Path(object.place.document, steps(object, &problem));
            drafts.push(Draft::of_error(Rule::ExternalSecret, at, &problem).of(&label));
            None
        }
    };
    let Some(spec) = SecretSpec::of_copies(object, fan_out.as_ref()).filter(|spec| spec.value.is_object()) else { return };
    spec.judge(subject, object, &label, drafts);
    of_one::keys_twice(&spec, &label, drafts);
    of_one::stores(&spec, None, &label, declared);
    external_generator::uses(&spec, None, &label, declared);
    for namespace in fan_out.iter().flat_map(|fan_out| &fan_out.namespaces) {
        declared_secret::note(subject, &spec, namespace, &label, declared);
    }
}
