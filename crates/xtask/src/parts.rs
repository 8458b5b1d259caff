//! The real programs that tests and the demo run on: which there are, and one call that has them in a cache.
//! Everything is pinned by hash in `tests/parts/`, but for packages of the machine's own distribution, which apt
//! vouches for; nothing is ever taken from the machine's own PATH, except the Go, Python and apt that provide it, and
//! etcd and Kubernetes from `KUBEBUILDER_ASSETS` where that is set.

mod cache;
mod debian;
mod error;
mod go;
mod progress;
mod python;
mod source;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

pub use cache::{CACHE_VARIABLE, root as cache_root};
pub use error::PartsError;
use progress::Progress;
use source::Source;

/// A program that the project's tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Part {
    /// etcd server.
    Etcd,
    /// Kubernetes API server.
    KubeApiserver,
    /// Kubernetes controllers: garbage collection, namespaces, Deployments.
    KubeControllerManager,
    /// Kubernetes scheduler.
    KubeScheduler,
    /// Kubernetes command line.
    Kubectl,
    /// Nodes and pods that "run" without a kubelet; its folder holds `stages/*.yaml`.
    Kwok,
    /// The age command line; `age-keygen` and two plugins lie beside it.
    Age,
    /// Writes the test vectors of the age format.
    AgeVectors,
    /// The helm command line.
    Helm,
    /// The kubeseal command line.
    Kubeseal,
    /// The kustomize command line.
    Kustomize,
    /// Renders templates with Go's own text/template and sprig.
    TemplateOracle,
    /// The sops command line.
    Sops,
    /// `OpenBao` server and command line, `bao`.
    #[value(name = "openbao")]
    OpenBao,
    /// The last `OpenBao` that has LDAP logins in it.
    #[value(name = "openbao-2.6")]
    OpenBao26,
    /// AWS services in one process: `moto_server`.
    Moto,
    /// LDAP server; its modules and schemas lie below it.
    Slapd,
}

impl Part {
    /// Every part.
    pub const ALL: &[Self] = &[
        Self::Etcd,
        Self::KubeApiserver,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::Kubectl,
        Self::Kwok,
        Self::Age,
        Self::AgeVectors,
        Self::Helm,
        Self::Kubeseal,
        Self::Kustomize,
        Self::TemplateOracle,
        Self::Sops,
        Self::OpenBao,
        Self::OpenBao26,
        Self::Moto,
        Self::Slapd,
    ];

    /// The name on the command line and in the cache.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::Kubectl => "kubectl",
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

    /// File name of its main executable.
    const fn executable(self) -> &'static str {
        match self {
            Self::OpenBao | Self::OpenBao26 => "bao",
            Self::Moto => "moto_server",
            named_alike => named_alike.name(),
        }
    }

    /// Whether a `KUBEBUILDER_ASSETS` folder holds it by convention.
    const fn is_kubebuilder_asset(self) -> bool {
        matches!(self, Self::Etcd | Self::KubeApiserver | Self::KubeControllerManager | Self::Kubectl)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where parts lie, after [`provide`].
#[derive(Clone, Debug, Default)]
pub struct Provided {
    executables: BTreeMap<Part, PathBuf>,
}

impl Provided {
    /// The main executable of a part.
    ///
    /// # Errors
    /// [`PartsError::NotAsked`] if the part was not in the list given to [`provide`].
    pub fn path(&self, part: Part) -> Result<&Path, PartsError> {
        self.executables.get(&part).map(PathBuf::as_path).ok_or(PartsError::NotAsked { part })
    }

    /// A file that lies beside the main executable: `age-keygen`, or kwok's `stages`.
    ///
    /// # Errors
    /// [`PartsError::NotAsked`] if the part was not in the list given to [`provide`].
    pub fn beside(&self, part: Part, name: &str) -> Result<PathBuf, PartsError> {
        self.path(part).map(|path| path.with_file_name(name))
    }
}

/// Has the wanted parts in the cache, building or downloading what is missing, and says where they lie.
///
/// Safe against other processes and threads that do the same. What was built once is found again within
/// milliseconds, as long as nothing that pins it changed.
///
/// # Errors
/// Any [`PartsError`]: a missing Go or Python, a failed build or download, a cache that cannot be written.
pub fn provide(wanted: &[Part]) -> Result<Provided, PartsError> {
    let mut provided = Provided::default();
    let mut by_source = BTreeMap::<Source, Vec<Part>>::new();
    for &part in wanted {
        if let Some(path) = kubebuilder_asset(part) {
            provided.executables.insert(part, path);
        } else {
            let parts = by_source.entry(Source::of(part)).or_default();
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    let root = cache::root()?;
    let progress = Progress::start();
    // Downloads wait for the network and builds for the processor, so the two go side by side.
    let (downloads, builds): (Vec<_>, Vec<_>) = by_source.into_iter().partition(|(source, _)| source.is_download());
    let lane = |sources: Vec<(Source, Vec<Part>)>| -> Result<Vec<(Part, PathBuf)>, PartsError> {
        let mut found = Vec::new();
        for (source, parts) in sources {
            found.extend(source.provide(&root, &parts, &progress)?);
        }
        Ok(found)
    };
    let (downloaded, built) = std::thread::scope(|scope| {
        let downloading = scope.spawn(|| lane(downloads));
        let built = lane(builds);
        (downloading.join(), built)
    });
    provided.executables.extend(downloaded.map_err(|_| PartsError::Interrupted)??);
    provided.executables.extend(built?);
    Ok(provided)
}

/// The root of the workspace that this was compiled from.
#[must_use]
pub fn workspace_root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// Folder with what pins the parts of one source.
fn pins(source: &str) -> PathBuf {
    workspace_root().join("tests/parts").join(source)
}

fn kubebuilder_asset(part: Part) -> Option<PathBuf> {
    let folder = std::env::var_os("KUBEBUILDER_ASSETS").filter(|folder| !folder.is_empty())?;
    let path = Path::new(&folder).join(part.executable());
    (part.is_kubebuilder_asset() && path.is_file()).then_some(path)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_part_is_known_by_its_name_on_the_command_line() {
        assert_eq!(Part::value_variants(), Part::ALL);
        for part in Part::ALL {
            assert_eq!(part.to_possible_value().expect("a value").get_name(), part.name());
        }
    }

    #[test]
    fn a_part_that_was_not_asked_for_is_an_error() {
        let error = Provided::default().path(Part::Kwok).unwrap_err();
        assert!(error.to_string().contains("kwok"), "{error}");
    }

    #[test]
    fn what_pins_every_source_is_in_the_checkout() {
        for part in Part::ALL {
            let source = Source::of(*part);
            assert!(!source.pinned_files().expect("readable").is_empty());
        }
    }
}
