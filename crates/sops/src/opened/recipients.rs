//! To whom an opened document is sealed from now on.
//!
//! Owns when there has to be a new data key: when somebody is taken away, who may have kept the old one. Must never
//! leave an entry of another kind with a data key that is no longer the document's.

use super::Opened;
use crate::cipher::{DataKey, Nonces};
use crate::error::SopsError;
use crate::keys::{self, Recipients};
use crate::reseal::Extent;

/// What [`Opened::bring_to`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// Nothing.
    Unchanged,
    /// The data key was sealed to more recipients; values keep their ciphertext.
    SameDataKey,
    /// There is a new data key, and every value has a new ciphertext.
    NewDataKey,
}

impl Opened {
    /// Draws a new data key and seals it to `recipients`, or to those that the document names. Every value gets a
    /// new ciphertext.
    ///
    /// # Errors
    /// [`SopsError::ForeignKeys`] if the document names keys of other kinds, which would keep the old data key.
    pub fn rotate(&mut self, recipients: Option<&Recipients>) -> Result<(), SopsError> {
        self.refuse_foreign(true)?;
        let named = match recipients {
            Some(recipients) => recipients.clone(),
            None => keys::recipients_of(&self.document.metadata)?,
        };
        self.key = DataKey::generate()?;
        self.nonces = Nonces::default();
        self.extent = Extent::All;
        self.seal_key(&named)
    }

    /// Seals the same data key to other recipients. Who could open the document before can still open values
    /// that stay the same: to shut someone out, [`Opened::rotate`].
    ///
    /// # Errors
    /// [`SopsError::ForeignKeys`] if key groups hold keys of other kinds.
    pub fn set_recipients(&mut self, recipients: &Recipients) -> Result<(), SopsError> {
        let has_groups = self.document.metadata.key_groups()?.len() > 1;
        self.refuse_foreign(has_groups)?;
        self.seal_key(recipients)
    }

    /// Brings the document to `recipients`: nothing is done if it is sealed to them alone, the data key stays if
    /// recipients are only added, and is a new one if one was taken away, who may have kept it.
    ///
    /// # Errors
    /// Those of [`Opened::set_recipients`] and [`Opened::rotate`].
    pub fn bring_to(&mut self, recipients: &Recipients) -> Result<Brought, SopsError> {
        let metadata = self.metadata();
        if metadata.is_sealed_to(recipients)? {
            return Ok(Brought::Unchanged);
        }
        let stays = |name: &&str| recipients.all().iter().flatten().any(|recipient| recipient.as_str() == *name);
        let is_one_group = recipients.all().len() == 1 && metadata.key_groups()?.len() == 1;
        if is_one_group && metadata.recipients()?.iter().all(stays) {
            self.set_recipients(recipients)?;
            Ok(Brought::SameDataKey)
        } else {
            self.rotate(Some(recipients))?;
            Ok(Brought::NewDataKey)
        }
    }

    fn refuse_foreign(&self, is_refused: bool) -> Result<(), SopsError> {
        let foreign: Vec<String> = self.document.metadata.key_groups()?.into_iter().flat_map(|group| group.foreign).collect();
        if is_refused && !foreign.is_empty() { Err(SopsError::ForeignKeys { keys: foreign.join(", ") }) } else { Ok(()) }
    }

    fn seal_key(&mut self, recipients: &Recipients) -> Result<(), SopsError> {
        keys::seal(&mut self.document.metadata, &self.key, recipients)?;
        self.has_new_keys = true;
        self.is_changed = true;
        Ok(())
    }
}
