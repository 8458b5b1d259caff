//! SOPS documents and the real sops understand each other both ways, on documents that are generated anew in each
//! run. A failure prints the seed; `SEALBRIDGE_SEED` repeats it.

use proptest::prelude::*;
use rstest::rstest;
use sealbridge_seal::{KeyPair, KeyRing, Recipient};
use sealbridge_sops::{Encrypted, Format, Opened, Plain, Recipients, Rules, Scalar, Selector, SopsError, Step};
use sealbridge_tests::Sops;
use serde_json::{Map, Value};

use crate::dice::Dice;

const CASES: usize = 12;

struct Key {
    recipient: Recipient,
    identity: String,
    ring: KeyRing,
}

fn key() -> Key {
    let pair = KeyPair::generate().unwrap();
    let identity = String::from_utf8(pair.identity_text().expose().to_vec()).unwrap();
    Key { recipient: pair.recipient().clone(), identity, ring: KeyRing::new([pair.into_identity()]) }
}

fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

fn rules(key: &Key, selector: Selector, mac_only_encrypted: bool) -> Rules {
    Rules { selector, mac_only_encrypted, recipients: Recipients::any_of(vec![key.recipient.clone()]).unwrap() }
}

fn open(format: Format, bytes: &[u8], key: &Key) -> Result<Opened, SopsError> {
    Encrypted::read(format, bytes)?.open(&key.ring)
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        // sops reads whole floats back as integers from its own output; these stay what they are.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) + 0.5)),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        "\\PC{0,20}".prop_map(Value::from),
        "[ a-z#:\n\t\"'\\\\-]{0,20}".prop_map(Value::from),
        "(yes|~|null|1_0|0x1F|017|1e3|2020-01-01|\\.inf|a: b|# c|&a|\\*a|- x|\\?|%d|@x|`x|)".prop_map(Value::from),
    ]
}

pub(crate) fn object() -> impl Strategy<Value = Map<String, Value>> {
    let value = leaf().prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z. :#é-]{1,6}", inner, 1..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[a-z]{1,4}(_unencrypted)?", value, 1..6).prop_map(|map| map.into_iter().collect())
}

/// Keys and texts for the two flat formats.
fn flat(value: &'static str) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("[A-Z][A-Z_]{0,5}", value.prop_map(Value::from), 1..6).prop_map(|map| map.into_iter().collect())
}

/// Block style on the outside, with comments; JSON's style within.
pub(crate) fn yaml(object: &Map<String, Value>, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let entries = object.iter().enumerate().map(|(position, (key, value))| {
        let key = Value::from(key.as_str());
        match value {
            Value::Object(inner) if position % 2 == 0 && !inner.is_empty() => {
                format!("{pad}{key}: # opens\n{}", yaml(inner, indent + 2))
            }
            Value::Array(items) if position % 2 == 0 && !items.is_empty() => {
                let items: String = items.iter().map(|item| format!("{pad}- {item} # item\n")).collect();
                format!("{pad}{key}:\n{items}")
            }
            value => format!("{pad}# above\n{pad}{key}: {value} # beside\n"),
        }
    });
    entries.collect()
}

/// Equal but for the way in which a number is written.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len() && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        (left, right) => left == right,
    }
}

fn leaves(opened: &Opened) -> Vec<(Vec<Step>, sealbridge_sops::Kind, Vec<u8>)> {
    let leaf = |(path, value): (Vec<Step>, &Scalar)| (path, value.kind(), value.bytes().expose().to_vec());
    (0..opened.documents()).flat_map(|document| opened.leaves(document).into_iter().map(leaf).collect::<Vec<_>>()).collect()
}

#[rstest]
#[case::yaml(Format::Yaml, "yaml")]
#[case::json(Format::Json, "json")]
#[case::dotenv(Format::Dotenv, "env")]
#[case::ini(Format::Ini, "ini")]
#[case::binary(Format::Binary, "bin")]
#[tokio::test]
async fn generated_documents_go_both_ways(#[case] format: Format, #[case] suffix: &str) {
    let sops = Sops::new().await;
    let mut dice = Dice::new();
    let key = key();
    let rules = rules(&key, Selector::default(), false);
    let mut understood = 0;
    for case in 0..CASES {
        let (plain, expected) = match format {
            Format::Yaml => {
                let object = dice.draw(&object());
                (yaml(&object, 0).into_bytes(), Some(Value::Object(object)))
            }
            Format::Json => {
                let object = Value::Object(dice.draw(&object()));
                (serde_json::to_vec_pretty(&object).unwrap(), Some(object))
            }
            Format::Dotenv => {
                let object = dice.draw(&flat("[ -Z^-~é]{0,20}"));
                let lines = object.iter().map(|(key, value)| format!("# {key}\n{key}={}\n", value.as_str().unwrap()));
                (lines.collect::<String>().into_bytes(), Some(Value::Object(object)))
            }
            Format::Ini => {
                let object = dice.draw(&flat("([a-zA-Z0-9_.,/+-]{0,20}|[a-z]{1,4} [a-z #;\"']{0,8}[a-z])"));
                let lines = object.iter().map(|(key, value)| format!("; {key}\n{key} = `{}`\n", value.as_str().unwrap()));
                let text = format!("[section]\n{}", lines.collect::<String>());
                (text.into_bytes(), Some(serde_json::json!({"section": object})))
            }
            Format::Binary => (dice.draw(&prop::collection::vec(any::<u8>(), 1..300)), None),
        };
        let note = format!("seed {} case {case}: {}", dice.seed, String::from_utf8_lossy(&plain));

        let ours = Plain::read(format, &plain)
            .and_then(|plain| plain.seal(&rules, now()))
            .unwrap_or_else(|error| panic!("{note}\n{error}"));
        let name = format!("ours.{suffix}");
        sops.write(&name, &ours);
        let output = if expected.is_some() { "json" } else { "binary" };
        let spoken = sops.run(&key.identity, &["decrypt", "--output-type", output, &name]).await;
        assert_eq!(spoken.status, Some(0), "{note}\n{}\n{}", String::from_utf8_lossy(&ours), spoken.stderr);
        assert!(!spoken.stderr.contains("unencrypted comment"), "{note}\n{}", spoken.stderr);
        match &expected {
            Some(expected) => {
                let mut found: Value = serde_json::from_slice(&spoken.stdout).unwrap();
                if format == Format::Ini {
                    found.as_object_mut().unwrap().remove("DEFAULT");
                }
                assert!(same(&found, expected), "{note}\n{found}");
            }
            None => assert_eq!(spoken.stdout, plain, "{note}"),
        }

        // Some texts with line breaks or tabs sops cannot write, or cannot read once it wrote them: of these there is
        // nothing to understand.
        let name = format!("theirs.{suffix}");
        sops.write(&name, &plain);
        let theirs = sops.run("", &["encrypt", "--age", key.recipient.as_str(), &name]).await;
        sops.write(&name, &theirs.stdout);
        if theirs.status != Some(0) || sops.run(&key.identity, &["decrypt", &name]).await.status != Some(0) {
            continue;
        }
        understood += 1;
        let mut theirs = open(format, &theirs.stdout, &key).unwrap_or_else(|error| panic!("{note}\n{error}"));
        assert_eq!(leaves(&theirs), leaves(&open(format, &ours, &key).unwrap()), "{note}");
        let readable = theirs.plain().unwrap();
        assert!(
            !String::from_utf8_lossy(readable.expose()).contains("ENC["),
            "{note}\n{}",
            String::from_utf8_lossy(readable.expose())
        );

        let Some((path, _, _)) = leaves(&theirs).into_iter().next().filter(|_| format != Format::Binary) else { continue };
        theirs.set(0, &path, Scalar::text("changed by us")).unwrap();
        let changed = theirs.seal(now()).unwrap_or_else(|error| panic!("{note}\n{error}"));
        sops.write(&name, &changed);
        let spoken = sops.run(&key.identity, &["decrypt", "--output-type", "json", &name]).await;
        assert_eq!(spoken.status, Some(0), "{note}\n{}\n{}", String::from_utf8_lossy(&changed), spoken.stderr);
        assert!(String::from_utf8_lossy(&spoken.stdout).contains("changed by us"), "{note}");
    }
    assert!(understood > CASES / 2, "seed {}: sops read {understood} of its own documents", dice.seed);
}

#[rstest]
#[case::unencrypted_suffix(Selector::UnencryptedSuffix("_plain".into()))]
#[case::encrypted_suffix(Selector::EncryptedSuffix("_secret".into()))]
#[case::unencrypted_regex(Selector::UnencryptedRegex("^(kind|metadata)$".into()))]
#[case::encrypted_regex(Selector::EncryptedRegex("^(data|stringData)$".into()))]
#[case::unencrypted_comment_regex(Selector::UnencryptedCommentRegex("leave plain".into()))]
#[case::encrypted_comment_regex(Selector::EncryptedCommentRegex("encrypt".into()))]
#[tokio::test]
async fn each_selector_selects_what_it_selects_for_sops(#[case] selector: Selector) {
    let sops = Sops::new().await;
    let key = key();
    let document = "# about the file\n\nkind: Secret # leave plain\nmetadata:\n  name: a # beside\n  # above b\n  b_plain: [1, 2.5]\n\
                    # encrypt\ndata:\n  # inner\n  x: v1\n  y_secret: {z: v2}\n# leave plain\nlist:\n- one\n# encrypt\n- two\n- k: v # encrypt\n  \
                    l: w\nlast: 2020-01-01 # encrypt\nafter: true\n";
    for mac_only_encrypted in [false, true] {
        let (field, text) = selector.field();
        let config =
            format!("creation_rules:\n- age: {}\n  {field}: '{text}'\n  mac_only_encrypted: {mac_only_encrypted}\n", key.recipient);
        sops.write(".sops.yaml", config.as_bytes());
        sops.write("theirs.yaml", document.as_bytes());
        let theirs = sops.run("", &["encrypt", "theirs.yaml"]).await.ok();
        let theirs_opened = open(Format::Yaml, &theirs, &key).unwrap();
        assert_eq!(theirs_opened.metadata().selector(), Ok(selector.clone()));
        assert_eq!(theirs_opened.metadata().mac_only_encrypted(), mac_only_encrypted);

        let rules = rules(&key, selector.clone(), mac_only_encrypted);
        let ours = Plain::read(Format::Yaml, document.as_bytes()).unwrap().seal(&rules, now()).unwrap();
        sops.write("ours.yaml", &ours);
        let spoken = sops.run(&key.identity, &["decrypt", "ours.yaml"]).await;
        assert_eq!(spoken.status, Some(0), "{}\n{}", String::from_utf8_lossy(&ours), spoken.stderr);
        assert!(!String::from_utf8_lossy(&spoken.stdout).contains("ENC["), "{}", String::from_utf8_lossy(&spoken.stdout));
        let ours_opened = open(Format::Yaml, &ours, &key).unwrap();
        assert_eq!(leaves(&theirs_opened), leaves(&ours_opened));

        // The same leaves are ciphertexts in both.
        let sealed = |bytes: &[u8]| {
            let mut kinds: Vec<String> = String::from_utf8_lossy(bytes)
                .split("\nsops:")
                .next()
                .unwrap()
                .split(",type:")
                .skip(1)
                .map(|rest| rest.split(']').next().unwrap().to_owned())
                .collect();
            kinds.sort();
            kinds
        };
        assert_eq!(sealed(&theirs), sealed(&ours), "{}\n{}", String::from_utf8_lossy(&theirs), String::from_utf8_lossy(&ours));
    }
}

#[tokio::test]
async fn key_groups_go_both_ways_and_ask_for_the_threshold() {
    let sops = Sops::new().await;
    let keys = [key(), key(), key()];
    let groups: String = keys.iter().map(|key| format!("  - age: [{}]\n", key.recipient)).collect();
    sops.write(".sops.yaml", format!("creation_rules:\n- shamir_threshold: 2\n  key_groups:\n{groups}").as_bytes());
    for (format, name, document) in [
        (Format::Yaml, "a.yaml", "a: x\n"),
        (Format::Json, "a.json", "{\"a\": \"x\"}\n"),
        (Format::Dotenv, "a.env", "A=x\n"),
        (Format::Ini, "a.ini", "[s]\na = x\n"),
        (Format::Binary, "a.bin", "x"),
    ] {
        sops.write(name, document.as_bytes());
        let theirs = sops.run("", &["encrypt", name]).await.ok();
        let ring = KeyRing::joined([&keys[0].ring, &keys[2].ring]);
        let opened = Encrypted::read(format, &theirs).unwrap().open(&ring).unwrap();
        assert_eq!(leaves(&opened).len(), 1);
        assert!(matches!(open(format, &theirs, &keys[1]), Err(SopsError::NoKey { .. })));

        let recipients = keys.iter().map(|key| vec![key.recipient.clone()]).collect();
        let rules = Rules {
            selector: Selector::default(),
            mac_only_encrypted: false,
            recipients: Recipients::groups(recipients, 2).unwrap(),
        };
        sops.write(name, &Plain::read(format, document.as_bytes()).unwrap().seal(&rules, now()).unwrap());
        let two = format!("{}\n{}", keys[1].identity, keys[2].identity);
        assert!(sops.run(&two, &["decrypt", name]).await.text().contains('x'));
        assert_eq!(sops.run(&keys[0].identity, &["decrypt", name]).await.status, Some(128));
    }
}

#[tokio::test]
async fn a_value_that_neither_changed_keeps_its_ciphertext() {
    let sops = Sops::new().await;
    let key = key();
    let plain = b"a: one # c1\nb:\n  - two\n  - 3\nd: four\n";
    let ours = Plain::read(Format::Yaml, plain).unwrap().seal(&rules(&key, Selector::default(), false), now()).unwrap();
    sops.write("a.yaml", &ours);
    sops.run(&key.identity, &["set", "a.yaml", "[\"d\"]", "\"five\""]).await.ok();
    let theirs = sops.read("a.yaml");
    // Of the comment beside a value sops makes one above it, so the order does not count.
    let kept = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut ciphers: Vec<_> =
            text.split("ENC[").skip(1).take(4).map(|rest| rest.split(']').next().unwrap().to_owned()).collect();
        ciphers.sort();
        ciphers
    };
    assert_eq!(kept(&ours), kept(&theirs));
    let mut opened = open(Format::Yaml, &theirs, &key).unwrap();
    assert_eq!(opened.get(0, &[Step::key("d")]), Some(&Scalar::text("five")));
    let edited = String::from_utf8(opened.plain().unwrap().expose().to_vec()).unwrap().replace("five", "six");
    opened.replace_plain(edited.as_bytes()).unwrap();
    let back = opened.seal(now()).unwrap();
    assert_eq!(kept(&theirs), kept(&back));
    sops.write("a.yaml", &back);
    assert!(sops.run(&key.identity, &["decrypt", "a.yaml"]).await.text().contains("d: six"));
}

#[tokio::test]
async fn what_sops_refuses_is_refused() {
    let sops = Sops::new().await;
    let key = key();
    sops.write("a.yaml", b"a: one\nb_unencrypted: two\nc: three\n");
    let sealed = sops.run("", &["encrypt", "--age", key.recipient.as_str(), "a.yaml"]).await.text();
    let line = |start: &str| sealed.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let (a, c) = (line("a: "), line("c: "));
    let tampered = [
        sealed.replace("two", "new"),
        sealed.replace(&format!("{a}\n"), ""),
        sealed.replace(&a, "a: one"),
        sealed.replace(&a, &c.replace("c: ", "a: ")),
        sealed.replace("b_unencrypted: two\n", "b_unencrypted: two\nd_unencrypted: new\n"),
        sealed.replace(&a, &a.replace("type:str", "type:int")),
    ];
    for document in tampered {
        sops.write("b.yaml", document.as_bytes());
        assert_ne!(sops.run(&key.identity, &["decrypt", "b.yaml"]).await.status, Some(0), "{document}");
        assert!(open(Format::Yaml, document.as_bytes(), &key).is_err(), "{document}");
    }
}
