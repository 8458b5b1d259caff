//! To whom a document is sealed: added, taken away, in groups, beside keys of other kinds.

use super::*;

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

#[test]
fn a_recipient_that_goes_takes_the_data_key_with_it() {
    let [one, two] = [0, 1].map(|_| KeyPair::generate().unwrap());
    let of =
        |recipients: &[&KeyPair]| Recipients::any_of(recipients.iter().map(|pair| pair.recipient().clone()).collect()).unwrap();
    let rules = Rules { selector: Selector::default(), mac_only_encrypted: false, recipients: of(&[&one]) };
    let sealed = Plain::read(Format::Yaml, b"a: x\n").unwrap().seal(&rules, at(0)).unwrap();
    let (only_one, both, only_two) = (of(&[&one]), of(&[&two, &one]), of(&[&two]));
    let ring = KeyRing::new([one.into_identity()]);
    let mut opened = Encrypted::read(Format::Yaml, &sealed).unwrap().open(&ring).unwrap();
    assert_eq!(opened.bring_to(&only_one), Ok(crate::Brought::Unchanged));
    assert_eq!(opened.seal(at(1)).unwrap(), sealed);
    assert_eq!(opened.bring_to(&both), Ok(crate::Brought::SameDataKey));
    let added = opened.seal(at(1)).unwrap();
    assert_eq!(ciphertexts(&added)[0], ciphertexts(&sealed)[0]);
    let mut opened = Encrypted::read(Format::Yaml, &added).unwrap().open(&ring).unwrap();
    assert_eq!(opened.bring_to(&only_two), Ok(crate::Brought::NewDataKey));
    let removed = opened.seal(at(2)).unwrap();
    assert_ne!(ciphertexts(&removed)[0], ciphertexts(&sealed)[0]);
    assert!(matches!(Encrypted::read(Format::Yaml, &removed).unwrap().open(&ring), Err(SopsError::NoKey { .. })));
}

#[test]
fn a_post_quantum_recipient_is_told_by_its_id() {
    let pair = KeyPair::generate_post_quantum().unwrap();
    let recipients = Recipients::any_of(vec![pair.recipient().clone()]).unwrap();
    let rules = Rules { selector: Selector::default(), mac_only_encrypted: false, recipients };
    let sealed = Plain::read(Format::Yaml, b"a: x\n").unwrap().seal(&rules, at(0)).unwrap();
    let refused = Encrypted::read(Format::Yaml, &sealed).unwrap().open(&KeyRing::default());
    let wanted = format!("the post-quantum key {}", pair.recipient().id());
    assert!(matches!(refused, Err(SopsError::NoKey { wanted: told }) if told == wanted));
}
