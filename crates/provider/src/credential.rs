//! Tokens, ids, passwords and certificates as they stand in a Secret.
//!
//! Must never: accept a token that cannot stand in a header or a JSON string as it is, or repeat what a library says
//! of a key.

use reqwest::Identity;
use sealbridge_api::store::SecretKeySelector;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::server::invalid;
use crate::{InputError, Scope};

/// Fetches a credential that is text. Blanks around it, as the line feed at the end of a file, are no part of it.
pub(crate) async fn fetch(reference: &SecretKeySelector, scope: &dyn Scope) -> Result<SecretBytes, InputError> {
    let entry = scope.inputs(reference.namespace.as_deref())?.secret_entry(&reference.name, &reference.key).await?;
    checked(&entry).ok_or_else(|| InputError::Invalid {
        what: format!("entry {} of Secret {}", reference.key, reference.name),
        problem: "it is empty or holds blanks or binary data; store the bare token, key or id",
    })
}

/// Fetches a password: any text. The line feed at the end of a file is no part of it.
pub(crate) async fn password(reference: &SecretKeySelector, scope: &dyn Scope) -> Result<SecretBytes, InputError> {
    let entry = scope.inputs(reference.namespace.as_deref())?.secret_entry(&reference.name, &reference.key).await?;
    let bytes = entry.expose();
    let bytes = bytes.strip_suffix(b"\n").map_or(bytes, |line| line.strip_suffix(b"\r").unwrap_or(line));
    if bytes.is_empty() || std::str::from_utf8(bytes).is_err() {
        return Err(InputError::Invalid {
            what: format!("entry {} of Secret {}", reference.key, reference.name),
            problem: "it is empty or binary; store the password as text",
        });
    }
    Ok(SecretBytes::new(bytes.to_vec()))
}

/// Fetches the certificate that a connection shows, and its key; `what` is the field of the store that names them.
pub(crate) async fn identity(
    what: &str,
    certificate: &SecretKeySelector,
    key: &SecretKeySelector,
    scope: &dyn Scope,
) -> Result<Identity, InputError> {
    let mut pem = Zeroizing::new(Vec::new());
    for reference in [certificate, key] {
        let inputs = scope.inputs(reference.namespace.as_deref())?;
        pem.extend_from_slice(inputs.secret_entry(&reference.name, &reference.key).await?.expose());
        pem.push(b'\n');
    }
    // The library's error could quote the key.
    Identity::from_pem(&pem).map_err(|_| invalid(what, "it is not a PEM certificate and its PEM key"))
}

/// A token or id without the blanks around it, or nothing if it is not one.
pub(crate) fn checked(entry: &SecretBytes) -> Option<SecretBytes> {
    let trimmed = entry.expose().trim_ascii();
    let bare = !trimmed.is_empty() && trimmed.iter().all(u8::is_ascii_graphic);
    bare.then(|| SecretBytes::new(trimmed.to_vec()))
}

/// A checked credential as the text that a request type takes. The caller wipes it if it is secret.
pub(crate) fn text(credential: &SecretBytes) -> String {
    String::from_utf8_lossy(credential.expose()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(b"s.token", Some(&b"s.token"[..]))]
    #[case(b" s.token\r\n", Some(&b"s.token"[..]))]
    #[case(b"", None)]
    #[case(b"\n", None)]
    #[case(b"two words", None)]
    #[case(b"a\nb", None)]
    #[case("schlüssel".as_bytes(), None)]
    #[case(b"\x00\xff", None)]
    fn only_bare_text_is_a_credential(#[case] entry: &[u8], #[case] wanted: Option<&[u8]>) {
        let found = checked(&SecretBytes::new(entry.to_vec()));
        assert_eq!(found.as_ref().map(SecretBytes::expose), wanted);
    }
}
