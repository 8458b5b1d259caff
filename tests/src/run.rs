//! What belongs to the test process as a whole: its folder for data and logs, and a runtime that outlives
//! each test's own. It must never hold anything that only one test uses.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Once};

use tokio::runtime::{Handle, Runtime};

/// The folder of this process. What is in it is removed by the guards, the last of which removes the folder;
/// so it is not removed here.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder =
        tempfile::Builder::new().prefix("sealbridge-tests-").tempdir().expect("a folder for data and logs of the test run").keep();
    keep_logs_of_failures(&folder);
    folder
});

static BACKGROUND: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("harness")
        .enable_all()
        .build()
        .expect("a runtime for the harness")
});

/// A runtime that lives as long as the process: for servers and clean-ups that no test's runtime may end.
pub fn background() -> &'static Handle {
    BACKGROUND.handle()
}

/// A new folder for the data of one part, which its guard is to remove.
pub(crate) fn data(name: &str) -> PathBuf {
    let folder = FOLDER.join(name);
    std::fs::create_dir_all(&folder).expect("a folder for data");
    folder
}

/// Where the log of a part goes.
pub(crate) fn log(name: &str) -> PathBuf {
    FOLDER.join("logs").join(format!("{name}.log"))
}

/// Exists once a test has failed: guards then leave the logs.
pub(crate) fn failure_mark() -> PathBuf {
    FOLDER.join("FAILED")
}

/// A name that nothing else in this process has: `prefix-3`.
pub(crate) fn unique(prefix: &str) -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}-{}", LAST.fetch_add(1, Ordering::Relaxed) + 1)
}

/// A panic is how a test fails; the hook runs within the failing test, so its output tells where the logs are.
fn keep_logs_of_failures(folder: &Path) {
    static ONCE: Once = Once::new();
    let folder = folder.to_owned();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            previous(panic);
            let mark = folder.join("FAILED");
            match std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(mark, b"")) {
                Ok(()) => eprintln!("logs of the parts are kept in {}", folder.join("logs").display()),
                Err(error) => eprintln!("logs of the parts cannot be kept: {error}"),
            }
        }));
    });
}
