//! A value that is decoded as what it is: serde's own derive also takes a list for an object, field by field in the order of
//! its source, so that what stands there under no name would be taken for whatever comes first.
//!
//! Must never: take a value of one type for another.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

/// A value, decoded strictly.
#[derive(Clone, Copy)]
pub(super) struct Strict<'v>(pub(super) &'v Value);

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Strict))),
            Value::Object(fields) => {
                visitor.visit_map(MapDeserializer::new(fields.iter().map(|(key, value)| (key.as_str(), Strict(value)))))
            }
            leaf => leaf.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            // All enums here are words; serde would also take an object whose one field is a word.
            Value::String(_) => self.0.deserialize_enum(name, variants, visitor),
            _ => Err(Error::invalid_type(Unexpected::Other("no word"), &visitor)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map identifier ignored_any
    }
}

impl<'v> IntoDeserializer<'v, Error> for Strict<'v> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_api::bridged_secret::{DataEntry, StoreRef};
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::list_for_an_object(json!(["vault"]))]
    #[case::text_for_an_object(json!("vault"))]
    #[case::nothing(json!(null))]
    #[case::number_for_a_text(json!({"name": 7}))]
    #[case::object_for_a_word(json!({"name": "vault", "kind": {"SecretStore": null}}))]
    fn another_type_is_refused(#[case] value: Value) {
        assert!(StoreRef::deserialize(Strict(&value)).is_err());
    }

    #[test]
    fn what_fits_is_taken_as_serde_takes_it() {
        let value =
            json!({"secretStoreRef": {"name": "vault", "kind": "ClusterSecretStore"}, "remoteRef": {"key": "a", "version": null}});
        let strictly = DataEntry::deserialize(Strict(&value)).unwrap();
        assert_eq!(strictly, serde_json::from_value::<DataEntry>(value).unwrap());
    }
}
