//! Texts that someone edited or put together by hand. Each test is named after the attack.

use super::*;
use crate::age_file::encrypt;
use crate::binding::Bound;
use crate::format::{Claims, print};

/// A pair of pieces of the same form: the text of one with fields of the other.
fn replace(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{text}");
    text.replacen(from, to, 1)
}

fn differs(field: OuterField) -> OpenError {
    OpenError::OuterDiffersFromHeader { field }
}

#[test]
fn an_edited_date_is_refused() {
    let (ring, text) = ring_and_text(b"v", Scope::Strict, None);
    let edited = replace(&text, "t=2026-11-21", "t=2027-11-21");
    assert_eq!(ring.open(&edited, &TARGET), Err(differs(OuterField::Date)));
}

#[test]
fn a_widened_scope_is_refused() {
    let (ring, text) = ring_and_text(b"v", Scope::Strict, None);
    let edited = replace(&text, "s=strict", "s=cluster");
    assert_eq!(ring.open(&edited, &TARGET), Err(differs(OuterField::Scope)));
}

#[test]
fn an_added_namespace_pattern_is_refused() {
    let (ring, text) = ring_and_text(b"v", Scope::Strict, None);
    let (claims, file) = text.rsplit_once(':').unwrap();
    let edited = format!("{claims};n=shop*:{file}");
    assert_eq!(ring.open(&edited, &TARGET), Err(differs(OuterField::Namespaces)));
}

#[test]
fn an_added_key_id_is_refused() {
    let (ring, text) = ring_and_text(b"v", Scope::Strict, None);
    let edited = replace(&text, ";s=", "+ffffffffffffffff;s=");
    assert_eq!(ring.open(&edited, &TARGET), Err(differs(OuterField::KeyIds)));
}

#[test]
fn a_binding_that_was_fitted_to_another_place_is_refused() {
    let pairs = pairs(1);
    let elsewhere = Target { key: "OTHER", ..TARGET };
    let text = seal_strict(b"v", &set_of(&pairs));
    let fitted = Bound::to_target(&elsewhere, Scope::Strict, None).unwrap().digest();
    let binding = SealedValue::parse(&text).unwrap().claims().binding;
    let edited = replace(&text, &binding.to_string(), &fitted.to_string());
    assert!(SealedValue::parse(&edited).unwrap().matches_target(&elsewhere));
    assert_eq!(ring_of(pairs).open(&edited, &elsewhere), Err(differs(OuterField::Binding)));
}

#[test]
fn the_file_of_another_entry_is_refused() {
    let pairs = pairs(1);
    let set = set_of(&pairs);
    let other = Target { key: "OTHER", ..TARGET };
    let (mine, theirs) = (seal_strict(b"mine", &set), seal(b"theirs", &other, Scope::Strict, None, &set, DAY).unwrap());
    let (claims, _) = mine.rsplit_once(':').unwrap();
    let (_, file) = theirs.rsplit_once(':').unwrap();
    let swapped = format!("{claims}:{file}");
    assert_eq!(ring_of(pairs).open(&swapped, &TARGET), Err(differs(OuterField::Binding)));
}

/// Claims as `seal` writes them for [`TARGET`].
fn claims(set: &RecipientSet) -> Claims {
    SealedValue::parse(&seal_strict(b"", set)).unwrap().claims().clone()
}

#[test]
fn an_age_file_without_header_is_refused_without_a_word_of_it() {
    let pairs = pairs(1);
    let set = set_of(&pairs);
    let claims = claims(&set);
    let ring = ring_of(pairs);
    for plaintext in ["canary", "canary\n", "\"canary\"\n", "{\"v\":\"canary\"}\n", "{\"canary\":1}\n", ""] {
        let text = print(&claims, &encrypt(plaintext.as_bytes(), &set).unwrap());
        let refused = ring.open(&text, &TARGET).unwrap_err();
        assert_eq!(refused, OpenError::NoHeader);
        assert!(!format!("{refused} {refused:?}").contains("canary"));
    }
}

#[test]
fn a_value_larger_than_allowed_is_refused_though_it_opens() {
    let pairs = pairs(1);
    let set = set_of(&pairs);
    let bound = Bound::to_target(&TARGET, Scope::Strict, None).unwrap();
    let header = Header { bound, sealed_on: DAY, key_ids: set.ids().collect() };
    let plaintext = [header.to_line().as_slice(), b"\n", &vec![0; MAX_VALUE_BYTES + 1]].concat();
    let text = print(&header.claims(), &encrypt(&plaintext, &set).unwrap());
    assert_eq!(ring_of(pairs).open(&text, &TARGET), Err(OpenError::TooLarge));
}

#[test]
fn ten_megabytes_are_refused_before_they_are_decoded() {
    let text = format!("{}{}", seal_strict(b"", &set_of(&pairs(1))), "A".repeat(10_000_000));
    let refused = ring_of(pairs(1)).open(&text, &TARGET);
    assert_eq!(refused, Err(OpenError::Format(FormatError::TooLong)));
}

#[test]
fn wrong_ids_outside_and_inside_do_not_lose_a_value() {
    let pairs = pairs(3);
    let set = set_of(&pairs[..1]);
    let bound = Bound::to_target(&TARGET, Scope::Strict, None).unwrap();
    let key_ids = set_of(&pairs[1..2]).ids().collect();
    let header = Header { bound, sealed_on: DAY, key_ids };
    let plaintext = [header.to_line().as_slice(), b"\nv"].concat();
    let text = print(&header.claims(), &encrypt(&plaintext, &set).unwrap());
    let id = pairs[0].recipient().id();
    let opened = ring_of(pairs).open(&text, &TARGET).unwrap();
    assert_eq!((opened.value.expose(), opened.key_id), (b"v".as_slice(), id));
}

#[test]
fn stanzas_in_another_order_than_the_ids_still_open() {
    let pairs = pairs(3);
    let set = set_of(&pairs);
    let bound = Bound::to_target(&TARGET, Scope::Strict, None).unwrap();
    let header = Header { bound, sealed_on: DAY, key_ids: set.ids().collect() };
    let plaintext = [header.to_line().as_slice(), b"\nv"].concat();
    let mut recipients: Vec<_> = set.iter().collect();
    recipients.reverse();
    let encryptor = age::Encryptor::with_recipients(recipients.iter().map(|r| r.as_age())).unwrap();
    let mut writer = encryptor.wrap_output(Vec::new()).unwrap();
    std::io::Write::write_all(&mut writer, &plaintext).unwrap();
    let text = print(&header.claims(), &writer.finish().unwrap());
    for pair in pairs {
        assert!(ring_of(vec![pair]).open(&text, &TARGET).is_ok());
    }
}
