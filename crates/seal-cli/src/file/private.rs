//! Files that hold private keys: for their owner alone, and never overwritten.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::Error;

const OWNER_ONLY_FILE: u32 = 0o600;
const OWNER_ONLY_FOLDER: u32 = 0o700;
const OTHERS: u32 = 0o077;

/// Permissions of a mode.
pub(super) fn permissions(mode: u32) -> Permissions {
    Permissions::from_mode(mode)
}

/// Creates a file that only its owner can read, and missing folders likewise.
pub(crate) fn create_private(path: &Path, content: &[&[u8]]) -> Result<(), Error> {
    let failed = |error: &io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists { path: path.to_owned() },
        cause => Error::Write { path: path.to_owned(), cause },
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let created = DirBuilder::new().recursive(true).mode(OWNER_ONLY_FOLDER).create(folder);
        created.map_err(|error| Error::Write { path: folder.to_owned(), cause: error.kind() })?;
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY_FILE).open(path).map_err(|error| failed(&error))?;
    let written = content.iter().try_for_each(|part| file.write_all(part)).and_then(|()| file.sync_all());
    written.map_err(|error| {
        // Half a key would stand in the way of the next try.
        drop(fs::remove_file(path));
        failed(&error)
    })
}

/// Whether anyone but the owner may read the file.
pub(crate) fn is_readable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & OTHERS != 0)
}
