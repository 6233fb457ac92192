//! Streams of other formats, written for our clients.

use byokey_translate::{
    Codec, Event, Reply,
    event::{Delta, Head, Start, StreamFault},
    ir::{CallId, Runs, Stop, StopReason},
    messages::Messages,
};
use byokey_types::{Format, Frame, Kind, Usage};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{check, encoded, home};

fn open(index: u32, head: Head) -> Event {
    Event::Open {
        index,
        head,
        ext: None,
    }
}

fn delta(index: u32, delta: Delta) -> Event {
    Event::Delta { index, delta }
}

fn foreign(tail: &[Event]) -> Vec<Event> {
    let start = Event::Start(Start {
        id: Some("chatcmpl-42".into()),
        model: Some("other".into()),
        ..Start::default()
    });
    let events = [&[start], tail].concat();
    check(&events);
    events
}

#[test]
fn s01_s18_calls_of_another_format() {
    let call = |id: &str| Head::ToolCall {
        id: CallId::new(id),
        name: "now".into(),
        freeform: false,
        runs: Runs::Client,
    };
    let reply = Reply {
        model: "alias".into(),
        ..Reply::default()
    };
    let usage = Usage {
        fresh: Some(7),
        output: Some(5),
        reasoning: Some(2),
        ..Usage::default()
    };
    let events = foreign(&[
        open(0, Head::Text),
        delta(0, Delta::Text("x".to_owned())),
        open(1, call("a")),
        open(2, call("b")),
        delta(2, Delta::Input("{}".to_owned())),
        Event::Close { index: 0 },
        Event::Close { index: 1 },
        Event::Close { index: 2 },
        Event::Usage(usage),
        Event::Stop(Stop::new(StopReason::ToolCall, "tool_calls")),
        Event::End,
    ]);
    let block = |index: u32, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
    let ended = |index: u32| json!({"type": "content_block_stop", "index": index});
    let expected = [
        json!({"type": "message_start", "message": {"id": "msg_42", "type": "message", "role": "assistant", "model": "alias",
            "content": [], "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 0, "output_tokens": 0}}}),
        block(0, json!({"type": "text", "text": ""})),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}),
        ended(0),
        block(
            1,
            json!({"type": "tool_use", "id": "a", "name": "now", "input": {}}),
        ),
        ended(1),
        block(
            2,
            json!({"type": "tool_use", "id": "b", "name": "now", "input": {}}),
        ),
        json!({"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "{}"}}),
        ended(2),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, "usage": {"input_tokens": 7, "output_tokens": 5}}),
        json!({"type": "message_stop"}),
    ];
    let found: Vec<Value> = encoded(&events, &reply)
        .into_iter()
        .map(|(_, data)| data)
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn s12_an_error_is_the_last_event() {
    let events = foreign(&[
        open(0, Head::Text),
        Event::Error(StreamFault::new(Kind::Overloaded, "too busy")),
    ]);
    let frames = encoded(&events, &Reply::default());
    assert_eq!(
        frames.last(),
        Some(&(
            "error".to_owned(),
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "too busy"}})
        ))
    );
    let mut encoder = Messages.stream_encoder(&Reply::default());
    let mut out = bytes::BytesMut::new();
    for event in &events {
        encoder.push(event, &mut out);
    }
    let length = out.len();
    encoder.push(&Event::End, &mut out);
    assert_eq!(out.len(), length);
}

#[test]
fn reasoning_refusals_and_natives_of_another_format() {
    let summary = |part, text: &str| Delta::Summary {
        part,
        text: text.to_owned(),
    };
    let native = Head::Native {
        format: Format::OpenAiResponses,
        tag: "web_search_call".into(),
        value: byokey_types::Raw::EMPTY_OBJECT,
    };
    let freeform = Head::ToolCall {
        id: CallId::new("c"),
        name: "patch".into(),
        freeform: true,
        runs: Runs::Client,
    };
    let events = foreign(&[
        open(0, Head::Reasoning { redacted: false }),
        delta(0, summary(0, "one")),
        delta(0, summary(1, "two")),
        Event::Close { index: 0 },
        open(1, native),
        Event::Close { index: 1 },
        open(2, Head::Reasoning { redacted: true }),
        Event::Close { index: 2 },
        open(3, freeform),
        delta(3, Delta::Input("a\n".to_owned())),
        Event::Close { index: 3 },
        open(4, Head::Refusal),
        delta(4, Delta::Text("no".to_owned())),
        Event::Close { index: 4 },
        Event::Stop(Stop::new(StopReason::EndTurn, "stop")),
        Event::End,
    ]);
    let brief: Vec<Value> = encoded(&events, &Reply::default())
        .into_iter()
        .skip(1)
        .map(|(_, data)| match data["type"].as_str() {
            Some("content_block_start") => json!([data["index"], data["content_block"]["type"]]),
            Some("message_delta") => data["delta"]["stop_reason"].clone(),
            _ => data["delta"].clone(),
        })
        .filter(|brief| !brief.is_null())
        .collect();
    let expected = json!([
        [0, "thinking"],
        {"type": "thinking_delta", "thinking": "one"},
        {"type": "thinking_delta", "thinking": "\n\ntwo"},
        [1, "tool_use"],
        {"type": "input_json_delta", "partial_json": "{\"input\":\"a\\n\"}"},
        [2, "text"],
        {"type": "text_delta", "text": "no"},
        "refusal",
    ]);
    assert_eq!(Value::Array(brief), expected);
}

#[test]
fn h03_silence_is_filled_with_pings() {
    let ping = Messages.keepalive();
    assert_eq!(ping, b"event: ping\ndata: {\"type\": \"ping\"}\n\n");
    let mut decoder = Messages.stream_decoder(&home());
    let mut events = Vec::new();
    decoder.push(
        &Frame::named("ping", &br#"{"type": "ping"}"#[..]),
        &mut events,
    );
    assert_eq!(events, []);
}
