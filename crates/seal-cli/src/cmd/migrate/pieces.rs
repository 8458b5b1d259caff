//! A file's text, document by document: an edit of one reads that one alone, so that a file of many objects takes no longer
//! than as many files.
//!
//! Must never: change what stands between documents.

use std::ops::Range;

use sealbridge_manifest::document::{self, Place};

use crate::manifest_file::ManifestFile;

/// The pieces of a text.
pub(super) struct Pieces<'a> {
    text: &'a str,
    ranges: Vec<Range<usize>>,
    new: Vec<Option<String>>,
    added: Vec<String>,
}

impl<'a> Pieces<'a> {
    /// The documents of a file; all of them as one where they cannot be told apart.
    pub(super) fn of(file: &'a ManifestFile) -> Self {
        let text = file.text();
        let mut ranges = document::ranges(text);
        if ranges.len() != file.document_count() {
            ranges = std::iter::once(0..text.len()).collect();
        }
        let new = ranges.iter().map(|_| None).collect();
        Self { text, ranges, new, added: Vec::new() }
    }

    /// Which piece an object stands in, and where there.
    pub(super) fn at(&self, place: Place) -> (usize, Place) {
        if self.ranges.len() > 1 { (place.document, Place { document: 0, ..place }) } else { (0, place) }
    }

    /// A piece as it is now.
    pub(super) fn now(&self, piece: usize) -> &str {
        self.new.get(piece).and_then(Option::as_deref).unwrap_or_else(|| self.before(piece))
    }

    /// A piece as it was.
    pub(super) fn before(&self, piece: usize) -> &'a str {
        self.ranges.get(piece).and_then(|range| self.text.get(range.clone())).unwrap_or_default()
    }

    /// Gives a piece another text.
    pub(super) fn set(&mut self, piece: usize, text: String) {
        if let Some(new) = self.new.get_mut(piece) {
            *new = Some(text);
        }
    }

    /// Adds a document behind the last.
    pub(super) fn add(&mut self, document: String) {
        self.added.push(document);
    }

    /// The whole text.
    pub(super) fn whole(&self) -> String {
        let (mut whole, mut done) = (String::with_capacity(self.text.len()), 0);
        for (piece, range) in self.ranges.iter().enumerate() {
            whole.push_str(self.text.get(done..range.start).unwrap_or_default());
            whole.push_str(self.now(piece));
            done = range.end;
        }
        whole.push_str(self.text.get(done..).unwrap_or_default());
        let line_break = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        for document in &self.added {
            if !whole.ends_with('\n') {
                whole.push_str(line_break);
            }
            whole.push_str("---");
            whole.push_str(line_break);
            whole.push_str(document.trim_start_matches(['\r', '\n']));
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::file::Snapshot;

    fn file(text: &str) -> ManifestFile {
        ManifestFile::of(Snapshot::of_text(Path::new("file"), text.to_owned())).expect("YAML")
    }

    #[test]
    fn what_is_between_documents_stays() {
        let file = file("# head\n---\n# none\n--- # one\na: 1\n---\n---\nb: 2");
        let mut pieces = Pieces::of(&file);
        assert_eq!(pieces.whole(), file.text());
        let (piece, place) = pieces.at(Place { document: 1, item: Some(3) });
        assert_eq!((pieces.now(piece), place), ("\nb: 2", Place { document: 0, item: Some(3) }));
        pieces.set(piece, "\nb: 3".to_owned());
        pieces.add("\nc: 4\n".to_owned());
        pieces.add("d: 5\n".to_owned());
        assert_eq!(pieces.before(piece), "\nb: 2");
        assert_eq!(pieces.whole(), "# head\n---\n# none\n--- # one\na: 1\n---\n---\nb: 3\n---\nc: 4\n---\nd: 5\n");
    }

    #[test]
    fn one_document_is_one_piece() {
        let file = file("a: 1\n");
        assert_eq!(Pieces::of(&file).at(Place { document: 0, item: Some(1) }), (0, Place { document: 0, item: Some(1) }));
    }
}
