//! Writes `deploy/crds` and `deploy/schemas` under the folder given as the only argument, the checkout's root.
//! `cargo xtask crds` runs it; a test of this crate fails when the files differ from what it writes.
#![allow(clippy::print_stdout, reason = "a developer's command says what it wrote")]

#[path = "../tests/generated/files.rs"]
mod files;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name the checkout's root folder")?;
    for (path, text) in files::generated()? {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, text)?;
        println!("wrote {}", path.display());
    }
    Ok(())
}
