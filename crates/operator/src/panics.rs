//! What a panic may say.
//!
//! A panic's message is made of whatever the failing expression held, which may be a value. Must never print
//! that message; the place in the code is enough to find the cause.

/// From here on a panic is told by its place only, as one JSON line like every other log line.
pub fn hide_payloads() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "unknown place".to_owned(), ToString::to_string);
        tracing::error!(place, "the operator met a state that it does not know; report the place");
    }));
}
