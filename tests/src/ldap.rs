//! A directory: slapd with a few people, for LDAP logins. It must never listen anywhere but on 127.0.0.1.

use std::fs;
use std::path::Path;
use std::time::Duration;

use sealbridge_xtask::parts::Part;
use tokio::net::TcpStream;

use crate::process::{Process, Program};
use crate::run::{data, unique};
use crate::wait::eventually;
use crate::{ports, provided};

/// The distinguished name under which everybody is.
pub(crate) const BASE: &str = "dc=people,dc=test";

/// An LDAP server.
pub struct Ldap {
    _process: Process,
    url: String,
}

impl Ldap {
    /// A server of one's own that knows these people, each by name (`cn`) and password.
    pub async fn private(people: &[(&str, &str)]) -> Self {
        let [executable] = provided::executables([Part::Slapd]).await;
        let name = unique("slapd");
        let folder = data(&name);
        let store = folder.join("store");
        fs::create_dir(&store).expect("a folder for storage");
        let config = folder.join("slapd.conf");
        fs::write(&config, configuration(executable.parent().expect("a folder"), &folder)).expect("a configuration");
        let entries = folder.join("people.ldif");
        fs::write(&entries, directory(people)).expect("entries");
        let added = std::process::Command::new(&executable)
            .args(["-T", "add", "-f"])
            .arg(&config)
            .arg("-l")
            .arg(&entries)
            .output()
            .expect("slapd runs");
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let port = ports::free();
        let url = format!("ldap://127.0.0.1:{port}");
        // With a level of debugging, none here, it stays in the foreground.
        let process = Program::new(&name, executable)
            .arg("-f")
            .arg(&config)
            .args(["-h", url.as_str(), "-d", "0"])
            .clean_environment()
            .remove(&folder)
            .start();
        eventually(Duration::from_secs(30), "slapd listens", async || {
            TcpStream::connect(("127.0.0.1", port)).await.map(drop).map_err(|error| format!("{error}; {}", process.describe()))
        })
        .await;
        Self { _process: process, url }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn configuration(program: &Path, folder: &Path) -> String {
    let (program, folder) = (program.display(), folder.display());
    format!(
        "include {program}/etc/ldap/schema/core.schema\n\
         modulepath {program}/usr/lib/ldap\n\
         moduleload back_mdb\n\
         pidfile {folder}/pid\n\
         database mdb\n\
         suffix \"{BASE}\"\n\
         directory {folder}/store\n"
    )
}

fn directory(people: &[(&str, &str)]) -> String {
    let mut text = format!("dn: {BASE}\nobjectClass: organization\nobjectClass: dcObject\no: people\ndc: people\n");
    for (name, password) in people {
        text += &format!("\ndn: cn={name},{BASE}\nobjectClass: person\ncn: {name}\nsn: {name}\nuserPassword: {password}\n");
    }
    text
}
