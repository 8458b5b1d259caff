//! The functions of templates: Go's own, sprig's, and those of External Secrets Operator.
//!
//! ```text
//!   name ─▶ Function { types of arguments, whether its result differs at every run, what it does }
//! ```
//!
//! A function that is not in these tables is unknown to the parser. None reads files, the environment, the network
//! or a cluster; clock and randomness come from the ports, but for keys and the salts of PKCS#12 files, which their
//! libraries draw.

mod aes;
mod args;
mod builtins;
mod cases;
mod certificates;
mod collections;
mod convert;
mod crypto;
mod dates;
mod defaults;
mod der;
mod dicts;
mod encoding;
mod equal;
mod escape;
mod generate;
mod json;
mod json_read;
mod jwk;
mod lists;
mod numbers;
mod paths;
mod pem;
mod pkcs12;
mod random;
mod regex_syntax;
mod regexes;
mod strings;
mod urls;
mod version_ranges;
mod versions;
mod words;
mod yaml;

use std::collections::HashMap;
use std::sync::LazyLock;

pub(crate) use args::Args;
pub(crate) use certificates::CertificatePair;
pub(crate) use versions::Version;

use crate::context::Context;
use crate::fault::Outcome;

/// The Go type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Param {
    Any,
    Text,
    Int,
    Unsigned32,
    Float,
    Bool,
    Map,
    List,
    Time,
    Pair,
}

impl Param {
    pub(crate) fn takes_nil(self) -> bool {
        matches!(self, Self::Any | Self::Map | Self::List)
    }

    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Text => "string",
            Self::Int => "int",
            Self::Unsigned32 => "uint32",
            Self::Float => "float64",
            Self::Bool => "bool",
            Self::Map => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Time => "time.Time",
            Self::Pair => "sprig.certificate",
        }
    }
}

type Call = fn(&Context<'_>, Args<'_>) -> Outcome;

/// One function.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) params: &'static [Param],
    /// The type of any number of further arguments.
    pub(crate) rest: Option<Param>,
    /// Whether the same arguments give another result at every run.
    pub(crate) is_volatile: bool,
    /// For `and` and `or`: the truth at which arguments are no more evaluated.
    pub(crate) stops_at: Option<bool>,
    pub(crate) call: Call,
}

impl Function {
    const fn new(name: &'static str, params: &'static [Param], call: Call) -> Self {
        Self { name, params, rest: None, is_volatile: false, stops_at: None, call }
    }

    const fn and_more(mut self, rest: Param) -> Self {
        self.rest = Some(rest);
        self
    }

    const fn volatile(mut self) -> Self {
        self.is_volatile = true;
        self
    }

    const fn stopping_at(mut self, truth: bool) -> Self {
        self.stops_at = Some(truth);
        self
    }
}

/// The same function under another name.
const fn alias(name: &'static str, function: &Function) -> Function {
    Function {
        name,
        params: function.params,
        rest: function.rest,
        is_volatile: function.is_volatile,
        stops_at: function.stops_at,
        call: function.call,
    }
}

const FAMILIES: [&[Function]; 25] = [
    builtins::FUNCTIONS,
    strings::FUNCTIONS,
    words::FUNCTIONS,
    cases::FUNCTIONS,
    escape::FUNCTIONS,
    encoding::FUNCTIONS,
    numbers::FUNCTIONS,
    lists::FUNCTIONS,
    collections::FUNCTIONS,
    dicts::FUNCTIONS,
    defaults::FUNCTIONS,
    json::FUNCTIONS,
    yaml::FUNCTIONS,
    regexes::FUNCTIONS,
    versions::FUNCTIONS,
    paths::FUNCTIONS,
    dates::FUNCTIONS,
    random::FUNCTIONS,
    urls::FUNCTIONS,
    crypto::FUNCTIONS,
    aes::FUNCTIONS,
    pem::FUNCTIONS,
    pkcs12::FUNCTIONS,
    jwk::FUNCTIONS,
    generate::FUNCTIONS,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> =
    LazyLock::new(|| FAMILIES.iter().flat_map(|family| family.iter()).map(|function| (function.name, function)).collect());

/// The function of that name.
pub(crate) fn lookup(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

/// The names of all functions, in order.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = BY_NAME.keys().copied().collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_twice() {
        let count: usize = FAMILIES.iter().map(|family| family.len()).sum();
        assert_eq!(BY_NAME.len(), count);
    }
}
