//! `seal render --as`: other tools hand manifests in, and take them back with each object of ours as its Secret.
//!
//! ```text
//!   krm   a ResourceList on stdin ─┐
//!   helm  manifests on stdin ──────┼─▶ declared ─▶ rendered ─▶ in the objects' places ─▶ stdout
//!   cmp   the files of a folder ───┘
//! ```
//!
//! Must never: print a part of the manifests, since a tool would delete what is not among them; or print a value to a
//! terminal unasked.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_engine::DesiredSecret;
use sealbridge_manifest::document::{Object, Place};
use zeroize::Zeroizing;

use super::{RenderArgs, documents, krm};
use crate::error::Error;
use crate::file::{self, Snapshot};
use crate::folder;
use crate::inventory::Inventory;
use crate::kustomization;
use crate::manifest_file::ManifestFile;
use crate::output;
use crate::render::declared::Declared;
use crate::render::reading::Asked;
use crate::render::rendered::Rendered;
use crate::render::{NEEDS_VALUES_IN_METADATA, carried, print};

/// What manifests on the standard input are called.
const STDIN: &str = "stdin";
/// Objects that tools use and never apply.
const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// The tool that manifests are printed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Door {
    /// kustomize, or another tool that runs KRM functions.
    Krm,
    /// Argo CD, as a config management plugin.
    Cmp,
    /// Helm, as a post-renderer.
    Helm,
}

impl Door {
    /// Where the tool says which namespace objects are of that name none.
    fn namespace_variable(self) -> Option<&'static str> {
        match self {
            Self::Krm => None,
            Self::Cmp => Some("ARGOCD_APP_NAMESPACE"),
            Self::Helm => Some("HELM_NAMESPACE"),
        }
    }
}

/// Prints the manifests. What fails is told by each tool's own means, with nothing else on the standard output.
pub(super) fn run(args: &RenderArgs, door: Door) -> Result<(), Error> {
    if output::stdout_is_terminal() && !args.reveal {
        return Err(Error::Arguments(
            "--as prints secret values for another tool; send them into a pipe or a file, or add --reveal to see them here",
        ));
    }
    let sources = Sources::read(args, door)?;
    let printed = secrets(args, door, &sources).and_then(|secrets| text(&sources, door, secrets));
    match (printed, door, sources.inputs.first()) {
        (Ok(text), ..) => output::write_stdout(text.as_bytes()),
        (Err(error), Door::Krm, Some(list)) => {
            if let Some(text) = krm::with_results(list.text(), &error) {
                output::write_stdout(text.as_bytes())?;
            }
            Err(error)
        }
        (Err(error), ..) => Err(error),
    }
}

/// The manifests of a run.
struct Sources {
    /// Those that are printed again.
    inputs: Vec<ManifestFile>,
    /// Those that are read beside them: stores, templates, and objects whose Secrets are added.
    beside: Inventory,
}

impl Sources {
    fn read(args: &RenderArgs, door: Door) -> Result<Self, Error> {
        if door == Door::Cmp {
            let here = [PathBuf::from(".")];
            let paths = if args.paths.is_empty() { here.as_slice() } else { &args.paths };
            return Ok(Self { inputs: files(paths)?, beside: Inventory::default() });
        }
        let shown = Path::new(STDIN);
        let bytes = file::bounded(io::stdin().lock(), shown)?;
        let text = String::from_utf8(bytes).map_err(|_| Error::NotText { path: shown.to_owned() })?;
        let input = ManifestFile::of(Snapshot::of_text(shown, text))?;
        let mut beside = Inventory::read(&args.paths)?.complete()?;
        if door == Door::Krm {
            beside.files.extend(krm::generator(&input)?);
        }
        Ok(Self { inputs: vec![input], beside })
    }
}

/// All manifests of an application's folder.
fn files(paths: &[PathBuf]) -> Result<Vec<ManifestFile>, Error> {
    let refused = |path: PathBuf, problem: &str| Err(Error::Import { path, problem: problem.to_owned() });
    let mut files = Vec::new();
    for candidate in folder::candidates(paths)? {
        let path = candidate.path;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        if kustomization::is_one(&path) || name == "Chart.yaml" {
            let problem = "the folder is built by another tool; build it there and hand the manifests in, as in \
                           `kustomize build . | seal render --as helm`";
            return refused(path, problem);
        }
        match crate::sops::SopsFile::of(Snapshot::read_existing(&path)?)? {
            Ok(_) => return refused(path, "is a SOPS document, which is no manifest; put it under dataFrom[].sops"),
            Err(snapshot) => files.push(ManifestFile::of(snapshot)?),
        }
    }
    Ok(files)
}

/// A Secret, and which object of which manifests it takes the place of.
pub(super) struct Placed {
    file: PathBuf,
    pub(super) place: Place,
    pub(super) secret: DesiredSecret,
}

fn secrets(args: &RenderArgs, door: Door, sources: &Sources) -> Result<Vec<Placed>, Error> {
    let otherwise = door.namespace_variable().and_then(|name| std::env::var(name).ok()).filter(|name| !name.is_empty());
    let files = || sources.inputs.iter().chain(&sources.beside.files);
    let asked = Asked { otherwise: otherwise.as_deref(), ..Asked::default() };
    let mut reading = args.reading.declared(files(), &asked)?;
    let objects: HashMap<_, _> =
        files().flat_map(|file| file.objects().into_iter().map(|object| ((file.path(), object.place), object))).collect();
    let object_of = |declared: &Declared| objects.get(&(declared.file.clone(), declared.place));
    reading.declarations.secrets.retain(|declared| {
        // kustomize itself marks what it generates from.
        declared.file.as_os_str() == krm::GENERATOR || object_of(declared).is_some_and(|object| !is_local(object))
    });
    let rendered = reading.rendered()?;
    let (mut placed, mut failures) = (Vec::new(), Vec::new());
    for (declared, result) in reading.declarations.secrets.iter().zip(rendered) {
        let object = object_of(declared);
        match result.and_then(|rendered| one(args, declared, object, rendered)) {
            Ok(secret) => placed.push(Placed { file: declared.file.clone(), place: declared.place, secret }),
            Err(problem) => failures.push(problem),
        }
    }
    if failures.is_empty() { Ok(placed) } else { Err(Error::Several(failures)) }
}

/// The Secret as it stands in its object's place.
fn one(args: &RenderArgs, declared: &Declared, object: Option<&Object<'_>>, rendered: Rendered) -> Result<DesiredSecret, String> {
    let Rendered { mut secret, is_volatile } = rendered;
    let name = format!("{}/{}", secret.namespace, secret.name);
    match declared.plan.target.creation_policy {
        CreationPolicy::None => {
            return Err(format!(
                "{}: {name} is never written, as its creationPolicy says; take the object out",
                declared.file.display()
            ));
        }
        CreationPolicy::Merge | CreationPolicy::CreateOrMerge => {
            return Err(format!(
                "{}: {name} belongs to somebody else, and only an operator can merge entries into it; write a Secret of its own",
                declared.file.display()
            ));
        }
        CreationPolicy::Owner | CreationPolicy::Orphan => {}
    }
    if is_volatile && !args.reading.quiet {
        output::note(&format!("templates or generators of {name} give other bytes at every run, which is a change at every run"));
    }
    if let Some(path) = declared.values_in_metadata().filter(|_| !args.reading.quiet) {
        output::note(&format!("{name}: {path}: {NEEDS_VALUES_IN_METADATA}"));
    }
    if let Some(object) = object {
        carried::carry(object, &mut secret);
    }
    Ok(secret)
}

fn is_local(object: &Object<'_>) -> bool {
    object.metadata_texts("annotations").get(LOCAL_CONFIG).is_some_and(|value| value == "true")
}

fn text(sources: &Sources, door: Door, mut secrets: Vec<Placed>) -> Result<Zeroizing<String>, Error> {
    // Argo CD passes over documents of its folder that are no objects; what Helm hands in is all its own.
    let is_left_out = |object: Option<&Object<'_>>| object.map_or(door == Door::Cmp, is_local);
    let mut documents = Vec::new();
    for file in &sources.inputs {
        let path = file.path();
        let (here, others): (Vec<_>, Vec<_>) = secrets.into_iter().partition(|placed| placed.file == path);
        secrets = others;
        if door == Door::Krm {
            let added: Vec<_> = secrets.into_iter().map(|placed| placed.secret).collect();
            return krm::list(file, &here, &added);
        }
        documents.extend(documents::replaced(file, &here, &is_left_out)?);
    }
    documents.extend(secrets.iter().map(|placed| print::yaml(&placed.secret, print::Show::All, |_| true)));
    let mut text = Zeroizing::new(String::with_capacity(documents.iter().map(|document| document.len() + 4).sum()));
    for (position, document) in documents.iter().enumerate() {
        text.push_str(if position == 0 { "" } else { "---\n" });
        text.push_str(document);
    }
    Ok(text)
}
