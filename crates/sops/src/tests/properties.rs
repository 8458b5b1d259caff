//! Properties of generated documents.

use proptest::prelude::*;

use super::{FORMATS, ciphertexts, keys, leaves, sample, text};
use crate::{Encrypted, Format, Scalar, SopsError, Step};

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
