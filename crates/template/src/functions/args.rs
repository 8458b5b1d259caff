//! The arguments of one call, whose types the machine has checked.

use crate::fault::Fault;
use crate::text::Text;
use crate::time::Time;
use crate::value::{List, Map, Value};

use super::CertificatePair;

/// The arguments of one call.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a>(pub(crate) &'a [Value]);

impl<'a> Args<'a> {
    /// Any argument; nil where there is none.
    pub(super) fn value(self, index: usize) -> Value {
        self.0.get(index).cloned().unwrap_or(Value::Nil)
    }

    /// All from `index` on.
    pub(super) fn from(self, index: usize) -> &'a [Value] {
        self.0.get(index..).unwrap_or_default()
    }

    pub(super) fn text(self, index: usize) -> Result<&'a [u8], Fault> {
        Ok(self.shared_text(index)?.bytes())
    }

    /// A string without a copy.
    pub(super) fn shared_text(self, index: usize) -> Result<&'a Text, Fault> {
        match self.0.get(index) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err("an argument is no string".into()),
        }
    }

    pub(super) fn int(self, index: usize) -> Result<i64, Fault> {
        match self.0.get(index) {
            Some(Value::Int(number)) => Ok(*number),
            _ => Err("an argument is no int".into()),
        }
    }

    pub(super) fn unsigned(self, index: usize) -> Result<u64, Fault> {
        match self.0.get(index) {
            Some(Value::Unsigned(number)) => Ok(*number),
            _ => Err("an argument is no uint32".into()),
        }
    }

    pub(super) fn bool(self, index: usize) -> Result<bool, Fault> {
        match self.0.get(index) {
            Some(Value::Bool(bool)) => Ok(*bool),
            _ => Err("an argument is no bool".into()),
        }
    }

    /// A map; none for nil.
    pub(super) fn map(self, index: usize) -> Option<&'a Map> {
        match self.0.get(index) {
            Some(Value::Map(map)) => Some(map),
            _ => None,
        }
    }

    /// A list of any elements; Go panics where it is none.
    pub(super) fn list(self, index: usize) -> Result<&'a List, Fault> {
        match self.0.get(index) {
            Some(Value::List(list)) => Ok(list),
            _ => Err("it needs a list".into()),
        }
    }

    pub(super) fn time(self, index: usize) -> Result<&'a Time, Fault> {
        match self.0.get(index) {
            Some(Value::Time(time)) => Ok(time),
            _ => Err("an argument is no time".into()),
        }
    }

    pub(super) fn pair(self, index: usize) -> Result<&'a CertificatePair, Fault> {
        match self.0.get(index) {
            Some(Value::Pair(pair)) => Ok(pair),
            _ => Err("an argument is no certificate".into()),
        }
    }
}
