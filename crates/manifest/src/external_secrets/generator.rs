//! The fields of generators of `generators.external-secrets.io/v1alpha1` that are understood, named as there, and the
//! generators that they mean.
//!
//! Must never: pass over a field, or say what stands in one.

mod remote;
mod spec;
mod webhook;

use sealbridge_api::keys;
use sealbridge_provider::generator::{Encoding, Generator, Password, SshAlgorithm, SshKey};
use serde_json::Value;

use crate::document::{DecodeError, decode};
use crate::plan::{GeneratorKind, TemplateRefused};
use spec::{ClusterSpec, FakeSpec, PasswordEncoding, PasswordSpec, SshKeySpec, SshKeyType, UuidSpec};

/// Why a generator cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeneratorError {
    /// A field is unknown, missing or of another type.
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
    /// A field has a value that cannot be meant.
    #[error("{path}: {problem}")]
    Field {
        /// The path of the field in the object.
        path: String,
        /// What is wrong and what to write instead.
        problem: &'static str,
    },
    /// A template cannot be used.
    #[error("{path}: {problem}")]
    Template {
        /// The path of the field in the object.
        path: String,
        /// What is wrong with it.
        problem: Box<TemplateRefused>,
    },
}

impl GeneratorError {
    /// The path of the field, or of what lacks one.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Undecodable(problem) => problem.path(),
            Self::Field { path, .. } | Self::Template { path, .. } => path,
        }
    }
}

/// The generator that an object of `kind` with this `spec` means.
///
/// # Errors
/// [`GeneratorError`] with the path of the first field that does not fit.
pub fn generator(kind: GeneratorKind, spec: &Value) -> Result<Generator, GeneratorError> {
    if kind == GeneratorKind::ClusterGenerator { of_the_cluster(spec) } else { of_kind(kind, spec, "spec") }
}

/// A `ClusterGenerator` names a kind, and has the spec of that kind and no other.
fn of_the_cluster(spec: &Value) -> Result<Generator, GeneratorError> {
    let ClusterSpec { kind, generator } = decode(spec, "spec")?;
    let wrong = |path: &str, problem| GeneratorError::Field { path: path.to_owned(), problem };
    let kind = GeneratorKind::named(&kind)
        .filter(|kind| *kind != GeneratorKind::ClusterGenerator)
        .ok_or_else(|| wrong("spec.kind", KINDS_OF_THE_CLUSTER))?;
    let field = field_of(kind);
    match (generator.len(), generator.get(field)) {
        (1, Some(spec)) => of_kind(kind, spec, &format!("spec.generator.{field}")),
        _ => Err(wrong("spec.generator", "it needs the spec of the kind that spec.kind names, and nothing else")),
    }
}

const KINDS_OF_THE_CLUSTER: &str = "it is no kind that is run here; use Password, UUID, SSHKey, Fake, VaultDynamicSecret, STSSessionToken, \
    ECRAuthorizationToken or Webhook";

/// Where a `ClusterGenerator` has the spec of a kind.
fn field_of(kind: GeneratorKind) -> &'static str {
    match kind {
        GeneratorKind::Password => "passwordSpec",
        GeneratorKind::Uuid => "uuidSpec",
        GeneratorKind::SshKey => "sshKeySpec",
        GeneratorKind::Fake => "fakeSpec",
        GeneratorKind::VaultDynamicSecret => "vaultDynamicSecretSpec",
        GeneratorKind::StsSessionToken => "stsSessionTokenSpec",
        GeneratorKind::EcrAuthorizationToken => "ecrAuthorizationTokenSpec",
        GeneratorKind::Webhook => "webhookSpec",
        GeneratorKind::ClusterGenerator => "",
    }
}

fn of_kind(kind: GeneratorKind, spec: &Value, path: &str) -> Result<Generator, GeneratorError> {
    match kind {
        GeneratorKind::Password => password(decode(spec, path)?, path),
        GeneratorKind::Uuid => {
            let _nothing: Option<UuidSpec> = decode(spec, path)?;
            Ok(Generator::Uuid)
        }
        GeneratorKind::SshKey => ssh_key(decode(spec, path)?, path),
        GeneratorKind::Fake => {
            let FakeSpec { controller, data } = decode(spec, path)?;
            // Whoever serves the ExternalSecret runs its generators.
            drop(controller);
            Ok(Generator::Fake(data.unwrap_or_default()))
        }
        GeneratorKind::VaultDynamicSecret => remote::vault_dynamic(decode(spec, path)?, path),
        GeneratorKind::StsSessionToken => remote::session_token(decode(spec, path)?, path),
        GeneratorKind::EcrAuthorizationToken => remote::registry_token(decode(spec, path)?, path),
        GeneratorKind::Webhook => webhook::webhook(decode(spec, path)?, path),
        GeneratorKind::ClusterGenerator => of_the_cluster(spec),
    }
}

fn password(spec: PasswordSpec, path: &str) -> Result<Generator, GeneratorError> {
    let wrong = |field: &str, problem| GeneratorError::Field { path: format!("{path}.{field}"), problem };
    // There, 0 is what stands for nothing.
    let length = usize::try_from(spec.length.unwrap_or(0)).map_err(|_| wrong("length", "write a number that is not negative"))?;
    let length = if length == 0 { Password::LENGTH } else { length };
    let some = |given: Option<i64>, field| match given.map(usize::try_from) {
        None => Ok(length / 4),
        Some(Ok(count)) => Ok(count),
        Some(Err(_)) => Err(wrong(field, "write a number that is not negative")),
    };
    let names = spec.secret_keys.filter(|names| !names.is_empty()).unwrap_or_else(|| vec!["password".to_owned()]);
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    if sorted.iter().zip(sorted.iter().skip(1)).any(|(one, next)| one == next) {
        return Err(wrong("secretKeys", "a name stands there twice; remove one of them"));
    }
    if !names.iter().all(|name| keys::is_valid_data_key(name)) {
        return Err(wrong("secretKeys", "a name is 1 to 253 of letters, digits, '-', '.' and '_'"));
    }
    let password = Password {
        length,
        digits: some(spec.digits, "digits")?,
        symbols: some(spec.symbols, "symbols")?,
        symbol_characters: spec.symbol_characters.unwrap_or_else(|| Password::SYMBOLS.to_owned()),
        no_upper: spec.no_upper.unwrap_or_default(),
        allow_repeat: spec.allow_repeat.unwrap_or_default(),
        encoding: match spec.encoding.unwrap_or_default() {
            PasswordEncoding::Raw => Encoding::Raw,
            PasswordEncoding::Base64 => Encoding::Base64,
            PasswordEncoding::Base64url => Encoding::Base64Url,
            PasswordEncoding::Base32 => Encoding::Base32,
            PasswordEncoding::Hex => Encoding::Hex,
        },
        keys: names,
    };
    password.ensure_possible().map_err(|impossible| wrong(impossible.field, impossible.problem))?;
    Ok(Generator::Password(password))
}

fn ssh_key(spec: SshKeySpec, path: &str) -> Result<Generator, GeneratorError> {
    let wrong = |field: &str, problem| GeneratorError::Field { path: format!("{path}.{field}"), problem };
    let size = spec.key_size.filter(|size| *size != 0);
    let algorithm = match (spec.key_type.unwrap_or_default(), size) {
        (SshKeyType::Rsa, None | Some(2048)) => SshAlgorithm::Rsa2048,
        (SshKeyType::Rsa, Some(3072)) => SshAlgorithm::Rsa3072,
        (SshKeyType::Rsa, Some(4096)) => SshAlgorithm::Rsa4096,
        (SshKeyType::Rsa, Some(8192)) => SshAlgorithm::Rsa8192,
        (SshKeyType::Rsa, Some(_)) => return Err(wrong("keySize", "a key of RSA has 2048, 3072, 4096 or 8192 bits")),
        (SshKeyType::Ecdsa, None | Some(256)) => SshAlgorithm::P256,
        (SshKeyType::Ecdsa, Some(384)) => SshAlgorithm::P384,
        (SshKeyType::Ecdsa, Some(521)) => SshAlgorithm::P521,
        (SshKeyType::Ecdsa, Some(_)) => return Err(wrong("keySize", "a key of ECDSA has 256, 384 or 521 bits")),
        // Its size says nothing there either.
        (SshKeyType::Ed25519, _) => SshAlgorithm::Ed25519,
    };
    let comment = spec.comment.unwrap_or_default();
    if comment.chars().any(char::is_control) {
        return Err(wrong("comment", "it has to be one line; a second one would be a key of its own in authorized_keys"));
    }
    Ok(Generator::SshKey(SshKey { algorithm, comment }))
}

#[cfg(test)]
mod tests;
