//! Entry point of the operator.

use std::process::ExitCode;

use clap::Parser as _;
use sealbridge_operator::args::Args;
use sealbridge_operator::{logging, panics, run, shutdown};

// Its settings in the image give freed memory back at once; the system's allocator keeps it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    panics::hide_payloads();
    logging::start(&args.log);
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::error!("another TLS provider is installed already; this build is broken");
        return ExitCode::FAILURE;
    }
    // Two workers serve any load here: the work is waiting for others.
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the runtime cannot be started");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(Box::pin(until_signalled(args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the operator ends");
            ExitCode::FAILURE
        }
    }
}

async fn until_signalled(args: Args) -> anyhow::Result<()> {
    let (trigger, wish) = shutdown::channel();
    let watcher = tokio::spawn(async move {
        let outcome = shutdown::signalled().await;
        trigger.stop();
        outcome
    });
    let outcome = Box::pin(run::run(args, wish)).await;
    watcher.abort();
    outcome
}
