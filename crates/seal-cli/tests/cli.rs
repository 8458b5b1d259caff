//! The command line as people see it. The files under `tests/cmd` are its specification: each is one
//! behaviour, named `<verb>-<case>`.

#[test]
fn commands() {
    trycmd::TestCases::new()
        .env("HOME", "/nonexistent")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("SEALBRIDGE_IDENTITY", "")
        .env("SEALBRIDGE_IDENTITY_FILE", "")
        .env("SEALBRIDGE_IDENTITY_COMMAND", "")
        .case("tests/cmd/*.trycmd")
        .case("tests/cmd/*.toml");
}

/// What pages show of a terminal is what a file under `tests/cmd` holds.
#[test]
fn pages_show_what_commands_say() {
    let read = |path: &std::path::Path| std::fs::read_to_string(path).expect("readable");
    let folder = |path: &str| std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
    let with_ending = |path: &std::path::PathBuf, ending: &str| path.extension().is_some_and(|found| found == ending);
    let said: String = folder("tests/cmd").filter(|path| with_ending(path, "trycmd")).map(|path| read(&path)).collect();
    let mut shown = 0;
    for page in folder("../../docs").filter(|path| with_ending(path, "md")) {
        for block in read(&page).split("```console\n").skip(1) {
            let block = block.split("```").next().expect("its end");
            assert!(said.contains(block), "{} shows what no command says:\n{block}", page.display());
            shown += 1;
        }
    }
    assert!(shown > 0, "no page shows a command");
}
