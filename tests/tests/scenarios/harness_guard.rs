//! Programs and their data go with the process that holds them, even when that is killed by SIGKILL.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use sealbridge_tests::{Process, Program, eventually};

const SOON: Duration = Duration::from_secs(30);

/// Names the folder in which [`holder`] is to work, and makes it work at all.
const FOLDER: &str = "SEALBRIDGE_TEST_HOLDER";

/// A shell with a child of its own, whose process id it leaves in its data.
fn family(data: &Path) -> Process {
    fs::create_dir_all(data).unwrap();
    let child = data.join("child");
    Program::new(data.file_name().unwrap().to_str().unwrap(), "/bin/sh")
        .args(["-c", "sleep 1000 & echo $! > \"$0.new\" && mv \"$0.new\" \"$0\"; wait"])
        .arg(&child)
        .remove(data)
        .start()
}

async fn child_of(data: &Path) -> u32 {
    let file = data.join("child");
    eventually(SOON, "the shell has a child", async || {
        let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
        text.trim().parse().map_err(|_| text)
    })
    .await
}

/// Whether a process runs; one that only waits to be reaped does not.
fn runs(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or_default().starts_with('Z'))
}

async fn gone(what: &str, pids: &[u32], paths: &[PathBuf]) {
    eventually(SOON, what, async || {
        let running: Vec<_> = pids.iter().filter(|pid| runs(**pid)).collect();
        let left: Vec<_> = paths.iter().filter(|path| path.exists()).collect();
        if running.is_empty() && left.is_empty() { Ok(()) } else { Err(format!("running {running:?}, left {left:?}")) }
    })
    .await;
}

/// Not a test of its own: the process that the next test kills.
#[tokio::test]
#[ignore = "started by killing_the_test_process_ends_its_programs_and_their_data"]
async fn holder() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let data = folder.join("data");
    let process = family(&data);
    let child = child_of(&data).await;
    let report = format!("{} {} {child}\n{}", process.guard_pid(), process.pid().unwrap(), process.log().display());
    fs::write(folder.join("report.new"), report).unwrap();
    fs::rename(folder.join("report.new"), folder.join("report")).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn killing_the_test_process_ends_its_programs_and_their_data() {
    let folder = tempfile::tempdir().unwrap();
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "harness_guard::holder", "--ignored"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let report = eventually(SOON, "the holder has started a program", async || {
        fs::read_to_string(folder.path().join("report")).map_err(|error| error.to_string())
    })
    .await;
    let (pids, log) = report.split_once('\n').unwrap();
    let pids: Vec<u32> = pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.iter().all(|pid| runs(*pid)), "{pids:?}");
    let run = Path::new(log).ancestors().nth(2).unwrap().to_owned();
    assert!(run.exists());

    // SIGKILL: nothing of the holder runs any more, not even a destructor.
    holder.kill().unwrap();
    holder.wait().unwrap();

    let paths = [folder.path().join("data"), PathBuf::from(log), run];
    gone("guard, program, child, data, log and folder are gone", &pids, &paths).await;
}

#[tokio::test]
async fn dropping_a_program_ends_it_with_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("dropped");
    let process = family(&data);
    let pids = [process.guard_pid(), child_of(&data).await, process.pid().unwrap()];
    drop(process);
    assert!(!data.exists());
    gone("the processes are gone", &pids, &[]).await;
}

#[tokio::test]
async fn a_killed_program_starts_again_on_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("restarted");
    let process = family(&data);
    let (first, child) = (process.pid().unwrap(), child_of(&data).await);
    process.kill().await;
    assert!(process.exit().unwrap().contains("SIGKILL"));
    gone("the first run is gone", &[first, child], &[]).await;
    assert!(data.exists());
    process.start_again().await;
    assert_ne!(process.pid().unwrap(), first);
    assert_eq!(process.exit(), None);
    assert!(process.stop().await.contains("SIGTERM"));
}

#[tokio::test]
async fn a_program_that_cannot_start_says_so() {
    let process = Program::new("absent", "/nowhere/at/all").start();
    let status = process.ended().await;
    assert!(status.contains("cannot start"), "{status}");
}
