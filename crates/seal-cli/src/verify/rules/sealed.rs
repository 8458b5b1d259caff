//! Sealed values, by what they claim outside; with private keys at hand also by what is inside.
//!
//! Must never: take a claim for proof. That the outside is what was sealed shows only when a value is opened.

use sealbridge_seal::{KeyId, OpenError, Scope, SealedValue, Target};

use super::super::draft::{At, Draft};
use super::super::file::Subject;
use super::super::rule::{Rule, Severity};
use super::super::surroundings::Surroundings;
use crate::config::Rule as Governing;
use crate::recipients::without;

const AGAIN: &str = "seal it again with `seal set`";

/// One sealed value where it stands.
pub(in super::super) struct Standing<'a> {
    pub(in super::super) at: At,
    pub(in super::super) object: &'a str,
    pub(in super::super) entry: &'a str,
    pub(in super::super) text: &'a str,
    /// For which Secret it is used, where that is known.
    pub(in super::super) target: Option<Target<'a>>,
}

impl Standing<'_> {
    fn draft(&self, rule: Rule, problem: impl Into<String>, advice: &str) -> Draft {
        Draft::new(rule, self.at.clone(), problem, advice).of(self.object).entry(self.entry)
    }
}

/// Judges one value, and says to which keys it claims to be sealed.
pub(in super::super) fn judge(subject: &Subject<'_>, standing: &Standing<'_>, drafts: &mut Vec<Draft>) -> Option<Vec<KeyId>> {
    let sealed = match SealedValue::parse(standing.text) {
        Ok(sealed) => sealed,
        Err(problem) => {
            let draft = Draft::of_error(Rule::SealedMalformed, standing.at.clone(), &problem);
            drafts.push(draft.of(standing.object).entry(standing.entry));
            return None;
        }
    };
    if standing.target.is_some_and(|target| !sealed.matches_target(&target)) {
        let advice = "if it was copied here, use `seal copy`; otherwise seal it again with `seal set`";
        drafts.push(standing.draft(Rule::SealedElsewhere, "it is sealed for another namespace, Secret or entry", advice));
    }
    let surroundings = subject.surroundings;
    stanzas(surroundings, standing, &sealed, drafts);
    match surroundings.rule_for(subject.path) {
        Some(rule) => by_rule(subject, rule, standing, &sealed, drafts),
        None if surroundings.has_rules() => {
            let advice = "add a rule whose path matches the file";
            drafts.push(standing.draft(Rule::SealedUnruled, "no rule of .sealbridge.yaml is about this file", advice));
        }
        None => {}
    }
    open(subject, standing, &sealed, drafts);
    Some(sealed.key_ids().to_vec())
}

fn by_rule(subject: &Subject<'_>, rule: &Governing, standing: &Standing<'_>, sealed: &SealedValue<'_>, drafts: &mut Vec<Draft>) {
    recipients(subject, rule, standing, sealed, drafts);
    let allowed = rule.scope.unwrap_or_default();
    if sealed.scope() > allowed {
        let problem = format!("it has scope {}, and the rule says {allowed}", sealed.scope());
        drafts.push(standing.draft(Rule::SealedScope, problem, AGAIN));
    } else if let Some(glob) = sealed.namespace_glob()
        && allowed != Scope::Cluster
    {
        let problem = format!("it opens in all namespaces {glob}");
        let advice = "see that this is meant, and say so in an allow comment; otherwise seal it again for one namespace";
        drafts.push(standing.draft(Rule::SealedScope, problem, advice).severity(Severity::Warning));
    }
    if rule.policy.is_too_old(sealed.sealed_on(), subject.today) {
        let problem = format!("it was sealed on {}, longer ago than the policy allows", sealed.sealed_on());
        drafts.push(standing.draft(Rule::SealedOld, problem, "change the value at its source, and seal the new one"));
    }
    if rule.policy.lacks_break_glass(sealed.key_ids().iter().copied()) {
        drafts.push(standing.draft(Rule::SealedBreakGlass, "none of its keys is for emergencies, as the policy wants", AGAIN));
    }
}

fn recipients(subject: &Subject<'_>, rule: &Governing, standing: &Standing<'_>, sealed: &SealedValue<'_>, drafts: &mut Vec<Draft>) {
    let Some(wanted) = subject.surroundings.recipients(rule, subject.path) else { return };
    let wanted: Vec<KeyId> = wanted.set.ids().collect();
    let (more, missing) = (without(sealed.key_ids(), &wanted), without(&wanted, sealed.key_ids()));
    let names = |ids: &[KeyId]| subject.surroundings.names(ids);
    let problem = match (more.as_slice(), missing.as_slice()) {
        ([], []) => return,
        (more, []) => format!("it is sealed to {}, which the rule does not name", names(more)),
        ([], missing) => format!("it is not sealed to {}, which the rule names", names(missing)),
        (more, missing) => format!("it is sealed to {}, which the rule does not name, and not to {}", names(more), names(missing)),
    };
    drafts.push(standing.draft(
        Rule::SealedRecipients,
        problem,
        "seal it again for the recipients of the rule, or correct the rule",
    ));
}

/// Whether as many keys, and of the types that are known of them, can open the file as stand outside.
fn stanzas(surroundings: &Surroundings, standing: &Standing<'_>, sealed: &SealedValue<'_>, drafts: &mut Vec<Draft>) {
    let found = match sealed.stanzas() {
        Ok(found) => found,
        Err(problem) => {
            let draft = Draft::of_error(Rule::SealedStanzas, standing.at.clone(), &problem);
            drafts.push(draft.of(standing.object).entry(standing.entry));
            return;
        }
    };
    let claimed = sealed.key_ids().len();
    let known: Option<Vec<_>> = sealed.key_ids().iter().map(|id| surroundings.recipient(*id)).collect();
    let post_quantum = known.map(|known| known.iter().filter(|recipient| recipient.is_post_quantum()).count());
    let problem = if found.other > 0 {
        "it can be opened by a key of a type that no key id stands for".to_owned()
    } else if found.x25519 > 0 && found.post_quantum > 0 {
        "it is sealed to post-quantum and other keys at once, and so is as weak as the others".to_owned()
    } else if found.x25519 + found.post_quantum != claimed {
        format!("it names {claimed} keys, and {} can open it", found.x25519 + found.post_quantum)
    } else if post_quantum.is_some_and(|expected| expected != found.post_quantum) {
        "it is sealed to keys of another type than those that it names".to_owned()
    } else {
        return;
    };
    drafts.push(standing.draft(
        Rule::SealedStanzas,
        problem,
        "somebody may open it who is not named; seal it again with `seal set`",
    ));
}

/// With private keys at hand: whether the value opens for its place. One that is sealed to other keys is not judged.
fn open(subject: &Subject<'_>, standing: &Standing<'_>, sealed: &SealedValue<'_>, drafts: &mut Vec<Draft>) {
    let (Some(opening), Some(target)) = (subject.opening, standing.target) else { return };
    match opening.ring.open_sealed(sealed, &target) {
        Ok(_) | Err(OpenError::NoKey { .. }) => {}
        Err(problem) => {
            let draft = Draft::of_error(Rule::SealedUnopened, standing.at.clone(), &problem);
            drafts.push(draft.of(standing.object).entry(standing.entry));
        }
    }
}
