//! `seal` where somebody can be asked.

use sealbridge_tests::Seal;
use serde_json::Value;

const RECIPIENT: &str = "age1ns4tt5zyax6qd7z5psumwxxagu250ewxpwfxvhxrlnzxsq2xyq5qg8mjx7";
const OTHER: &str = "age1zhn5cjldlwwsj78lhw2eq6w536d5eudrpl2wnx9w8aqsglghx90scw69wg";

#[tokio::test]
async fn init_asks_for_recipients_and_asks_again_for_a_mistyped_one() {
    let seal = Seal::new();
    let told = seal.at_terminal(&["init"], &format!("age1typo\n{RECIPIENT}\nprod\n{OTHER}\n\n\n")).await;
    assert!(told.stderr.contains("this is not an age recipient"), "{told}");
    assert_eq!(told.text(), "wrote .sealbridge.yaml; values are sealed to prod + dev\n");
    let config = seal.read(".sealbridge.yaml");
    assert!(config.contains(&format!("prod: [{RECIPIENT}]")) && config.contains(&format!("dev: [{OTHER}]")), "{config}");
}

#[tokio::test]
async fn init_without_an_answer_writes_nothing() {
    let seal = Seal::new();
    assert_eq!(seal.at_terminal(&["init"], "\n").await.status, Some(2));
    assert!(!seal.folder().join(".sealbridge.yaml").exists());
}

/// A folder with the sealed value `hunter2` and an editor.
async fn with_editor(editor: &str) -> Seal {
    let seal = Seal::new().env("PATH", std::env::var("PATH").unwrap()).env("SEALBRIDGE_IDENTITY_FILE", "dev.txt");
    let seal = seal.env("EDITOR", "sh editor.sh");
    let dev: Value = serde_json::from_slice(&seal.run(&["keys", "new", "dev.txt", "-o", "json"]).await.ok()).unwrap();
    let recipient = dev["recipient"].as_str().unwrap();
    seal.write(".sealbridge.yaml", &format!("rules: [{{path: '**', recipients: [{recipient}], namespace: shop}}]\n"));
    seal.run_with_input(&["set", "app.yaml", "A"], b"hunter2").await.ok();
    seal.write("editor.sh", editor);
    std::fs::create_dir(seal.folder().join("memory")).unwrap();
    seal
}

const EDIT: [&str; 4] = ["edit", "app.yaml", "--memory-folder", "memory"];

#[tokio::test]
async fn edit_shows_what_will_change_and_takes_no_answer_for_no() {
    let seal = with_editor("sed -i s/hunter2/hunter3/ \"$1\"\n").await;
    let before = seal.read("app.yaml");
    assert_eq!(seal.at_terminal(&EDIT, "\n").await.text(), "change A\nnothing was written\n");
    assert_eq!(seal.read("app.yaml"), before);
    let told = seal.at_terminal(&EDIT, "y\n").await;
    assert!(told.stderr.contains("Write this to app.yaml? [y/N]"), "{told}");
    assert!(!told.stderr.contains("hunter"), "{told}");
    assert_eq!(told.text(), "change A\nwrote app.yaml\n");
    assert_eq!(seal.run(&["get", "app.yaml", "A"]).await.text(), "hunter3\n");
}

#[tokio::test]
async fn edit_opens_an_invalid_text_again_with_what_is_wrong_on_top() {
    let seal = with_editor(
        "if grep -q '^#! B has a value that is not text' \"$1\"; then sed -i 's/B: 1/B: \"1\"/' \"$1\"; else echo 'B: 1' >> \"$1\"; fi\n",
    )
    .await;
    assert_eq!(seal.at_terminal(&EDIT, "y\ny\n").await.text(), "add B\nwrote app.yaml\n");
    assert_eq!(seal.run(&["get", "app.yaml", "B"]).await.text(), "1\n");
}
