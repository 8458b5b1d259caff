//! What counts as a name of an object or namespace.
//!
//! A name from a spec becomes part of a request's path and of field selectors. Must never: let a name through
//! that could leave its place there, such as one with `/`, `?` or `,`.

/// The longest name that Kubernetes accepts.
const MAX_LEN: usize = 253;

/// Whether `name` is a DNS subdomain (RFC 1123): 1 to 253 of `[-.a-z0-9]`, each part beginning and ending with
/// a letter or digit.
pub(crate) fn is_object_name(name: &str) -> bool {
    let is_edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.len() <= MAX_LEN
        && name.split('.').map(str::as_bytes).all(|part| {
            is_edge(part.first())
                && is_edge(part.last())
                && part.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::word("vault", true)]
    #[case::parts("vault-1.example", true)]
    #[case::one_letter("a", true)]
    #[case::empty("", false)]
    #[case::path_out_of_the_namespace("../../bank/secrets/login", false)]
    #[case::another_resource("a/token", false)]
    #[case::query("a?watch=1", false)]
    #[case::second_selector("a,metadata.namespace=bank", false)]
    #[case::dots("..", false)]
    #[case::dash_at_the_end("a-", false)]
    #[case::capital("Vault", false)]
    #[case::escape("a%2fb", false)]
    fn names(#[case] name: &str, #[case] accepted: bool) {
        assert_eq!(is_object_name(name), accepted);
    }

    #[test]
    fn long_names_are_refused() {
        assert!(is_object_name(&"a".repeat(253)));
        assert!(!is_object_name(&"a".repeat(254)));
    }
}
