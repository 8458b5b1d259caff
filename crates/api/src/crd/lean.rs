//! Makes a generated schema smaller and bounded.
//!
//! Owns: what is taken out of or put around types that are not ours. Must never: loosen a rule of ours.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use serde_json::json;

/// The most labels or expressions in a label selector.
const MAX_SELECTOR_TERMS: i64 = 64;
/// The most values in one expression of a label selector.
const MAX_SELECTOR_VALUES: i64 = 256;

/// Works on the schema of a whole object.
pub(super) fn root(root: &mut JSONSchemaProps) {
    root.title = None;
    drop_nullable(root);
    if let Some(status) = property(root, "status") {
        // A kind whose status says nothing yet counts as current in kstatus; -1 is no generation.
        status.default = Some(JSON(json!({"observedGeneration": -1})));
        if let Some(conditions) = property(status, "conditions") {
            each_child(conditions, &mut drop_descriptions);
            conditions.x_kubernetes_list_type = Some("map".to_owned());
            conditions.x_kubernetes_list_map_keys = Some(vec!["type".to_owned()]);
        }
    }
    if let Some(spec) = property(root, "spec") {
        bound_selectors(spec);
    }
}

/// A null stands for "absent" only where the schema does not keep it.
fn drop_nullable(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    each_child(schema, &mut drop_nullable);
}

fn drop_descriptions(schema: &mut JSONSchemaProps) {
    schema.description = None;
    each_child(schema, &mut drop_descriptions);
}

fn bound_selectors(schema: &mut JSONSchemaProps) {
    if property(schema, "matchLabels").is_some() {
        each_child(schema, &mut drop_descriptions);
        if let Some(labels) = property(schema, "matchLabels") {
            labels.max_properties = Some(MAX_SELECTOR_TERMS);
        }
        if let Some(expressions) = property(schema, "matchExpressions") {
            expressions.max_items = Some(MAX_SELECTOR_TERMS);
            each_child(expressions, &mut |expression| {
                if let Some(values) = property(expression, "values") {
                    values.max_items = Some(MAX_SELECTOR_VALUES);
                }
            });
        }
    } else {
        each_child(schema, &mut bound_selectors);
    }
}

fn property<'a>(schema: &'a mut JSONSchemaProps, name: &str) -> Option<&'a mut JSONSchemaProps> {
    schema.properties.as_mut()?.get_mut(name)
}

fn each_child(schema: &mut JSONSchemaProps, work: &mut dyn FnMut(&mut JSONSchemaProps)) {
    for child in schema.properties.iter_mut().flat_map(|properties| properties.values_mut()) {
        work(child);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(child)) = &mut schema.items {
        work(child);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(child)) = &mut schema.additional_properties {
        work(child);
    }
}
