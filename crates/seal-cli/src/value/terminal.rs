//! A terminal that shows nothing of what is typed, from the first question to the last.
//!
//! A password reader hides the answer to one question. Of several lines that are pasted at once, it leaves
//! the second one to be shown between two questions, and the rest to the shell, which would run them.

use std::fs::{File, OpenOptions};
use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Hides what is typed until it is dropped; what was typed and not read by then is thrown away.
pub(crate) struct Silent {
    terminal: File,
    before: Termios,
}

impl Silent {
    /// Hides from now on. Fails where there is no terminal to ask at.
    pub(crate) fn new() -> io::Result<Self> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // A terminal that has gone away has no modes to restore.
        tcsetattr(&self.terminal, OptionalActions::Flush, &self.before).ok();
    }
}
