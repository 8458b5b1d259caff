//! Whether a name or a text looks like a secret: listed words and shapes, which `docs/verify.md` repeats.
//!
//! Must never: measure randomness. That is the work of other scanners, and finds every ciphertext.

/// Words of a name that speak of a secret, alone or two in a row.
const WORDS: [&str; 10] =
    ["password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "credentials", "apikey", "privatekey"];
const PAIRS: [(&str, &str); 9] = [
    ("api", "key"),
    ("private", "key"),
    ("access", "key"),
    ("account", "key"),
    ("encryption", "key"),
    ("signing", "key"),
    ("master", "key"),
    ("license", "key"),
    ("ssh", "key"),
];

/// Last words of names that speak about a secret and are none: `TOKEN_TTL`, `PASSWORD_FILE`, `SECRET_NAME`.
const ABOUT: [&str; 34] = [
    "age",
    "algorithm",
    "audience",
    "count",
    "dir",
    "directory",
    "enabled",
    "endpoint",
    "expiration",
    "expires",
    "expiry",
    "file",
    "format",
    "header",
    "host",
    "id",
    "interval",
    "issuer",
    "length",
    "max",
    "min",
    "mode",
    "name",
    "namespace",
    "path",
    "policy",
    "port",
    "ref",
    "rotation",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
];

/// Beginnings that issuers give to their credentials, and how many characters follow at least.
const PREFIXES: [(&str, usize); 30] = [
    ("AGE-SECRET-KEY-1", 40),
    ("AGE-SECRET-KEY-PQ-1", 40),
    ("AIza", 35),
    ("AKIA", 16),
    ("ASIA", 16),
    ("dckr_pat_", 20),
    ("dop_v1_", 40),
    ("ghp_", 36),
    ("gho_", 36),
    ("ghu_", 36),
    ("ghs_", 36),
    ("ghr_", 36),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("hvb.", 24),
    ("hvs.", 24),
    ("npm_", 36),
    ("pypi-", 32),
    ("rk_live_", 16),
    ("SG.", 40),
    ("shpat_", 32),
    ("sk-ant-", 24),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("whsec_", 16),
    ("xoxa-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxs-", 16),
    ("ya29.", 20),
];

/// Whether a name speaks of a secret: `DB_PASSWORD`, `apiKey`, `github-token`.
pub(crate) fn name(name: &str) -> bool {
    let words = words(name);
    let is_about = words.last().is_some_and(|last| ABOUT.contains(&last.as_str()));
    let has_word = words.iter().any(|word| WORDS.contains(&word.as_str()));
    let mut pairs = words.iter().zip(words.iter().skip(1));
    let has_pair = pairs.any(|(one, other)| PAIRS.contains(&(one.as_str(), other.as_str())));
    !is_about && (has_word || has_pair)
}

/// Whether a text has the shape of a credential, whatever its name: a private key in PEM, a token with the beginning
/// that its issuer gives, a signed JWT, a URL with a password.
pub(crate) fn shape(text: &str) -> bool {
    let has_pem = text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----");
    has_pem || text.split(|c: char| !is_token_char(c)).any(is_token) || has_password_in_url(text)
}

/// Whether a text is nothing to hide under any name: empty, a truth value, or something that is put in later.
pub(crate) fn is_harmless(text: &str) -> bool {
    let text = text.trim();
    let word = text.to_ascii_lowercase();
    matches!(word.as_str(), "" | "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "none" | "~") || is_placeholder(text)
}

/// `${VAR}`, `$(VAR)`, `$VAR`, `{{ expression }}`, `<path:kv/data/x#y>`, or what is encrypted already.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    let framed = |start: &str, end: &str| text.starts_with(start) && text.ends_with(end);
    let is_variable = text.strip_prefix('$').is_some_and(|name| {
        name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    is_variable || framed("${", "}") || framed("$(", ")") || framed("{{", "}}") || framed("<path:", ">") || is_encrypted(text)
}

/// A sealed text, or a value of SOPS.
pub(crate) fn is_encrypted(text: &str) -> bool {
    text.starts_with(sealbridge_seal::PREFIX) || text.starts_with("ENC[AES256_GCM,")
}

fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn is_token(text: &str) -> bool {
    let has_prefix = PREFIXES.iter().any(|(prefix, more)| text.strip_prefix(prefix).is_some_and(|rest| rest.len() >= *more));
    has_prefix || is_jwt(text)
}

/// Three parts of which the first two are JSON in base64.
fn is_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let mut is_json = || parts.next().is_some_and(|part| part.starts_with("eyJ") && part.len() > 10);
    is_json() && is_json() && parts.next().is_some_and(|signature| signature.len() > 10)
}

/// `postgres://user:password@host`.
fn has_password_in_url(text: &str) -> bool {
    text.match_indices("://").any(|(position, mark)| {
        let behind = text.get(position + mark.len()..).unwrap_or_default();
        let authority = behind.split(['/', '?', '#', ' ', '\n', '"', '\'']).next().unwrap_or_default();
        let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
        password.is_some_and(|password| !is_harmless(password))
    })
}

/// The words of a name, in lower case: `dbPassword`, `DB_PASSWORD` and `db-password` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && was_lower) {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("DB_PASSWORD", true)]
    #[case("dbPassword", true)]
    #[case("apiKey", true)]
    #[case("API_KEY", true)]
    #[case("api-key", true)]
    #[case("github.token", true)]
    #[case("AWS_SECRET_ACCESS_KEY", true)]
    #[case("clientSecret", true)]
    #[case("PASSWORD1", false)]
    #[case("AWS_ACCESS_KEY_ID", false)]
    #[case("TOKEN_TTL", false)]
    #[case("PASSWORD_FILE", false)]
    #[case("secretName", false)]
    #[case("MAX_TOKENS", false)]
    #[case("SECRETARY", false)]
    #[case("KEY", false)]
    #[case("PUBLIC_KEY", false)]
    #[case("LOG_LEVEL", false)]
    #[case("", false)]
    fn names(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(name(text), expected, "{text}");
    }

    #[rstest]
    #[case("-----BEGIN RSA PRIVATE KEY-----\nMIIE", true)]
    #[case("-----BEGIN CERTIFICATE-----\nMIIE", false)]
    #[case("use ghp_0123456789abcdefghijABCDEFGHIJ012345 here", true)]
    #[case("ghp_short", false)]
    #[case("AKIAIOSFODNN7EXAMPLE", true)]
    #[case("AKIA is a prefix", false)]
    #[case("postgres://app:hunter2@db:5432/shop", true)]
    #[case("postgres://app:${PASSWORD}@db/shop", false)]
    #[case("postgres://app@db/shop", false)]
    #[case("https://example.com/a:b@c", false)]
    #[case("https://example.com", false)]
    #[case("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlaXM", true)]
    #[case("eyJhbGciOiJIUzI1NiJ9", false)]
    #[case("a3f1c9d27be84c55a3f1c9d27be84c55", false)]
    #[case("info", false)]
    fn shapes(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(shape(text), expected, "{text}");
    }

    #[rstest]
    #[case("", true)]
    #[case("true", true)]
    #[case("${TOKEN}", true)]
    #[case("$TOKEN", true)]
    #[case("$1abc", false)]
    #[case("<path:kv/data/x#key>", true)]
    #[case("{{ .token }}", true)]
    #[case("ENC[AES256_GCM,data:x]", true)]
    #[case("sb1:k=", true)]
    #[case("1234", false)]
    #[case("hunter2", false)]
    fn harmless(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_harmless(text), expected, "{text}");
    }
}
