//! Generators: objects that say how values are made.

use std::fmt;

/// The API group of generators.
pub const GENERATOR_GROUP: &str = "generators.external-secrets.io";
/// The version of them that is understood.
pub const GENERATOR_VERSION: &str = "v1alpha1";

/// The kinds of generators that run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GeneratorKind {
    /// Random passwords.
    Password,
    /// A random UUID.
    Uuid,
    /// A key pair for SSH.
    SshKey,
    /// What stands in the object.
    Fake,
    /// A credential that an engine of Vault or OpenBao makes.
    VaultDynamicSecret,
    /// Credentials of a session at AWS.
    StsSessionToken,
    /// The password of a container registry of AWS.
    EcrAuthorizationToken,
    /// What a server answers to a request that templates make.
    Webhook,
    /// One of the other kinds, for objects of every namespace.
    ClusterGenerator,
}

impl GeneratorKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Password,
        Self::Uuid,
        Self::SshKey,
        Self::Fake,
        Self::VaultDynamicSecret,
        Self::StsSessionToken,
        Self::EcrAuthorizationToken,
        Self::Webhook,
        Self::ClusterGenerator,
    ];

    /// The kind as in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "Password",
            Self::Uuid => "UUID",
            Self::SshKey => "SSHKey",
            Self::Fake => "Fake",
            Self::VaultDynamicSecret => "VaultDynamicSecret",
            Self::StsSessionToken => "STSSessionToken",
            Self::EcrAuthorizationToken => "ECRAuthorizationToken",
            Self::Webhook => "Webhook",
            Self::ClusterGenerator => "ClusterGenerator",
        }
    }

    /// The kind's name in paths of the API.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Password => "passwords",
            Self::Uuid => "uuids",
            Self::SshKey => "sshkeys",
            Self::Fake => "fakes",
            Self::VaultDynamicSecret => "vaultdynamicsecrets",
            Self::StsSessionToken => "stssessiontokens",
            Self::EcrAuthorizationToken => "ecrauthorizationtokens",
            Self::Webhook => "webhooks",
            Self::ClusterGenerator => "clustergenerators",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether its objects belong to no namespace.
    #[must_use]
    pub fn is_of_the_cluster(self) -> bool {
        self == Self::ClusterGenerator
    }
}

/// Names a generator from the view of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GeneratorRef {
    /// The kind of the generator object.
    pub kind: GeneratorKind,
    /// Its name; one that is not of the cluster is of the object's own namespace.
    pub name: String,
}

impl fmt::Display for GeneratorRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.name)
    }
}
