//! What the demo says as it goes. It must never hold what it is about.

use std::fmt::Display;

/// Names the next thing that is done.
pub(crate) fn say(what: impl Display) {
    println!("\n== {what}");
}

/// A command as one would type it.
pub(crate) fn typed(command: impl Display) {
    println!("$ {command}");
}

/// Output, indented; long lines are cut, since a sealed value fills a screen.
pub(crate) fn show(text: &str) {
    const WIDTH: usize = 140;
    for line in text.lines() {
        let cut: String = line.chars().take(WIDTH).collect();
        println!("  {cut}{}", if cut.len() < line.len() { "…" } else { "" });
    }
}
