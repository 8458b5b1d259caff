//! Starts one part for a test process and ends it, with its data, when that process is gone: even one killed
//! by SIGKILL closes the pipe on which this listens. It must never outlive the pipe.
//!
//! `part-guard [--remove PATH]… [--log PATH] [--keep-log-if PATH] -- PROGRAM ARGUMENT…`
//!
//! Standard input takes one command a line: `start`, `TERM`, `KILL`, `STOP`, `CONT`; its end means the end.
//! Standard output tells `pid N` and `exit STATUS`.
#![allow(clippy::print_stderr, reason = "standard error is where the harness shows what went wrong here")]

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

use rustix::process::{Pid, Signal, kill_process_group};

#[derive(Default)]
struct Orders {
    remove: Vec<PathBuf>,
    log: Option<PathBuf>,
    keep_log_if: Option<PathBuf>,
    program: Vec<OsString>,
}

enum Event {
    Command(String),
    HolderGone,
    Exited(String),
}

fn main() -> ExitCode {
    let orders = parse(std::env::args_os().skip(1));
    let (send, events) = channel();
    listen(send.clone());
    let mut running = spawn(&orders, &send);
    let ok = running.is_some();
    serve(&orders, &events, &send, &mut running);
    if let Some(pid) = running.take() {
        signal(pid, Signal::KILL);
        while !matches!(events.recv(), Ok(Event::Exited(_)) | Err(_)) {}
    }
    clean_up(&orders);
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parse(mut args: impl Iterator<Item = OsString>) -> Orders {
    let mut orders = Orders::default();
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--remove") => orders.remove.extend(args.next().map(PathBuf::from)),
            Some("--log") => orders.log = args.next().map(PathBuf::from),
            Some("--keep-log-if") => orders.keep_log_if = args.next().map(PathBuf::from),
            _ => {
                orders.program = args.collect();
                break;
            }
        }
    }
    orders
}

fn listen(send: Sender<Event>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if send.send(Event::Command(line)).is_err() {
                return;
            }
        }
        send.send(Event::HolderGone).unwrap_or_default();
    });
}

fn serve(orders: &Orders, events: &Receiver<Event>, send: &Sender<Event>, running: &mut Option<Pid>) {
    for event in events {
        match event {
            Event::HolderGone => return,
            Event::Exited(status) => {
                *running = None;
                tell(&format!("exit {status}"));
            }
            Event::Command(command) => match (command.as_str(), *running) {
                ("start", None) => *running = spawn(orders, send),
                ("TERM", Some(pid)) => signal(pid, Signal::TERM),
                ("KILL", Some(pid)) => signal(pid, Signal::KILL),
                ("STOP", Some(pid)) => signal(pid, Signal::STOP),
                ("CONT", Some(pid)) => signal(pid, Signal::CONT),
                _ => {}
            },
        }
    }
}

/// Starts the program as the leader of its own process group, so that what it starts ends with it.
fn spawn(orders: &Orders, send: &Sender<Event>) -> Option<Pid> {
    let started = (|| {
        let (program, arguments) = orders.program.split_first().ok_or_else(|| std::io::Error::other("no program given"))?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).process_group(0);
        if let Some(path) = &orders.log {
            // The last guard to leave removes the folder, and another may start after that.
            fs::create_dir_all(path.parent().unwrap_or(path))?;
            let log = OpenOptions::new().create(true).append(true).open(path)?;
            command.stdout(log.try_clone()?).stderr(log);
        } else {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        command.spawn()
    })();
    match started {
        Ok(mut child) => {
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            tell(&format!("pid {}", child.id()));
            let send = send.clone();
            std::thread::spawn(move || {
                let status = child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
                send.send(Event::Exited(status)).unwrap_or_default();
            });
            pid
        }
        Err(error) => {
            tell(&format!("exit cannot start: {error}"));
            None
        }
    }
}

/// The group may be gone already, which is what a signal to end it wants.
fn signal(pid: Pid, signal: Signal) {
    if let Err(error) = kill_process_group(pid, signal) {
        eprintln!("part-guard: cannot signal {pid:?}: {error}");
    }
}

/// A holder that is gone cannot be told anything, which must not stop the clean-up.
fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Removes data and log, then the folder of the log and its parent if this was the last to leave.
fn clean_up(orders: &Orders) {
    for path in &orders.remove {
        remove(path);
    }
    let Some(log) = &orders.log else { return };
    if orders.keep_log_if.as_ref().is_some_and(|mark| mark.exists()) {
        return;
    }
    remove(log);
    for folder in log.ancestors().skip(1).take(2) {
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

fn remove(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(error) = removed
        && path.exists()
    {
        eprintln!("part-guard: cannot remove {}: {error}", path.display());
    }
}
