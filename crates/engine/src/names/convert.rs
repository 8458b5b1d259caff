//! Characters that no entry's name may have, replaced.

use sealbridge_api::bridged_secret::ConversionStrategy;

/// The name with every character replaced that is no letter, number, `-`, `.` or `_`. Letters and numbers are those of
/// Unicode; Kubernetes takes only some of them.
pub(super) fn convert(name: &str, strategy: ConversionStrategy) -> String {
    let mut converted = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_alphanumeric() || matches!(c, '-' | '.' | '_') {
            converted.push(c);
        } else if strategy == ConversionStrategy::Unicode {
            converted.push_str(&format!("_U{:04x}_", u32::from(c)));
        } else {
            converted.push('_');
        }
    }
    converted
}
