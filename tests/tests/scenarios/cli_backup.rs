//! `seal keys backup` and `seal keys restore`: nothing plain on a disk, nothing written over, and a file that opens
//! without Sealbridge.

use std::process::{Command, Stdio};

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::DeleteParams;
use sealbridge_tests::{Cluster, Namespace, Seal, sibling_binary};
use serde_json::json;

/// What stands in for a person at a terminal: a process group of its own with a terminal that it can ask.
const TYPE: &str = r#"
import os, pty, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
for line in sys.argv[1].split("|"):
    while not shown.rstrip().endswith(b":"):
        shown += os.read(fd, 1024)
    os.write(fd, line.encode() + b"\n")
    shown = b""
try:
    while True:
        part = os.read(fd, 1024)
        if not part:
            break
        shown += part
except OSError:
    pass
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

struct Place<'a> {
    namespace: Namespace<'a>,
    seal: Seal,
    identity: String,
}

/// A namespace with the Secrets of a SealingKey and a digest key, as an operator's own has them.
async fn place(cluster: &Cluster) -> Place<'_> {
    let namespace = cluster.namespace("keys").await;
    let seal = Seal::new().env("KUBECONFIG", cluster.kubeconfig().to_str().unwrap());
    seal.run(&["keys", "new", "key.txt"]).await.ok();
    seal.run(&["keys", "new", "offline.txt"]).await.ok();
    let identity = seal.read("key.txt");
    let secret = |name: &str, entry: &str, value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "labels": {"a": "b"}}, "immutable": true, "stringData": {entry: value}});
    namespace.apply(&secret("key", "identity", &identity).to_string()).await;
    namespace.apply(&secret("sealbridge-digest-key", "key", "0123456789abcdef0123456789abcdef").to_string()).await;
    namespace.apply(&secret("another", "a", "b").to_string()).await;
    let key = json!({"apiVersion": "sealbridge.dev/v1", "kind": "SealingKey", "metadata": {"name": "main"},
        "spec": {"identity": {"secretRef": {"name": "key"}}}});
    cluster.apply(&key.to_string()).await;
    Place { namespace, seal, identity }
}

fn recipient(identity_file: &str) -> String {
    let line = identity_file.lines().find_map(|line| line.strip_prefix("# recipient: "));
    line.unwrap().to_owned()
}

async fn forget(namespace: &Namespace<'_>, name: &str) -> Secret {
    let secrets: Api<Secret> = namespace.api();
    let before = secrets.get(name).await.unwrap();
    secrets.delete(name, &DeleteParams::default()).await.unwrap();
    before
}

#[tokio::test]
async fn keys_come_back_as_they_were_and_nothing_is_written_over() {
    let cluster = Cluster::private().await;
    let Place { namespace, seal, identity } = place(&cluster).await;
    let offline = recipient(&seal.read("offline.txt"));
    let backup = ["keys", "backup", "keys.age", "--cluster", "-n", namespace.name(), "-r", &offline];
    let told = seal.run(&backup).await.text();
    let saved = |name: &str| format!("saved Secret {}/{name}\n", namespace.name());
    assert_eq!(told, saved("key") + &saved("sealbridge-digest-key"));
    let file = std::fs::read(seal.folder().join("keys.age")).unwrap();
    assert!(!String::from_utf8_lossy(&file).contains("apiVersion"));
    let again = seal.run(&backup).await;
    assert!(again.status == Some(2) && again.stderr.contains("keys.age exists and is never overwritten"), "{again}");

    let before = forget(&namespace, "key").await;
    let restore = ["keys", "restore", "keys.age", "--cluster", "-i", "offline.txt"];
    let dry = seal.run(&[&restore[..], &["--dry-run"]].concat()).await.text();
    assert!(dry.starts_with(&format!("would restore Secret {}/key\n", namespace.name())), "{dry}");
    assert!(namespace.api::<Secret>().get_opt("key").await.unwrap().is_none());
    let told = seal.run(&restore).await.text();
    assert!(told.contains("sealbridge-digest-key is there already, with the same content"), "{told}");
    let after = namespace.api::<Secret>().get("key").await.unwrap();
    assert_eq!(
        (after.data, after.metadata.labels, after.immutable, after.type_),
        (before.data, before.metadata.labels, before.immutable, before.type_)
    );

    forget(&namespace, "key").await;
    forget(&namespace, "sealbridge-digest-key").await;
    namespace.kubectl(&["create", "secret", "generic", "sealbridge-digest-key", "--from-literal=key=other"]).await.ok();
    let told = seal.run(&restore).await;
    assert!(told.status == Some(2) && told.stderr.contains("holds something else, so nothing was written"), "{told}");
    assert!(namespace.api::<Secret>().get_opt("key").await.unwrap().is_none(), "all are looked at before the first is made");
    let other = seal.run(&["keys", "restore", "keys.age", "--cluster", "-i", "key.txt"]).await;
    assert!(other.status == Some(2) && other.stderr.contains("opened by none of the keys at hand"), "{other}");

    // Without us.
    let plain = seal.age(&["-d", "-i", "offline.txt", "keys.age"], b"").await.text();
    forget(&namespace, "sealbridge-digest-key").await;
    cluster.kubectl_with_input(&["create", "-f", "-"], &plain).await.ok();
    let found = namespace.api::<Secret>().get("key").await.unwrap().data.unwrap().remove("identity").unwrap();
    assert_eq!(found.0, identity.as_bytes());
}

#[tokio::test]
async fn a_backup_that_would_lack_a_key_is_not_written() {
    let cluster = Cluster::private().await;
    let Place { namespace, seal, .. } = place(&cluster).await;
    forget(&namespace, "key").await;
    let offline = recipient(&seal.read("offline.txt"));
    let told = seal.run(&["keys", "backup", "keys.age", "--cluster", "-n", namespace.name(), "-r", &offline]).await;
    assert!(told.status == Some(2) && told.stderr.contains("of SealingKey main is not there, so nothing was written"), "{told}");
    assert!(!seal.folder().join("keys.age").exists());
}

#[tokio::test]
async fn a_passphrase_is_typed_and_shown_nowhere() {
    let cluster = Cluster::private().await;
    let Place { namespace, seal, .. } = place(&cluster).await;
    let typed = |lines: &str, arguments: &[&str]| {
        let mut command = Command::new("python3");
        command.args(["-c", TYPE, lines]).arg(sibling_binary("seal")).args(arguments).current_dir(seal.folder());
        let output = command.env("KUBECONFIG", cluster.kubeconfig()).stdin(Stdio::null()).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!shown.contains("horse"), "{shown}");
        (output.status.code(), shown + &String::from_utf8_lossy(&output.stderr))
    };
    let backup = ["keys", "backup", "keys.age", "--cluster", "-n", namespace.name(), "--passphrase"];
    let unasked = seal.run(&backup).await;
    assert!(unasked.status == Some(2) && unasked.stderr.contains("there is no terminal"), "{unasked}");
    assert!(!seal.folder().join("keys.age").exists());
    let (status, shown) = typed("correct horse|battery horse", &backup);
    assert!(status == Some(2) && shown.contains("differ"), "{shown}");
    let (status, shown) = typed("correct horse|correct horse", &backup);
    assert_eq!(status, Some(0), "{shown}");
    let before = forget(&namespace, "key").await;
    let restore = ["keys", "restore", "keys.age", "--cluster"];
    let (status, shown) = typed("wrong horse", &restore);
    assert!(status == Some(2) && shown.contains("another passphrase"), "{shown}");
    let (status, shown) = typed("correct horse", &restore);
    assert_eq!(status, Some(0), "{shown}");
    assert_eq!(namespace.api::<Secret>().get("key").await.unwrap().data, before.data);
}
