//! ExternalSecrets become the Secrets that `tests/conformance` says, case by case, through the operator and through
//! `seal render`, on each kind of store.

mod case;
mod coverage;
mod judge;
mod migrate;
mod run;
mod source;

use std::time::Duration;

use case::Kind;
use rstest::rstest;
use run::run;

use crate::stage::SOON;

#[rstest]
#[case::of_a_fake_store(Kind::Fake)]
#[case::of_a_mount_of_version_1(Kind::Kv1)]
#[case::of_a_mount_of_version_2(Kind::Kv2)]
#[case::of_the_provider_of_openbao(Kind::OpenBao)]
#[case::of_secrets_manager(Kind::Aws)]
#[case::of_secrets_of_kubernetes(Kind::Kubernetes)]
#[tokio::test]
async fn all_cases_hold(#[case] kind: Kind) {
    let wrong = run(kind, &case::all(), SOON).await;
    let texts: Vec<_> = wrong.iter().map(|wrong| format!("{}\n    {}", wrong.case, wrong.how)).collect();
    assert!(texts.is_empty(), "{} cases do not hold:\n{}", texts.len(), texts.join("\n"));
}

#[tokio::test]
async fn what_does_not_hold_is_named_and_nothing_else() {
    let spec = "spec: {data: [{secretKey: A, remoteRef: {key: '@/a'}}]}";
    let of =
        |name: &str, expect: &str| format!("  - {{name: {name}, behaviour: 1, seed: {{'@/a': x}}, {spec}, expect: {expect}}}\n");
    let text = [
        "store: fake\ncases:\n".to_owned(),
        of("right", "{data: {A: x}}"),
        of("other-value", "{data: {A: y}}"),
        of("key-too-many", "{data: {A: x, B: x}}"),
        of("key-too-few", "{data: {}}"),
        of("to-fail", "{fails: SourceNotFound}"),
        of("to-be-absent", "{absent: true}"),
        of("other-type", "{type: example.com/other}"),
        of("other-label", "{labels: {a: b}}"),
        of("not-owned", "{owned: false}"),
        of("left-alone", "{untouched: true}"),
        of("other-words", "{ready: {status: 'True', reason: SecretSynced, message: nothing of it}}"),
    ]
    .concat();
    let cases = case::of(&text, "the wrong ones");
    let wrong = run(Kind::Fake, &cases, Duration::from_secs(1)).await;
    let by_operator: Vec<_> =
        wrong.iter().filter(|wrong| !wrong.how.starts_with("rendered: ")).map(|wrong| wrong.case.as_str()).collect();
    let mut expected: Vec<_> = cases.iter().map(|case| case.name.as_str()).filter(|name| *name != "right").collect();
    expected.sort_unstable();
    assert_eq!(by_operator, expected);
    let rendered: Vec<_> =
        wrong.iter().filter(|wrong| wrong.how.starts_with("rendered: ")).map(|wrong| wrong.case.as_str()).collect();
    assert_eq!(rendered, ["other-value", "key-too-many", "key-too-few"]);
}
