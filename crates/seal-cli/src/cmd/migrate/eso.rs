//! `seal migrate eso`: manifests of External Secrets Operator become native ones.
//!
//! ```text
//!   ExternalSecret        ─▶ secret  ┐
//!   ClusterExternalSecret ─▶ cluster ┴▶ spec (edited in place) ─▶ same (plan for plan) ─┐
//!   PushSecret            ─▶ push  (edited in place) ─▶ compared ───────────────────────┤
//!   SecretStore           ─▶ store (edited in place) ─▶ compared ───────────────────────┴▶ verify (if asked) ─▶ file
//! ```
//!
//! Must never: write an object that would make another Secret, or take a store from an object that stays.

mod cluster;
mod left;
mod migration;
mod push;
mod refused;
mod same;
mod secret;
mod spec;
mod store;
mod verify;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use sealbridge_manifest::StoreGroup;
use sealbridge_manifest::document::Object;
use sealbridge_manifest::native::PUSH_KIND;
use sealbridge_manifest::push::StoreChoice;

use self::left::Left;
use self::migration::Migration;
use super::report::{Migrated, Report};
use crate::cli::ReportArgs;
use crate::count::counted;
use crate::error::Error;
use crate::inventory::Inventory;
use crate::namespaces;
use crate::output::Output;
use crate::render::login::StoresArgs;
use crate::render::stores::StoreId;

const TAKES_BACK: &str = "where External Secrets Operator serves the old object, set its deletionPolicy to None before it goes: \
                          it would take the values along";

/// Turn ExternalSecrets, ClusterExternalSecrets, PushSecrets and their stores into native ones, in place.
///
/// Comments and order stay; what the two kinds default differently is written out. Before a file is written, what each
/// new object stands for is compared with the old one, field by field: sources, versions, decoding, rewriting,
/// templates, policies, type, labels, annotations. The new manifests take over the live Secrets; see
/// docs/migrate-eso.md for the order. An object that a native one cannot express stays as it is and is told, with the
/// field; a store that it reads from is kept beside the new one.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal migrate eso overlays/prod --dry-run
  seal migrate eso overlays/prod --verify --stores live
  seal migrate eso stores.yaml --keep-stores")]
pub(crate) struct EsoArgs {
    /// Manifests, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Also render the old and the new manifests with what their stores hold, and compare the Secrets.
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    stores: StoresArgs,
    /// The namespace of objects that say none.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Keep every store, and write the native one behind it: others still read from it.
    #[arg(long)]
    keep_stores: bool,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    report: ReportArgs,
}

/// Migrates object by object: one that cannot be migrated stays, and is told at the end.
pub(crate) fn run(args: &EsoArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    // An object that cannot be read could be one that needs a store.
    let inventory = Inventory::read(&args.paths)?.complete()?;
    let namespaces = namespaces::of_files(inventory.files.iter());
    let migrations = inventory.files.iter().map(|file| Migration::of(file, args.namespace.as_deref(), &namespaces));
    let mut migrations = migrations.collect::<Result<Vec<_>, _>>()?;
    migrations.iter_mut().for_each(Migration::objects);
    let left = Left::behind(&migrations);
    for migration in &mut migrations {
        migration.stores(&left, args.keep_stores);
    }
    if args.verify {
        verify::verify(&mut migrations, &args.stores)?;
    }
    let mut report = Report::new(output);
    for migration in &migrations {
        let written = if args.dry_run { Ok(()) } else { migration.write() };
        report.add(written.map(|()| told(migration, args)))?;
        for refusal in &migration.refusals {
            report.add(Err(Error::Import { path: migration.file.path(), problem: refusal.to_string() }))?;
        }
    }
    for secret in migrations.iter().flat_map(|migration| &migration.secrets) {
        if let Some(path) = secret.new.target.values_in_metadata() {
            output.note(&format!("{} {}: {path}: {}", secret.kind, secret.shown, crate::render::NEEDS_VALUES_IN_METADATA));
        }
    }
    for push in migrations.iter().flat_map(|migration| &migration.pushes).filter(|push| push.plan.takes_back) {
        output.note(&format!("PushSecret {}: {TAKES_BACK}", push.shown));
    }
    for store in absent_stores(&inventory, &migrations) {
        output.note(&format!("{store} is named and not among these manifests; migrate it too"));
    }
    report.end("nothing to migrate: no object of external-secrets.io is there; check the path")
}

fn told(migration: &Migration<'_>, args: &EsoArgs) -> Vec<Migrated> {
    let path = migration.file.path();
    let secrets = migration.secrets.iter().map(|secret| {
        let plan = &secret.new;
        let sources = plan.entries.len() + plan.from.len();
        let verified = match (args.verify, secret.namespaces.is_empty(), secret.is_volatile) {
            (false, ..) => "",
            (true, true, _) => ", not rendered, since its namespaces are known to the cluster only",
            (true, false, false) => ", rendered the same",
            (true, false, true) => ", rendered the same but for templates that differ at every run",
        };
        let words = format!("{}{verified}", counted(sources, "source"));
        Migrated::object(&path, secret.kind, secret.shown.clone(), Some(sources), &words, !args.dry_run)
    });
    let stores = migration.stores.iter().map(|store| {
        let words = if store.is_kept { "beside the old one, which is still read from" } else { "" };
        Migrated::object(&path, store.kind.as_str(), store.shown(), None, words, !args.dry_run)
    });
    let pushes = migration.pushes.iter().map(|push| {
        let pushed = counted(push.plan.entries.len() + push.plan.several.len(), "entry");
        Migrated::object(&path, PUSH_KIND, push.shown.clone(), None, &pushed, !args.dry_run)
    });
    secrets.chain(pushes).chain(stores).collect()
}

/// Native stores that new objects name and that nothing that was read declares.
fn absent_stores(inventory: &Inventory, migrations: &[Migration<'_>]) -> BTreeSet<String> {
    let native = |object: &Object<'_>| object.is_ours() && matches!(object.kind(), "SecretStore" | "ClusterSecretStore");
    let objects = inventory.files.iter().flat_map(crate::manifest_file::ManifestFile::objects);
    let there = objects.filter(native).map(|object| (object.kind().to_owned(), object.name().to_owned()));
    let new = migrations.iter().flat_map(|migration| &migration.stores);
    let there: BTreeSet<_> = there.chain(new.map(|store| (store.kind.as_str().to_owned(), store.name.clone()))).collect();
    let secrets = migrations.iter().flat_map(|migration| &migration.secrets);
    let read = secrets.flat_map(|secret| secret.new.sources()).map(|source| StoreId::of("", &source.store));
    let pushed = migrations.iter().flat_map(|migration| &migration.pushes).flat_map(|push| &push.plan.stores);
    let written = pushed.filter_map(|store| match store {
        StoreChoice::Named(name) => Some(StoreId::of("", name)),
        StoreChoice::Selected { .. } => None,
    });
    read.chain(written)
        .filter(|id| id.group == StoreGroup::Native)
        .map(|id| (if id.namespace.is_some() { "SecretStore" } else { "ClusterSecretStore" }, id.name))
        .filter(|(kind, name)| !there.contains(&((*kind).to_owned(), name.clone())))
        .map(|(kind, name)| format!("{kind} {name}"))
        .collect()
}
