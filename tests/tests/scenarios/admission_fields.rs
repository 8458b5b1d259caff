//! Each field of the native kinds made bad, one at a time, before the real API server: it takes the object, or refuses it with the
//! field's name, and never takes a wrong type, an unknown word or a field that does not exist.

#[path = "../../../crates/manifest/tests/bad_fields/mutations.rs"]
mod mutations;

use futures::StreamExt;
use sealbridge_tests::Cluster;

use self::mutations::{How, Mutation, Step};
use crate::admission_manifests::{create, manifests};

/// Requests that are under way at the same time.
const AT_ONCE: usize = 16;

fn problem(mutation: &Mutation, answer: &Result<serde_json::Value, String>) -> Option<&'static str> {
    let last = mutation.path.iter().rev().find_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None });
    let is_of_people = mutations::is_map(&mutation.path[..mutation.path.len() - 1]);
    match answer {
        Ok(_) if mutation.how == How::WrongType => Some("a wrong type was taken"),
        Ok(_) if mutation.how == How::UnknownField && !is_of_people => Some("an unknown field was taken"),
        Ok(_) => None,
        Err(answer) if !answer.contains("spec") => Some("the answer names no field"),
        // Of what is not there, the field that wants it is named.
        Err(_) if matches!(mutation.how, How::Absent | How::Null | How::Empty) => None,
        Err(answer) => (!last.is_some_and(|last| answer.contains(last))).then_some("the answer names another field"),
    }
}

#[tokio::test]
async fn each_bad_field_is_taken_for_what_it_says_or_refused_by_its_name() {
    let namespace = &Cluster::shared().await.namespace("fields").await;
    // Of a list as long as it may be, one item speaks for all.
    let manifests = manifests("accepted").into_iter().filter(|(_, text, _)| text.len() < 10_000).map(|(_, _, manifest)| manifest);
    let tried = mutations::of(&manifests.collect::<Vec<_>>());
    let count = tried.len();
    let answers = futures::stream::iter(tried).map(async |mutation| {
        let answer = create(namespace, &mutation.manifest).await;
        (mutation, answer)
    });
    let answers: Vec<_> = answers.buffer_unordered(AT_ONCE).collect().await;
    let wrong: Vec<_> = answers
        .iter()
        .filter_map(|(mutation, answer)| {
            let kind = &mutation.manifest["kind"];
            Some(format!("{kind} {} {:?}: {}: {answer:.300?}", mutation.shown(), mutation.how, problem(mutation, answer)?))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    let refused = answers.iter().filter(|(_, answer)| answer.is_err()).count();
    println!("{count} bad fields: {refused} refused, {} taken", count - refused);
    assert!(count > 1_000 && refused > count / 2, "{refused} of {count}");
}
