//! Why a part could not be provided, in words for the person at the terminal: what failed, what to do.
//! Output of tools is carried only as its last lines; none of it can hold a secret.

use std::path::PathBuf;

use super::Part;

/// A part could not be provided.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// A tool that builds parts is not installed, or too old.
    #[error("{tool} {found}, and {parts} cannot be made without it.\n  {remedy}")]
    MissingTool {
        /// Name of the tool with the version wanted.
        tool: &'static str,
        /// What was found instead.
        found: String,
        /// What is built with it.
        parts: String,
        /// What to install.
        remedy: &'static str,
    },
    /// A tool ran and failed.
    #[error(
        "{step} failed ({status}); its last lines:\n{tail}\n  Check the network and the disk, then run the same command again: what was finished is kept."
    )]
    Step {
        /// What was being done.
        step: String,
        /// How the tool ended.
        status: String,
        /// Last lines that it wrote to standard error.
        tail: String,
    },
    /// A tool ended well, but a file that it should have made is not there.
    #[error("{step} made no {file}.\n  The pinned version may have changed its layout: compare tests/parts with it.")]
    Absent {
        /// What was being done.
        step: String,
        /// File that is missing.
        file: PathBuf,
    },
    /// The cache could not be read or written.
    #[error("cannot {action} {path}: {source}\n  Set SEALBRIDGE_PARTS_DIR to a folder that can be written, with 4 GB free.")]
    Cache {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// None of the variables that name a cache folder is set.
    #[error("no folder for the cache of parts: HOME is not set.\n  Set SEALBRIDGE_PARTS_DIR.")]
    NoCache,
    /// A part was looked up that was not provided.
    #[error("{part} was not asked for.\n  Add it to the list given to `parts::provide`.")]
    NotAsked {
        /// The part.
        part: Part,
    },
    /// A thread of the build ended without a result.
    #[error("providing parts was interrupted.\n  Run the same command again.")]
    Interrupted,
}
