//! The server's configuration, in HCL. It must never listen anywhere but on 127.0.0.1.

use std::path::{Path, PathBuf};

use crate::ports;

/// The files with which the server serves TLS.
pub(super) struct Served {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    /// The authority whose certificates clients have to show, if they have to.
    pub(super) clients: Option<PathBuf>,
}

/// A configuration; paths of temporary folders hold nothing that HCL would want escaped.
pub(super) fn text(store: &Path, port: u16, served: Option<&Served>, audit_log: &Path) -> String {
    let store = store.display();
    let (scheme, tls) = match served {
        None => ("http", "tls_disable = true".to_owned()),
        Some(served) => ("https", tls(served)),
    };
    // Audit devices can be declared here only, not through the API. The multiplier keeps elections short.
    format!(
        "storage \"raft\" {{
  path = \"{store}\"
  node_id = \"one\"
  performance_multiplier = 1
}}
listener \"tcp\" {{
  address = \"127.0.0.1:{port}\"
  {tls}
}}
audit \"file\" \"requests\" {{
  options {{
    file_path = \"{audit_log}\"
  }}
}}
api_addr = \"{scheme}://127.0.0.1:{port}\"
cluster_addr = \"https://127.0.0.1:{cluster_port}\"
",
        audit_log = audit_log.display(),
        cluster_port = ports::free(),
    )
}

fn tls(served: &Served) -> String {
    let Served { certificate, key, clients } = served;
    let mut text = format!("tls_cert_file = \"{}\"\n  tls_key_file = \"{}\"", certificate.display(), key.display());
    if let Some(clients) = clients {
        text += &format!("\n  tls_require_and_verify_client_cert = true\n  tls_client_ca_file = \"{}\"", clients.display());
    }
    text
}
