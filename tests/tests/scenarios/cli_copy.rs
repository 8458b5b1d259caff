//! `seal copy --move`: a value is never nowhere.

use std::fs::File;

use sealbridge_tests::Seal;
use serde_json::Value;

#[tokio::test]
async fn a_source_that_cannot_be_written_leaves_the_value_twice() {
    let seal = Seal::new().env("SEALBRIDGE_IDENTITY_FILE", "dev.txt");
    let dev: Value = serde_json::from_slice(&seal.run(&["keys", "new", "dev.txt", "-o", "json"]).await.ok()).unwrap();
    let recipient = dev["recipient"].as_str().unwrap();
    seal.write(".sealbridge.yaml", &format!("rules: [{{path: '**', recipients: [{recipient}], namespace: shop}}]\n"));
    seal.run_with_input(&["set", "old.yaml", "A"], b"hunter2").await.ok();

    let locked = File::open(seal.folder().join("old.yaml")).unwrap();
    locked.lock().unwrap();
    let told = seal.run(&["copy", "old.yaml:A", "new.yaml", "--move"]).await;
    assert_eq!(told.status, Some(2), "{told}");
    assert!(told.stderr.contains("new.yaml has the copies, and old.yaml keeps its entries"), "{told}");
    drop(locked);
    for file in ["old.yaml", "new.yaml"] {
        assert_eq!(seal.run(&["get", file, "A"]).await.text(), "hunter2\n");
    }

    seal.run(&["copy", "old.yaml:A", "new.yaml", "--move", "--replace"]).await.ok();
    assert!(!seal.read("old.yaml").contains("sb1:"));
}
