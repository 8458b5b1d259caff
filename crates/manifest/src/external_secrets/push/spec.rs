//! The fields of a `PushSecret` that are understood, named as there.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use sealbridge_api::bridged_secret::{MergePolicy, RewriteRegexp, RewriteTransform};
use sealbridge_api::selection;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::spec::{OtherGenerator, StoreRefKind, TemplateFrom};
use crate::push::KeyConversion;

/// `spec`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) refresh_interval: Option<String>,
    pub(super) secret_store_refs: Vec<Store>,
    pub(super) update_policy: Option<UpdatePolicy>,
    pub(super) deletion_policy: Option<DeletionPolicy>,
    pub(super) selector: Selector,
    pub(super) data: Option<Vec<Data>>,
    pub(super) data_to: Option<Vec<DataTo>>,
    pub(super) template: Option<Template>,
}

/// One of `spec.secretStoreRefs`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Store {
    pub(super) name: Option<String>,
    pub(super) kind: Option<StoreRefKind>,
    #[serde(default, deserialize_with = "selection::strict")]
    pub(super) label_selector: Option<LabelSelector>,
}

/// What becomes of a value that is there.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
pub(super) enum UpdatePolicy {
    #[default]
    #[serde(alias = "")]
    Replace,
    IfNotExists,
}

/// What becomes of what is not pushed any more.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
pub(super) enum DeletionPolicy {
    #[default]
    #[serde(alias = "")]
    None,
    Delete,
}

/// `spec.selector`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Selector {
    pub(super) secret: Option<SecretSelector>,
    pub(super) generator_ref: Option<OtherGenerator>,
}

/// `spec.selector.secret`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretSelector {
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "selection::strict")]
    pub(super) selector: Option<LabelSelector>,
}

/// One of `spec.data`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Data {
    #[serde(rename = "match")]
    pub(super) match_: Match,
    pub(super) metadata: Option<Map<String, Value>>,
    pub(super) conversion_strategy: Option<Conversion>,
}

/// `match` of one of `spec.data`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Match {
    pub(super) secret_key: Option<String>,
    pub(super) remote_ref: Remote,
}

/// `match.remoteRef`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Remote {
    pub(super) remote_key: String,
    pub(super) property: Option<String>,
}

/// One of `spec.dataTo`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct DataTo {
    pub(super) store_ref: Store,
    pub(super) remote_key: Option<String>,
    #[serde(rename = "match")]
    pub(super) match_: Option<Matching>,
    pub(super) rewrite: Option<Vec<Rewrite>>,
    pub(super) metadata: Option<Map<String, Value>>,
    pub(super) conversion_strategy: Option<Conversion>,
}

/// `match` of one of `spec.dataTo`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Matching {
    pub(super) regexp: Option<String>,
}

/// One step of `rewrite`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rewrite {
    pub(super) regexp: Option<RewriteRegexp>,
    pub(super) transform: Option<RewriteTransform>,
}

/// `spec.template`. What it says of the Secret itself, its type and metadata, no store is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Template {
    pub(super) engine_version: Option<String>,
    pub(super) data: Option<BTreeMap<String, String>>,
    pub(super) template_from: Option<Vec<TemplateFrom>>,
    /// Says nothing: the Secret's own entries always stand beside those that are made.
    #[serde(rename = "mergePolicy")]
    pub(super) _merge_policy: Option<MergePolicy>,
}

/// What becomes of names before they are looked at.
#[derive(Clone, Copy, Deserialize)]
pub(super) enum Conversion {
    #[serde(alias = "")]
    None,
    ReverseUnicode,
}

impl From<Conversion> for KeyConversion {
    fn from(conversion: Conversion) -> Self {
        match conversion {
            Conversion::None => Self::None,
            Conversion::ReverseUnicode => Self::ReverseUnicode,
        }
    }
}
