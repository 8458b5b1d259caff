//! What the person waiting sees: on a terminal one line that keeps count of the time, in a pipe one line when
//! a step begins and one when it ends. It must never fail a build: a closed standard error is ignored.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the line on a terminal is drawn again.
const TICK: Duration = Duration::from_secs(1);

struct Running {
    id: u64,
    what: String,
    since: Instant,
}

#[derive(Default)]
struct Board {
    next: u64,
    running: Vec<Running>,
}

/// The board of steps under way.
pub(super) struct Progress {
    board: Arc<Mutex<Board>>,
    on_terminal: bool,
    stop: Option<Sender<()>>,
    ticker: Option<JoinHandle<()>>,
}

/// A step under way; it ends when this is dropped.
pub(super) struct Task<'a> {
    progress: &'a Progress,
    id: u64,
}

impl Progress {
    pub(super) fn start() -> Self {
        let board = Arc::new(Mutex::new(Board::default()));
        let on_terminal = std::io::stderr().is_terminal();
        let (stop, ticker) = if on_terminal {
            let (stop, stopped) = channel();
            let board = Arc::clone(&board);
            let ticker = std::thread::spawn(move || {
                while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    draw(&board.lock().unwrap_or_else(PoisonError::into_inner));
                }
            });
            (Some(stop), Some(ticker))
        } else {
            (None, None)
        };
        Self { board, on_terminal, stop, ticker }
    }

    /// Tells that a step begins.
    pub(super) fn task(&self, what: String) -> Task<'_> {
        if !self.on_terminal {
            say(&format!("parts: {what} …\n"));
        }
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        let id = board.next;
        board.next += 1;
        board.running.push(Running { id, what, since: Instant::now() });
        Task { progress: self, id }
    }
}

impl Drop for Task<'_> {
    fn drop(&mut self) {
        let mut board = self.progress.board.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = board.running.iter().position(|task| task.id == self.id) else {
            return;
        };
        let ended = board.running.remove(at);
        let clear = if self.progress.on_terminal { "\r\x1b[K" } else { "" };
        say(&format!("{clear}parts: {} took {}\n", ended.what, elapsed(ended.since)));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(ticker) = self.ticker.take() {
            // A ticker that panicked has nothing left to say.
            ticker.join().unwrap_or_default();
        }
    }
}

fn draw(board: &Board) {
    if board.running.is_empty() {
        return;
    }
    let steps: Vec<String> = board.running.iter().map(|step| format!("{} {}", step.what, elapsed(step.since))).collect();
    say(&format!("\r\x1b[Kparts: {}", steps.join(" | ")));
}

fn elapsed(since: Instant) -> String {
    let seconds = since.elapsed().as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn say(text: &str) {
    let mut out = std::io::stderr().lock();
    // Nobody may be listening any more, which is no reason to stop building.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}
