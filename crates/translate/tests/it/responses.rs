//! OpenAI Responses.

mod answers;
mod crossing;
mod fixtures;
mod identity;
mod observe;
mod requests;
mod streams;
mod streams_written;

use byokey_translate::{
    Codec, Encoded, Event, Reply, Target, codec::Source, grammar::Checker, ir::Request,
    responses::Responses, sse, target::ReasoningFacts,
};
use byokey_types::{Effort, Frame, JsonKind, Modality, ModelRow, Raw};
use bytes::Bytes;

/// A target that accepts all that this format has.
fn everything(model: &str) -> Target {
    let row = ModelRow {
        modalities: vec![
            Modality::Text,
            Modality::Image,
            Modality::Pdf,
            Modality::Audio,
        ],
        ..ModelRow::unknown(model)
    };
    Target {
        reasoning: ReasoningFacts {
            reasons: true,
            levels: Effort::ALL.to_vec(),
            budget: None,
            off: true,
        },
        temperature: true,
        tool_call: true,
        structured_output: true,
        ..Target::responses(&row, Some("openai".into()))
    }
}

fn home() -> Source {
    Source {
        family: Some("openai".into()),
        account: None,
        seed: "seed".into(),
    }
}

fn bytes(value: &serde_json::Value) -> Bytes {
    serde_json::to_vec(value).unwrap().into()
}

fn decoded(value: &serde_json::Value) -> Request {
    Responses.decode_request(&bytes(value)).unwrap().value
}

fn body(encoded: &Encoded) -> serde_json::Value {
    serde_json::from_slice(&encoded.body).unwrap()
}

fn losses(encoded: &Encoded) -> Vec<String> {
    let losses = encoded.losses.as_slice();
    losses.iter().map(ToString::to_string).collect()
}

/// JSON with its members sorted and every number and literal as it is spelled.
fn canonical(raw: &Raw) -> String {
    match raw.kind() {
        JsonKind::Object => {
            let object = raw.object().unwrap();
            let mut members: Vec<String> = object
                .iter()
                .map(|(key, value)| format!("{key:?}: {}", canonical(value)))
                .collect();
            members.sort();
            format!("{{\n{}\n}}", members.join(",\n"))
        }
        JsonKind::Array => {
            let items: Vec<String> = raw.array().unwrap().iter().map(canonical).collect();
            format!("[{}]", items.join(", "))
        }
        JsonKind::String => format!("{:?}", raw.text().unwrap()),
        _ => raw.as_str().to_owned(),
    }
}

fn canonical_bytes(bytes: &Bytes) -> String {
    canonical(&Raw::parse(bytes.clone()).unwrap())
}

/// The frames of a stream that arrives in these chunks.
fn frames(chunks: &[&[u8]]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut decoder = sse::Decoder::default();
    for chunk in chunks {
        decoder
            .push(&Bytes::copy_from_slice(chunk), &mut frames)
            .unwrap();
    }
    decoder.finish(&mut frames).unwrap();
    frames
}

/// The events of a stream that arrives in these chunks; every sentence is checked.
fn events(chunks: &[&[u8]]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut stream = Responses.stream_decoder(&home());
    for frame in &frames(chunks) {
        stream.push(frame, &mut events);
    }
    stream.finish(&mut events);
    let mut checker = Checker::default();
    for event in &events {
        if let Err(violation) = checker.check(event) {
            panic!("{violation}: {events:#?}");
        }
    }
    assert_eq!(checker.finish(), Ok(()));
    events
}

/// A stream of this format made of the data of its events.
fn stream_of(data: &[serde_json::Value]) -> Vec<u8> {
    let mut out = bytes::BytesMut::new();
    for value in data {
        sse::encode(
            value["type"].as_str(),
            value.to_string().as_bytes(),
            &mut out,
        );
    }
    out.to_vec()
}

/// What a client reads: the data of the events, whose names and numbers are checked.
fn written(events: &[Event], reply: &Reply) -> Vec<serde_json::Value> {
    let mut out = bytes::BytesMut::new();
    let mut encoder = Responses.stream_encoder(reply);
    for event in events {
        encoder.push(event, &mut out);
    }
    let mut frames = Vec::new();
    let mut decoder = sse::Decoder::default();
    decoder.push(&out.freeze(), &mut frames).unwrap();
    let data = frames.iter().enumerate().map(|(at, frame)| {
        let data: serde_json::Value = serde_json::from_slice(&frame.data).unwrap();
        assert_eq!(data["type"].as_str(), frame.event.as_deref());
        assert_eq!(data["sequence_number"], at);
        data
    });
    data.collect()
}
