//! Streams, written.

use byokey_translate::{
    Codec, Event, Reply, codec::Source, event::StreamFault, fold::fold, messages::Messages,
    unfold::unfold,
};
use byokey_types::Kind;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{check, encoded, events, fixtures, home, json, written};

#[test]
fn a_client_reads_chunks_and_then_the_reason() {
    let answer = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "stop_reason": "tool_use",
        "content": [{"type": "thinking", "thinking": "hm", "signature": "c2ln"}, {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}, {"type": "tool_use", "id": "t2", "name": "g", "input": {}}],
        "usage": {"input_tokens": 3, "output_tokens": 4}});
    let source = Source {
        family: Some("google".into()),
        ..Source::default()
    };
    let response = Messages
        .decode_response(&json(&answer), &source)
        .unwrap()
        .value;
    let chunk = |part: Value| json!({"candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0}], "modelVersion": "asked", "responseId": "msg_1"});
    let mut last = chunk(json!({"text": ""}));
    last["candidates"][0]["finishReason"] = json!("STOP");
    last["usageMetadata"] =
        json!({"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7});
    let expected = vec![
        chunk(json!({"text": "hm", "thought": true})),
        chunk(json!({"text": "", "thought": true, "thoughtSignature": "c2ln"})),
        chunk(json!({"text": "I look."})),
        chunk(json!({"functionCall": {"id": "t1", "name": "f", "args": {"a": 1}}})),
        chunk(json!({"functionCall": {"id": "t2", "name": "g", "args": {}}})),
        last,
    ];
    let mut reply = Reply {
        model: "asked".into(),
        ..Reply::default()
    };
    let events = unfold(response);
    check(&events);
    assert_eq!(encoded(&events, &reply), expected);
    // without `alt=sse` the chunks are the items of one array
    reply.json_array = true;
    let array: Value = serde_json::from_slice(&written(&events, &reply)).unwrap();
    assert_eq!(array, Value::from(expected));
}

#[test]
fn an_error_is_the_last_chunk() {
    let fault = StreamFault::new(Kind::Overloaded, "busy");
    let events = [
        Event::Start(byokey_translate::event::Start::default()),
        Event::Error(fault),
        Event::End,
    ];
    let expected = json!({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}});
    assert_eq!(
        encoded(&events, &Reply::default()),
        std::slice::from_ref(&expected)
    );
    let reply = Reply {
        json_array: true,
        ..Reply::default()
    };
    let array: Value = serde_json::from_slice(&written(&events, &reply)).unwrap();
    assert_eq!(array, json!([expected]));
}

#[test]
fn what_is_read_is_written_again() {
    for fixture in fixtures::all() {
        let Some(stream) = fixture.stream else {
            continue;
        };
        let events = events(&[&stream], &home());
        let again = super::events(&[&written(&events, &Reply::default())], &home());
        match (fold(events), fold(again)) {
            (Ok((one, _)), Ok((two, _))) => {
                let blocks = |blocks: &[byokey_translate::ir::Block]| format!("{blocks:#?}");
                assert_eq!(blocks(&one.blocks), blocks(&two.blocks), "{}", fixture.name);
                assert_eq!(
                    (one.stop, one.usage),
                    (two.stop, two.usage),
                    "{}",
                    fixture.name
                );
            }
            (one, two) => assert_eq!(one.unwrap_err().kind, two.unwrap_err().kind),
        }
    }
}
