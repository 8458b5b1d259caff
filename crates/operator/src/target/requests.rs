//! Requests about Secrets of one namespace, or objects of another kind that take their place.
//!
//! Owns: paths, media types and what each refusal means for a Secret. Writes ask for metadata in return, so
//! that values do not come back.
//! Must never: decide what is written, or try again by itself.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use kube::Client;
use serde_json::json;
use zeroize::Zeroizing;

use super::TargetError;
use super::kinds::Resource;
use super::live::{LiveMeta, LiveSecret};
use crate::apiserver::{Failure, METADATA_ONLY, Refusal, exchange, wiped_body};
use crate::lease::Leadership;
use crate::object_name::is_object_name;

/// A Secret's uid and resourceVersion: one state of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) uid: String,
    pub(super) resource_version: String,
}

/// What became of a write that is bound to a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// It happened; the state after it.
    Done(Version),
    /// The Secret is no longer as it was looked at; nothing was written.
    LookAgain,
}

/// Secrets of one namespace.
#[derive(Clone, Copy)]
pub(super) struct Secrets<'a> {
    pub(super) client: &'a Client,
    pub(super) namespace: &'a str,
    pub(super) leadership: &'a Leadership,
    /// Another kind than Secrets.
    pub(super) other: Option<&'a Resource>,
}

impl Secrets<'_> {
    /// The whole Secret, values included; `None` if there is none.
    pub(super) async fn get(&self, name: &str) -> Result<Option<LiveSecret>, TargetError> {
        let read = if self.other.is_some() { LiveSecret::read_other } else { LiveSecret::read };
        self.look(name, "application/json", read).await
    }

    /// The Secret's metadata; `None` if there is none.
    pub(super) async fn get_metadata(&self, name: &str) -> Result<Option<LiveMeta>, TargetError> {
        self.look(name, METADATA_ONLY, LiveMeta::read).await
    }

    async fn look<T>(&self, name: &str, accept: &str, read: fn(&[u8]) -> Result<T, TargetError>) -> Result<Option<T>, TargetError> {
        let request = request(Method::GET, &self.path(name, "")?, accept, None, Bytes::new())?;
        match exchange(self.client, request).await {
            Ok(answer) => read(answer.expose()).map(Some),
            Err(Failure::Refused(refusal)) if refusal.code == 404 => Ok(None),
            Err(failure) => Err(meaning(failure, &self.id(name), "get")),
        }
    }

    /// Creates a Secret from the text of a whole object.
    pub(super) async fn create(&self, name: &str, body: Zeroizing<Vec<u8>>) -> Result<Attempt, TargetError> {
        self.path(name, "")?;
        let path = format!("{}?fieldManager={}{}", self.collection(), super::FIELD_MANAGER, self.strictly());
        self.write(Method::POST, &path, "application/json", body, name, "create").await
    }

    /// Changes a Secret by JSON Patch; the patch itself binds it to a state.
    pub(super) async fn patch(&self, name: &str, body: Zeroizing<Vec<u8>>) -> Result<Attempt, TargetError> {
        let path = self.path(name, &format!("?fieldManager={}{}", super::FIELD_MANAGER, self.strictly()))?;
        self.write(Method::PATCH, &path, "application/json-patch+json", body, name, "patch").await
    }

    /// Server-side apply under the name that belongs to the owner with this uid; the body binds it to a state.
    pub(super) async fn apply(&self, name: &str, owner_uid: &str, body: Zeroizing<Vec<u8>>) -> Result<Attempt, TargetError> {
        let path = self.path(name, &format!("?fieldManager={}{owner_uid}&force=true", super::MERGE_MANAGER_PREFIX))?;
        self.write(Method::PATCH, &path, "application/apply-patch+yaml", body, name, "patch").await
    }

    /// Deletes this very state of a Secret.
    pub(super) async fn delete(&self, name: &str, version: &Version) -> Result<Attempt, TargetError> {
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": version.uid, "resourceVersion": version.resource_version},
        });
        self.ensure_operator_still_leads()?;
        let body = Bytes::from(options.to_string());
        let request = request(Method::DELETE, &self.path(name, "")?, METADATA_ONLY, Some("application/json"), body)?;
        match exchange(self.client, request).await {
            Ok(_) => Ok(Attempt::Done(version.clone())),
            Err(Failure::Refused(refusal)) if matches!(refusal.code, 404 | 409) => Ok(Attempt::LookAgain),
            Err(failure) => Err(meaning(failure, &self.id(name), "delete")),
        }
    }

    async fn write(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: Zeroizing<Vec<u8>>,
        name: &str,
        verb: &'static str,
    ) -> Result<Attempt, TargetError> {
        self.ensure_operator_still_leads()?;
        let request = request(method, path, METADATA_ONLY, Some(media_type), wiped_body(body))?;
        match exchange(self.client, request).await {
            Ok(answer) => {
                let meta = LiveMeta::read(answer.expose())?;
                Ok(Attempt::Done(Version { uid: meta.uid, resource_version: meta.resource_version }))
            }
            Err(Failure::Refused(refusal)) if is_outdated(&refusal) => Ok(Attempt::LookAgain),
            Err(failure) => Err(meaning(failure, &self.id(name), verb)),
        }
    }

    /// Lets only the leader write.
    ///
    /// Threat: an operator that hung while another one took over runs on with values from before, looks at the Secret
    /// and puts them over newer ones. Asked after the look: if it hangs later than here, the write is bound to a state
    /// that the new leader has changed.
    fn ensure_operator_still_leads(&self) -> Result<(), TargetError> {
        if self.leadership.holds() { Ok(()) } else { Err(TargetError::NotLeading) }
    }

    fn path(&self, name: &str, query: &str) -> Result<String, TargetError> {
        if !is_object_name(name) || !is_object_name(self.namespace) {
            return Err(TargetError::Name);
        }
        Ok(format!("{}/{name}{query}", self.collection()))
    }

    fn collection(&self) -> String {
        let (prefix, plural) = self.other.map_or(("/api/v1", "secrets"), |other| (&other.prefix, &other.plural));
        format!("{prefix}/namespaces/{}/{plural}", self.namespace)
    }

    /// How an error names an object.
    fn id(&self, name: &str) -> String {
        self.other.map_or_else(|| name.to_owned(), |other| other.kind.id(name))
    }

    /// Has a field refused that the kind does not have: dropped by the API server it would be missed at every look.
    fn strictly(&self) -> &'static str {
        if self.other.is_some() { "&fieldValidation=Strict" } else { "" }
    }
}

fn request(method: Method, path: &str, accept: &str, media_type: Option<&str>, body: Bytes) -> Result<Request<Bytes>, TargetError> {
    let mut request = Request::builder().method(method).uri(path).header(ACCEPT, accept);
    if let Some(media_type) = media_type {
        request = request.header(CONTENT_TYPE, media_type);
    }
    request.body(body).map_err(|_| TargetError::Name)
}

/// Whether the refusal says that the Secret is not in the state that the write is bound to. A `test` of a JSON
/// Patch that fails is answered by 422 without a cause; a refused content has causes.
fn is_outdated(refusal: &Refusal) -> bool {
    match refusal.code {
        409 => true,
        404 => &*refusal.about != "namespaces",
        422 => refusal.causes.is_empty() || refusal.is_about_another_object(),
        _ => false,
    }
}

fn meaning(failure: Failure, secret: &str, verb: &'static str) -> TargetError {
    let Failure::Refused(refusal) = failure else { return TargetError::ClusterUnavailable };
    let secret = secret.to_owned();
    let too_long = refusal.has_cause("FieldValueTooLong");
    match refusal.code {
        404 => TargetError::NamespaceGone,
        403 if refusal.has_cause("NamespaceTerminating") => TargetError::NamespaceGone,
        403 if refusal.over_quota => TargetError::OverQuota { secret },
        403 => TargetError::Forbidden { secret, verb },
        413 => TargetError::TooLarge { secret },
        422 if too_long => TargetError::TooLarge { secret },
        _ => {
            let field = refusal.causes.into_iter().map(|cause| cause.field).find(|field| !field.is_empty());
            TargetError::Refused { secret, field: field.unwrap_or_else(|| "content".to_owned()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::Cause;
    use rstest::rstest;

    fn refusal(code: u16, about: &str, cause: Option<(&str, &str)>) -> Refusal {
        let causes = cause.map(|(reason, field)| Cause { reason: reason.to_owned(), field: field.to_owned() });
        Refusal { code, about: about.into(), causes: causes.into_iter().collect(), over_quota: false }
    }

    #[rstest]
    #[case::conflict(refusal(409, "secrets", None), true)]
    #[case::gone_meanwhile(refusal(404, "secrets", None), true)]
    #[case::no_namespace(refusal(404, "namespaces", None), false)]
    #[case::failed_test_of_a_patch(refusal(422, "", None), true)]
    #[case::replaced_meanwhile(refusal(422, "Secret", Some(("FieldValueInvalid", "metadata.uid"))), true)]
    #[case::refused_content(refusal(422, "Secret", Some(("FieldValueInvalid", "data[a]"))), false)]
    #[case::forbidden(refusal(403, "secrets", None), false)]
    fn outdated_writes_are_told_from_refused_ones(#[case] refusal: Refusal, #[case] outdated: bool) {
        assert_eq!(is_outdated(&refusal), outdated);
    }

    #[tokio::test]
    async fn nothing_is_sent_by_an_operator_whose_lease_may_be_lost() {
        let (client, leadership) = (crate::testing::no_cluster(), Leadership::default());
        let secrets = Secrets { client: &client, namespace: "shop", leadership: &leadership, other: None };
        let version = Version { uid: "u".to_owned(), resource_version: "1".to_owned() };
        let body = || Zeroizing::new(Vec::new());
        let refused = Err(TargetError::NotLeading);
        assert_eq!(secrets.create("env", body()).await, refused);
        assert_eq!(secrets.patch("env", body()).await, refused);
        assert_eq!(secrets.apply("env", "u", body()).await, refused);
        assert_eq!(secrets.delete("env", &version).await, refused);

        leadership.hold_until(jiff::Timestamp::now().checked_add(std::time::Duration::from_mins(1)).ok());
        assert_eq!(secrets.create("env", body()).await, Err(TargetError::ClusterUnavailable), "nobody is there to answer");
        leadership.hold_until(Some(jiff::Timestamp::UNIX_EPOCH));
        assert_eq!(secrets.create("env", body()).await, refused);
    }

    #[rstest]
    #[case::no_namespace(refusal(404, "namespaces", None), TargetError::NamespaceGone)]
    #[case::terminating(refusal(403, "secrets", Some(("NamespaceTerminating", "metadata.namespace"))), TargetError::NamespaceGone)]
    #[case::forbidden(refusal(403, "secrets", None), TargetError::Forbidden { secret: "env".to_owned(), verb: "patch" })]
    #[case::too_long(refusal(422, "Secret", Some(("FieldValueTooLong", "data"))), TargetError::TooLarge { secret: "env".to_owned() })]
    #[case::invalid(
        refusal(422, "Secret", Some(("FieldValueInvalid", "metadata.labels"))),
        TargetError::Refused { secret: "env".to_owned(), field: "metadata.labels".to_owned() }
    )]
    fn refusals_have_a_meaning(#[case] refusal: Refusal, #[case] expected: TargetError) {
        assert_eq!(meaning(Failure::Refused(refusal), "env", "patch"), expected);
    }
}
