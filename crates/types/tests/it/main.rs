//! Property tests of the vocabulary: what is read is written back, byte for byte.

#![expect(clippy::unwrap_used, reason = "tests")]

use byokey_types::{Raw, RawObject};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

fn value() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn objects_reproduce_their_input(members in prop::collection::vec((any::<String>(), value()), 0..8)) {
        let object = serde_json::Value::Object(members.into_iter().collect());
        let text = serde_json::to_string(&object).unwrap();
        let parsed = RawObject::parse(text.clone()).unwrap();
        assert_eq!(parsed.to_raw().as_str(), text);
    }

    #[test]
    fn arrays_reproduce_their_input(items in prop::collection::vec(value(), 0..8)) {
        let text = serde_json::to_string(&items).unwrap();
        let parsed = Raw::parse(text.clone()).unwrap().array().unwrap();
        assert_eq!(Raw::array_of(parsed).as_str(), text);
    }

    #[test]
    fn strings_mean_what_they_say(text in any::<String>()) {
        assert_eq!(Raw::string(&text).text_lossy().unwrap(), (text, false));
    }

    #[test]
    fn any_bytes_are_refused_or_kept(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(raw) = Raw::parse(bytes.clone()) {
            assert_eq!(raw.as_str().as_bytes(), bytes.trim_ascii());
        }
    }
}

#[test]
fn values_keep_their_spelling() {
    let text = r#"{"a":1.0e2,"b":12345678901234567890123,"c":[ 1 , 2 ],"d":"\u00e9\/","a2":-0.0}"#;
    assert_eq!(RawObject::parse(text).unwrap().to_raw().as_str(), text);
}

#[test]
fn lone_surrogates_become_replacement_characters() {
    let rows = [
        (r#""a\ud83d b""#, "a\u{fffd} b"),
        (r#""\ude00\n\"x""#, "\u{fffd}\n\"x"),
        (r#""\ud83d\ude00 \ud83d""#, "😀 \u{fffd}"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
    ];
    for (json, expected) in rows {
        let raw = Raw::parse(json).unwrap();
        assert_eq!(
            raw.text_lossy().unwrap(),
            (expected.to_owned(), true),
            "{json}"
        );
    }
}

#[test]
fn of_keys_that_repeat_the_last_counts() {
    let mut object = RawObject::parse(r#"{"a":1,"b":2,"a":3}"#).unwrap();
    assert_eq!(object.get("a").unwrap().as_str(), "3");
    assert_eq!(object.take("a").unwrap().as_str(), "3");
    assert_eq!(object.to_raw().as_str(), r#"{"b":2}"#);
}

#[test]
fn whole_numbers_may_be_spelled_with_a_fraction_of_zero() {
    let whole = |text: &'static str| Raw::parse(text).unwrap().whole().ok();
    assert_eq!(
        ["5", "5.0", "5e2", "-1", "1.5", "1e300", "\"5\""].map(whole),
        [Some(5), Some(5), Some(500), None, None, None, None]
    );
}
