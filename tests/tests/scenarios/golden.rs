//! What a person sees, compared with files that are reviewed like code: `tests/fixtures/golden`. They are
//! written anew with `UPDATE_GOLDEN=1`. Must never hold what differs from run to run.

use std::env;
use std::fs;

use sealbridge_tests::{Namespace, eventually};
use sealbridge_xtask::parts::workspace_root;

use crate::stage::SOON;

/// Fields of `kubectl describe` whose value is another one in each run.
const VOLATILE: [&str; 8] =
    ["Creation Timestamp", "Resource Version", "UID", "Uid", "Last Transition Time", "Changed At", "Store Id", "Sealed"];

/// Compares a text with the golden file `name`, or writes it.
pub(crate) fn assert_golden(name: &str, text: &str) {
    let file = workspace_root().join("tests/fixtures/golden").join(format!("{name}.txt"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        return fs::write(file, text).unwrap();
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    assert!(golden == text, "{} differs; UPDATE_GOLDEN=1 writes it. Seen:\n{text}\nGolden:\n{golden}", file.display());
}

/// What `kubectl get` and `kubectl describe` show of a BridgedSecret that failed, once its event is there.
/// `names` are texts that differ from run to run, each with what stands for it.
pub(crate) async fn shown(namespace: &Namespace<'_>, object: &str, reason: &str, names: &[(&str, &str)]) -> String {
    let described = eventually(SOON, &format!("the event of {object} is there"), async || {
        let described = namespace.kubectl(&["describe", "bsec", object]).await.ok();
        let events = described.split("Events:").nth(1).unwrap_or_default();
        if events.contains(reason) { Ok(described) } else { Err(events.to_owned()) }
    })
    .await;
    let got = namespace.kubectl(&["get", "bsec", object]).await.ok();
    let mut text = format!("$ kubectl get bsec {object}\n");
    for (position, line) in got.lines().enumerate() {
        let mut cells = cells(line);
        if position > 0 {
            *cells.last_mut().unwrap() = "<age>";
        }
        text += &(cells.join("  ") + "\n");
    }
    text += &format!("\n$ kubectl describe bsec {object}\n");
    let mut in_events = false;
    for line in described.lines() {
        text += &(if in_events { event(line) } else { field(line) } + "\n");
        in_events |= line.starts_with("Events:");
    }
    names.iter().fold(text, |text, (name, stands)| text.replace(name, stands))
}

/// The columns of a table, which at least two blanks separate.
fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

fn event(line: &str) -> String {
    let mut cells = cells(line);
    if cells.len() == 5 && !matches!(cells[2], "Age" | "----") {
        cells[2] = "<age>";
    }
    format!("  {}", cells.join("  "))
}

fn field(line: &str) -> String {
    let Some((name, value)) = line.split_once(':') else { return line.trim_end().to_owned() };
    if VOLATILE.contains(&name.trim()) && !value.trim().is_empty() {
        let blanks: String = value.chars().take_while(|letter| letter.is_whitespace()).collect();
        return format!("{name}:{blanks}<{}>", name.trim().to_lowercase());
    }
    line.trim_end().to_owned()
}
