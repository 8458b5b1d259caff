//! The request, as the templates make it.
//!
//! Must never: put what a template made into an error.

use std::collections::BTreeMap;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Body, Method, Request, Url};
use sealbridge_secret::{SecretBytes, SecretMap};
use sealbridge_template::{Limits, System, Template};

use crate::generator::{Webhook, WebhookError};

/// The longest URL, and the longest header.
const LONGEST_LINE: usize = 8 << 10;
/// The largest body.
const LARGEST_BODY: usize = 1 << 20;

/// What templates are given, by name and key.
type Objects = BTreeMap<String, SecretMap>;

/// The request that the templates make of these Secrets.
pub(super) fn of(asked: &Webhook, objects: &Objects) -> Result<Request, WebhookError> {
    let url = rendered("spec.url", &asked.url, &escaped(objects), LONGEST_LINE)?;
    let url = std::str::from_utf8(url.expose()).ok().and_then(|text| Url::parse(text).ok());
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()).ok_or(WebhookError::NoUrl)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(WebhookError::LoginInUrl);
    }
    let method = Method::from_bytes(asked.method.as_bytes()).map_err(|_| WebhookError::NotTaken(405))?;
    let mut request = Request::new(method, url);
    *request.timeout_mut() = Some(asked.timeout);
    for (name, text) in &asked.headers {
        let no_header = || WebhookError::NoHeader(name.clone());
        let value = rendered(&format!("spec.headers.{name}"), text, objects, LONGEST_LINE)?;
        let mut value = HeaderValue::from_bytes(value.expose().trim_ascii()).map_err(|_| no_header())?;
        value.set_sensitive(true);
        request.headers_mut().append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| no_header())?, value);
    }
    if !asked.body.is_empty() {
        let body = rendered("spec.body", &asked.body, objects, LARGEST_BODY)?;
        *request.body_mut() = Some(Body::from(body.expose().to_vec()));
    }
    Ok(request)
}

fn rendered(field: &str, text: &str, objects: &Objects, longest: usize) -> Result<SecretBytes, WebhookError> {
    let limits = Limits { output: longest, ..Limits::default() };
    let template = Template::parse(field, text).map_err(|error| WebhookError::Template(error.to_string()))?;
    template.render_objects(objects, &limits, &System).map_err(|error| WebhookError::Template(error.to_string()))
}

/// The same with every value as it stands in the query of a URL, where Go's `url.QueryEscape` puts it.
fn escaped(objects: &Objects) -> Objects {
    let of_object = |values: &SecretMap| values.iter().map(|(key, value)| (key.to_owned(), escape(value))).collect();
    objects.iter().map(|(name, values)| (name.clone(), of_object(values))).collect()
}

fn escape(value: &SecretBytes) -> SecretBytes {
    const HEX: [u8; 16] = *b"0123456789ABCDEF";
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
    let mut escaped = Vec::with_capacity(value.len().saturating_mul(3));
    for byte in value.expose() {
        match byte {
            b' ' => escaped.push(b'+'),
            b'-' | b'_' | b'.' | b'~' => escaped.push(*byte),
            letter if letter.is_ascii_alphanumeric() => escaped.push(*letter),
            other => escaped.extend([b'%', digit(other >> 4), digit(other & 15)]),
        }
    }
    SecretBytes::new(escaped)
}
