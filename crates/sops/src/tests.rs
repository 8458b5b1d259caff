//! Whole documents in every format: what is kept, what is changed, what is refused.

mod properties;
mod recipients;

use jiff::Timestamp;
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
        for plain in [" two", " inline", " bytes"] {
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
        (Format::Yaml, "\u{feff}a: x\nb: z\n"),
        (Format::Yaml, "%YAML 1.2\n---\na: x\n...\n"),
        (Format::Yaml, "? a\n: x\n? b\n: - z\n"),
        (Format::Yaml, "é: \"日本\" # ü\n日: {ñ: [\"ü\"]}\n"),
        (Format::Json, "{\"a\":1}"),
        (Format::Json, "{}\n"),
        (Format::Ini, "[s]\r\nk = v\r\n"),
    ] {
        let sealed = keys.seal(format, plain.as_bytes()).unwrap();
        let opened = text(keys.open(format, &sealed).unwrap().plain().unwrap().expose()).to_owned();
        assert_eq!(opened.trim_end(), plain.trim_end(), "{format:?}");
    }
}

#[test]
fn leaves_that_were_forgotten_are_named_without_a_key() {
    let keys = keys();
    let sealed = keys.seal(Format::Yaml, b"a: {b: one}\nc: ''\nd_unencrypted: two\n").unwrap();
    let forgotten = text(&sealed).replacen("sops:", "e: three\nsops:", 1);
    let mut document = Encrypted::read(Format::Yaml, forgotten.as_bytes()).unwrap();
    assert_eq!(document.plain_leaves(), Ok(vec!["e".to_owned()]));
    assert_eq!(document.open(&keys.ring).err(), Some(SopsError::PlainLeaf { path: "e".to_owned() }));
}

#[test]
fn what_sops_wrote_in_other_shapes_is_read() {
    let keys = keys();
    let sealed = keys.seal(Format::Yaml, b"l:\n# note\n- one\n").unwrap();
    // sops turns an encrypted comment of a list into an item of it.
    let item = text(&sealed).replacen("#ENC", "- ENC", 1);
    let mut opened = keys.open(Format::Yaml, item.as_bytes()).unwrap();
    assert_eq!(text(opened.plain().unwrap().expose()), "l:\n# note\n- one\n");
    assert_eq!(leaves(&opened), vec![(0, vec![Step::key("l"), Step::Index(0)], Scalar::text("one"))]);
    let old = text(&sealed).replacen("    age:", "    kms: []\n    pgp: []\n    mac_only_encrypted: \"false\"\n    age:", 1);
    assert!(keys.open(Format::Yaml, old.as_bytes()).is_ok());
}

#[test]
fn no_error_carries_a_byte_of_a_value() {
    let keys = keys();
    for document in [
        "a: canary\nb: 'canary",
        "canary",
        "a: [canary\n",
        "{\"a\": canary}",
        "a: 1\ncanary\n",
        "? canary\n- x",
        "a: \"\\qcanary\"",
    ] {
        for format in FORMATS {
            if let Err(error) = keys.seal(format, document.as_bytes()) {
                assert!(!format!("{error} {error:?}").contains("canary"), "{format:?} {document}: {error}");
            }
        }
    }
}

#[test]
fn leaves_are_listed_alike_before_and_after_they_are_opened() {
    let keys = with_selector(Selector::UnencryptedSuffix("_unencrypted".to_owned()));
    for format in FORMATS {
        let sealed = keys.seal(format, sample(format).as_bytes()).unwrap();
        let mut encrypted = Encrypted::read(format, &sealed).unwrap();
        let listed = |leaves: Vec<crate::LeafAt<'_>>| {
            leaves.iter().map(|leaf| (leaf.document, leaf.path.clone(), leaf.is_selected)).collect::<Vec<_>>()
        };
        let leaves = encrypted.leaves().unwrap();
        assert!(leaves.iter().all(|leaf| leaf.is_selected == leaf.is_ciphertext() || leaf.value.bytes().is_empty()), "{format:?}");
        let before = listed(leaves);
        let mut opened = encrypted.open(&keys.ring).unwrap();
        assert_eq!(before, listed(opened.all_leaves().unwrap()), "{format:?}");
        assert_eq!(before.len(), self::leaves(&opened).len());
        assert_eq!(before.iter().filter(|leaf| !leaf.2).count(), usize::from(format != Format::Binary), "{format:?}");
    }
}

#[test]
fn a_value_that_looks_like_a_comment_stays_a_value() {
    let keys = keys();
    let odd = "ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:comment]";
    let sealed = keys.seal(Format::Yaml, format!("a:\n- \"{odd}\"\n- b\n").as_bytes()).unwrap();
    let mut opened = keys.open(Format::Yaml, &sealed).unwrap();
    assert_eq!(opened.all_leaves().unwrap().len(), 2);
    opened.set(0, &[Step::key("a"), Step::Index(1)], Scalar::text("c")).unwrap();
    let changed = opened.seal(at(5)).unwrap();
    assert_eq!(keys.open(Format::Yaml, &changed).unwrap().get(0, &[Step::key("a"), Step::Index(0)]), Some(&Scalar::text(odd)));
}

#[test]
fn the_top_level_becomes_entries() {
    let keys = keys();
    let plain = "s: text\ni: 12\nf: 1.50\nb: yes\nt: true\nn: ~\nm: {z: \"<a>\\n\", a: [1, null, 2.5, {}]}\nl: # c\n# d\n- x\n";
    let sealed = keys.seal(Format::Yaml, plain.as_bytes()).unwrap();
    let entries = keys.open(Format::Yaml, &sealed).unwrap().entries(0).unwrap();
    let entries: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), text(value.expose()))).collect();
    let expected = [
        ("s", "text"),
        ("i", "12"),
        ("f", "1.5"),
        ("b", "yes"),
        ("t", "true"),
        ("n", ""),
        ("m", "{\"z\":\"<a>\\n\",\"a\":[1,null,2.5,{}]}"),
        ("l", "[\"x\"]"),
    ];
    assert_eq!(entries, expected);
    let blob = keys.seal(Format::Binary, b"\0\xff").unwrap();
    assert_eq!(keys.open(Format::Json, &blob).unwrap().entries(0).unwrap()[0].1.expose(), b"\0\xff");
}
