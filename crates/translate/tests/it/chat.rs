//! Chat Completions: fixtures, identity, agreement, and the conformance rows that concern it, by their ids.

mod answers;
mod faults;
mod fixtures;
mod history;
mod request_settings;
mod request_tools;
mod requests;
mod seals;
mod streams;

use byokey_translate::{
    Codec, Encoded, Event, Reply, Target,
    chat::Chat,
    codec::Source,
    grammar::Checker,
    ir::{
        Block, CallId, Input, Kind, Media, MediaKind, MediaSource, Request, Response, Role, Runs,
        Tool, ToolCall, ToolResult, Turn,
    },
    sse,
};
use byokey_types::{
    Effort, Frame, Modality, ModelRow, Raw,
    model::{ReasoningBudget, ReasoningReplay},
};
use bytes::{Bytes, BytesMut};
use serde_json::Value;

/// A target of the format's own provider that takes everything.
fn rich() -> Target {
    let mut row = ModelRow::unknown("m-1");
    row.reasoning = true;
    row.reasoning_levels = Effort::ALL.to_vec();
    row.reasoning_budget = Some(ReasoningBudget {
        min: 0,
        max: 1_000_000,
    });
    row.reasoning_replay = ReasoningReplay::Accepted;
    row.modalities = vec![
        Modality::Text,
        Modality::Image,
        Modality::Pdf,
        Modality::Audio,
        Modality::Video,
    ];
    Target {
        cache_marks: 9,
        ..Target::chat(&row, Some("openai".into()))
    }
}

/// A target of which nothing is known, of a provider that imitates the format.
fn plain() -> Target {
    Target::chat(&ModelRow::unknown("m-1"), Some("guest".into()))
}

fn decode(body: &str) -> Request {
    let decoded = Chat.decode_request(&Bytes::copy_from_slice(body.as_bytes()));
    decoded.unwrap().value
}

/// A request with these messages, its other members in `rest` (`,"k":v`).
fn ask(messages: &str, rest: &str) -> Request {
    decode(&format!(r#"{{"model":"m-1","messages":{messages}{rest}}}"#))
}

fn encode(request: &Request, target: &Target) -> Encoded {
    Chat.encode_request(request, target).unwrap()
}

fn body(encoded: &Encoded) -> Value {
    json(&encoded.body)
}

/// A member of the body that was made of a request.
fn member(request: &Request, target: &Target, key: &str) -> Value {
    body(&encode(request, target))[key].clone()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(bytes));
    })
}

fn losses(encoded: &Encoded) -> String {
    encoded.losses.summary(4000)
}

fn source() -> Source {
    Source {
        family: Some("acme".into()),
        account: None,
        seed: "req-1".into(),
    }
}

fn reply() -> Reply {
    Reply {
        model: "m-1-0901".into(),
        seed: "req-1".into(),
        now: 7,
        include_usage: true,
        ..Reply::default()
    }
}

fn answer(body: &str) -> Response {
    let decoded = Chat.decode_response(&Bytes::copy_from_slice(body.as_bytes()), &source());
    decoded.unwrap().value
}

/// An answer with this message and finish reason.
fn said(message: &str, finish: &str) -> Response {
    answer(&format!(
        r#"{{"choices":[{{"index":0,"message":{message},"finish_reason":{finish}}}]}}"#
    ))
}

/// The events of a stream; every one obeys the grammar.
fn events(chunks: &[&[u8]]) -> Vec<Event> {
    let mut sse = sse::Decoder::default();
    let mut frames: Vec<Frame> = Vec::new();
    for chunk in chunks {
        sse.push(&Bytes::copy_from_slice(chunk), &mut frames)
            .unwrap();
    }
    sse.finish(&mut frames).unwrap();
    let mut decoder = Chat.stream_decoder(&source());
    let mut events = Vec::new();
    for frame in &frames {
        decoder.push(frame, &mut events);
    }
    decoder.finish(&mut events);
    let mut checker = Checker::default();
    for event in &events {
        let checked = checker.check(event);
        checked.unwrap_or_else(|violation| panic!("{violation} in {events:#?}"));
    }
    checker.finish().unwrap();
    events
}

/// The events of a stream of deltas of choice 0, `[DONE]` not included.
fn deltas(deltas: &[&str]) -> String {
    let chunk = |delta: &&str| {
        format!("data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n")
    };
    deltas.iter().map(chunk).collect()
}

/// The end of a stream.
fn ending(word: &str) -> String {
    format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"{word}\"}}]}}\n\ndata: [DONE]\n\n"
    )
}

/// The stream that events mean for a client.
fn written(events: &[Event], reply: &Reply) -> String {
    let mut encoder = Chat.stream_encoder(reply);
    let mut out = BytesMut::new();
    for event in events {
        encoder.push(event, &mut out);
    }
    String::from_utf8(out.to_vec()).unwrap()
}

/// The chunks of a written stream.
fn chunks(stream: &str) -> Vec<Value> {
    let data = stream.split_terminator("\n\n");
    data.map(|it| it.strip_prefix("data: ").unwrap())
        .filter(|data| *data != "[DONE]")
        .map(|data| json(data.as_bytes()))
        .collect()
}

/// A request as another format's decoder makes it.
fn foreign(turns: Vec<Turn>) -> Request {
    let mut request = Request::new("m-1");
    request.turns = turns;
    request
}

fn user(text: &str) -> Turn {
    Turn::new(Role::User, vec![Block::text(text)])
}

fn call(id: &str) -> Block {
    Block::new(Kind::ToolCall(ToolCall {
        id: CallId::new(id),
        name: "f".into(),
        input: Input::Json(Raw::EMPTY_OBJECT),
        runs: Runs::Client,
    }))
}

fn result(id: &str, content: Vec<Block>) -> Block {
    Block::new(Kind::ToolResult(ToolResult {
        call: CallId::new(id),
        content,
        bare: false,
        is_error: None,
    }))
}

fn media(kind: MediaKind, source: MediaSource) -> Block {
    Block::new(Kind::Media(Media {
        kind,
        source,
        title: None,
    }))
}

fn function(name: &str) -> Tool {
    Tool::Function {
        name: name.into(),
        description: None,
        schema: None,
        strict: None,
        cache: None,
        ext: None,
    }
}

/// The messages that were made of a request.
fn messages(request: &Request, target: &Target) -> Value {
    member(request, target, "messages")
}
