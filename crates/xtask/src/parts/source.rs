//! Where parts come from: a source makes one or several parts from one set of pins.
//! A source must never leave anything behind outside the cache and the caches of Go and pip.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cache::{Key, Workshop, failed, publish};
use super::{Part, PartsError, Progress, debian, go, pins, python};

/// One set of pins in `tests/parts/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// The Go module with etcd and all of Kubernetes.
    Kubernetes,
    /// The Go module of kwok.
    Kwok,
    /// The Go module of age.
    Age,
    /// The Go module with the test vectors of age.
    AgeVectors,
    /// The Go module of helm.
    Helm,
    /// The Go module of kubeseal.
    Kubeseal,
    /// The Go module of kustomize.
    Kustomize,
    /// The Go module of the program that templates are compared with.
    TemplateOracle,
    /// The Go module of sops.
    Sops,
    /// The wheel of `OpenBao`.
    OpenBao,
    /// The wheel of an older `OpenBao`.
    OpenBao26,
    /// The wheels of moto and all that it imports.
    Moto,
    /// The distribution's package of the LDAP server.
    Slapd,
}

/// A part that is to be made, and the folder under which it is published.
struct Order {
    part: Part,
    folder: PathBuf,
}

impl Source {
    pub(super) const fn of(part: Part) -> Self {
        match part {
            Part::Etcd | Part::KubeApiserver | Part::KubeControllerManager | Part::KubeScheduler | Part::Kubectl => {
                Self::Kubernetes
            }
            Part::Kwok => Self::Kwok,
            Part::Age => Self::Age,
            Part::AgeVectors => Self::AgeVectors,
            Part::Helm => Self::Helm,
            Part::Kubeseal => Self::Kubeseal,
            Part::Kustomize => Self::Kustomize,
            Part::TemplateOracle => Self::TemplateOracle,
            Part::Sops => Self::Sops,
            Part::OpenBao => Self::OpenBao,
            Part::OpenBao26 => Self::OpenBao26,
            Part::Moto => Self::Moto,
            Part::Slapd => Self::Slapd,
        }
    }

    /// The name of its lock, and for a Go module of its folder of pins.
    const fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Kwok => "kwok",
            Self::Age => "age",
            Self::AgeVectors => "age-vectors",
            Self::Helm => "helm",
            Self::Kubeseal => "kubeseal",
            Self::Kustomize => "kustomize",
            Self::TemplateOracle => "template-oracle",
            Self::Sops => "sops",
            Self::OpenBao => "openbao",
            Self::OpenBao26 => "openbao-2.6",
            Self::Moto => "moto",
            Self::Slapd => "slapd",
        }
    }

    /// The packages whose commands make its only part, of a Go module that has nothing else to do.
    const fn commands(self) -> &'static [&'static str] {
        match self {
            Self::Age => &go::AGE_COMMANDS,
            Self::AgeVectors | Self::TemplateOracle => &["."],
            Self::Helm => &["helm.sh/helm/v4/cmd/helm"],
            Self::Kubeseal => &["github.com/bitnami-labs/sealed-secrets/cmd/kubeseal"],
            Self::Kustomize => &["sigs.k8s.io/kustomize/kustomize/v5"],
            Self::Sops => &["github.com/getsops/sops/v3/cmd/sops"],
            Self::Kubernetes | Self::Kwok | Self::OpenBao | Self::OpenBao26 | Self::Moto | Self::Slapd => &[],
        }
    }

    pub(super) const fn is_download(self) -> bool {
        matches!(self, Self::OpenBao | Self::OpenBao26 | Self::Moto | Self::Slapd)
    }

    /// Every file that pins what this source makes.
    pub(super) fn pinned_files(self) -> Result<Vec<(String, Vec<u8>)>, PartsError> {
        let (folder, names): (_, &[&str]) = match self {
            Self::Kubernetes => (
                pins(self.name()),
                &[
                    "go.mod",
                    "go.sum",
                    "etcd/main.go",
                    "kube-apiserver/main.go",
                    "kube-controller-manager/main.go",
                    "kube-scheduler/main.go",
                    "kubectl/main.go",
                ],
            ),
            Self::Kwok | Self::Age | Self::Helm | Self::Kubeseal | Self::Kustomize | Self::Sops => {
                (pins(self.name()), &["go.mod", "go.sum"])
            }
            Self::AgeVectors => (pins(self.name()), &["go.mod", "go.sum", "main.go"]),
            Self::TemplateOracle => {
                (pins(self.name()), &["go.mod", "go.sum", "main.go", "functions.go", "certificates.go", "jwk.go"])
            }
            Self::OpenBao => (pins("python"), &["openbao.txt"]),
            Self::OpenBao26 => (pins("python"), &["openbao-2.6.txt"]),
            Self::Moto => (pins("python"), &["moto.txt"]),
            Self::Slapd => (pins("debian"), &["slapd.txt"]),
        };
        names
            .iter()
            .map(|name| {
                let path = folder.join(name);
                let bytes = fs::read(&path).map_err(failed("read", &path))?;
                Ok(((*name).to_owned(), bytes))
            })
            .collect()
    }

    /// Has `parts`, which all come from here, in the cache below `root`.
    pub(super) fn provide(self, root: &Path, parts: &[Part], progress: &Progress) -> Result<Vec<(Part, PathBuf)>, PartsError> {
        let builder = self.builder(parts)?;
        let pinned = self.pinned_files()?;
        let orders = parts.iter().map(|&part| {
            let mut key = Key::new().with("builder", builder.as_bytes());
            for (name, bytes) in pinned.iter().filter(|(name, _)| pins_part(name, part)) {
                key = key.with(name, bytes);
            }
            let folder = key.folder(root, part.name());
            Order { part, folder }
        });
        let orders: Vec<Order> = orders.collect();
        if orders.iter().any(|order| !order.folder.exists()) {
            let workshop = Workshop::enter(root, self.name(), progress)?;
            // Looked at again: another process may have made them while this one waited.
            let missing: Vec<&Order> = orders.iter().filter(|order| !order.folder.exists()).collect();
            if !missing.is_empty() {
                self.make(&missing, workshop.folder.path(), progress)?;
            }
        }
        Ok(orders.into_iter().map(|order| (order.part, order.folder.join(order.part.executable()))).collect())
    }

    /// Checks that the tools that make the parts are there, and describes them and their options.
    fn builder(self, parts: &[Part]) -> Result<String, PartsError> {
        let parts = list(parts.iter());
        match self {
            Self::Kubernetes => go::describe(&pins(self.name()), go::KUBERNETES_VERSION, &parts),
            Self::Kwok
            | Self::Age
            | Self::AgeVectors
            | Self::Helm
            | Self::Kubeseal
            | Self::Kustomize
            | Self::TemplateOracle
            | Self::Sops => go::describe(&pins(self.name()), "", &parts),
            Self::OpenBao | Self::OpenBao26 | Self::Moto => python::describe(&parts),
            Self::Slapd => debian::describe(&parts),
        }
    }

    fn make(self, orders: &[&Order], workshop: &Path, progress: &Progress) -> Result<(), PartsError> {
        let names = list(orders.iter().map(|order| &order.part));
        let verb = if self.is_download() { "downloading" } else { "building" };
        let _task = progress.task(match self {
            Self::Kubernetes => format!("{verb} {names} (4 to 10 minutes, once)"),
            _ => format!("{verb} {names}"),
        });
        for order in orders {
            let folder = workshop.join(order.part.name());
            fs::create_dir(&folder).map_err(failed("create", &folder))?;
        }
        match self {
            Self::Kubernetes => {
                let packages: Vec<String> = orders.iter().map(|order| format!("./{}", order.part.name())).collect();
                let bin = workshop.join("bin");
                go::build(&pins(self.name()), go::KUBERNETES_VERSION, &packages, &bin, &names)?;
                for order in orders {
                    let name = order.part.executable();
                    let (from, to) = (bin.join(name), workshop.join(order.part.name()).join(name));
                    fs::rename(&from, &to).map_err(failed("move", &from))?;
                }
            }
            Self::Kwok => go::build_kwok(&pins(self.name()), &workshop.join("kwok"))?,
            Self::Age | Self::AgeVectors | Self::Helm | Self::Kubeseal | Self::Kustomize | Self::Sops | Self::TemplateOracle => {
                go::build(&pins(self.name()), "", self.commands(), &workshop.join(self.name()), self.name())?;
            }
            Self::OpenBao | Self::OpenBao26 => {
                let name = self.name();
                python::openbao(&format!("{name}.txt"), workshop, &workshop.join(name))?;
            }
            Self::Moto => python::moto(&workshop.join("moto"))?,
            Self::Slapd => debian::slapd(workshop, &workshop.join("slapd"))?,
        }
        for order in orders {
            let finished = workshop.join(order.part.name());
            let executable = finished.join(order.part.executable());
            if !executable.is_file() {
                return Err(PartsError::Absent { step: format!("{verb} {}", order.part), file: executable });
            }
            publish(&finished, &order.folder)?;
        }
        Ok(())
    }
}

/// Whether a pinned file has a say in a part: a `main.go` only in its own command.
fn pins_part(file: &str, part: Part) -> bool {
    file.strip_suffix("/main.go").is_none_or(|command| command == part.name())
}

fn list<'a>(parts: impl Iterator<Item = &'a Part>) -> String {
    let names: Vec<&str> = parts.map(|part| part.name()).collect();
    names.join(", ")
}

/// Runs a build tool to its end, its output kept for the error.
pub(super) fn step(what: &str, command: &mut Command) -> Result<String, PartsError> {
    let ended = |status: String, tail: &str| PartsError::Step { step: what.to_owned(), status, tail: tail.to_owned() };
    let output = command.output().map_err(|error| ended(error.to_string(), ""))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default();
    Err(ended(output.status.to_string(), &tail.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_main_rebuilds_its_own_command_only() {
        assert!(pins_part("etcd/main.go", Part::Etcd));
        assert!(!pins_part("etcd/main.go", Part::Kubectl));
        assert!(pins_part("go.sum", Part::Kubectl));
    }

    #[test]
    fn a_failed_step_carries_its_last_lines() {
        let mut command = Command::new("sh");
        command.args(["-c", "seq 1 50 >&2; exit 3"]);
        let error = step("counting", &mut command).unwrap_err().to_string();
        assert!(error.contains("counting failed"), "{error}");
        assert!(error.contains("31\n") && error.contains("50"), "{error}");
        assert!(!error.contains("30\n"), "{error}");
    }

    #[test]
    fn a_tool_that_is_not_there_is_an_error_of_its_step() {
        let error = step("trying", &mut Command::new("/nowhere/tool")).unwrap_err();
        assert!(error.to_string().contains("trying failed"), "{error}");
    }
}
