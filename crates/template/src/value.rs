//! What a template computes with: Go's types, as far as its functions make them.
//!
//! Must never: recurse when it is dropped, however deep lists stand in lists, or print itself.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::functions::CertificatePair;
use crate::functions::Version;
use crate::text::Text;
use crate::time::Time;

/// A value with its Go type.
#[derive(Clone)]
pub(crate) enum Value {
    /// No value, or a nil of type `interface {}`.
    Nil,
    Bool(bool),
    Int(i64),
    Int64(i64),
    Byte(u8),
    Unsigned(u64),
    Float(f64),
    Text(Text),
    List(List),
    Map(Map),
    Time(Time),
    Version(Rc<Version>),
    Pair(Rc<CertificatePair>),
}

/// The type of a list's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Elements {
    Any,
    Texts,
    Ints,
    Lists,
}

/// A slice. It is never changed, only replaced.
#[derive(Clone)]
pub(crate) struct List {
    pub(crate) elements: Elements,
    /// Whether it is Go's nil slice, which JSON tells from an empty one.
    pub(crate) is_nil: bool,
    items: Rc<Items>,
}

struct Items(Vec<Value>);

impl Drop for Items {
    fn drop(&mut self) {
        let mut pending = std::mem::take(&mut self.0);
        while let Some(value) = pending.pop() {
            if let Value::List(list) = value
                && let Some(mut items) = Rc::into_inner(list.items)
            {
                pending.append(&mut items.0);
            }
        }
    }
}

impl List {
    pub(crate) fn new(elements: Elements, items: Vec<Value>) -> Self {
        Self { elements, is_nil: false, items: Rc::new(Items(items)) }
    }

    pub(crate) fn nil(elements: Elements) -> Self {
        Self { elements, is_nil: true, items: Rc::new(Items(Vec::new())) }
    }

    pub(crate) fn items(&self) -> &[Value] {
        &self.items.0
    }
}

/// The entries of a map, ordered by key as Go prints them.
pub(crate) type Entries = BTreeMap<Text, Value>;

/// A map with string keys. Copies are the same map, as in Go.
#[derive(Clone)]
pub(crate) struct Map {
    /// Whether the values are strings by type: the root of a template, and what `split` makes.
    pub(crate) is_of_texts: bool,
    pub(crate) entries: Rc<RefCell<Entries>>,
}

impl Map {
    /// The value under a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Value> {
        self.entries.borrow().get(key).cloned()
    }

    /// The entries as they are now.
    pub(crate) fn snapshot(&self) -> Vec<(Text, Value)> {
        self.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.borrow().len()
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Text(Text::new(bytes))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Text(Text::from(bytes))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Text::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Text::new(text.into_bytes()))
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl Value {
    /// A `[]interface {}`.
    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(List::new(Elements::Any, items))
    }

    /// A `[]string`.
    pub(crate) fn texts(items: Vec<Self>) -> Self {
        Self::List(List::new(Elements::Texts, items))
    }

    /// The name of its Go type, as `%T` prints it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Byte(_) => "uint8",
            Self::Unsigned(_) => "uint64",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::List(list) => match list.elements {
                Elements::Any => "[]interface {}",
                Elements::Texts => "[]string",
                Elements::Ints => "[]int",
                Elements::Lists => "[][]interface {}",
            },
            Self::Map(map) if map.is_of_texts => "map[string]string",
            Self::Map(_) => "map[string]interface {}",
            Self::Time(_) => "time.Time",
            Self::Version(_) => "*semver.Version",
            Self::Pair(_) => "sprig.certificate",
        }
    }

    /// The name of its Go kind.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Nil => "invalid",
            Self::List(_) => "slice",
            Self::Map(_) => "map",
            Self::Time(_) | Self::Pair(_) => "struct",
            Self::Version(_) => "ptr",
            scalar => scalar.type_name(),
        }
    }

    /// Whether `if` takes it as true.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(bool) => *bool,
            Self::Int(number) | Self::Int64(number) => *number != 0,
            Self::Byte(number) => *number != 0,
            Self::Unsigned(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Text(text) => !text.bytes().is_empty(),
            Self::List(list) => !list.items().is_empty(),
            Self::Map(map) => map.len() > 0,
            Self::Time(_) | Self::Version(_) | Self::Pair(_) => true,
        }
    }

    /// The bytes that it holds itself, for the budget.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.bytes().len(),
            Self::List(list) => list.items().len().saturating_mul(size_of::<Self>()),
            Self::Map(map) => map.len().saturating_mul(size_of::<Self>()),
            _ => 0,
        }
    }
}
