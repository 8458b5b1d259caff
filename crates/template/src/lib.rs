//! Go's text/template with the functions that External Secrets Operator gives it.
//!
//! ```text
//!   text ─▶ syntax ─▶ Template ─▶ exec ─▶ bytes
//!              ▲                    ▲ ▲
//!          functions ───────────────┘ └─── values, limits, ports (clock, randomness)
//! ```
//!
//! Strings are bytes and pass through unharmed. A rendering ends within its [`Limits`], whatever the template is.
//! Must never: read a file, the environment, the network or a cluster; take time or randomness but from [`Ports`];
//! say in an error what was made from a value.
//!
//! ```
//! use sealbridge_secret::{SecretBytes, SecretMap};
//! use sealbridge_template::{Limits, System, Template};
//!
//! let template = Template::parse("url", "postgres://{{ .user }}:{{ .password | urlquery }}@db")?;
//! let values: SecretMap =
//!     [("user", "app"), ("password", "a b")].map(|(key, value)| (key.to_owned(), SecretBytes::new(value.into()))).into_iter().collect();
//! let url = template.render(&values, &Limits::default(), &System)?;
//! assert_eq!(url.expose(), b"postgres://app:a+b@db");
//! # Ok::<(), sealbridge_template::TemplateError>(())
//! ```

mod context;
mod error;
mod exec;
mod fault;
mod format;
mod functions;
mod names;
mod number;
mod syntax;
mod template;
mod text;
mod time;
mod value;

pub use context::{Limits, NoRandomness, Ports, System};
pub use error::TemplateError;
pub use fault::Limit;
pub use template::Template;

/// The names of all functions that templates can call, in order.
#[must_use]
pub fn function_names() -> Vec<&'static str> {
    functions::names()
}
