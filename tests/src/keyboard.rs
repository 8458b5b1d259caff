//! A pseudo terminal on which somebody types. It must never be the controlling one of the tests.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The side of the person.
#[derive(Debug)]
pub(crate) struct Keyboard {
    person: File,
    terminal: File,
}

impl Keyboard {
    pub(crate) fn new() -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo terminal");
        grantpt(&person).expect("granted");
        unlockpt(&person).expect("unlocked");
        let name = ptsname(&person, Vec::new()).expect("a name");
        let flags = i32::try_from(OFlags::NOCTTY.bits()).expect("flags");
        let path = OsStr::from_bytes(name.to_bytes());
        let terminal = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).expect("opened");
        Self { person: person.into(), terminal }
    }

    /// Types lines before anybody asks.
    pub(crate) fn type_ahead(&mut self, lines: &str) {
        self.person.write_all(lines.as_bytes()).expect("typed");
    }

    /// Types a line once a question was asked. What was typed before it is thrown away by whoever hides an answer.
    ///
    /// # Panics
    /// If the terminal is closed before the question.
    pub(crate) fn answer(&mut self, question: &str, line: &str) {
        let mut shown = Vec::new();
        while !String::from_utf8_lossy(&shown).contains(question) {
            let mut part = [0; 256];
            let read = self.person.read(&mut part).expect("the terminal is there");
            shown.extend_from_slice(&part[..read]);
        }
        self.type_ahead(line);
    }

    /// The side of the program.
    pub(crate) fn terminal(&self) -> File {
        self.terminal.try_clone().expect("a second handle")
    }
}
