//! Parts that come as packages of Debian or Ubuntu, named in `tests/parts/debian/*.txt`. They are unpacked into the cache:
//! apt must never install anything, and nothing of a package runs before the part is started.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cache::failed;
use super::source::step;
use super::{PartsError, pins};

/// Starts the server with the libraries that lie beside it.
const SLAPD_LAUNCHER: &str = "#!/bin/sh\n\
     here=$(CDPATH= cd -- \"$(dirname -- \"$0\")\" && pwd -P) || exit 1\n\
     LD_LIBRARY_PATH=$(echo \"$here\"/usr/lib/*-linux-gnu*)\n\
     export LD_LIBRARY_PATH\n\
     exec \"$here/usr/sbin/slapd\" \"$@\"\n";

/// The distribution whose packages would be taken, as one line for the cache's key.
pub(super) fn describe(parts: &str) -> Result<String, PartsError> {
    let missing = |found: &str| PartsError::MissingTool {
        tool: "apt-get, of Debian or Ubuntu,",
        found: found.to_owned(),
        parts: parts.to_owned(),
        remedy: "Run this test on Debian or Ubuntu, or in a container of one of them.",
    };
    let output = Command::new("apt-get").arg("--version").output().map_err(|_| missing("was not found"))?;
    if !output.status.success() {
        return Err(missing("does not run"));
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let named = |line: &&str| ["ID=", "VERSION_ID="].iter().any(|name| line.starts_with(name));
    let release: Vec<&str> = release.lines().filter(named).collect();
    Ok(format!("{} {}", release.join(" "), std::env::consts::ARCH))
}

/// Unpacks the server, and those of its libraries that the machine does not have.
pub(super) fn slapd(workshop: &Path, folder: &Path) -> Result<(), PartsError> {
    let apt = Apt::new(workshop)?;
    step("reading the lists of packages", apt.command().arg("update"))?;
    let packages = packages("slapd.txt")?;
    step(
        "downloading slapd",
        apt.command().args(["install", "--yes", "--no-install-recommends", "--reinstall", "--download-only"]).args(&packages),
    )?;
    for package in apt.downloaded()? {
        step("unpacking a package of slapd", Command::new("dpkg").arg("-x").arg(package).arg(folder))?;
    }
    let launcher = folder.join("slapd");
    fs::write(&launcher, SLAPD_LAUNCHER).map_err(failed("write", &launcher))?;
    fs::set_permissions(&launcher, fs::Permissions::from_mode(0o755)).map_err(failed("make executable", &launcher))
}

/// apt with lists and downloads of its own, so that it needs no rights and changes nothing of the machine's.
struct Apt {
    lists: PathBuf,
    cache: PathBuf,
}

impl Apt {
    fn new(workshop: &Path) -> Result<Self, PartsError> {
        let apt = Self { lists: workshop.join("apt-lists"), cache: workshop.join("apt-cache") };
        for folder in [apt.lists.join("partial"), apt.cache.join("archives/partial")] {
            fs::create_dir_all(&folder).map_err(failed("create", &folder))?;
        }
        Ok(apt)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("apt-get");
        command.arg("--quiet").args(["-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User="]);
        command.arg("-o").arg(format!("Dir::State::lists={}", self.lists.display()));
        command.arg("-o").arg(format!("Dir::Cache={}", self.cache.display()));
        command
    }

    fn downloaded(&self) -> Result<Vec<PathBuf>, PartsError> {
        let folder = self.cache.join("archives");
        let entries = fs::read_dir(&folder).map_err(failed("read", &folder))?;
        let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        Ok(paths.filter(|path| path.extension().is_some_and(|kind| kind == "deb")).collect())
    }
}

fn packages(file: &str) -> Result<Vec<String>, PartsError> {
    let path = pins("debian").join(file);
    let text = fs::read_to_string(&path).map_err(failed("read", &path))?;
    Ok(text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect())
}
