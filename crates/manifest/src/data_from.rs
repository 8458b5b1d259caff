//! Sources of several entries, in the words that native objects and `ExternalSecret`s share.

use sealbridge_api::bridged_secret::{
    DecodingStrategy, Extract, Find, MergeStrategy, MetadataPolicy, NullBytePolicy, Rewrite, RewriteMerge,
};
use sealbridge_api::expression::Expression;
use sealbridge_api::keys;
use sealbridge_provider::{RemoteKey, Search};

use crate::plan::{Origin, PlanError, RewriteStep, SourceRef, StoreName, Taking, judge_steady_template};

/// The position in `spec.dataFrom`, from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position(pub(crate) usize);

impl Position {
    /// A field there that cannot be meant.
    pub(crate) fn wrong(self, field: &str, problem: &str) -> PlanError {
        PlanError::From { position: self.0, field: field.to_owned(), problem: problem.to_owned() }
    }
}

/// What is read in a store. An empty version is none.
pub(crate) fn remote_key(key: &str, version: Option<&String>, metadata: Option<MetadataPolicy>) -> RemoteKey {
    let version = version.filter(|version| !version.is_empty());
    match metadata.unwrap_or_default() {
        MetadataPolicy::None => RemoteKey::value(key, version.cloned()),
        MetadataPolicy::Fetch => RemoteKey::metadata(key, version.cloned()),
    }
}

/// All members of one JSON object.
pub(crate) fn members(store: StoreName, extract: &Extract) -> (Origin, Taking) {
    let key = remote_key(&extract.key, extract.version.as_ref(), extract.metadata_policy);
    let origin = Origin::Members {
        source: SourceRef { store, key },
        property: extract.property.clone().filter(|property| !property.is_empty()),
        conversion: extract.conversion_strategy.unwrap_or_default(),
    };
    (origin, taking(extract.decoding_strategy, extract.null_byte_policy))
}

/// What a search finds.
pub(crate) fn found(at: Position, store: StoreName, find: &Find) -> Result<(Origin, Taking), PlanError> {
    if find.path.is_none() && find.name.is_none() && find.tags.is_empty() {
        return Err(at.wrong("find", "a search needs path, name or tags"));
    }
    let name = find.name.as_ref().map(|name| name.regexp.clone());
    if let Some(name) = &name {
        Expression::parse(name).map_err(|problem| at.wrong("find.name.regexp", &problem.to_string()))?;
    }
    let search = Search { name, tags: find.tags.clone() };
    let origin = Origin::Found {
        source: SourceRef { store, key: RemoteKey::search(find.path.clone().unwrap_or_default(), search) },
        conversion: find.conversion_strategy.unwrap_or_default(),
    };
    Ok((origin, taking(find.decoding_strategy, find.null_byte_policy)))
}

/// One step in which names change.
pub(crate) fn rewrite_step(at: Position, step: &Rewrite) -> Result<RewriteStep, PlanError> {
    match (&step.regexp, &step.transform, &step.merge) {
        (Some(regexp), None, None) => {
            let source = Expression::parse(&regexp.source);
            let source = source.map_err(|problem| at.wrong("rewrite.regexp.source", &problem.to_string()))?;
            Ok(RewriteStep::Regexp { source, target: regexp.target.clone() })
        }
        (None, Some(transform), None) => {
            let judged = judge_steady_template("transform", &transform.template);
            judged.map_err(|problem| at.wrong("rewrite.transform.template", &problem.to_string()))?;
            Ok(RewriteStep::Transform(transform.template.clone()))
        }
        (None, None, Some(merge)) => merged(at, merge),
        _ => Err(at.wrong("rewrite", "each step is exactly one of regexp, transform and merge")),
    }
}

fn merged(at: Position, merge: &RewriteMerge) -> Result<RewriteStep, PlanError> {
    let is_json = merge.strategy.unwrap_or_default() == MergeStrategy::Json;
    match &merge.into {
        None if is_json => Err(at.wrong("rewrite.merge.into", "strategy JSON needs the name of the entry that holds the object")),
        Some(_) if !is_json => Err(at.wrong("rewrite.merge.into", "it goes with strategy JSON; leave it out")),
        Some(into) if !keys::is_valid_data_key(into) => {
            let advice = "Kubernetes does not accept this name; use 1 to 253 of letters, digits, '-', '.' and '_'";
            Err(at.wrong("rewrite.merge.into", advice))
        }
        _ => Ok(RewriteStep::Merge(merge.clone())),
    }
}

/// How values are taken over.
pub(crate) fn taking(decoding: Option<DecodingStrategy>, null_bytes: Option<NullBytePolicy>) -> Taking {
    Taking { decoding: decoding.unwrap_or_default(), null_bytes: null_bytes.unwrap_or_default() }
}
