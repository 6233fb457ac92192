//! Seals: home ones bare, guests' in envelopes, and each to its issuer only.

use byokey_translate::{
    Codec, Reply, Target,
    carrier::{self, Placement},
    codec::SealSlot,
    ir::{Issuer, Kind, Seal},
    messages::Messages,
};
use byokey_types::{ModelRow, RawObject, model::ReasoningReplay};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, decoded, everything, home, json as bytes, losses, through};

fn wrapped(family: &str, payload: &str) -> String {
    let seal = Seal {
        issuer: Issuer::family(family),
        payload: payload.to_owned(),
    };
    carrier::wrap(&seal, Placement::Here)
}

fn history(signature: &str, data: &str) -> Value {
    json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "t", "signature": signature},
            {"type": "redacted_thinking", "data": data},
            {"type": "text", "text": "b"},
        ]},
        {"role": "user", "content": "c"},
    ]})
}

fn answered(encoded: &byokey_translate::Encoded) -> Value {
    body(encoded)["messages"][1]["content"].clone()
}

#[test]
fn a_seal_reaches_its_issuer_only() {
    let guest = Target::messages(&ModelRow::unknown("m"), Some("guest".into()));
    let text = json!({"type": "text", "text": "b"});
    let both = |signature: &str, data: &str| json!([{"type": "thinking", "thinking": "t", "signature": signature}, {"type": "redacted_thinking", "data": data}, text]);
    let gone = || {
        vec![
            "messages.1.content.0=dropped".to_owned(),
            "messages.1.content.1=dropped".to_owned(),
        ]
    };
    let own = history("s", "d");
    let guests = history(&wrapped("guest", "gs"), &wrapped("guest", "gd"));
    let rows = [
        (&own, everything("m"), both("s", "d"), vec![]),
        (&own, guest.clone(), json!([text]), gone()),
        (&guests, guest.clone(), both("gs", "gd"), vec![]),
        (&guests, everything("m"), json!([text]), gone()),
        (
            &guests,
            Target {
                family: None,
                ..everything("m")
            },
            json!([text]),
            gone(),
        ),
    ];
    for (value, target, expected, lost) in rows {
        let encoded = through(value, &target);
        assert_eq!((answered(&encoded), losses(&encoded)), (expected, lost));
    }
    let damaged = decoded(&history("Ynlva2V5damaged", ""));
    assert_eq!(damaged.turns[1].blocks[0].seal, None);
    let decode = Messages
        .decode_request(&bytes(&history("Ynlva2V5damaged", "d")))
        .unwrap();
    let lost: Vec<String> = decode
        .losses
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(lost, ["messages.1.content.0.seal=dropped"]);
}

#[test]
fn thinking_without_a_seal_goes_where_it_is_wanted() {
    let value = history("", "d");
    let target = |replay| Target {
        reasoning_replay: replay,
        ..everything("m")
    };
    let never = through(&value, &target(ReasoningReplay::Never));
    assert_eq!(answered(&never)[0]["type"], "redacted_thinking");
    assert_eq!(losses(&never), ["messages.1.content.0=dropped"]);
    let wanted = through(&value, &target(ReasoningReplay::Required));
    assert_eq!(
        (&answered(&wanted)[0], losses(&wanted)),
        (&json!({"type": "thinking", "thinking": "t"}), vec![])
    );
}

#[test]
fn answers_of_guests_carry_envelopes() {
    let answer = json!({"content": [
        {"type": "thinking", "thinking": "t", "signature": "gs"},
        {"type": "redacted_thinking", "data": "gd"},
    ]});
    let source = byokey_translate::codec::Source {
        family: Some("guest".into()),
        ..home()
    };
    let decode = Messages
        .decode_response(&bytes(&answer), &source)
        .unwrap()
        .value;
    let (encoded, losses) = Messages.encode_response(&decode, &Reply::default());
    let encoded: Value = serde_json::from_slice(&encoded).unwrap();
    let expected = json!([
        {"type": "thinking", "thinking": "t", "signature": wrapped("guest", "gs")},
        {"type": "redacted_thinking", "data": wrapped("guest", "gd")},
    ]);
    assert_eq!((&encoded["content"], losses.is_empty()), (&expected, true));
    // an upstream that seals for nobody
    let nobody = Messages
        .decode_response(&bytes(&answer), &byokey_translate::codec::Source::default())
        .unwrap();
    let lost: Vec<String> = nobody
        .losses
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(lost, ["content.0.seal=dropped", "content.1.seal=dropped"]);
    assert!(matches!(nobody.value.blocks[0].kind, Kind::Reasoning(_)));
}

/// The body after every seal was mapped, or nothing when nothing changed.
fn mapped(value: &Value, map: &mut dyn FnMut(SealSlot<'_>) -> Option<String>) -> Option<Value> {
    let mut object = RawObject::parse(bytes(value)).unwrap();
    let changed = Messages.map_seals(&mut object, map);
    let found: Value = serde_json::from_slice(&object.to_bytes()).unwrap();
    assert_eq!(changed, found != *value);
    changed.then_some(found)
}

#[test]
fn seals_are_found_wherever_they_are() {
    let double = &mut |slot: SealSlot<'_>| Some(slot.text.repeat(2));
    assert_eq!(
        mapped(&history("s", "d"), double),
        Some(history("ss", "dd"))
    );
    let rows = [
        (
            json!({"content": [{"type": "thinking", "signature": "s"}]}),
            json!({"content": [{"type": "thinking", "signature": "ss"}]}),
        ),
        (
            json!({"type": "x", "content_block": {"type": "redacted_thinking", "data": "d"}}),
            json!({"type": "x", "content_block": {"type": "redacted_thinking", "data": "dd"}}),
        ),
        (
            json!({"delta": {"type": "signature_delta", "signature": "s"}}),
            json!({"delta": {"type": "signature_delta", "signature": "ss"}}),
        ),
        (
            json!({"message": {"content": [{"type": "thinking", "signature": "s"}]}}),
            json!({"message": {"content": [{"type": "thinking", "signature": "ss"}]}}),
        ),
    ];
    for (value, expected) in rows {
        assert_eq!(mapped(&value, double), Some(expected));
    }
    for untouched in [
        json!({"delta": {"type": "text_delta", "text": "signature"}}),
        json!({"content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        json!({"messages": [{"role": "user", "content": "x"}], "content": "y", "delta": 3}),
    ] {
        assert_eq!(mapped(&untouched, double), None);
    }
    assert_eq!(
        mapped(&history("s", "d"), &mut |slot| Some(slot.text.to_owned())),
        None
    );
}

#[test]
fn a_seal_that_must_go_takes_its_block_along() {
    let none = &mut |_: SealSlot<'_>| None;
    let mut expected = history("s", "d");
    expected["messages"][1]["content"] = json!([{"type": "text", "text": "b"}]);
    assert_eq!(mapped(&history("s", "d"), none), Some(expected));
    let only = json!({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "d"}]}]});
    assert_eq!(
        mapped(&only, none),
        Some(json!({"messages": [{"role": "user", "content": "a"}]}))
    );
    let frame = json!({"delta": {"type": "signature_delta", "signature": "s"}});
    assert_eq!(
        mapped(&frame, none),
        Some(json!({"delta": {"type": "signature_delta", "signature": ""}}))
    );
}
