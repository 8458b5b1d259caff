//! Small changes to generated schemas that attributes ask for.
//!
//! Must never: change what a schema accepts.

/// Takes the description out, so that the one of the field that holds the value stands.
pub(crate) fn undescribed(schema: &mut schemars::Schema) {
    schema.remove("description");
}
