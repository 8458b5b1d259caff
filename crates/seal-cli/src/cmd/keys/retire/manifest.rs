//! The SealingKey's manifest in the checkout.

use std::path::PathBuf;

use sealbridge_manifest::edit::{self, Change, Edit, Node, Step};

use crate::error::Error;
use crate::inventory::Inventory;

const STATE: &str = "Retiring";

/// Gives the SealingKey of this name `spec.state: Retiring`, and says in which file. `None` if it has that.
pub(super) fn retire(name: Option<&str>, paths: &[PathBuf], dry_run: bool) -> Result<Option<String>, Error> {
    let name = name.ok_or(Error::Arguments(
        "a manifest does not say which key its SealingKey has: name the SealingKey with --name, or ask the cluster with --cluster or --context",
    ))?;
    let inventory = Inventory::read(paths)?;
    let mut found = inventory.files.iter().flat_map(|file| {
        let objects = file.objects();
        objects
            .into_iter()
            .filter(|object| object.is_native("SealingKey") && object.name() == name)
            .map(move |object| (file, object))
    });
    let (Some((file, object)), None) = (found.next(), found.next()) else {
        return Err(Error::NoSealingKey { name: name.to_owned() });
    };
    if object.value.pointer("/spec/state").and_then(|state| state.as_str()) == Some(STATE) {
        return Ok(None);
    }
    let mut mapping = object.place.path();
    mapping.push(Step::key("spec"));
    let change = Change::Set(Node::Text(STATE.to_owned()));
    let edited = edit::apply(file.text(), object.place.document, &[Edit { mapping, key: "state".to_owned(), change }]);
    let edited = edited.map_err(|problem| file.edit_error(problem))?;
    if !dry_run {
        file.replace(&edited)?;
    }
    Ok(Some(file.path().display().to_string()))
}
