//! What unit tests share: a client that reaches nobody.

use kube::{Client, Config};

/// A client for a port on which nothing listens. Needs a runtime.
pub(crate) fn no_cluster() -> Client {
    Client::try_from(Config::new("http://127.0.0.1:9".parse().unwrap())).unwrap()
}
