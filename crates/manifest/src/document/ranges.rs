//! Where the documents of a text stand in it.

use std::ops::Range;

use super::parse;

/// Where the documents that are not empty stand, in bytes, without the lines that set them apart.
#[must_use]
pub fn ranges(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut position) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") && line.get(3..4).is_none_or(|next| next.trim().is_empty()) {
            found.push(start..position);
            start = position + 3;
        }
        position += line.len();
    }
    found.push(start..text.len());
    found.retain(|range| text.get(range.clone()).is_some_and(|text| parse(text).is_ok_and(|read| !read.is_empty())));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_those_that_are_read() {
        let text = "# head\n---\na: |\n  ---\n--- # second\nb: 1\n---\n# none\n---\nc: ---x\n";
        let found: Vec<_> = ranges(text).into_iter().map(|range| text.get(range).unwrap()).collect();
        assert_eq!(found, ["\na: |\n  ---\n", " # second\nb: 1\n", "\nc: ---x\n"]);
        assert_eq!(found.len(), parse(text).unwrap().len());
        assert_eq!(ranges("a: 1\r\n---\r\nb: 2\r\n").len(), 2);
    }
}
