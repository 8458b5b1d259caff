//! What servers know a finding by from run to run.

use std::collections::HashMap;

use aws_lc_rs::digest::{Context, SHA256};

use crate::verify::finding::Finding;

const BYTES: usize = 16;

/// One for each finding, all different: made of rule, file, object and entry, and where these are the same of their
/// order. Lines move, and a value is never hashed.
pub(super) fn of_all(findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<[&str; 4], usize> = HashMap::new();
    let one = |finding| {
        let identity = Finding::identity(finding);
        let count = seen.entry(identity).or_default();
        *count += 1;
        digest(identity, *count)
    };
    findings.iter().map(one).collect()
}

fn digest(identity: [&str; 4], count: usize) -> String {
    let mut context = Context::new(&SHA256);
    for part in identity {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.update(&u64::try_from(count).unwrap_or(u64::MAX).to_be_bytes());
    context.finish().as_ref().iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect()
}
