//! `kubectl seal`: kubectl finds it by its name. It must never do anything but hand over.

fn main() -> std::process::ExitCode {
    sealbridge_seal_cli::kubectl_seal()
}
