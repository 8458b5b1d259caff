//! Verbs that turn manifests into Secrets: their flags, and the way from files to what is rendered.

use clap::Args;
use sealbridge_sealed_secrets::KeyRing;

use super::declared::{Declarations, Several, Wanted, declarations};
use super::login::StoresArgs;
use super::rendered::{self, Rendered};
use crate::cli::ConfigArgs;
use crate::count::counted;
use crate::error::Error;
use crate::identities::IdentityArgs;
use crate::manifest_file::ManifestFile;
use crate::output;
use crate::recovery_keys::{self, RecoveryArgs};

/// Flags of verbs that turn manifests into Secrets.
#[derive(Debug, Args)]
pub(crate) struct ReadingArgs {
    #[command(flatten)]
    stores: StoresArgs,
    /// The namespace of objects that say none.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Say nothing but errors.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    recovery: RecoveryArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

/// What one verb needs beside its flags.
#[derive(Default)]
pub(crate) struct Asked<'a> {
    /// The namespace of objects of which nobody says it.
    pub(crate) otherwise: Option<&'a str>,
    /// Whether what stands in several namespaces is wanted, in those that manifests tell of.
    pub(crate) copies: bool,
}

/// What manifests declare, and what is needed to render it.
pub(crate) struct Reading<'a> {
    pub(crate) declarations: Declarations,
    args: &'a ReadingArgs,
    rsa: KeyRing,
}

impl ReadingArgs {
    /// What the files declare.
    pub(crate) fn declared<'f>(
        &self,
        files: impl Iterator<Item = &'f ManifestFile> + Clone,
        asked: &Asked<'_>,
    ) -> Result<Reading<'_>, Error> {
        let rsa = recovery_keys::load(&self.recovery)?;
        let wanted = Wanted {
            namespace: self.namespace.as_deref(),
            otherwise: asked.otherwise,
            rules: self.config.config.as_deref(),
            sealed_secrets: !rsa.is_empty(),
            copies: asked.copies,
        };
        let declarations = declarations(files, &wanted)?;
        for note in declarations.fan_outs.iter().filter(|_| !self.quiet).filter_map(Several::note) {
            output::note(&note);
        }
        Ok(Reading { declarations, args: self, rsa })
    }
}

impl Several {
    /// What of it is missing.
    fn note(&self) -> Option<String> {
        let Self { object, copies, selects } = self;
        match (copies, selects) {
            (0, _) => Some(format!("{object} is not rendered: an operator makes its copies in the namespaces that it selects")),
            (_, true) => Some(format!(
                "{object} is rendered in {}, named or declared here; a cluster can have more that it selects",
                counted(*copies, "namespace")
            )),
            (_, false) => None,
        }
    }
}

impl Reading<'_> {
    /// All that is declared, in its order; what fails is told with its file and object.
    pub(crate) fn rendered(&mut self) -> Result<Vec<Result<Rendered, String>>, Error> {
        let keys = rendered::keys(&self.declarations, &self.args.identities, std::mem::take(&mut self.rsa))?;
        rendered::all(&self.declarations, &self.args.stores, &keys)
    }
}
