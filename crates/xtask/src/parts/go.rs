//! Parts built by Go from the modules in `tests/parts/`, each pinned by hash in its `go.sum`.
//! A build must never depend on cgo or on the state of the checkout: both would change what is cached.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::PartsError;
use super::cache::failed;
use super::source::step;

/// Linker flags without which Kubernetes reports a development version and confuses its clients.
/// They must agree with the version in `tests/parts/kubernetes/go.mod`, which a test checks.
pub(super) const KUBERNETES_VERSION: &str = "-X k8s.io/component-base/version.gitVersion=v1.36.3 \
     -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36";

/// age, and of its plugins the one that takes a passphrase without a terminal, and the one of post-quantum keys.
pub(super) const AGE_COMMANDS: [&str; 4] = [
    "filippo.io/age/cmd/age",
    "filippo.io/age/cmd/age-keygen",
    "filippo.io/age/cmd/age-plugin-batchpass",
    "filippo.io/age/extra/age-plugin-pq",
];

/// The stages that make nodes ready at once and pods run at once, below kwok's own module.
const KWOK_STAGES: &[&str] = &[
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
    "pod/fast/pod-ready.yaml",
];

/// The oldest Go that the modules accept.
const OLDEST: (u32, u32) = (1, 26);

/// The toolchain and flags that would build `module`, as one line for the cache's key.
pub(super) fn describe(module: &Path, linker_flags: &str, parts: &str) -> Result<String, PartsError> {
    let missing = |found: String| PartsError::MissingTool {
        tool: "Go 1.26 or newer",
        found,
        parts: parts.to_owned(),
        remedy: "Install Go from your system's packages or go.dev/dl, have `go` on the PATH, and run the same command again.",
    };
    let mut command = go(module);
    command.args(["env", "GOVERSION", "GOOS", "GOARCH"]);
    let output = match command.output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(missing(format!("does not run ({})", said.trim())));
        }
        Err(_) => return Err(missing("was not found".to_owned())),
    };
    let facts = String::from_utf8_lossy(&output.stdout).lines().collect::<Vec<_>>().join(" ");
    if version(&facts).is_none_or(|version| version < OLDEST) {
        return Err(missing(format!("was not found ({facts} is there)")));
    }
    Ok(format!("{facts} {}", flags(linker_flags).join(" ")))
}

/// Builds packages of `module`, each into an executable below `bin`.
pub(super) fn build(
    module: &Path,
    linker_flags: &str,
    packages: &[impl AsRef<OsStr>],
    bin: &Path,
    what: &str,
) -> Result<(), PartsError> {
    let mut command = go(module);
    command
        .arg("build")
        .args(flags(linker_flags))
        .arg("-o")
        // With a slash at its end, Go takes it for a folder and makes it.
        .arg(bin.join(""))
        .args(packages);
    step(&format!("building {what} with Go"), &mut command).map(drop)
}

/// Builds kwok and copies the stages that it wants to be given from its module.
pub(super) fn build_kwok(module: &Path, folder: &Path) -> Result<(), PartsError> {
    build(module, "", &["sigs.k8s.io/kwok/cmd/kwok"], folder, "kwok")?;
    let source = step("finding kwok's module", go(module).args(["list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"]))?;
    let stages = folder.join("stages");
    fs::create_dir(&stages).map_err(failed("create", &stages))?;
    for stage in KWOK_STAGES {
        let from = Path::new(&source).join("kustomize/stage").join(stage);
        let bytes = fs::read(&from).map_err(failed("read", &from))?;
        let to = stages.join(from.file_name().unwrap_or_default());
        fs::write(&to, bytes).map_err(failed("write", &to))?;
    }
    Ok(())
}

fn go(module: &Path) -> Command {
    let mut command = Command::new("go");
    command
        .current_dir(module)
        .env("CGO_ENABLED", "0")
        // A workspace file above the checkout must not replace what go.mod pins.
        .env("GOWORK", "off");
    command
}

fn flags(linker_flags: &str) -> Vec<String> {
    vec![
        "-trimpath".into(),
        "-buildvcs=false".into(),
        "-mod=readonly".into(),
        format!("-ldflags=-s -w {linker_flags}").trim_end().into(),
    ]
}

/// Major and minor version out of what `go env GOVERSION` prints: `go1.26.8 …`.
fn version(facts: &str) -> Option<(u32, u32)> {
    let mut numbers = facts.split_whitespace().next()?.strip_prefix("go")?.split(['.', 'r', 'b', '-']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::parts::pins;

    #[rstest]
    #[case("go1.26.8 linux amd64", Some((1, 26)))]
    #[case("go1.27rc1 darwin arm64", Some((1, 27)))]
    #[case("go2.0 linux amd64", Some((2, 0)))]
    #[case("devel +abc linux amd64", None)]
    #[case("", None)]
    fn versions_of_go(#[case] facts: &str, #[case] expected: Option<(u32, u32)>) {
        assert_eq!(version(facts), expected);
    }

    #[test]
    fn the_version_linked_in_is_the_version_pinned() {
        let pinned = fs::read_to_string(pins("kubernetes").join("go.mod")).expect("readable");
        let linked = KUBERNETES_VERSION
            .split_whitespace()
            .find_map(|flag| flag.split_once("gitVersion=").map(|(_, version)| version))
            .expect("a version");
        assert!(pinned.contains(&format!("k8s.io/kubernetes {linked}\n")));
    }
}
