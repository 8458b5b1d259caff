//! `xtask parts` on machines that lack something: what it says, and what it does without.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use rstest::rstest;

/// Runs `xtask parts` with nothing on the PATH but a folder, and an empty cache.
fn parts(names: &[&str], path: &Path, assets: Option<&Path>) -> Output {
    let cache = tempfile::tempdir().unwrap();
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    xtask.arg("parts").args(names);
    xtask.env_clear().env("PATH", path).env("SEALBRIDGE_PARTS_DIR", cache.path());
    if let Some(assets) = assets {
        xtask.env("KUBEBUILDER_ASSETS", assets);
    }
    xtask.output().unwrap()
}

/// A tool that prints a text.
fn tool(folder: &Path, name: &str, prints: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\necho '{prints}'\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[rstest]
#[case::go("kubectl", "Go 1.26 or newer was not found", "Install Go")]
#[case::python("openbao", "Python 3.10 or newer, with venv, was not found", "Install python3 and python3-venv")]
#[case::apt("slapd", "apt-get, of Debian or Ubuntu, was not found", "Run this test on Debian or Ubuntu")]
fn a_missing_tool_is_named_with_what_to_install(#[case] part: &str, #[case] failed: &str, #[case] remedy: &str) {
    let nothing = tempfile::tempdir().unwrap();
    let output = parts(&[part], nothing.path(), None);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains(failed) && said.contains(remedy) && said.contains(part), "{said}");
}

#[rstest]
#[case::go("etcd", "go", "go1.24.1")]
#[case::python("moto", "python3", "3 9 linux-x86_64")]
fn a_tool_that_is_too_old_is_told_by_its_version(#[case] part: &str, #[case] name: &str, #[case] version: &str) {
    let old = tempfile::tempdir().unwrap();
    tool(old.path(), name, version);
    let output = parts(&[part], old.path(), None);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains(version), "{said}");
}

#[test]
fn kubebuilder_assets_are_used_without_go() {
    let assets = tempfile::tempdir().unwrap();
    for name in ["etcd", "kube-apiserver"] {
        tool(assets.path(), name, "");
    }
    let output = parts(&["etcd", "kube-apiserver"], assets.path(), Some(assets.path()));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(said.lines().count(), 2);
    assert!(said.contains(&format!("etcd\t{}", assets.path().join("etcd").display())), "{said}");
    // What is not there is still built, which takes Go.
    let output = parts(&["etcd", "kubectl"], assets.path(), Some(assets.path()));
    assert!(String::from_utf8_lossy(&output.stderr).contains("kubectl cannot be made without it"), "{output:?}");
}
