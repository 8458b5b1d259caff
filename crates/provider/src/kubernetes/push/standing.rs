//! A Secret as it stands before it is written to.

use std::collections::BTreeMap;

use sealbridge_api::labels::PUSHED_BY;
use zeroize::Zeroizing;

use super::super::classify;
use crate::http::Answer;
use crate::json::{Json, Kind};
use crate::{Absence, Pusher, ReadError};

/// What a write has to know of a Secret.
pub(in crate::kubernetes) struct Standing {
    pub(in crate::kubernetes) uid: String,
    pub(in crate::kubernetes) version: String,
    pub(in crate::kubernetes) labels: BTreeMap<String, String>,
    pub(in crate::kubernetes) annotations: BTreeMap<String, String>,
    /// In base64, as the server writes it.
    pub(in crate::kubernetes) data: BTreeMap<String, Zeroizing<String>>,
}

impl Standing {
    /// What the answer to a read of the Secret `name` tells; `None` if there is none.
    pub(super) fn of(answer: &Answer, name: &str) -> Result<Option<Self>, ReadError> {
        match classify::secret(answer, name, Self::read) {
            Err(ReadError::Absent(Absence::NotFound)) => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    fn read(secret: &Json<'_>) -> Result<Self, ReadError> {
        let metadata = secret.last_member("metadata").ok_or(ReadError::BadAnswer)?;
        let text = |name: &str| metadata.last_member(name).and_then(Json::as_str).ok_or(ReadError::BadAnswer);
        let texts =
            |name: &str| metadata.last_member(name).map_or(Some(BTreeMap::new()), Json::string_members).ok_or(ReadError::BadAnswer);
        Ok(Self {
            uid: text("uid")?.into_owned(),
            version: text("resourceVersion")?.into_owned(),
            labels: texts("labels")?,
            annotations: texts("annotations")?,
            data: data(secret.last_member("data"))?,
        })
    }

    /// Whether it bears the mark.
    pub(super) fn is_pushed(&self) -> bool {
        self.labels.get(PUSHED_BY).is_some_and(|mark| Pusher::is_mark(mark))
    }

    /// Whether it has such an entry, or for none named is there.
    pub(super) fn holds(&self, entry: Option<&str>) -> bool {
        entry.is_none_or(|name| self.data.contains_key(name))
    }
}

fn data(data: Option<&Json<'_>>) -> Result<BTreeMap<String, Zeroizing<String>>, ReadError> {
    match data.map(|data| &data.kind) {
        None | Some(Kind::Null) => Ok(BTreeMap::new()),
        Some(Kind::Object(entries)) => {
            let entry = |(name, value): &(crate::json::Text<'_>, Json<'_>)| match &value.kind {
                Kind::String(text) => Ok((name.public().into_owned(), text.decoded())),
                _ => Err(ReadError::BadAnswer),
            };
            entries.iter().map(entry).collect()
        }
        Some(_) => Err(ReadError::BadAnswer),
    }
}
