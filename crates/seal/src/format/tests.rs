//! The grammar: what is accepted prints as it was, everything else is refused with the field named.

use super::*;
use proptest::prelude::*;
use rstest::rstest;

const CLAIMS: &str = "k=0000000000000001+000000000000000a;s=strict;t=2026-11-21;b=0123456789abcdef";

fn with_claims(claims: &str) -> String {
    format!("sb1:{claims}:{}", BASE64_STANDARD.encode("age-encryption.org/v1\nrest"))
}

#[test]
fn claims_are_read() {
    let text = with_claims(&format!("{CLAIMS};n=shop-*"));
    let value = SealedValue::parse(&text).unwrap();
    let ids: Vec<_> = value.key_ids().iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["0000000000000001", "000000000000000a"]);
    assert_eq!(value.scope(), Scope::Strict);
    assert_eq!(value.sealed_on(), Date::constant(2026, 11, 21));
    assert_eq!(value.namespace_glob().unwrap().to_string(), "shop-*");
    assert_eq!(value.decode_file().unwrap(), b"age-encryption.org/v1\nrest");
    assert_eq!(value.to_string(), text);
}

const KEY_IDS: FormatError = FormatError::Field(OuterField::KeyIds);
const SCOPE: FormatError = FormatError::Field(OuterField::Scope);
const DATE: FormatError = FormatError::Field(OuterField::Date);
const BINDING: FormatError = FormatError::Field(OuterField::Binding);
const NAMESPACES: FormatError = FormatError::Field(OuterField::Namespaces);

#[rstest]
#[case::nothing("", KEY_IDS)]
#[case::no_id("k=;s=strict;t=2026-11-21;b=0123456789abcdef", KEY_IDS)]
#[case::upper_case_id("k=000000000000000A;s=strict;t=2026-11-21;b=0123456789abcdef", KEY_IDS)]
#[case::ids_descending("k=0000000000000002+0000000000000001;s=strict;t=2026-11-21;b=0123456789abcdef", KEY_IDS)]
#[case::id_twice("k=0000000000000001+0000000000000001;s=strict;t=2026-11-21;b=0123456789abcdef", KEY_IDS)]
#[case::empty_id("k=0000000000000001+;s=strict;t=2026-11-21;b=0123456789abcdef", KEY_IDS)]
#[case::order("s=strict;k=0000000000000001;t=2026-11-21;b=0123456789abcdef", KEY_IDS)]
#[case::no_scope("k=0000000000000001;t=2026-11-21;b=0123456789abcdef", SCOPE)]
#[case::other_scope("k=0000000000000001;s=STRICT;t=2026-11-21;b=0123456789abcdef", SCOPE)]
#[case::no_such_day("k=0000000000000001;s=strict;t=2026-02-30;b=0123456789abcdef", DATE)]
#[case::short_date("k=0000000000000001;s=strict;t=20261121;b=0123456789abcdef", DATE)]
#[case::date_with_time("k=0000000000000001;s=strict;t=2026-11-21T00:00;b=0123456789abcdef", FormatError::Field(OuterField::Date))]
#[case::week_date("k=0000000000000001;s=strict;t=2026-W47-6;b=0123456789abcdef", DATE)]
#[case::no_binding("k=0000000000000001;s=strict;t=2026-11-21", BINDING)]
#[case::upper_case_binding("k=0000000000000001;s=strict;t=2026-11-21;b=0123456789ABCDEF", BINDING)]
#[case::not_a_glob("k=0000000000000001;s=strict;t=2026-11-21;b=0123456789abcdef;n=shop", NAMESPACES)]
#[case::glob_in_cluster("k=0000000000000001;s=cluster;t=2026-11-21;b=0123456789abcdef;n=a*", NAMESPACES)]
#[case::unknown_field("k=0000000000000001;s=strict;t=2026-11-21;b=0123456789abcdef;x=1", FormatError::UnknownField)]
#[case::field_after_glob("k=0000000000000001;s=strict;t=2026-11-21;b=0123456789abcdef;n=a*;n=a*", FormatError::UnknownField)]
#[case::empty_field("k=0000000000000001;s=strict;t=2026-11-21;b=0123456789abcdef;", FormatError::UnknownField)]
#[case::space("k=0000000000000001; s=strict;t=2026-11-21;b=0123456789abcdef", SCOPE)]
fn malformed_claims_are_named(#[case] claims: &str, #[case] error: FormatError) {
    assert_eq!(Claims::parse(claims), Err(error));
}

#[test]
fn more_ids_than_recipients_are_allowed_are_refused() {
    let ids = |count: usize| (0..count).map(|n| format!("{n:016x}")).collect::<Vec<_>>().join("+");
    assert!(parse_key_ids(&ids(MAX_RECIPIENTS)).is_some());
    assert!(parse_key_ids(&ids(MAX_RECIPIENTS + 1)).is_none());
}

#[rstest]
#[case::nothing("", FormatError::Prefix)]
#[case::plain_text("hunter2", FormatError::Prefix)]
#[case::looks_like_a_word("sbx:k=", FormatError::Prefix)]
#[case::upper_case("SB1:k=", FormatError::Prefix)]
#[case::no_version("sb:k=", FormatError::Prefix)]
#[case::next_version("sb2:k=", FormatError::Version)]
fn foreign_texts(#[case] text: &str, #[case] error: FormatError) {
    assert_eq!(SealedValue::parse(text), Err(error));
}

#[rstest]
#[case::absent("", FormatError::Base64)]
#[case::cut("YWdlLWVuY3J5cHRpb24ub3JnL3Yx=", FormatError::Base64)]
#[case::unpadded("YWdlLWVuY3J5cHRpb24ub3JnL3YxCg", FormatError::Base64)]
#[case::trailing_bits("YWdlLWVuY3J5cHRpb24ub3JnL3YxCh==", FormatError::Base64)]
#[case::padding_inside("YWdlLWVuY3J5cHRpb24ub3JnL3YxCg==Cg==", FormatError::Base64)]
#[case::line_break("YWdlLWVuY3J5cHRpb24ub3JnL3YxCg==\n", FormatError::Base64)]
#[case::url_alphabet("YWdlLWVuY3J5cHRpb24ub3JnL3Yx-_-_", FormatError::Base64)]
#[case::other_version("YWdlLWVuY3J5cHRpb24ub3JnL3YyCg==", FormatError::NotAge)]
#[case::armour("LS0tLS1CRUdJTiBBR0UgRU5DUllQVEVEIEZJTEUtLS0tLQo=", FormatError::NotAge)]
#[case::short("YWdl", FormatError::NotAge)]
fn last_part(#[case] file: &str, #[case] error: FormatError) {
    assert_eq!(SealedValue::parse(&format!("sb1:{CLAIMS}:{file}")), Err(error));
}

#[test]
fn a_value_cut_before_its_file_is_truncated() {
    assert_eq!(SealedValue::parse(&format!("sb1:{CLAIMS}")), Err(FormatError::Base64));
}

#[test]
fn length_is_judged_first() {
    assert_eq!(SealedValue::parse(&"x".repeat(MAX_TEXT_BYTES + 1)), Err(FormatError::TooLong));
}

fn any_claims() -> impl Strategy<Value = Claims> {
    let ids = proptest::collection::btree_set("[0-9a-f]{16}", 1..6);
    let scope = prop_oneof![Just(Scope::Strict), Just(Scope::Namespace), Just(Scope::Cluster)];
    let date = (0_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| Date::constant(year, month, day));
    let glob = proptest::option::of("[a-z0-9-]{1,8}\\*[a-z0-9-]{0,8}");
    (ids, scope, date, "[0-9a-f]{16}", glob).prop_map(|(ids, scope, sealed_on, binding, glob)| Claims {
        key_ids: ids.iter().map(|id| id.parse().unwrap()).collect(),
        scope,
        sealed_on,
        binding: ShortHash::parse(&binding).unwrap(),
        namespaces: glob.filter(|_| scope.binds_namespace()).map(|glob| glob.parse().unwrap()),
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read(claims in any_claims(), rest: Vec<u8>) {
        let file = [VERSION_LINE.as_bytes(), b"\n", &rest].concat();
        let text = print(&claims, &file);
        let value = SealedValue::parse(&text).unwrap();
        prop_assert_eq!(value.claims(), &claims);
        prop_assert_eq!(value.decode_file().unwrap(), file);
    }

    #[test]
    fn what_is_read_prints_the_same(claims in any_claims(), position: prop::sample::Index, with in "\\PC?") {
        let text = print(&claims, b"age-encryption.org/v1\nrest");
        let at = position.index(text.len());
        let mut edited = text;
        edited.replace_range(at..=at, &with);
        if let Ok(value) = SealedValue::parse(&edited) {
            prop_assert_eq!(value.to_string(), edited.clone());
            prop_assert!(value.decode_file().is_ok());
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "(sb[0-9]?:?)?(k=)?\\PC*") {
        if let Ok(value) = SealedValue::parse(&text) {
            prop_assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn each_difference_is_named(one in any_claims(), two in any_claims()) {
        prop_assert_eq!(one.difference(&two).is_none(), one == two);
    }
}

#[test]
fn stanzas_are_counted_by_type_without_a_key() {
    let count = |header: &str| {
        let text = format!("sb1:{CLAIMS}:{}", BASE64_STANDARD.encode(format!("age-encryption.org/v1\n{header}rest")));
        SealedValue::parse(&text).unwrap().stanzas()
    };
    let header =
        "-> X25519 a\nb\n-> X25519 c\nd\n-> mlkem768x25519 e\nf\n-> ssh-rsa g\nh\n-> Rx-grease i\nj\n--- mac\n-> X25519 payload\n";
    assert_eq!(count(header), Ok(Stanzas { x25519: 2, post_quantum: 1, other: 1 }));
    assert_eq!(count("-> scrypt a 18\nb\n--- mac\n"), Err(OpenError::Passphrase));
    assert_eq!(count("-> X25519 a\n"), Err(OpenError::HeaderDamaged));
}
