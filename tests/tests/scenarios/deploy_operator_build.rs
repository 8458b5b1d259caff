//! What the operator is built of when it is built alone, as in the image. It must never hold what is for people only:
//! SSH keys and plugins, which run programs.

use std::process::Command;

/// The crates and features of a package, one a line.
fn built_of(package: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "features,no-dev", "--prefix", "none", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn neither_plugins_nor_ssh_keys_are_in_the_operator() {
    let for_people = |tree: &str| {
        let mut lines: Vec<String> = tree.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect();
        lines.sort();
        lines.dedup();
        lines.retain(|line| line.starts_with("ssh-key v") || line == "age feature \"plugin\"" || line == "age feature \"ssh\"");
        lines
    };
    assert_eq!(for_people(&built_of("sealbridge-operator")), [""; 0]);
    // The same question finds them where they are.
    assert_eq!(for_people(&built_of("sealbridge-seal-cli")).len(), 2);
}
