//! What `property` takes out of a payload, in each provider's own order.
//!
//! Must never: carry a byte of the payload in an error.

mod kubernetes_data;

use std::collections::BTreeMap;

use sealbridge_api::Reason;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::gjson::{self, Unsupported};
use crate::json::{Html, Json, JsonError, Kind, canonical, go_value, parse, reencoded};

/// A property longer than this cannot be meant.
const LONGEST_PROPERTY: usize = 1024;

/// In which order a provider understands `property`; External Secrets Operator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Vault: a member of that very name, else a gjson path over the compact JSON.
    VaultLiteralThenGjson,
    /// OpenBao: a member of that very name.
    OpenBaoLiteralOnly,
    /// AWS: a gjson path with its dots escaped, else the path as it stands.
    AwsEscapedThenGjson,
    /// fake: a gjson path.
    FakeGjson,
    /// The `data` of a Kubernetes Secret: an entry of that very name, else an entry and a gjson path in it.
    KubernetesData,
}

/// Why a property could not be taken out of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The payload has no such property.
    #[error("the key has no such property; check the property's name against the store")]
    PropertyNotFound,
    /// A property was asked for and the payload is not JSON.
    #[error("the value is not JSON, so no property can be taken out of it; leave property out, or store a JSON object")]
    NotJson,
    /// All members were asked for and the payload has none.
    #[error("the value is JSON but no object, so it has no members; name the key or property of an object, or use data")]
    NotAnObject,
    /// One value was asked for and the payload is what a search found.
    #[error("a search finds several values, and one was asked for; use dataFrom")]
    SeveralValues,
    /// The payload nests too deep.
    #[error("the value's JSON nests deeper than 128 levels; store a flatter one")]
    TooDeep,
    /// The path uses a part of gjson's language that is not built.
    #[error(
        "the property uses gjson syntax that is not supported (multipaths, literals, @pretty, @flatten, @join, @group, @dig, modifier arguments); take the parts as separate entries"
    )]
    NotSupported,
}

impl SelectError {
    /// The class under which a condition names this.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::PropertyNotFound => Reason::PropertyNotFound,
            Self::NotJson | Self::NotAnObject | Self::TooDeep => Reason::SourceInvalid,
            Self::NotSupported | Self::SeveralValues => Reason::SpecInvalid,
        }
    }
}

impl Selection {
    /// A payload taken as a whole.
    pub(crate) fn whole(self, body: &[u8]) -> Result<SecretBytes, SelectError> {
        match self {
            Self::VaultLiteralThenGjson | Self::OpenBaoLiteralOnly => Ok(into_bytes(canonical(&document(body)?))),
            Self::AwsEscapedThenGjson | Self::FakeGjson => Ok(SecretBytes::new(body.to_vec())),
            Self::KubernetesData => kubernetes_data::whole(&document(body)?),
        }
    }

    /// The members of a payload, or of a property of it, that is an object, by name; of two with the same name the last
    /// one.
    pub(crate) fn members(self, body: &[u8], property: Option<&str>) -> Result<Vec<(String, SecretBytes)>, SelectError> {
        match (self, property) {
            (Self::KubernetesData, None) => kubernetes_data::members(&document(body)?),
            (Self::KubernetesData, Some(property)) => kubernetes_data::members_of(&self.property(body, property)?),
            (_, None) => self.members_of(body),
            (_, Some(property)) => self.members_of(self.property(body, property)?.expose()),
        }
    }

    fn members_of(self, object: &[u8]) -> Result<Vec<(String, SecretBytes)>, SelectError> {
        let is_typed = matches!(self, Self::VaultLiteralThenGjson | Self::OpenBaoLiteralOnly);
        let value = |json: &Json<'_>| match &json.kind {
            Kind::Array(_) | Kind::Object(_) if is_typed => reencoded(json, Html::Escaped),
            Kind::Number if !is_typed => Zeroizing::new(json.raw.to_owned()),
            _ => gjson::printed(json),
        };
        let json = document(object)?;
        Ok(by_name(&json)?.into_iter().map(|(name, json)| (name, into_bytes(value(json)))).collect())
    }

    /// A property.
    pub(crate) fn property(self, body: &[u8], property: &str) -> Result<SecretBytes, SelectError> {
        if property.len() > LONGEST_PROPERTY {
            return Err(SelectError::PropertyNotFound);
        }
        let json = document(body)?;
        let found = match self {
            Self::KubernetesData => return kubernetes_data::property(&json, property)?.ok_or(SelectError::PropertyNotFound),
            Self::OpenBaoLiteralOnly => json.last_member(property).map(go_value),
            Self::VaultLiteralThenGjson => match json.last_member(property) {
                Some(member) => Some(go_value(member)),
                None => path(&document(canonical(&json).as_bytes())?, property)?,
            },
            Self::AwsEscapedThenGjson if property.contains('.') => match path(&json, &property.replace('.', "\\."))? {
                Some(found) => Some(found),
                None => path(&json, property)?,
            },
            Self::AwsEscapedThenGjson | Self::FakeGjson => path(&json, property)?,
        };
        found.map(into_bytes).ok_or(SelectError::PropertyNotFound)
    }
}

pub(crate) fn by_name<'j, 't>(json: &'j Json<'t>) -> Result<BTreeMap<String, &'j Json<'t>>, SelectError> {
    let Kind::Object(members) = &json.kind else { return Err(SelectError::NotAnObject) };
    Ok(members.iter().map(|(name, value)| (name.public().into_owned(), value)).collect())
}

/// Takes over the text's buffer without copying it.
pub(crate) fn into_bytes(mut text: Zeroizing<String>) -> SecretBytes {
    SecretBytes::new(std::mem::take(&mut *text).into_bytes())
}

pub(crate) fn document(body: &[u8]) -> Result<Json<'_>, SelectError> {
    let text = std::str::from_utf8(body).map_err(|_| SelectError::NotJson)?;
    parse(text).map_err(|error| match error {
        JsonError::Syntax => SelectError::NotJson,
        JsonError::TooDeep => SelectError::TooDeep,
    })
}

fn path(json: &Json<'_>, path: &str) -> Result<Option<Zeroizing<String>>, SelectError> {
    gjson::get(json, path).map_err(|Unsupported| SelectError::NotSupported)
}
