//! `tests/conformance/coverage.md`: what behaviours there are, by number, and which cases show each. It must never let
//! one stand without a case or a reason.

use std::collections::BTreeMap;
use std::fs;

use super::case::{Case, folder};

/// What a line that names cases begins with.
const CASES: &str = "   Cases: ";
/// What a line begins with that says why there are none.
const NONE: &str = "   Not ";

/// The page with the cases of each behaviour as they are.
fn written(page: &str, cases: &[Case]) -> String {
    let mut by_number: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for case in cases {
        by_number.entry(case.behaviour).or_default().push(&case.name);
    }
    let mut text = String::new();
    for line in page.lines().filter(|line| !line.starts_with(CASES)) {
        text.push_str(line);
        text.push('\n');
        if let Some(names) = number(line).and_then(|number| by_number.get(&number)) {
            text.push_str(&format!("{CASES}{}.\n", names.join(", ")));
        }
    }
    text
}

fn number(line: &str) -> Option<u32> {
    line.split_once(". ")?.0.parse().ok()
}

#[test]
fn the_page_names_all_cases_by_what_they_show() {
    let cases = super::case::all();
    let path = folder().join("coverage.md");
    let page = fs::read_to_string(&path).unwrap();
    let numbers: Vec<u32> = page.lines().filter_map(number).collect();
    assert_eq!(numbers, (1..=u32::try_from(numbers.len()).unwrap()).collect::<Vec<_>>(), "each number once, in order");
    for case in &cases {
        assert!(numbers.contains(&case.behaviour), "{}: there is no behaviour {}", case.name, case.behaviour);
    }
    let wanted = written(&page, &cases);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == wanted,
        "the names of cases are not those of the page; UPDATE_GOLDEN=1 writes them anew"
    );
    let lines: Vec<&str> = wanted.lines().collect();
    for (place, line) in lines.iter().enumerate() {
        let follows = lines.get(place + 1).is_some_and(|next| next.starts_with(CASES) || next.starts_with(NONE));
        assert!(number(line).is_none() || follows, "neither a case nor a reason why there is none: {line}");
    }
    assert!(cases.len() >= 400, "{} cases", cases.len());
}
