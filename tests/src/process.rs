//! A program held by a part-guard: started, signalled, started again on the same data, ended with the test.
//! It must never leave a program or its data behind, whichever way the test process ends.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::run;
use crate::wait::eventually;

/// How long a signal or a start may take to show.
const REACTION: Duration = Duration::from_secs(30);

/// What to start.
pub struct Program {
    name: String,
    executable: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    cleared: bool,
    remove: Vec<PathBuf>,
}

/// What a guard told last about its program.
#[derive(Clone, Debug, Default)]
struct State {
    pid: Option<u32>,
    exit: Option<String>,
}

/// A program that runs under a guard.
pub struct Process {
    name: String,
    guard: Child,
    commands: Mutex<Option<ChildStdin>>,
    state: Arc<Mutex<State>>,
    log: PathBuf,
}

impl Program {
    /// A program under a name, which also names its log.
    pub fn new(name: impl Into<String>, executable: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            executable: executable.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            cleared: false,
            remove: Vec::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Gives it no variable but those set here and PATH.
    #[must_use]
    pub fn clean_environment(mut self) -> Self {
        self.cleared = true;
        self
    }

    /// Has a file or folder removed when the program is done with.
    #[must_use]
    pub fn remove(mut self, path: impl Into<PathBuf>) -> Self {
        self.remove.push(path.into());
        self
    }

    /// Starts it; what became of that is known when this returns.
    pub fn start(self) -> Process {
        let log = run::log(&self.name);
        let mut guard = Command::new(sibling_binary("part-guard"));
        for path in &self.remove {
            guard.arg("--remove").arg(path);
        }
        guard.arg("--log").arg(&log);
        guard.arg("--keep-log-if").arg(run::failure_mark());
        guard.arg("--").arg(&self.executable).args(&self.arguments);
        if self.cleared {
            guard.env_clear();
            guard.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        }
        guard.envs(self.environment);
        // Out of the terminal's group: an interrupt ends the test process, and the guard then cleans up.
        guard.process_group(0);
        let mut guard = guard
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("part-guard starts: `cargo test -p sealbridge-tests` builds it");
        let mut told = BufReader::new(guard.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let mut first = State::default();
        hear(&mut first, &told.next().unwrap_or_default());
        let state = Arc::new(Mutex::new(first));
        let heard = Arc::clone(&state);
        std::thread::spawn(move || told.for_each(|line| hear(&mut locked(&heard), &line)));
        Process { name: self.name, commands: Mutex::new(guard.stdin.take()), guard, state, log }
    }
}

fn hear(state: &mut State, line: &str) {
    if let Some(pid) = line.strip_prefix("pid ") {
        *state = State { pid: pid.parse().ok(), exit: None };
    } else if let Some(status) = line.strip_prefix("exit ") {
        *state = State { pid: None, exit: Some(status.to_owned()) };
    }
}

impl Process {
    /// The process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        locked(&self.state).pid
    }

    /// The process id of the guard.
    pub fn guard_pid(&self) -> u32 {
        self.guard.id()
    }

    /// How it ended, once it has: `exit status: 0`, `signal: 9 (SIGKILL)`.
    pub fn exit(&self) -> Option<String> {
        locked(&self.state).exit.clone()
    }

    /// Where its output goes.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Asks it to end (SIGTERM) and waits; returns how it ended.
    pub async fn stop(&self) -> String {
        self.command("TERM");
        self.ended().await
    }

    /// Ends it at once (SIGKILL) and waits.
    pub async fn kill(&self) {
        self.command("KILL");
        self.ended().await;
    }

    /// Starts it again with the same arguments, on the same data, into the same log.
    pub async fn start_again(&self) {
        self.command("start");
        eventually(REACTION, &format!("{} runs again", self.name), async || self.pid().ok_or_else(|| self.describe())).await;
    }

    /// Stops it from running without ending it (SIGSTOP), and waits until it does not run.
    pub async fn pause(&self) {
        self.command("STOP");
        self.is_in(|state| state == "T").await;
    }

    /// Lets it run on after [`Self::pause`].
    pub async fn resume(&self) {
        self.command("CONT");
        self.is_in(|state| state != "T").await;
    }

    /// Waits for a state of the process as `/proc/PID/status` names it by a letter.
    async fn is_in(&self, wanted: impl Fn(&str) -> bool) {
        let pid = self.pid().expect("it runs");
        eventually(REACTION, &format!("{} took the signal", self.name), async || {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| error.to_string())?;
            let state = status.lines().find_map(|line| line.strip_prefix("State:")?.split_whitespace().next());
            state.filter(|state| wanted(state)).map(drop).ok_or_else(|| self.describe())
        })
        .await;
    }

    /// Waits until it has ended by itself; returns how.
    pub async fn ended(&self) -> String {
        eventually(REACTION, &format!("{} has ended", self.name), async || self.exit().ok_or_else(|| self.describe())).await
    }

    /// Its state and the end of its log, for a message.
    pub fn describe(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(15)..].join("\n");
        format!("{} {:?}; the end of {}:\n{tail}", self.name, *locked(&self.state), self.log.display())
    }

    /// Resident memory in KiB, by kind as `/proc/PID/status` names it: `VmRSS`, `RssAnon`.
    pub fn memory(&self, kind: &str) -> u64 {
        let pid = self.pid().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux");
        status
            .lines()
            .find_map(|line| line.strip_prefix(kind)?.strip_prefix(':'))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .unwrap_or_else(|| panic!("{kind} in /proc/{pid}/status"))
    }

    fn command(&self, command: &str) {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = commands.as_mut().expect("open until dropped");
        writeln!(pipe, "{command}").expect("the guard listens");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.commands.get_mut().map(Option::take));
        if let Err(error) = self.guard.wait() {
            eprintln!("the guard of {} is lost: {error}", self.name);
        }
    }
}

/// A binary of this workspace, built in the same profile as the running test.
pub fn sibling_binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let folder = test.ancestors().skip(1).find(|folder| !folder.ends_with("deps")).expect("a target folder");
    folder.join(name)
}

/// [`sibling_binary`], which must be there: if it is not, the panic tells how it is built.
pub(crate) fn built(name: &str, package: &str) -> PathBuf {
    let binary = sibling_binary(name);
    assert!(
        binary.is_file(),
        "{} is not built: run the tests by `cargo xtask test`, or `cargo build -p {package}` first",
        binary.display()
    );
    binary
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
