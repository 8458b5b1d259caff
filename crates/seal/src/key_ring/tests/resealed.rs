//! Values for other keys: what stays, and what is refused.

use super::*;
use crate::error::ResealError;
use crate::target::KnownPlace;

#[test]
fn only_the_recipients_change() {
    let [old, new] = [pairs(1), pairs(2)];
    let set = set_of(&new);
    let preview = Target { namespace: "shop-1", ..TARGET };
    let glob: NamespaceGlob = "shop-*".parse().unwrap();
    let text = seal(b"value", &preview, Scope::Namespace, Some(&glob), &set_of(&old), DAY).unwrap();
    let again = ring_of(old).reseal(&text, &preview.into(), &set).unwrap();
    let sealed = SealedValue::parse(&again).unwrap();
    assert_eq!(sealed.key_ids(), set.ids().collect::<Vec<_>>());
    assert_eq!((sealed.scope(), sealed.sealed_on(), sealed.namespace_glob()), (Scope::Namespace, DAY, Some(&glob)));
    for pair in new {
        let opened = ring_of(vec![pair]).open(&again, &preview).unwrap();
        assert_eq!(opened.value.expose(), b"value");
    }
}

#[rstest]
#[case::nothing_is_known(KnownPlace::default(), None)]
#[case::the_right_key(KnownPlace { key: Some("PASSWORD"), ..KnownPlace::default() }, None)]
#[case::another_key(KnownPlace { key: Some("OTHER"), ..KnownPlace::default() }, Some(Part::Key))]
#[case::another_name(KnownPlace { name: Some("other"), ..KnownPlace::from(TARGET) }, Some(Part::Name))]
#[case::another_namespace(KnownPlace { namespace: Some("other"), ..KnownPlace::default() }, Some(Part::Namespace))]
fn a_value_that_stands_elsewhere_is_refused(#[case] place: KnownPlace<'_>, #[case] expected: Option<Part>) {
    let (ring, text) = ring_and_text(b"value", Scope::Strict, None);
    match (ring.reseal(&text, &place, &set_of(&pairs(1))), expected) {
        (Ok(_), None) => {}
        (Err(ResealError::Open(OpenError::SealedForOther { part, .. })), Some(expected)) => assert_eq!(part, expected),
        (result, _) => panic!("{result:?}"),
    }
}

#[test]
fn a_value_whose_text_was_edited_is_refused() {
    let (ring, text) = ring_and_text(b"value", Scope::Strict, None);
    let edited = text.replace("t=2026-11-21", "t=2026-11-22");
    let refused = ring.reseal(&edited, &TARGET.into(), &set_of(&pairs(1)));
    assert_eq!(refused, Err(ResealError::Open(OpenError::OuterDiffersFromHeader { field: OuterField::Date })));
}
