//! How values and names from a store are taken over; the words are External Secrets Operator's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::undescribed;

/// How a value is decoded before it becomes an entry.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum DecodingStrategy {
    /// Not at all.
    #[default]
    None,
    /// Base64 of the standard alphabet with padding, RFC 4648 section 4.
    Base64,
    /// Base64 of the URL alphabet with padding, RFC 4648 section 5.
    #[serde(rename = "Base64URL")]
    Base64Url,
    /// As whichever of the two it is, else not at all. A plain word can look like one of them.
    Auto,
}

/// What becomes of characters in a name that no entry of a Secret may have.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum ConversionStrategy {
    /// Each becomes `_`.
    #[default]
    Default,
    /// Each becomes `_Uxxxx_`, its code point in lower-case hexadecimal.
    Unicode,
}

/// Whether a value may hold the byte 0.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum NullBytePolicy {
    /// It may.
    #[default]
    Ignore,
    /// It is refused.
    Fail,
}

/// Whether the value is read or what the store knows about it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum MetadataPolicy {
    /// The value.
    #[default]
    None,
    /// Its tags or custom metadata.
    Fetch,
}
