//! A SealedSecret sealed and opened by both programs. The time is that of RSA, so that fewer values are opened.

use sealbridge_tests::SealedSecretsKey;
use serde_json::json;

use super::RUNS;
use super::desk::{Desk, VALUES, lines};
use crate::figure::{Figure, Goal, Unit};
use crate::pairs::Pairs;
use crate::report::Report;

const OPENED: usize = 100;
const EMPTY: &str =
    "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: app, namespace: shop}\nspec:\n  encryptedData: {}\n";

pub(super) fn measure(desk: &Desk, report: &mut Report) {
    let key = SealedSecretsKey::since(2026);
    desk.write("cert.pem", &key.certificate);
    desk.write("key.pem", &key.private);
    desk.write("secret.json", &secret(VALUES));
    desk.write("few.json", &secret(OPENED));
    desk.write("value.txt", &"v".repeat(super::desk::VALUE_BYTES));
    let entries: Vec<String> = (0..VALUES).map(|number| format!("KEY_{number}=value.txt")).collect();
    let mut set = vec!["set", "sealed-secret.yaml", "--cert", "cert.pem", "--allow-large", "-q"];
    set.extend(entries.iter().flat_map(|entry| ["--from-file", entry]));
    let sealing = Pairs::of(
        RUNS,
        || {
            desk.write("sealed-secret.yaml", EMPTY);
            desk.seal(&set)
        },
        || desk.timed(&desk.kubeseal, &["--cert", "cert.pem"], Some("secret.json")),
    );
    let few = desk.printed(&desk.kubeseal, &["--cert", "cert.pem", "-o", "yaml"], Some("few.json"));
    desk.write("few.yaml", &few);
    let opening = Pairs::of(
        RUNS,
        || desk.seal(&["get", "few.yaml", "--recovery-private-key", "key.pem", "-o", "json"]),
        || desk.timed(&desk.kubeseal, &["--recovery-unseal", "--recovery-private-key", "key.pem"], Some("few.yaml")),
    );
    report.tell(&Figure::beside("set of a SealedSecret, 1000 values", "kubeseal", &sealing, Unit::Milliseconds, Goal::None));
    report.tell(&Figure::beside("get of a SealedSecret, 100 values", "kubeseal unseal", &opening, Unit::Milliseconds, Goal::None));
}

fn secret(values: usize) -> String {
    let data: serde_json::Map<_, _> = lines("=")
        .lines()
        .take(values)
        .map(|line| line.split_once('=').expect("a sign"))
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect();
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "app", "namespace": "shop"}, "stringData": data}).to_string()
}
