//! How many manifests `seal verify --all` judges a second on one core. Half of them are none of ours, as in a real
//! repository.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use sealbridge_seal::{Date, KeyPair, RecipientSet, Scope, Target, seal};

use super::RUNS;
use super::desk::built;
use crate::figure::{Figure, Goal, Unit};
use crate::pairs::median;

const MANIFESTS: u32 = 4000;
const ENTRIES: usize = 4;

pub(super) fn measure() -> Figure {
    let folder = tempfile::tempdir().expect("a folder");
    let recipients = RecipientSet::new([KeyPair::generate().expect("randomness").recipient().clone()]).expect("one recipient");
    let recipient = recipients.iter().next().expect("one recipient");
    let rules = format!("recipients: {{dev: [{recipient}]}}\nrules: [{{path: '**', recipients: [dev], namespace: shop}}]\n");
    fs::write(folder.path().join(".sealbridge.yaml"), rules).expect("written");
    for number in 0..MANIFESTS {
        let text = if number % 2 == 0 { sealed(number, &recipients) } else { foreign(number) };
        fs::write(folder.path().join(format!("{number}.yaml")), text).expect("written");
    }
    run(folder.path(), "git", &["init", "-q"]);
    run(folder.path(), "git", &["add", "-A"]);
    let program = built("seal");
    let program = program.to_str().expect("UTF-8");
    let arguments = ["-c", "0", program, "verify", "--all", "-q"];
    run(folder.path(), "taskset", &arguments);
    let rates = (0..RUNS).map(|_| {
        let began = Instant::now();
        run(folder.path(), "taskset", &arguments);
        f64::from(MANIFESTS) / began.elapsed().as_secs_f64()
    });
    Figure::alone("verify --all, manifests on one core", median(rates), Unit::PerSecond, Goal::AtLeast(5000.0))
}

fn run(folder: &Path, program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).current_dir(folder).stdin(Stdio::null()).status();
    let status = status.unwrap_or_else(|error| panic!("{program}: {error}; git and util-linux have to be installed"));
    assert!(status.success(), "{program} ended with {status}");
}

fn sealed(number: u32, recipients: &RecipientSet) -> String {
    let name = format!("app-{number}");
    let today = Date::constant(2026, 11, 21);
    let entries: String = (0..ENTRIES)
        .map(|entry| {
            let key = format!("KEY_{entry}");
            let target = Target { namespace: "shop", name: &name, key: &key };
            let text = seal(&[b'v'; 32], &target, Scope::Strict, None, recipients, today).expect("sealed");
            format!("    {key}: {{sealed: \"{text}\"}}\n")
        })
        .collect();
    format!(
        "apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  data:\n{entries}"
    )
}

fn foreign(number: u32) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number}\n  namespace: shop\n  labels:\n    app: app-{number}\n\
         spec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: app-{number}\n  template:\n    metadata:\n      labels:\n        \
         app: app-{number}\n    spec:\n      containers:\n      - name: app\n        image: registry.example/app:{number}\n        envFrom:\n        \
         - secretRef:\n            name: app-{number}\n        resources:\n          limits:\n            memory: 128Mi\n"
    )
}
