//! Gemini `generateContent`.

mod abroad;
mod answers;
mod arrays;
mod clients;
mod counting;
mod fixtures;
mod identity;
mod limits;
mod reasoning;
mod requests;
mod seals;
mod streams;
mod streams_written;
mod tolerance;
mod tools;

use byokey_translate::{
    Codec, Encoded, Event, Reply, Target, codec::Source, gemini::Gemini, grammar::Checker,
    ir::Request, sse, target::ReasoningFacts,
};
use byokey_types::{Effort, Modality, ModelRow, Raw, RawObject, model::ReasoningReplay};
use bytes::Bytes;

/// A target that accepts all that this format has.
fn everything() -> Target {
    let row = ModelRow {
        output: Some(64_000),
        modalities: vec![
            Modality::Text,
            Modality::Image,
            Modality::Pdf,
            Modality::Audio,
            Modality::Video,
        ],
        ..ModelRow::unknown("m")
    };
    Target {
        reasoning: ReasoningFacts {
            reasons: true,
            levels: Effort::ALL.to_vec(),
            budget: Some((1, 63_999)),
            off: true,
        },
        reasoning_replay: ReasoningReplay::Accepted,
        ..Target::gemini(&row, Some("google".into()))
    }
}

/// A target that does not reason, so that nothing is signed.
fn plain() -> Target {
    Target {
        reasoning: ReasoningFacts::default(),
        ..everything()
    }
}

fn home() -> Source {
    Source {
        family: Some("google".into()),
        account: None,
        seed: "seed".into(),
    }
}

fn json(value: &serde_json::Value) -> Bytes {
    serde_json::to_vec(value).unwrap().into()
}

fn decoded(value: &serde_json::Value) -> Request {
    Gemini.decode_request(&json(value)).unwrap().value
}

/// A body of this format, encoded again for `target`.
fn through(value: &serde_json::Value, target: &Target) -> Encoded {
    Gemini.encode_request(&decoded(value), target).unwrap()
}

/// A body of another format, encoded for `target`.
fn from(codec: &dyn Codec, value: &serde_json::Value, target: &Target) -> Encoded {
    let request = codec.decode_request(&json(value)).unwrap().value;
    Gemini.encode_request(&request, target).unwrap()
}

fn body(encoded: &Encoded) -> serde_json::Value {
    serde_json::from_slice(&encoded.body).unwrap()
}

fn losses(encoded: &Encoded) -> Vec<String> {
    encoded
        .losses
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// JSON with its members sorted and every number and literal as it is spelled.
fn canonical(raw: &Raw) -> String {
    match raw.kind() {
        byokey_types::JsonKind::Object => {
            let object: RawObject = raw.object().unwrap();
            let mut members: Vec<String> = object
                .iter()
                .map(|(key, value)| format!("{key:?}: {}", canonical(value)))
                .collect();
            members.sort();
            format!("{{\n{}\n}}", members.join(",\n"))
        }
        byokey_types::JsonKind::Array => {
            let items: Vec<String> = raw.array().unwrap().iter().map(canonical).collect();
            format!("[{}]", items.join(", "))
        }
        byokey_types::JsonKind::String => format!("{:?}", raw.text().unwrap()),
        _ => raw.as_str().to_owned(),
    }
}

fn canonical_bytes(bytes: &Bytes) -> String {
    canonical(&Raw::parse(bytes.clone()).unwrap())
}

/// The events of a stream that arrives in these chunks; every sentence is checked.
fn events(chunks: &[&[u8]], source: &Source) -> Vec<Event> {
    let mut frames = Vec::new();
    let mut decoder = sse::Decoder::default();
    for chunk in chunks {
        decoder
            .push(&Bytes::copy_from_slice(chunk), &mut frames)
            .unwrap();
    }
    decoder.finish(&mut frames).unwrap();
    let mut events = Vec::new();
    let mut stream = Gemini.stream_decoder(source);
    for frame in &frames {
        stream.push(frame, &mut events);
    }
    stream.finish(&mut events);
    check(&events);
    events
}

fn check(events: &[Event]) {
    let mut checker = Checker::default();
    for event in events {
        if let Err(violation) = checker.check(event) {
            panic!("{violation}: {events:#?}");
        }
    }
    assert_eq!(checker.finish(), Ok(()));
}

/// A stream of this format made of its chunks.
fn stream_of(data: &[serde_json::Value]) -> Vec<u8> {
    let mut out = bytes::BytesMut::new();
    for value in data {
        sse::encode(None, value.to_string().as_bytes(), &mut out);
    }
    out.to_vec()
}

fn written(events: &[Event], reply: &Reply) -> Bytes {
    let mut out = bytes::BytesMut::new();
    let mut encoder = Gemini.stream_encoder(reply);
    for event in events {
        encoder.push(event, &mut out);
    }
    out.freeze()
}

/// What a client reads: the data of the events.
fn encoded(events: &[Event], reply: &Reply) -> Vec<serde_json::Value> {
    let mut frames = Vec::new();
    let mut decoder = sse::Decoder::default();
    decoder.push(&written(events, reply), &mut frames).unwrap();
    frames
        .iter()
        .map(|frame| serde_json::from_slice(&frame.data).unwrap())
        .collect()
}
