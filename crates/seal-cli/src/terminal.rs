//! Secrets that are typed: asked at the terminal alone, and shown nowhere.
//!
//! A password reader hides the answer to one question. Of several lines that are pasted at once, it leaves
//! the second one to be shown between two questions, and the rest to the shell, which would run them.

use std::fs::{File, OpenOptions};
use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Hides what is typed until it is dropped; what was typed and not read by then is thrown away.
pub(crate) struct Silent {
    terminal: File,
    before: Termios,
}

impl Silent {
    pub(crate) fn new() -> io::Result<Self> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }

    /// The answer to one question.
    pub(crate) fn ask(&self, question: &str) -> io::Result<Zeroizing<String>> {
        rpassword::prompt_password(question).map(Zeroizing::new)
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // A terminal that has gone away has no modes to restore.
        tcsetattr(&self.terminal, OptionalActions::Flush, &self.before).ok();
    }
}
