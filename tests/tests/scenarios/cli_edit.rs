//! `seal edit`: where the values are while the editor is open, and that nothing of them stays.

use std::fs;

use sealbridge_tests::Seal;
use serde_json::Value;

/// A folder with one sealed value and a folder that stands for memory.
async fn prepared(editor: &str) -> Seal {
    let seal = Seal::new().env("PATH", std::env::var("PATH").unwrap()).env("SEALBRIDGE_IDENTITY_FILE", "dev.txt");
    let seal = seal.env("VISUAL", "sh editor.sh");
    let dev = seal.run(&["keys", "new", "dev.txt", "-o", "json"]).await.ok();
    let dev: Value = serde_json::from_slice(&dev).unwrap();
    let recipient = dev["recipient"].as_str().unwrap();
    seal.write(".sealbridge.yaml", &format!("rules: [{{path: '**', recipients: [{recipient}], namespace: shop}}]\n"));
    seal.run_with_input(&["set", "app.yaml", "A"], b"hunter2").await.ok();
    seal.write("editor.sh", editor);
    fs::create_dir(seal.folder().join("memory")).unwrap();
    seal
}

fn left_behind(seal: &Seal) -> usize {
    fs::read_dir(seal.folder().join("memory")).unwrap().count()
}

const EDIT: [&str; 5] = ["edit", "app.yaml", "--yes", "--memory-folder", "memory"];

#[tokio::test]
async fn only_the_owner_can_enter_and_what_an_editor_leaves_is_wiped() {
    let seal = prepared(
        "stat -c %a \"$(dirname \"$1\")\" \"$1\" > modes\ncp \"$1\" \"$1~\"\nmkdir \"$(dirname \"$1\")/undo\"\nsed -i s/hunter2/hunter3/ \"$1\"\n",
    )
    .await;
    let told = seal.run(&EDIT).await.text();
    assert_eq!(told, "change A\nwrote app.yaml\n");
    assert_eq!(seal.read("modes"), "700\n600\n");
    assert_eq!(left_behind(&seal), 0);
    assert_eq!(seal.run(&["get", "app.yaml", "A"]).await.text(), "hunter3\n");
}

#[tokio::test]
async fn a_failing_editor_changes_nothing() {
    let seal = prepared("echo 'A: other' > \"$1\"\nexit 1\n").await;
    let before = seal.read("app.yaml");
    let told = seal.run(&EDIT).await;
    assert_eq!((told.status, left_behind(&seal)), (Some(2), 0), "{told}");
    assert_eq!(seal.read("app.yaml"), before);
}

#[tokio::test]
async fn a_signal_wipes_the_values_and_changes_nothing() {
    // The editor looks for `seal` among those that started it and asks it to end.
    let seal = prepared(
        "echo 'A: other' > \"$1\"\npid=$PPID\nwhile [ \"$(cat /proc/$pid/comm)\" != seal ]; do pid=$(awk '/^PPid/ {print $2}' /proc/$pid/status); done\nkill -TERM $pid\nfor i in $(seq 100); do [ -e \"$1\" ] || exit 0; sleep 0.05; done\n",
    )
    .await;
    let before = seal.read("app.yaml");
    let told = seal.run(&EDIT).await;
    assert_eq!((told.status, left_behind(&seal)), (Some(143), 0), "{told}");
    assert_eq!(seal.read("app.yaml"), before);
}

#[tokio::test]
async fn a_file_that_changed_meanwhile_is_not_overwritten() {
    let seal = prepared("echo '# by somebody else' >> app.yaml\necho 'A: other' > \"$1\"\n").await;
    let told = seal.run(&EDIT).await;
    assert_eq!(told.status, Some(2), "{told}");
    assert!(told.stderr.contains("was changed by somebody else"), "{told}");
    assert!(seal.read("app.yaml").ends_with("# by somebody else\n"));
    assert_eq!(left_behind(&seal), 0);
}
