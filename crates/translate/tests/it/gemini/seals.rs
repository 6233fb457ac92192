//! Seals: to their makers only, and through clients that know nothing of them.

use byokey_translate::{
    Codec, Reply, Target, carrier, chat::Chat, codec::Source, gemini::Gemini, messages::Messages,
};
use byokey_types::{Raw, RawObject};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, everything, from, home, json, losses, through};

fn conversation(part: &Value) -> Value {
    json!({"contents": [
        {"role": "user", "parts": [{"text": "go"}]}, {"role": "model", "parts": [part]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "x"}}}]}]})
}

#[test]
fn g03_a_signature_comes_back_to_its_call() {
    let answer = json!({"candidates": [{"content": {"role": "model", "parts": [
        {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "c2ln"}]}, "finishReason": "STOP", "index": 0}]});
    let response = Gemini
        .decode_response(&json(&answer), &home())
        .unwrap()
        .value;
    // a client of this format and one of Chat echo it
    let (said, _) = Gemini.encode_response(&response, &Reply::default());
    let said: Value = serde_json::from_slice(&said).unwrap();
    let part = &answer["candidates"][0]["content"]["parts"][0];
    assert_eq!(&said["candidates"][0]["content"]["parts"][0], part);
    let (said, _) = Chat.encode_response(&response, &Reply::default());
    let said: Value = serde_json::from_slice(&said).unwrap();
    let message = &said["choices"][0]["message"];
    let id = &message["tool_calls"][0]["id"];
    let again = json!({"model": "m", "messages": [
        {"role": "user", "content": "go"}, message, {"role": "tool", "tool_call_id": id, "content": "x"}]});
    let encoded = from(&Chat, &again, &everything());
    assert_eq!(&body(&encoded)["contents"][1]["parts"][0], part);
    assert_eq!(losses(&encoded), Vec::<String>::new());
}

#[test]
fn g06_unsigned_thinking_of_others_is_dropped() {
    let thinking = |signature: &str| {
        json!({"model": "m", "max_tokens": 9, "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": signature}, {"type": "text", "text": "a"}]},
            {"role": "user", "content": "on"}]})
    };
    let mut target = everything();
    target.reasoning_replay = byokey_types::model::ReasoningReplay::Never;
    for signature in ["", "YW50aHJvcGlj"] {
        let encoded = from(&Messages, &thinking(signature), &target);
        assert_eq!(
            body(&encoded)["contents"][1]["parts"],
            json!([{"text": "a"}])
        );
        assert_eq!(losses(&encoded), ["messages.1.content.0=dropped"]);
    }
}

#[test]
fn seals_of_others_stay_here() {
    // a guest that speaks this format
    let source = Source {
        family: Some("guest".into()),
        account: Some("a1".into()),
        seed: "s".into(),
    };
    let answer = json!({"candidates": [{"content": {"parts": [
        {"text": "hm", "thought": true, "thoughtSignature": "Zm9y"},
        {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "Z3Vlc3Q="}]}, "finishReason": "STOP"}]});
    let response = Gemini
        .decode_response(&json(&answer), &source)
        .unwrap()
        .value;
    let (said, _) = Gemini.encode_response(&response, &Reply::default());
    let said: Value = serde_json::from_slice(&said).unwrap();
    let parts = said["candidates"][0]["content"]["parts"].clone();
    let opened = carrier::open(parts[1]["thoughtSignature"].as_str().unwrap()).unwrap();
    assert_eq!(
        (
            opened.seal.issuer.family.as_str(),
            opened.seal.payload.as_str()
        ),
        ("guest", "Z3Vlc3Q=")
    );
    let mut back = conversation(&parts[1]);
    back["contents"][1]["parts"] = parts;
    let to_guest = Target {
        family: Some("guest".into()),
        ..everything()
    };
    let encoded = through(&back, &to_guest);
    assert_eq!(
        body(&encoded)["contents"][1]["parts"],
        answer["candidates"][0]["content"]["parts"]
    );
    assert_eq!(losses(&encoded), Vec::<String>::new());
    // to anybody else they are worth nothing
    let mut google = everything();
    google.reasoning.levels.clear();
    let encoded = through(&back, &google);
    assert_eq!(
        body(&encoded)["contents"][1]["parts"],
        json!([{"functionCall": {"name": "f", "args": {}}}])
    );
    assert_eq!(
        losses(&encoded),
        [
            "messages.1.content.0=dropped",
            "messages.1.content.1.seal=dropped"
        ]
    );
}

#[test]
fn a_damaged_envelope_is_dropped() {
    let call =
        json!({"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "Ynlva2V5garbage"});
    let decoded = Gemini.decode_request(&json(&conversation(&call))).unwrap();
    assert_eq!(decoded.value.turns[1].blocks[0].seal, None);
    let lost: Vec<String> = decoded
        .losses
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(lost, ["messages.1.content.0.seal=dropped"]);
}

#[test]
fn seals_are_visited_wherever_they_are() {
    let mut body = RawObject::parse(json(&json!({
        "contents": [{"parts": [{"text": "a", "thoughtSignature": "one"}, {"text": "", "thoughtSignature": "gone"}, {"n": 1.50}]}],
        "systemInstruction": {"parts": [{"text": "s", "thought_signature": "two"}]},
        "candidates": [{"content": {"parts": [{"thought": true, "text": "x", "thoughtSignature": "gone"}]}}],
    })))
    .unwrap();
    let mut seen = Vec::new();
    let changed = Gemini.map_seals(&mut body, &mut |slot| {
        seen.push(slot.text.to_owned());
        (slot.text != "gone").then(|| format!("<{}>", slot.text))
    });
    assert!(changed);
    assert_eq!(seen, ["one", "gone", "two", "gone"]);
    let found: Value = body.to_raw().decode().unwrap();
    assert_eq!(
        found,
        json!({
            "contents": [{"parts": [{"text": "a", "thoughtSignature": "<one>"}, {"n": 1.50}]}],
            "systemInstruction": {"parts": [{"text": "s", "thought_signature": "<two>"}]},
            "candidates": [{"content": {"parts": [{"thought": true, "text": "x"}]}}],
        })
    );
    let before = Raw::of(&found);
    let mut same = before.object().unwrap();
    assert!(!Gemini.map_seals(&mut same, &mut |slot| Some(slot.text.to_owned())));
    assert_eq!(same.to_raw(), before);
}
