//! `seal verify` of one file, of every kind that it reads.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use sealbridge_seal_cli::texts::Verifier;
use sealbridge_xtask::parts::workspace_root;

use crate::canary::ensure_absent;

struct Judge {
    folder: PathBuf,
    verifier: Verifier,
}

static JUDGE: LazyLock<Judge> = LazyLock::new(|| {
    let folder = workspace_root().join("tests/fuzz");
    let verifier = Verifier::new(&folder.join("rules.yaml"), jiff::civil::date(2026, 11, 21)).expect("rules");
    Judge { folder, verifier }
});

pub(crate) fn run(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else { return };
    let name = match kind {
        b'j' => "app.json",
        b'd' => "app.env",
        b'i' => "app.ini",
        b'k' => "kustomization.yaml",
        b'J' => "Jenkinsfile",
        b'g' => ".github/workflows/ci.yaml",
        b'l' => ".gitlab-ci.yml",
        b'c' => ".sealbridge.yaml",
        _ => "app.yaml",
    };
    for told in JUDGE.verifier.verify(&JUDGE.folder.join(Path::new(name)), bytes) {
        ensure_absent(bytes, &told);
    }
}
