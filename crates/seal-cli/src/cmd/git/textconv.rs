//! `seal git textconv`: a file with words in place of ciphertext, for `git diff`.
//!
//! Must never: print a value, or anything made from one. The digest is of the ciphertext.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use clap::Args;
use sealbridge_manifest::document;
use sealbridge_seal::{KeyRing, OpenError, PREFIX, SealedValue, Target};

use crate::config::Config;
use crate::error::Error;
use crate::identities;
use crate::manifest_file::{BridgedSecretAt, Entry};
use crate::{output, recipients};

const DIGEST_BYTES: usize = 4;

/// Print a file with words in place of sealed texts. Called by Git.
#[derive(Debug, Args)]
pub(crate) struct TextconvArgs {
    /// The file.
    file: PathBuf,
}

pub(super) fn run(args: &TextconvArgs) -> Result<(), Error> {
    let bytes = std::fs::read(&args.file).map_err(|error| Error::Read { path: args.file.clone(), cause: error.kind() })?;
    let Some(text) = std::str::from_utf8(&bytes).ok().filter(|text| text.contains(PREFIX)) else {
        return output::write_stdout(&bytes);
    };
    // Git runs this in the root of the work tree. A diff is shown even where rules or keys cannot be read.
    let config = Config::find(None, Path::new(".")).ok().flatten();
    let beside = config.as_ref().map(|config| config.identities.as_slice()).unwrap_or_default();
    let ring = identities::at_hand(beside);
    let told = converted(text, config.as_ref(), &opened(text, &ring));
    output::write_stdout(told.as_bytes())
}

/// The text with each sealed text in words; `opened` says of some whether they open where they stand.
fn converted(text: &str, config: Option<&Config>, opened: &HashMap<String, bool>) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(PREFIX) {
        let (before, found) = rest.split_at(start);
        let length = found.find(|c: char| !is_part(c)).unwrap_or(found.len());
        let (sealed, behind) = found.split_at(length);
        told.push_str(before);
        match SealedValue::parse(sealed) {
            Ok(value) => told.push_str(&words(&value, sealed, config, opened.get(sealed).copied())),
            Err(_) => told.push_str(sealed),
        }
        rest = behind;
    }
    told.push_str(rest);
    told
}

/// The characters of sealed texts.
fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | ':' | ';' | '-' | '*')
}

fn words(value: &SealedValue<'_>, text: &str, config: Option<&Config>, opens: Option<bool>) -> String {
    let recipients = recipients::names(config, value.key_ids());
    let mut words = format!("sealed, {}, {}, to {recipients}", value.scope(), value.sealed_on());
    if let Some(glob) = value.namespace_glob() {
        words.push_str(&format!(", namespaces {glob}"));
    }
    match opens {
        Some(true) => words.push_str(", opens"),
        Some(false) => words.push_str(", DOES NOT OPEN HERE"),
        None => {}
    }
    let digest = digest(&SHA256, text.as_bytes());
    let digest: String = digest.as_ref().iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("{words}, text {digest}")
}

/// Which texts open for the place where they stand. Those for other keys, or for a place that is not known, are not told.
fn opened(text: &str, ring: &KeyRing) -> HashMap<String, bool> {
    let mut told = HashMap::new();
    if ring.is_empty() {
        return told;
    }
    let documents = document::parse(text).unwrap_or_default();
    for object in document::objects(&documents).into_iter().filter(|object| object.is_native("BridgedSecret")) {
        let secret = BridgedSecretAt::new(object);
        let Some(namespace) = secret.namespace() else { continue };
        for (key, entry) in secret.entries() {
            let Entry::Sealed(text) = entry else { continue };
            match ring.open(text, &Target { namespace, name: secret.secret_name(), key }) {
                Ok(_) => {
                    told.insert(text.to_owned(), true);
                }
                Err(OpenError::NoKey { .. }) => {}
                Err(_) => {
                    told.insert(text.to_owned(), false);
                }
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealbridge_seal::{Date, KeyPair, RecipientSet, Scope, seal};

    #[test]
    fn only_ciphertext_is_put_in_words() {
        let pair = KeyPair::generate().expect("a key");
        let recipients = RecipientSet::new([pair.recipient().clone()]).expect("a set");
        let sealed = |key| {
            let target = Target { namespace: "shop", name: "a", key };
            seal(b"hunter2", &target, Scope::Strict, None, &recipients, Date::constant(2026, 11, 21)).expect("sealed")
        };
        let (here, elsewhere) = (sealed("K"), sealed("OTHER"));
        let text = format!(
            "apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {{name: a, namespace: shop}}\nspec:\n  data:\n    K: {{sealed: \"{here}\"}} # mine\n    L: {{sealed: {elsewhere}}}\n    M: sb1:none\n"
        );
        let words = format!("sealed, strict, 2026-11-21, to {}, ", pair.recipient().id());
        let ring = KeyRing::new([pair.into_identity()]);
        let told = converted(&text, None, &HashMap::new());
        assert_eq!(told.matches(&format!("{words}text ")).count(), 2);
        assert!(told.contains("# mine\n") && told.ends_with("    M: sb1:none\n") && !told.contains("YWdl"), "{told}");
        let told = converted(&text, None, &opened(&text, &ring));
        assert!(told.contains(&format!("K: {{sealed: \"{words}opens, text ")), "{told}");
        assert!(told.contains(&format!("L: {{sealed: {words}DOES NOT OPEN HERE, text ")), "{told}");
        assert!(!told.contains("hunter2"));
    }
}
