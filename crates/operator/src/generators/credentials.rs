//! What generators log in with, as objects that can be watched.
//!
//! Must never: name what another namespace has.

use std::sync::Arc;

use sealbridge_provider::generator::Generator;
use sealbridge_provider::{InputKind as Named, InputName, inputs_of_generator};

use crate::inputs::{InputId, InputKind};
use crate::object_name::is_object_name;

/// The objects that a generator refers to when it runs for an object of `namespace`.
pub(crate) fn credentials_of(namespace: &Arc<str>, generator: &Generator) -> Vec<InputId> {
    inputs_of_generator(generator).iter().filter_map(|input| id(namespace, input)).collect()
}

/// The object that a generator of this namespace refers to; `None` if it may not.
fn id(namespace: &Arc<str>, named: &InputName) -> Option<InputId> {
    let kind = match named.kind {
        Named::Secret => InputKind::Secret,
        Named::ConfigMap => InputKind::ConfigMap,
        Named::ServiceAccount => InputKind::ServiceAccount,
    };
    let is_own = named.namespace.as_deref().is_none_or(|named| named == &**namespace);
    (is_own && is_object_name(&named.name)).then(|| InputId {
        kind,
        namespace: Arc::clone(namespace),
        name: named.name.as_str().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_another_namespace_is_watched() {
        let named = |namespace: Option<&str>, name: &str| InputName {
            kind: Named::Secret,
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        };
        let watched = |namespace, name| id(&"shop".into(), &named(namespace, name)).map(|id| id.to_string());
        assert_eq!(watched(None, "token").as_deref(), Some("Secret shop/token"));
        assert_eq!(watched(Some("shop"), "token").as_deref(), Some("Secret shop/token"));
        assert_eq!(watched(Some("bank"), "token"), None);
        assert_eq!(watched(None, "token,metadata.namespace=bank"), None, "it would select more");
    }
}
