//! What a commit of a range added in the clear and a later one took away: no longer in a file, and still in the history.
//!
//! Must never: tell again of what lies there at the end, or of what was in the history before the range.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::file::{Judge, settle};
use super::finding::Finding;
use super::inputs::Range;
use super::rule::Rule;
use crate::error::Error;
use crate::git::{Merges, Objects, Walk};

/// How much of an id of a commit is shown.
const SHOWN: usize = 10;

/// What is certain to be no mere matter of form. Others of the state at the end are no danger once they are gone.
const LASTING: [Rule; 2] = [Rule::PlainSecret, Rule::PrivateKey];

/// A finding, wherever in its file it stands.
type Place = (String, Rule, String, String);

fn place(finding: &Finding) -> Place {
    (finding.path.clone(), finding.rule, finding.object.clone(), finding.entry.clone())
}

/// Judges each file that a commit of the range added or changed, by the rules of the range's end. `told` is what is found
/// at the end.
pub(super) fn judge(
    judge: &Judge<'_>,
    range: &Range,
    told: &[Finding],
    from_root: impl Fn(&Path) -> String,
) -> Result<Vec<Finding>, Error> {
    let mut objects = Objects::of(&range.repository)?;
    let revisions = [range.to.clone(), format!("^{}", range.from)];
    let walk = Walk { merges: Merges::FromAllParents, revisions: &revisions, since: None };
    let told: BTreeSet<Place> = told.iter().map(place).collect();
    let mut found: BTreeMap<Place, (String, Finding)> = BTreeMap::new();
    let mut paths = BTreeSet::new();
    range.repository.history(walk, |commit, change| {
        let Some(blob) = change.new.filter(|blob| !change.old.contains(blob) && range.is_about(&change.path)) else {
            return Ok(());
        };
        let bytes = objects.blob(&blob)?.unwrap_or_default();
        let shown = range.repository.shown(&change.path);
        for finding in in_the_clear(judge, &shown, &from_root(&shown), &bytes) {
            // Commits come before those that they were made from: what stays is the one that brought it.
            found.insert(place(&finding), (commit.id.clone(), finding));
            paths.insert(change.path.clone());
        }
        Ok(())
    })?;
    let mut before = BTreeSet::new();
    for path in &paths {
        let bytes = objects.file(&range.from, path)?.unwrap_or_default();
        let shown = range.repository.shown(path);
        before.extend(in_the_clear(judge, &shown, &from_root(&shown), &bytes).iter().map(place));
    }
    found.retain(|place, _| !told.contains(place) && !before.contains(place));
    Ok(found.into_values().map(|(commit, finding)| in_history(finding, &commit)).collect())
}

fn in_the_clear(judge: &Judge<'_>, shown: &Path, from_root: &str, bytes: &[u8]) -> Vec<Finding> {
    let mut drafts = judge.without_keys().judge(shown, bytes, false).drafts;
    drafts.retain(|draft| LASTING.contains(&draft.rule));
    let findings = settle(shown, from_root, &String::from_utf8_lossy(bytes), drafts);
    // Allow comments that are mistaken are told of the file as it is.
    findings.into_iter().filter(|finding| LASTING.contains(&finding.rule)).collect()
}

fn in_history(finding: Finding, commit: &str) -> Finding {
    let commit = commit.get(..SHOWN).unwrap_or(commit);
    Finding {
        problem: format!("commit {commit} added it, and it is still in the history: {}", finding.problem),
        advice: "change it at its source, and take the commit out of the branch before it is merged".to_owned(),
        ..finding
    }
}
