//! The names of what a store refers to, so that its changes are noticed.
//!
//! Must never: leave out an object that a login is made of.

use sealbridge_api::store::{
    AwsJwtAuth, AwsSecretRef, CaProvider, CaProviderKind, ProviderSpec, SecretKeySelector, ServiceAccountSelector,
    SessionTagsPolicy, VaultAuth, VaultClientTls, VaultProvider,
};

use crate::generator::Generator;

/// The kinds of object that a store can refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputKind {
    /// `v1` Secret.
    Secret,
    /// `v1` ConfigMap.
    ConfigMap,
    /// `v1` ServiceAccount.
    ServiceAccount,
}

/// An object that a store refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InputName {
    /// The object's kind.
    pub kind: InputKind,
    /// The namespace, where the reference names one.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
}

/// The objects that `spec` refers to, each once, in order: what has to be watched to notice that they change.
#[must_use]
pub fn inputs_of(spec: &ProviderSpec) -> Vec<InputName> {
    let mut inputs = Vec::new();
    inputs.extend(spec.vault.iter().flat_map(vault_inputs));
    if let Some(open_bao) = &spec.open_bao {
        inputs.extend(open_bao.ca_provider.as_ref().map(certificates));
        login_inputs(&open_bao.auth.clone().into(), &mut inputs);
    }
    if let Some(auth) = spec.aws.as_ref().and_then(|aws| aws.auth.as_ref()) {
        aws_inputs(auth.secret_ref.as_ref(), auth.jwt.as_ref(), &mut inputs);
    }
    if let Some(kubernetes) = &spec.kubernetes {
        inputs.extend(kubernetes.server.ca_provider.as_ref().map(certificates));
        inputs.extend(kubernetes.auth.token.as_ref().map(|token| secret(&token.bearer_token)));
        inputs.extend(kubernetes.auth.service_account.as_ref().map(service_account));
        inputs.extend(kubernetes.auth.cert.iter().flat_map(|cert| [secret(&cert.client_cert), secret(&cert.client_key)]));
    }
    each_once(inputs)
}

/// The objects that a generator refers to, likewise.
#[must_use]
pub fn inputs_of_generator(generator: &Generator) -> Vec<InputName> {
    let mut inputs = Vec::new();
    match generator {
        Generator::Password(_) | Generator::Uuid | Generator::SshKey(_) | Generator::Fake(_) => {}
        Generator::VaultDynamic(asked) => inputs = vault_inputs(&asked.provider),
        Generator::SessionToken(asked) => aws_inputs(asked.secret_ref.as_ref(), None, &mut inputs),
        Generator::RegistryToken(asked) => {
            aws_inputs(asked.auth.secret_ref.as_ref(), asked.auth.jwt.as_ref(), &mut inputs);
        }
        Generator::Webhook(asked) => {
            inputs.extend(asked.ca_provider.as_ref().map(certificates));
            inputs.extend(asked.secrets.iter().map(|one| InputName {
                kind: InputKind::Secret,
                namespace: one.namespace.clone(),
                name: one.secret.clone(),
            }));
        }
    }
    each_once(inputs)
}

fn each_once(mut inputs: Vec<InputName>) -> Vec<InputName> {
    inputs.sort();
    inputs.dedup();
    inputs
}

fn vault_inputs(vault: &VaultProvider) -> Vec<InputName> {
    let mut inputs: Vec<_> = vault.ca_provider.as_ref().map(certificates).into_iter().collect();
    inputs.extend(vault.tls.iter().flat_map(tls_inputs));
    login_inputs(&vault.auth, &mut inputs);
    inputs
}

/// Whether a store is another one for each namespace that uses it, whatever it refers to: a session that is tagged with
/// a namespace may be used for no other.
#[must_use]
pub fn depends_on_namespace(spec: &ProviderSpec) -> bool {
    let policy = spec.aws.as_ref().and_then(|aws| aws.session_tags_policy).unwrap_or_default();
    policy != SessionTagsPolicy::None
}

fn tls_inputs(tls: &VaultClientTls) -> [InputName; 2] {
    [secret(&tls.cert_secret_ref.or_entry("tls.crt")), secret(&tls.key_secret_ref.or_entry("tls.key"))]
}

fn login_inputs(auth: &VaultAuth, inputs: &mut Vec<InputName>) {
    inputs.extend(auth.token_secret_ref.as_ref().map(secret));
    if let Some(app_role) = &auth.app_role {
        inputs.extend([&app_role.role_ref, &app_role.secret_ref, &app_role.wrapped_secret_ref].into_iter().flatten().map(secret));
    }
    if let Some(kubernetes) = &auth.kubernetes {
        inputs.extend(kubernetes.service_account_ref.as_ref().map(service_account));
        inputs.extend(kubernetes.secret_ref.as_ref().map(|reference| secret(&reference.or_entry("token"))));
    }
    if let Some(jwt) = &auth.jwt {
        inputs.extend(jwt.secret_ref.as_ref().map(secret));
        inputs.extend(jwt.kubernetes_service_account_token.as_ref().map(|token| service_account(&token.service_account_ref)));
    }
    inputs.extend([&auth.ldap, &auth.user_pass].into_iter().flatten().map(|login| secret(&login.secret_ref)));
    inputs.extend(auth.cert.iter().flat_map(|cert| [secret(&cert.client_cert), secret(&cert.secret_ref)]));
    if let Some(iam) = &auth.iam {
        aws_inputs(iam.secret_ref.as_ref(), iam.jwt.as_ref(), inputs);
    }
    inputs.extend(auth.gcp.as_ref().map(|gcp| secret(&gcp.secret_ref.secret_access_key_secret_ref)));
}

fn aws_inputs(keys: Option<&AwsSecretRef>, jwt: Option<&AwsJwtAuth>, inputs: &mut Vec<InputName>) {
    if let Some(keys) = keys {
        inputs.push(secret(&keys.access_key_id_secret_ref));
        inputs.push(secret(&keys.secret_access_key_secret_ref));
        inputs.extend(keys.session_token_secret_ref.as_ref().map(secret));
    }
    inputs.extend(jwt.map(|jwt| service_account(&jwt.service_account_ref)));
}

fn secret(reference: &SecretKeySelector) -> InputName {
    InputName { kind: InputKind::Secret, namespace: reference.namespace.clone(), name: reference.name.clone() }
}

fn service_account(reference: &ServiceAccountSelector) -> InputName {
    InputName { kind: InputKind::ServiceAccount, namespace: reference.namespace.clone(), name: reference.name.clone() }
}

fn certificates(reference: &CaProvider) -> InputName {
    let kind = match reference.kind {
        CaProviderKind::Secret => InputKind::Secret,
        CaProviderKind::ConfigMap => InputKind::ConfigMap,
    };
    InputName { kind, namespace: reference.namespace.clone(), name: reference.name.clone() }
}
