//! Calls that read values by id, several at once where the service takes several.
//!
//! Must never: lose a key.

use std::collections::HashMap;

use crate::RemoteKey;

/// One call that reads values, by ids.
pub(super) enum Call {
    Batch(HashMap<String, RemoteKey>),
    Single(String, RemoteKey),
}

/// The calls that read `keys`, each by its id, as few as may be: with `most` ids a call, if the identity may batch.
pub(super) fn calls(most: usize, may_batch: bool, mut keys: Vec<(String, RemoteKey)>) -> Vec<Call> {
    if !may_batch {
        return keys.into_iter().map(|(id, key)| Call::Single(id, key)).collect();
    }
    let mut calls = Vec::new();
    while !keys.is_empty() {
        let rest = keys.split_off(keys.len().min(most));
        calls.push(match <[_; 1]>::try_from(std::mem::replace(&mut keys, rest)) {
            // One id needs no batch, whose action is granted less often.
            Ok([(id, key)]) => Call::Single(id, key),
            Err(batch) => Call::Batch(batch.into_iter().collect()),
        });
    }
    calls
}
