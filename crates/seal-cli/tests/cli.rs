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
