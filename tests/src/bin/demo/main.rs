//! The main job, shown: references and a sealed value become one Secret, which follows its sources. Run by
//! `cargo xtask demo`. It must never tell what it did not see.
//!
//! ```text
//! Place (own cluster, or a named one) ─▶ Installation (deploy/, operator) ┐
//! Sources (OpenBao, AWS) ──────────────────────────────────────────────────┴▶ story: one act after the other
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it does is to tell")]

mod installation;
mod place;
mod sources;
mod story;
mod telling;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;

use installation::Installation;
use place::Place;
use sources::Sources;
use story::Story;
use telling::say;

/// Shows the main job on real parts.
#[derive(Parser)]
#[command(name = "demo")]
struct Args {
    /// Leave everything running until Ctrl-C.
    #[arg(long)]
    keep: bool,

    /// A context of your kubeconfig.
    #[arg(long)]
    context: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let began = Instant::now();
    let outcome = tokio::select! {
        outcome = show(Args::parse()) => outcome,
        () = interrupted() => Err(anyhow::anyhow!("interrupted; in a cluster of your own, namespace {} may be left", story::NAMESPACE)),
    };
    match outcome {
        Ok(summary) => {
            println!("\ndemo: {summary}; {} s in all", began.elapsed().as_secs());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\ndemo: not as told: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn show(args: Args) -> Result<String> {
    let place = match &args.context {
        Some(name) => Place::named(name).await?,
        None => Place::own().await?,
    };
    let mut installation = Installation::new(&place).await?;
    let played = play(&place, &mut installation, args.keep).await;
    say("clean up");
    let cleaned = installation.remove(&place, story::NAMESPACE).await;
    let summary = played?;
    cleaned?;
    Ok(summary)
}

async fn play(place: &Place, installation: &mut Installation, keep: bool) -> Result<String> {
    let sources = Sources::start().await;
    installation.apply(place).await?;
    installation.start_operator(place).await?;
    let summary = Story::new(place, &sources)?.play().await?;
    if keep {
        println!("\nEverything runs until Ctrl-C. Look at it with:\n  export KUBECONFIG={}", place.kubeconfig().display());
        println!("  kubectl --namespace {} get bsec,secrets,pods", story::NAMESPACE);
        interrupted().await;
    }
    Ok(summary)
}

async fn interrupted() {
    // Without a handler the signal ends this process, and with it every part.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
