//! Bounds and patterns that several schemas name.
//!
//! A bound is there for two reasons: the API server reckons the cost of a CEL rule from it, and it stops
//! input that no server further down would take. Must never: be looser than what Kubernetes itself accepts.

/// The longest name of most objects, in bytes (RFC 1123 subdomain).
pub const MAX_NAME_LEN: usize = 253;
/// The longest name of a namespace, in bytes (RFC 1123 label).
pub const MAX_NAMESPACE_LEN: usize = 63;
/// The most entries under `spec.data`.
pub const MAX_DATA_ENTRIES: usize = 256;
/// The most sources under `spec.dataFrom`.
pub const MAX_DATA_FROM: usize = 64;
/// The most workloads under `spec.rollout`.
pub const MAX_ROLLOUT: usize = 16;
/// The longest key in a store, in characters.
pub const MAX_REMOTE_KEY_LEN: usize = 2048;
/// The longest value that stands in an object, in characters; a Secret cannot hold more bytes.
pub const MAX_PLAIN_LEN: usize = 1_048_576;
/// The longest sealed value, in characters: base64 of the longest value and its envelope.
pub const MAX_SEALED_LEN: usize = 1_572_864;
/// The most steps under `rewrite`.
pub const MAX_REWRITE: usize = 16;
/// The most names under `rewrite[].merge.priority`.
pub const MAX_PRIORITY: usize = 64;
/// The most tags of a search.
pub const MAX_TAGS: usize = 32;
/// The longest template, in characters.
pub const MAX_TEMPLATE_LEN: usize = 65_536;
/// The most templates under `spec.target.template.templateFrom`.
pub const MAX_TEMPLATE_FROM: usize = 64;
/// The most entries that one of them names.
pub const MAX_TEMPLATE_ITEMS: usize = 64;
/// The most windows under `spec.syncWindows`.
pub const MAX_SYNC_WINDOWS: usize = 32;
/// The longest regular expression, and what replaces its finds, in characters.
pub const MAX_EXPRESSION_LEN: usize = 1024;
/// The longest SOPS document, in characters: what etcd takes as one object.
pub const MAX_SOPS_LEN: usize = 1_572_864;
/// The most namespaces that a SealingKey names.
pub const MAX_UNBOUND_NAMESPACES: usize = 256;
/// The longest URL, in characters.
pub const MAX_URL_LEN: usize = 2048;
/// The longest mount, role or prefix, in characters.
pub const MAX_WORD_LEN: usize = 512;

/// The most limits of a ClusterSecretStore.
pub const MAX_KEY_LIMITS: usize = 64;
/// The most key prefixes of one of them.
pub const MAX_KEY_PREFIXES: usize = 64;
/// The most namespaces that a condition or limit of a ClusterSecretStore names.
pub const MAX_STORE_NAMESPACES: usize = 256;
/// The most stores, and selections of stores, that a PushSecret names.
pub const MAX_PUSH_STORES: usize = 16;
/// The most fields of what a store is to know about a pushed value.
pub const MAX_PUSH_METADATA: usize = 32;
/// The most labels, and annotations, that a ClusterBridgedSecret asks for on what stands in each namespace.
pub const MAX_COPY_METADATA: usize = 64;

/// The longest group and version, in characters: a subdomain, a slash and a label.
pub const MAX_API_VERSION_LEN: usize = 317;
/// The longest kind, in characters.
pub const MAX_KIND_LEN: usize = 63;
/// `v1`, or group and version.
pub const API_VERSION_PATTERN: &str = r"^(v1|[-a-z0-9]+(\.[-a-z0-9]+)*/v[a-z0-9]+)$";
/// A kind as it stands in manifests.
pub const KIND_PATTERN: &str = "^[A-Z][A-Za-z0-9]*$";

/// An RFC 1123 subdomain: the name of most objects.
pub const NAME_PATTERN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// An RFC 1123 label: the name of a namespace.
pub const NAMESPACE_PATTERN: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
/// The characters of an entry's name in a Secret or ConfigMap.
pub const DATA_KEY_PATTERN: &str = "^[-._a-zA-Z0-9]+$";
/// A duration as [`crate::duration::parse`] reads it.
pub const DURATION_PATTERN: &str = r"^(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+)$";
/// An absolute http or https URL without query or fragment. A user or password in it is refused by a rule and
/// not here: the API server's answer to a pattern quotes the text.
pub const URL_PATTERN: &str = r"^https?://[^/?#\s]+(/[^?#\s]*)?$";
/// A beginning of keys in a store: `*`, or segments without `.`, `..` and what a URL would encode.
pub const KEY_PREFIX_PATTERN: &str = r"^(\*|/?(\.{0,2}[-A-Za-z0-9_~!$&'()+,=:@][-A-Za-z0-9_~!$&'()+,=:@.]*|\.{3}[-A-Za-z0-9_~!$&'()+,=:@.]*)(/(\.{0,2}[-A-Za-z0-9_~!$&'()+,=:@][-A-Za-z0-9_~!$&'()+,=:@.]*|\.{3}[-A-Za-z0-9_~!$&'()+,=:@.]*))*/?)$";
