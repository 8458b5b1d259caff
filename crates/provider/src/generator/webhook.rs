//! A request that templates make, and of whose answer the values are: what it consists of, and why it brought nothing.
//!
//! Must never: hold a byte of the request or of the answer in an error.

use std::time::Duration;

use sealbridge_api::Reason;
use sealbridge_api::store::CaProvider;

use super::JsonPath;
use crate::InputError;

/// Headers that say how a request is sent, and to whom, rather than what is asked.
const OF_THE_REQUEST: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a header is made by whoever sends the request, so that no template may.
#[must_use]
pub fn is_header_of_the_request(name: &str) -> bool {
    OF_THE_REQUEST.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// A request to any server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where to, as a template whose values are escaped for the query of a URL.
    pub url: String,
    /// The method: letters.
    pub method: String,
    /// Headers by name, as templates.
    pub headers: Vec<(String, String)>,
    /// The body as a template; empty is none.
    pub body: String,
    /// How long all of it may take.
    pub timeout: Duration,
    /// Where in the answer the values stand.
    pub path: JsonPath,
    /// What the templates are given.
    pub secrets: Vec<WebhookSecret>,
    /// By which certificates the server is known, as PEM or base64 of it.
    pub ca_bundle: Option<String>,
    /// Where these certificates stand instead.
    pub ca_provider: Option<CaProvider>,
}

impl Webhook {
    /// How long a request may take of which nothing is said.
    pub const TIMEOUT: Duration = Duration::from_secs(15);
    /// How long any may take.
    pub const LONGEST_TIMEOUT: Duration = Duration::from_mins(2);
    /// The label of a Secret that says that webhooks may have it, and its value.
    pub const LABEL: (&'static str, &'static str) = ("external-secrets.io/type", "webhook");
}

/// A Secret that the templates are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecret {
    /// The name under which they are.
    pub name: String,
    /// The Secret.
    pub secret: String,
    /// Its namespace, where one is named.
    pub namespace: Option<String>,
}

/// Why a request brought no values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// What the request needs could not be had.
    #[error("{0}")]
    Input(InputError),
    /// A template did not make a part of the request; the words name no value.
    #[error("{0}")]
    Template(String),
    /// What the template of the URL made is none.
    #[error("spec.url makes no URL of http or https; correct it, or the entries of the Secrets that stand in it")]
    NoUrl,
    /// The URL has a login in it.
    #[error(
        "spec.url holds a user or password; write them under spec.headers, as Authorization: Basic {{{{ print .name.user \":\" \
         .name.password | b64enc }}}}"
    )]
    LoginInUrl,
    /// What a header's template made cannot stand in one.
    #[error("spec.headers.{0} makes no line of text; take line feeds and control characters out of what stands in it")]
    NoHeader(String),
    /// The server is none that webhooks may be.
    #[error(
        "spec.url leads to an address of the host itself, of its network link or of a cloud's metadata service, where no webhook \
         may go; name another server, or for a loopback address start the operator with --allow-webhook-loopback"
    )]
    AddressRefused,
    /// The server's certificate is not trusted.
    #[error("the server's certificate is not trusted; set caBundle or caProvider to the CA that issued it")]
    Untrusted,
    /// The server could not be reached, or not in time, or failed.
    #[error("the server could not be reached, failed, or did not answer in time; it is asked again by itself")]
    Unavailable,
    /// The server has nothing.
    #[error("the server has nothing there (404); correct spec.url, or have the server make it")]
    NothingThere,
    /// The server wants somebody else.
    #[error("the server refused the request ({0}); check the credentials in spec.headers and the Secrets that they name")]
    Denied(u16),
    /// The server sends elsewhere, where nobody follows.
    #[error("the server answers with a redirect ({0}), which is not followed; write the URL that it leads to")]
    Redirected(u16),
    /// The server asks for fewer requests.
    #[error("the server limits the rate of requests (429); it is asked again by itself")]
    RateLimited,
    /// Any other answer that is no success.
    #[error("the server did not take the request ({0}); correct url, method, headers or body to what it expects")]
    NotTaken(u16),
    /// The answer is too large.
    #[error("the answer is larger than 1 MiB, more than a Secret can hold; ask for less")]
    TooLarge,
    /// The answer is no JSON.
    #[error("the answer is not JSON; correct spec.url, or have the server answer with a JSON object")]
    NoJson,
    /// The answer has nothing where the values should be.
    #[error("the answer has nothing at spec.result.jsonPath; correct the path")]
    NoSuchPlace,
    /// A member's name is longer than any name of an entry.
    #[error("a member of the answer's object has a name of more than 253 characters; have the server answer with shorter ones")]
    LongName,
    /// What stands there has no names.
    #[error("what stands at spec.result.jsonPath is no JSON object, nor a text that is one; name an object")]
    NoObject,
}

impl WebhookError {
    /// The class under which a condition names this.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Template(_) | Self::NoUrl | Self::LoginInUrl | Self::NoHeader(_) => Reason::SpecInvalid,
            Self::AddressRefused => Reason::Forbidden,
            Self::Input(_) | Self::Unavailable | Self::RateLimited => Reason::StoreNotReady,
            Self::NothingThere => Reason::SourceNotFound,
            Self::Denied(_) => Reason::SourceDenied,
            Self::Untrusted | Self::Redirected(_) | Self::NotTaken(_) => Reason::StoreMisconfigured,
            Self::TooLarge | Self::NoJson | Self::LongName | Self::NoObject => Reason::SourceInvalid,
            Self::NoSuchPlace => Reason::PropertyNotFound,
        }
    }
}
