//! Log lines: one JSON object each, on standard error.
//!
//! Owns which crates may speak. Must never let another crate print what passes through it: HTTP clients log
//! frames and bodies, Kubernetes' client logs answers that it could not parse, and those hold values.

use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt, FilterFn, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// Our own crates: their log lines are written with values in mind.
const OURS: &str = "sealbridge";
/// Crates whose warnings and errors quote an answer's body. What they would say is said by us, classified.
const SILENT: [&str; 4] = ["kube_client", "kube_runtime", "vaultrs", "rustify"];

/// Whether `filter` can be given to [`start`].
///
/// # Errors
/// What a filter looks like.
pub fn check(filter: &str) -> Result<String, &'static str> {
    let parsed = EnvFilter::builder().parse(filter).map(|_| filter.to_owned());
    parsed.map_err(|_| "not a filter; write for example info, or sealbridge_operator=debug")
}

/// Sets up logging for the whole process. `filter` is in the syntax of `tracing`'s `EnvFilter`; it can make
/// our own crates more or less talkative, other crates only less: they are held to warnings, and some to
/// silence, at every level. What of it cannot be read is left out.
///
/// Records of the `log` crate are not taken over.
pub fn start(filter: &str) {
    let asked: EnvFilter = EnvFilter::builder().parse_lossy(filter);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(true)
        .with_writer(std::io::stderr)
        .with_filter(asked.and(only_what_holds_no_values()));
    if tracing::subscriber::set_global_default(Registry::default().with(lines)).is_err() {
        tracing::warn!("logging was set up before; the earlier setting stays");
    }
}

fn only_what_holds_no_values() -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    filter_fn(|metadata| may_speak(metadata.target(), *metadata.level()))
}

/// Whether `target` may log at `level`, and open spans of it, whatever filter was asked for.
fn may_speak(target: &str, level: tracing::Level) -> bool {
    let speaker = target.split("::").next().unwrap_or_default();
    speaker.starts_with(OURS) || (level <= LevelFilter::WARN && !SILENT.contains(&speaker))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use rstest::rstest;
    use tracing::Level;

    use super::*;

    #[rstest]
    #[case::our_own("sealbridge_operator::stores", Level::TRACE, true)]
    #[case::a_dump_of_frames("h2::codec::framed_write", Level::DEBUG, false)]
    #[case::a_dump_of_bytes("hyper::proto::h1::io", Level::TRACE, false)]
    #[case::a_body_of_aws("aws_smithy_runtime::client::orchestrator", Level::TRACE, false)]
    #[case::a_span_of_aws("aws_sdk_secretsmanager::operation", Level::INFO, false)]
    #[case::a_warning("rustls::conn", Level::WARN, true)]
    #[case::a_secret_that_did_not_parse("kube_client::client", Level::WARN, false)]
    #[case::a_status_that_quotes_data("kube_client::client", Level::DEBUG, false)]
    #[case::an_error_with_a_body("vaultrs::api", Level::ERROR, false)]
    #[case::a_request_with_a_token("rustify::client", Level::ERROR, false)]
    #[case::no_target("", Level::INFO, false)]
    fn who_may_speak(#[case] target: &str, #[case] level: Level, #[case] allowed: bool) {
        assert_eq!(may_speak(target, level), allowed);
    }

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_filter_opens_a_silent_crate() {
        let captured = Captured::default();
        let writer = captured.clone();
        let filter = EnvFilter::builder().parse("trace,kube_client=trace,vaultrs=trace").unwrap();
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(move || writer.clone())
            .with_filter(filter.and(only_what_holds_no_values()));
        tracing::subscriber::with_default(Registry::default().with(lines), || {
            tracing::warn!(target: "kube_client::client", "canary");
            tracing::error!(target: "vaultrs::api", "canary");
            tracing::debug!(target: "h2::codec", "canary");
            tracing::trace!(target: "sealbridge_operator", "ours");
        });
        let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("ours"), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
}
