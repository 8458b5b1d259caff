//! `seal keys new`: a key pair in a file of its owner.

use std::path::PathBuf;

use clap::Args;
use sealbridge_seal::KeyPair;
use serde::Serialize;

use crate::cli::ReportArgs;
use crate::error::Error;
use crate::output::Output;
use crate::{file, identities};

/// Make a key pair. The private half goes to a file that only you can read; the recipient is printed.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal keys new
  seal keys new --pq prod-pq.txt
  seal keys new break-glass.txt -o json")]
pub(crate) struct NewArgs {
    /// The file, which must not exist; by default sealbridge/keys.txt in the configuration folder, where
    /// every verb looks for it.
    file: Option<PathBuf>,
    /// Make a post-quantum pair, `age1pq1…`. Values are sealed either to such recipients or to others, never to both.
    #[arg(long)]
    pq: bool,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    file: String,
    recipient: &'a str,
    key_id: String,
}

pub(crate) fn run(args: &NewArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let path = args.file.clone().map_or_else(identities::default_path, Ok)?;
    let pair = if args.pq { KeyPair::generate_post_quantum() } else { KeyPair::generate() };
    let pair = pair.map_err(Error::KeyPair)?;
    let recipient = pair.recipient();
    let comment = format!("# recipient: {recipient}\n# key id: {}\n", recipient.id());
    file::create_private(&path, &[comment.as_bytes(), pair.identity_text().expose(), b"\n"])?;
    output.say(&format!("recipient  {recipient}"))?;
    output.say(&format!("key id     {}", recipient.id()))?;
    output.note(&format!("the private half is in {}; keep a copy in a safe place, and never commit it", path.display()));
    output.document(&Document {
        file: path.display().to_string(),
        recipient: recipient.as_str(),
        key_id: recipient.id().to_string(),
    })
}
