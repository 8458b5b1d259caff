//! The documents of manifests that pass through, with Secrets in the place of objects.
//!
//! Must never: change a byte of a document that holds none of them.

use sealbridge_manifest::document::{self, Object};
use sealbridge_manifest::edit;
use zeroize::Zeroizing;

use super::door::Placed;
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::render::print::{self, Show};

/// The documents, each ended by a line break, but for those that are left out: `None` is one that is no object. A comment
/// above an object stays above its Secret.
pub(super) fn replaced(
    file: &ManifestFile,
    here: &[Placed],
    is_left_out: &dyn Fn(Option<&Object<'_>>) -> bool,
) -> Result<Vec<Zeroizing<String>>, Error> {
    let objects = file.objects();
    let mut documents = Vec::new();
    // Both are in the order of the documents, of which a chart can have thousands.
    let (mut objects, mut here) = (objects.as_slice(), here);
    for (position, range) in document::ranges(file.text()).into_iter().enumerate() {
        let text = file.text().get(range).unwrap_or_default().trim_start_matches(['\r', '\n']);
        let of_it = taken(&mut objects, |object| object.place.document == position);
        let placed = taken(&mut here, |placed| placed.place.document == position);
        let is_list = of_it.iter().any(|object| object.place.item.is_some());
        if !is_list && is_left_out(of_it.first()) {
            continue;
        }
        let mut text = match placed {
            [] => Zeroizing::new(text.to_owned()),
            [Placed { place: document::Place { item: None, .. }, secret, .. }] => {
                let mut above: Zeroizing<String> = Zeroizing::new(comments(text));
                above.push_str(&print::yaml(secret, Show::All, |_| true));
                above
            }
            items => {
                let items: Vec<_> =
                    items.iter().filter_map(|placed| Some((placed.place.item?, print::json(&placed.secret)))).collect();
                let items: Vec<_> = items.iter().map(|(item, text)| (*item, text.as_str())).collect();
                edit::set_items(text, 0, "items", &items, &[]).map(Zeroizing::new).map_err(|problem| file.edit_error(problem))?
            }
        };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        documents.push(text);
    }
    Ok(documents)
}

/// Takes those away with which a list begins that are meant.
fn taken<'a, T>(list: &mut &'a [T], is_meant: impl Fn(&T) -> bool) -> &'a [T] {
    let (first, rest) = list.split_at(list.partition_point(is_meant));
    *list = rest;
    first
}

/// The comments above the first line that is none.
fn comments(text: &str) -> String {
    text.split_inclusive('\n').take_while(|line| line.starts_with('#') || line.trim().is_empty()).collect()
}
