//! Asks any server for values: one request that templates make, of whose answer the members are the values.
//!
//! ```text
//!   Secrets with the label ─▶ templates ─▶ request ─▶ server that a webhook may be ─▶ JSON ─▶ members
//! ```
//!
//! Must never: ask twice, follow the server elsewhere, go where [`reach`] forbids, take a Secret without the label or of
//! another namespace, or tell of what was sent or answered.

mod reach;
mod request;

use std::collections::BTreeMap;

use reqwest::Url;
use sealbridge_secret::{SecretBytes, SecretMap};

use crate::generator::{GenerateError, JsonPath, Made, Webhook, WebhookError};
use crate::http::Pool;
use crate::json::parse;
use crate::server::roots;
use crate::{Payload, ReadError, Scope, SelectError, Selection};
use reach::Reach;

/// The largest answer: as much as a Secret can hold.
const LARGEST_ANSWER: usize = 1 << 20;
/// The longest name of an entry of a Secret, in bytes.
const LONGEST_NAME: usize = 253;

/// Asks once.
pub(crate) async fn ask(asked: &Webhook, scope: &dyn Scope) -> Result<Made, GenerateError> {
    let objects = objects(asked, scope).await?;
    let roots = roots(asked.ca_bundle.as_deref(), asked.ca_provider.as_ref(), scope).await.map_err(WebhookError::Input)?;
    let own = asked.clone();
    // Templates may take a while, in which this thread must not keep others waiting.
    let made = tokio::task::spawn_blocking(move || request::of(&own, &objects)).await;
    let request = made.map_err(|_| WebhookError::Unavailable)??;
    let reach = Reach::new(scope.webhooks_reach_loopback());
    reach.ensure_address(request.url())?;
    let server = origin(request.url());
    let resolver = reach.clone();
    let pool = Pool::built(server, roots, None, |builder| builder.dns_resolver(resolver)).ok_or(WebhookError::Unavailable)?;
    let answer = match pool.send(request, LARGEST_ANSWER).await {
        Ok(answer) => answer,
        Err(_) if reach.has_refused() => return Err(WebhookError::AddressRefused.into()),
        Err(ReadError::TooLarge) => return Err(WebhookError::TooLarge.into()),
        Err(ReadError::Misconfigured(_)) => return Err(WebhookError::Untrusted.into()),
        Err(_) => return Err(WebhookError::Unavailable.into()),
    };
    ensure_success(answer.status)?;
    Ok(Made { entries: members(SecretBytes::from(answer.body), &asked.path)?, life: None, lease: None })
}

/// What the templates are given. Two of one name are one.
///
/// Threat: whoever may write a generator, and not read Secrets, has the operator send one to a server of their own. So the
/// Secret has to say that webhooks may have it, and another namespace's is never looked at.
async fn objects(asked: &Webhook, scope: &dyn Scope) -> Result<BTreeMap<String, SecretMap>, WebhookError> {
    let mut objects: BTreeMap<String, SecretMap> = BTreeMap::new();
    for one in &asked.secrets {
        let inputs = scope.inputs(one.namespace.as_deref()).map_err(WebhookError::Input)?;
        let entries = inputs.labelled_secret(&one.secret, Webhook::LABEL).await.map_err(WebhookError::Input)?;
        let object = objects.entry(one.name.clone()).or_default();
        for (key, value) in entries.iter() {
            object.insert(key.to_owned(), value.duplicate());
        }
    }
    Ok(objects)
}

/// The server alone: what stands in the rest of a URL may be secret.
fn origin(url: &Url) -> Url {
    let mut origin = url.clone();
    origin.set_path("");
    origin.set_query(None);
    origin.set_fragment(None);
    origin
}

fn ensure_success(status: u16) -> Result<(), WebhookError> {
    Err(match status {
        200..=299 => return Ok(()),
        404 => WebhookError::NothingThere,
        401 | 403 | 407 => WebhookError::Denied(status),
        429 => WebhookError::RateLimited,
        300..=399 => WebhookError::Redirected(status),
        500..=599 => WebhookError::Unavailable,
        _ => WebhookError::NotTaken(status),
    })
}

/// The members of the object at the place that is meant; a text there is read as one.
fn members(body: SecretBytes, path: &JsonPath) -> Result<Vec<(String, SecretBytes)>, GenerateError> {
    let (inner, place) = {
        let text = std::str::from_utf8(body.expose()).map_err(|_| WebhookError::NoJson)?;
        let document = parse(text).map_err(|_| WebhookError::NoJson)?;
        let found = path.find(&document).ok_or(WebhookError::NoSuchPlace)?;
        // Named by its place, not copied, unless its text has to be read once more.
        let start = found.raw.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        (found.secret(), start..start + found.raw.len())
    };
    let (body, place) = match inner {
        Some(inner) => {
            let whole = 0..inner.len();
            (inner, whole)
        }
        None => (body, place),
    };
    let members = Payload::within(body, place, Selection::VaultLiteralThenGjson, None).members(None);
    let members = members.map_err(|error| match error {
        SelectError::NotJson | SelectError::NotAnObject => WebhookError::NoObject.into(),
        other => GenerateError::Unusable(other),
    })?;
    // Names are told where they cannot be those of entries.
    if members.iter().any(|(name, _)| name.len() > LONGEST_NAME) {
        return Err(WebhookError::LongName.into());
    }
    Ok(members)
}

#[cfg(test)]
mod tests;
