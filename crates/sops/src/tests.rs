//! Properties of whole documents, in every format.

use jiff::Timestamp;
use proptest::prelude::*;
use rstest::rstest;
use sealbridge_seal::{KeyPair, KeyRing};

use crate::{Encrypted, Format, Opened, Plain, Recipients, Rules, Scalar, Selector, SopsError, Step};

struct Keys {
    ring: KeyRing,
    rules: Rules,
}

fn keys() -> Keys {
    with_selector(Selector::default())
}

fn with_selector(selector: Selector) -> Keys {
    let pair = KeyPair::generate().unwrap();
    let recipients = Recipients::any_of(vec![pair.recipient().clone()]).unwrap();
    let rules = Rules { selector, mac_only_encrypted: false, recipients };
    Keys { ring: KeyRing::new([pair.into_identity()]), rules }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

impl Keys {
    fn seal(&self, format: Format, plain: &[u8]) -> Result<Vec<u8>, SopsError> {
        Plain::read(format, plain)?.seal(&self.rules, at(0))
    }

    fn open(&self, format: Format, sealed: &[u8]) -> Result<Opened, SopsError> {
        Encrypted::read(format, sealed)?.open(&self.ring)
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn ciphertexts(document: &[u8]) -> Vec<&str> {
    text(document).split("ENC[").skip(1).filter_map(|rest| rest.split(']').next()).collect()
}

/// Documents with most of what a format has.
fn sample(format: Format) -> &'static str {
    match format {
        Format::Yaml => {
            "# top\n\n# head a\na: 1 # inline\n# foot a\n\nb: # on b\n  # head c\n  c: |\n    text\n\n    two\n  # after c\n\n  \
             e: !!str 5\n  f: &x \"q\"\n  g: *x\n  h: >-\n     fold\n     ed\n# head l\nl:\n- one # i1\n# head two\n- two\n- k: v\n  \
             m: 2020-01-01\n  # endk\nfl: {a: b, c: [1, 2.5]} # fl\nemp:\nnone: ~\nempty: ''\nmerge: &m {p: 1, q: [2]}\nuse: *m\n\
             z_unencrypted:  plain\n   multi\n# last\n---\nsecond: doc\n...\n---\n"
        }
        Format::Json => {
            "{\n  \"a\": 1, \"b\": {\"c\": [true, null, 1.5, \"é\\n\"], \"d\": {}},\n  \"e\": \"\",\n  \"f_unencrypted\": \"x\"\n}\n"
        }
        Format::Dotenv => "#top\nA=1\n\nB= two = 'x'\\nline\nC=\nD_unencrypted=plain\n# end",
        Format::Ini => {
            "; top\nzero = 0\n\n# c1\n; c2\n[s]\n; kc\nk = v ; inline\nq = `a;b`\nlong = a\\\n  b\nempty =\n[s.t]\nx_unencrypted: 1\n; last\n"
        }
        Format::Binary => "any \u{0} bytes\n",
    }
}

const FORMATS: [Format; 5] = [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini, Format::Binary];

fn leaves(opened: &Opened) -> Vec<(usize, Vec<Step>, Scalar)> {
    let documents = 0..opened.documents();
    documents
        .flat_map(|document| opened.leaves(document).into_iter().map(move |(path, value)| (document, path, value.duplicate())))
        .collect()
}

#[test]
fn a_document_opens_to_what_it_was_and_an_unchanged_one_keeps_every_byte() {
    let keys = keys();
    for format in FORMATS {
        let sealed = keys.seal(format, sample(format).as_bytes()).unwrap();
        for plain in ["two", "inline", "bytes"] {
            assert!(!text(&sealed).contains(plain), "{format:?}: {}", text(&sealed));
        }
        let mut opened = keys.open(format, &sealed).unwrap();
        assert_eq!(opened.seal(at(1)).unwrap(), sealed, "{format:?}");
        let plain = opened.plain().unwrap();
        let again = keys.seal(format, plain.expose()).unwrap();
        let mut second = keys.open(format, &again).unwrap();
        assert_eq!(leaves(&second), leaves(&opened), "{format:?}");
        assert_eq!(second.plain().unwrap(), plain, "{format:?}: {}", text(plain.expose()));
    }
}

#[rstest]
#[case(Format::Json)]
#[case(Format::Dotenv)]
#[case(Format::Binary)]
fn where_values_have_one_way_to_be_written_the_plain_form_keeps_every_byte(#[case] format: Format) {
    let keys = keys();
    let plain = sample(format).trim_end().to_owned() + "\n";
    let sealed = keys.seal(format, plain.as_bytes()).unwrap();
    assert_eq!(text(keys.open(format, &sealed).unwrap().plain().unwrap().expose()), plain);
}

#[test]
fn an_edited_plain_form_keeps_the_ciphertexts_of_all_else() {
    let keys = keys();
    for format in [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini] {
        let sealed = keys.seal(format, sample(format).as_bytes()).unwrap();
        let mut opened = keys.open(format, &sealed).unwrap();
        let plain = text(opened.plain().unwrap().expose()).replacen('1', "77", 1);
        opened.replace_plain(plain.as_bytes()).unwrap();
        let changed = opened.seal(at(5)).unwrap();
        let (before, after) = (ciphertexts(&sealed), ciphertexts(&changed));
        let differing = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        let macs = if format == Format::Yaml { 3 } else { 1 };
        assert_eq!(
            (before.len(), differing),
            (after.len(), macs + usize::from(format != Format::Ini || plain.contains("77"))),
            "{format:?}"
        );
        assert_eq!(text(keys.open(format, &changed).unwrap().plain().unwrap().expose()), plain, "{format:?}");
    }
}

#[test]
fn a_set_value_changes_its_line_and_the_mac_only() {
    let keys = keys();
    for (format, path) in [
        (Format::Yaml, vec![Step::key("b"), Step::key("c")]),
        (Format::Yaml, vec![Step::key("l"), Step::Index(2), Step::key("k")]),
        (Format::Json, vec![Step::key("b"), Step::key("c"), Step::Index(3)]),
        (Format::Dotenv, vec![Step::key("B")]),
        (Format::Ini, vec![Step::key("s"), Step::key("k")]),
    ] {
        let sealed = keys.seal(format, sample(format).as_bytes()).unwrap();
        let mut opened = keys.open(format, &sealed).unwrap();
        opened.set(0, &path, Scalar::text("new value")).unwrap();
        let changed = opened.seal(at(5)).unwrap();
        let lines = |document: &[u8]| text(document).lines().map(str::to_owned).collect::<Vec<_>>();
        let differing = lines(&sealed).iter().zip(lines(&changed)).filter(|(before, after)| *before != after).count();
        let documents = keys.open(format, &changed).unwrap().documents();
        assert_eq!(lines(&sealed).len(), lines(&changed).len());
        assert_eq!(differing, 1 + 2 * documents, "{format:?} {path:?}");
        assert_eq!(keys.open(format, &changed).unwrap().get(0, &path), Some(&Scalar::text("new value")));
    }
}

#[test]
fn entries_are_added_and_removed_in_place() {
    let keys = keys();
    let key = Step::key;
    for (format, path) in [
        (Format::Yaml, vec![key("new")]),
        (Format::Yaml, vec![key("b"), key("deep"), key("new key")]),
        (Format::Yaml, vec![key("fl"), key("new"), key("er")]),
        (Format::Yaml, vec![key("emp")]),
        (Format::Json, vec![key("new")]),
        (Format::Json, vec![key("b"), key("d"), key("e")]),
        (Format::Dotenv, vec![key("NEW")]),
        (Format::Ini, vec![key("s"), key("new")]),
    ] {
        let sealed = keys.seal(format, sample(format).as_bytes()).unwrap();
        let mut opened = keys.open(format, &sealed).unwrap();
        let before = leaves(&opened);
        opened.set(0, &path, Scalar::text("v1\nv2")).unwrap();
        let changed = opened.seal(at(5)).unwrap();
        let mut opened = keys.open(format, &changed).unwrap();
        assert_eq!(opened.get(0, &path), Some(&Scalar::text("v1\nv2")), "{format:?} {path:?}");
        assert_eq!(leaves(&opened).len(), before.len() + 1);
        let kept = ciphertexts(&sealed).iter().filter(|cipher| !text(&changed).contains(**cipher)).count();
        assert_eq!(kept, opened.documents(), "only the MAC of each document is new: {format:?} {path:?}");
        if path != [key("emp")] && path.len() < 3 {
            opened.unset(0, &path).unwrap();
            let back = opened.seal(at(9)).unwrap();
            assert_eq!(leaves(&keys.open(format, &back).unwrap()), before);
        }
    }
}

#[test]
fn rotation_leaves_no_ciphertext_and_shuts_old_recipients_out() {
    let (old, new) = (keys(), keys());
    for format in FORMATS {
        let sealed = old.seal(format, sample(format).as_bytes()).unwrap();
        let mut opened = old.open(format, &sealed).unwrap();
        let before = leaves(&opened);
        opened.rotate(Some(&new.rules.recipients)).unwrap();
        let rotated = opened.seal(at(5)).unwrap();
        assert!(
            ciphertexts(&sealed).iter().all(|cipher| !text(&rotated).contains(cipher)),
            "{format:?} {} {}",
            text(&sealed),
            text(&rotated)
        );
        assert!(matches!(old.open(format, &rotated), Err(SopsError::NoKey { .. })));
        assert_eq!(leaves(&new.open(format, &rotated).unwrap()), before);
    }
}

#[test]
fn other_recipients_keep_the_values() {
    let (old, new) = (keys(), keys());
    let sealed = old.seal(Format::Yaml, b"a: 1\nb: 2\n").unwrap();
    let mut opened = old.open(Format::Yaml, &sealed).unwrap();
    opened.set_recipients(&new.rules.recipients).unwrap();
    opened.set(0, &[Step::key("c")], Scalar::int(3)).unwrap();
    let changed = opened.seal(at(5)).unwrap();
    assert_eq!(ciphertexts(&sealed)[..2], ciphertexts(&changed)[..2]);
    assert!(old.open(Format::Yaml, &changed).is_err());
    assert_eq!(new.open(Format::Yaml, &changed).unwrap().get(0, &[Step::key("c")]), Some(&Scalar::int(3)));
}

#[test]
fn key_groups_open_with_the_threshold_and_not_below() {
    let pairs: Vec<KeyPair> = (0..3).map(|_| KeyPair::generate().unwrap()).collect();
    let groups = pairs.iter().map(|pair| vec![pair.recipient().clone()]).collect();
    let rules = Rules { recipients: Recipients::groups(groups, 2).unwrap(), ..keys().rules };
    let sealed = Plain::read(Format::Ini, b"[s]\na = 1\n").unwrap().seal(&rules, at(0)).unwrap();
    let rings: Vec<KeyRing> = pairs.into_iter().map(|pair| KeyRing::new([pair.into_identity()])).collect();
    for (first, second) in [(0, 1), (0, 2), (1, 2)] {
        let ring = KeyRing::joined([&rings[first], &rings[second]]);
        let opened = Encrypted::read(Format::Ini, &sealed).unwrap().open(&ring).unwrap();
        assert_eq!(opened.opened_by().len(), 2);
    }
    assert!(matches!(Encrypted::read(Format::Ini, &sealed).unwrap().open(&rings[0]), Err(SopsError::NoKey { .. })));
}

#[test]
fn keys_of_other_kinds_are_kept_and_refuse_a_rotation() {
    let keys = keys();
    let sealed = keys.seal(Format::Yaml, b"a: 1\n").unwrap();
    let foreign = text(&sealed).replace("    lastmodified", "    kms:\n        - arn: arn:x\n          enc: AQ==\n          note: [1]\n    hc_vault: []\n    zzz_unknown: 5\n    lastmodified");
    let mut opened = keys.open(Format::Yaml, foreign.as_bytes()).unwrap();
    assert_eq!(opened.rotate(None), Err(SopsError::ForeignKeys { keys: "kms arn:x".to_owned() }));
    opened.set(0, &[Step::key("a")], Scalar::int(2)).unwrap();
    let changed = opened.seal(at(5)).unwrap();
    for kept in ["arn: arn:x\n", "note: [1]", "hc_vault: []", "zzz_unknown: 5"] {
        assert!(text(&changed).contains(kept));
    }
    opened.set_recipients(&keys.rules.recipients).unwrap();
    let changed = opened.seal(at(6)).unwrap();
    for kept in ["arn: \"arn:x\"\n", "zzz_unknown: 5"] {
        assert!(text(&changed).contains(kept), "{}", text(&changed));
    }
}

#[rstest]
#[case::suffix(Selector::EncryptedSuffix("_secret".into()), "a: p\nb_secret: {c: s_s}\n")]
#[case::not_suffix(Selector::UnencryptedSuffix("_plain".into()), "a_plain: [p]\nb: s_s\n")]
#[case::regex(Selector::EncryptedRegex("^(data|stringData)$".into()), "a: p\ndata:\n  x: s_s\n")]
#[case::not_regex(Selector::UnencryptedRegex("^a$".into()), "a: {data: p}\nb: s_s\n")]
#[case::comment(Selector::EncryptedCommentRegex("encrypt".into()), "a: p\n# encrypt\nb:\n  # note s_s\n  c: s_s\nd: p\ne: s_s # encrypt\n")]
#[case::not_comment(Selector::UnencryptedCommentRegex("plain".into()), "# plain\na:\n  x: p\n# s_s\nb: s_s\nl:\n- s_s\n# plain\n- p\n- s_s\n")]
fn each_selector_covers_what_it_says(#[case] selector: Selector, #[case] document: &str) {
    for mac_only_encrypted in [false, true] {
        let mut keys = with_selector(selector.clone());
        keys.rules.mac_only_encrypted = mac_only_encrypted;
        let sealed = keys.seal(Format::Yaml, document.as_bytes()).unwrap();
        let body = text(&sealed).split("\nsops:").next().unwrap();
        assert!(!body.contains("s_s"), "{body}");
        assert!(body.matches(": p").count() + body.matches("- p").count() > 0 || body.contains("[p]"), "{body}");
        assert_eq!(text(keys.open(Format::Yaml, &sealed).unwrap().plain().unwrap().expose()), document);
        let changed = text(&sealed).replacen('p', "q", 1);
        if changed.starts_with("a: q") {
            let opened = keys.open(Format::Yaml, changed.as_bytes());
            assert_eq!(opened.is_ok(), mac_only_encrypted, "the MAC covers plain values unless told not to");
        }
    }
}

#[rstest]
#[case::bomb(
    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
)]
#[case::inside_itself("a: &a {b: *a}\n")]
#[case::duplicate("a: 1\na: 2\n")]
#[case::duplicate_later("a: 1\n---\nb: {c: 1, c: 2}\n")]
#[case::number_key("1: x\n")]
#[case::list("- a\n")]
#[case::word("word\n")]
#[case::unsigned("a: 18446744073709551615\n")]
#[case::reserved("sops: {}\n")]
#[case::unclosed("a: \"x\n")]
#[case::unknown_alias("a: *b\n")]
#[case::comments_only("# nothing\n")]
fn what_cannot_be_kept_is_refused(#[case] document: &str) {
    assert!(keys().seal(Format::Yaml, document.as_bytes()).is_err());
}

#[test]
fn sizes_and_depths_are_bounded() {
    let keys = keys();
    assert!(matches!(keys.seal(Format::Binary, &vec![0; crate::MAX_BYTES + 1]), Err(SopsError::TooLarge { .. })));
    for deep in ["[".repeat(5_000), "{a: ".repeat(5_000), "- ".repeat(5_000)] {
        assert!(keys.seal(Format::Yaml, format!("a:\n {deep}").as_bytes()).is_err());
    }
    let many = "a: x\n".repeat(10);
    assert!(matches!(keys.seal(Format::Yaml, many.as_bytes()), Err(SopsError::DuplicateKey { .. })));
    assert_eq!(keys.seal(Format::Yaml, b"").err(), Some(SopsError::Empty));
    assert_eq!(Encrypted::read(Format::Yaml, b"a: 1\n").err(), Some(SopsError::NotEncrypted));
}

#[test]
fn comments_selecting_through_an_alias_are_refused() {
    let document = "a: &a\n  # encrypt\n  b: s\nc: *a\n";
    let refused = with_selector(Selector::EncryptedCommentRegex("encrypt".into())).seal(Format::Yaml, document.as_bytes());
    assert_eq!(refused, Err(SopsError::AliasedComments { path: "c".to_owned() }));
}

#[test]
fn crlf_and_missing_last_line_breaks_survive() {
    let keys = keys();
    for (format, plain) in [
        (Format::Yaml, "a: x\r\nb: z # c\r\n"),
        (Format::Yaml, "a: x"),
        (Format::Yaml, "{a: x, b: [z]}"),
        (Format::Yaml, "  a: x\n  b: z"),
        (Format::Yaml, "{}"),
        (Format::Json, "{\"a\":1}"),
        (Format::Json, "{}\n"),
        (Format::Ini, "[s]\r\nk = v\r\n"),
    ] {
        let sealed = keys.seal(format, plain.as_bytes()).unwrap();
        let opened = text(keys.open(format, &sealed).unwrap().plain().unwrap().expose()).to_owned();
        assert_eq!(opened.trim_end(), plain.trim_end(), "{format:?}");
    }
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(|number| serde_json::Value::from(f64::from(number) / 8.0)),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
        any::<String>().prop_map(serde_json::Value::from),
        "(yes|~|1_0|0x1|2020-01-01|ENC\\[x\\]|a: b|# c|&a|\\*a|)".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[a-zA-Z_. :#é]{1,6}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = serde_json::Value> {
    prop::collection::btree_map("[a-z]{1,3}(_unencrypted)?", value(), 1..6)
        .prop_map(|map| serde_json::Value::Object(map.into_iter().collect()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_object_comes_back_in_json_and_yaml(object in object(), is_pretty: bool) {
        let keys = keys();
        let plain = if is_pretty { serde_json::to_string_pretty(&object).unwrap() } else { object.to_string() };
        for format in [Format::Json, Format::Yaml] {
            let sealed = keys.seal(format, plain.as_bytes()).unwrap();
            let mut opened = keys.open(format, &sealed).unwrap();
            let back = opened.plain().unwrap();
            let again = keys.seal(format, back.expose()).unwrap();
            prop_assert_eq!(leaves(&keys.open(format, &again).unwrap()), leaves(&opened));
            if format == Format::Json {
                let back: serde_json::Value = serde_json::from_slice(back.expose()).unwrap();
                prop_assert_eq!(back, object.clone());
            }
        }
    }

    #[test]
    fn a_flipped_bit_is_found(position: prop::sample::Index, bit in 0..7u8) {
        let keys = keys();
        for format in FORMATS {
            let sealed = keys.seal(format, sample(format).as_bytes()).unwrap();
            let before = leaves(&keys.open(format, &sealed).unwrap());
            let mut changed = sealed.clone();
            let position = position.index(sealed.len());
            changed[position] ^= 1 << bit;
            // What still opens has the same values, in the same order: blanks, names of plain keys, metadata.
            if let Ok(opened) = keys.open(format, &changed) {
                let values = |leaves: &[(usize, Vec<Step>, Scalar)]| leaves.iter().map(|(_, _, value)| value.bytes().duplicate()).collect::<Vec<_>>();
                prop_assert_eq!(values(&leaves(&opened)), values(&before));
            }
        }
    }

    #[test]
    fn swapped_ciphertexts_are_found(first: prop::sample::Index, second: prop::sample::Index) {
        let keys = keys();
        let plain = "a: 1\nb: 2\nc: {d: 3, e: [4, 5]}\n";
        let sealed = keys.seal(Format::Yaml, plain.as_bytes()).unwrap();
        let all = ciphertexts(&sealed);
        let (first, second) = (all[first.index(5)], all[second.index(5)]);
        let swapped = text(&sealed).replace(first, "\u{1}").replace(second, first).replace('\u{1}', second);
        prop_assert_eq!(keys.open(Format::Yaml, swapped.as_bytes()).is_ok(), first == second);
    }

    #[test]
    fn removed_lines_are_found(line in 0..4usize) {
        let keys = keys();
        let sealed = keys.seal(Format::Yaml, b"a: 1\nb: 2\nc: 3\nd: 4\n").unwrap();
        let kept: Vec<&str> = text(&sealed).lines().enumerate().filter(|(at, _)| *at != line).map(|(_, line)| line).collect();
        prop_assert_eq!(keys.open(Format::Yaml, kept.join("\n").as_bytes()).err(), Some(SopsError::MacMismatch));
    }

    #[test]
    fn any_binary_comes_back(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        let keys = keys();
        let sealed = keys.seal(Format::Binary, &bytes).unwrap();
        let mut opened = keys.open(Format::Binary, &sealed).unwrap();
        let plain = opened.plain().unwrap();
        prop_assert_eq!(plain.expose(), bytes.as_slice());
    }

    #[test]
    fn any_bytes_are_judged_without_panic(noise in "[-a:#\\[\\]{}&*|>'\"!?, \n=;]{0,60}") {
        let keys = keys();
        for format in FORMATS {
            drop(Encrypted::read(format, noise.as_bytes()));
            if let Ok(sealed) = keys.seal(format, noise.as_bytes()) {
                let mut opened = keys.open(format, &sealed).unwrap();
                let plain = opened.plain();
                if let Ok(plain) = plain {
                    let again = keys.seal(format, plain.expose()).unwrap();
                    prop_assert_eq!(leaves(&keys.open(format, &again).unwrap()), leaves(&opened));
                }
            }
        }
    }
}
