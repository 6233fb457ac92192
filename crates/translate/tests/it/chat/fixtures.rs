//! Properties of all fixtures: identity, agreement, any chunking, written streams that are read back.

use std::{fs, path::PathBuf};

use byokey_translate::{
    Codec, chat::Chat, codec::Source, event::Event, fold::fold, ir::Response, unfold::unfold,
};
use byokey_types::{Raw, RawObject};
use pretty_assertions::assert_eq;
use serde_json::Value;

use super::{body, encode, events, json, losses, reply, rich, source, written};

/// The files of a name in all fixtures.
fn fixtures(name: &str) -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/chat");
    let mut found: Vec<(String, String)> = fs::read_dir(root)
        .unwrap()
        .filter_map(|entry| {
            let case = entry.unwrap().path();
            let text = fs::read_to_string(case.join(name)).ok()?;
            Some((case.file_name()?.to_str()?.to_owned(), text))
        })
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// What a body says, `null` members left out.
fn said(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null() && *value != Value::Array(Vec::new()))
            .map(|(key, value)| (key, said(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(said).collect(),
        other => other,
    }
}

#[test]
fn requests_come_back_as_they_went() {
    // the image in a tool result has no slot in this format
    let lossy = ["tool-result-image"];
    for (case, text) in fixtures("request.json") {
        if lossy.contains(&case.as_str()) {
            continue;
        }
        let mut target = rich();
        if case == "google-seals" {
            target.family = Some("google".into());
        }
        let request = super::decode(&text);
        let encoded = encode(&request, &target);
        assert_eq!(body(&encoded), json(text.as_bytes()), "{case}");
        assert_eq!(losses(&encoded), "0;", "{case}");
        assert_eq!(
            super::decode(std::str::from_utf8(&encoded.body).unwrap()),
            request,
            "{case}"
        );
    }
}

#[test]
fn numbers_and_schemas_keep_their_spelling() {
    let find = |object: &RawObject, path: &[&str]| -> Raw {
        let mut value = object.to_raw();
        for key in path {
            value = match key.parse::<usize>() {
                Ok(at) => value.array().unwrap()[at].clone(),
                Err(_) => value.object().unwrap().get(key).unwrap().clone(),
            };
        }
        value
    };
    let rows: [(&str, &[&[&str]]); 4] = [
        (
            "sampling",
            &[&["temperature"], &["top_p"], &["seed"], &["unknown_top"]],
        ),
        (
            "tools",
            &[
                &["tools", "0", "function", "parameters"],
                &["messages", "1", "tool_calls", "0", "function", "arguments"],
            ],
        ),
        ("media", &[&["messages", "0", "content", "8"]]),
        (
            "structured",
            &[&["response_format", "json_schema", "schema"]],
        ),
    ];
    let all = fixtures("request.json");
    for (case, paths) in rows {
        let (_, text) = all.iter().find(|(name, _)| name == case).unwrap();
        let before = RawObject::parse(text.clone()).unwrap();
        let encoded = encode(&super::decode(text), &rich());
        let after = RawObject::parse(encoded.body).unwrap();
        for path in paths {
            assert_eq!(find(&after, path), find(&before, path), "{case} {path:?}");
        }
    }
}

#[test]
fn answers_come_back_as_they_went() {
    // `<think>` becomes reasoning, parts become text, older and vendor spellings become the usual ones, one answer is one
    let respelled = [
        "think-tags",
        "parts",
        "reasoning-details",
        "legacy",
        "choices",
    ];
    for (case, text) in fixtures("response.json") {
        if respelled.contains(&case.as_str()) {
            continue;
        }
        let source = Source {
            family: Some("google".into()),
            ..source()
        };
        let decoded = Chat.decode_response(&text.clone().into(), &source).unwrap();
        let (written, lost) = Chat.encode_response(&decoded.value, &reply());
        assert_eq!(said(json(&written)), said(json(text.as_bytes())), "{case}");
        assert!(lost.is_empty(), "{case}");
    }
}

#[test]
fn streams_agree_with_whole_answers() {
    let streams = fixtures("stream.sse");
    let mut pairs = 0;
    for (case, text) in fixtures("response.json") {
        let Some((_, stream)) = streams.iter().find(|(name, _)| *name == case) else {
            continue;
        };
        pairs += 1;
        let (folded, lost) = fold(events(&[stream.as_bytes()])).unwrap();
        assert!(lost.is_empty(), "{case}");
        assert_eq!(folded, super::answer(&text), "{case}");
    }
    assert_eq!(pairs, 15);
}

#[test]
fn streams_mean_the_same_in_any_chunks() {
    for (case, text) in fixtures("stream.sse") {
        let whole = events(&[text.as_bytes()]);
        for at in 0..text.len() {
            let (head, tail) = text.as_bytes().split_at(at);
            assert_eq!(events(&[head, tail]), whole, "{case} at {at}");
        }
    }
}

/// What a client is told: the parts of a block that this format says in one way only.
fn told(mut response: Response) -> Response {
    response.ext = None;
    if let Some(usage) = &mut response.usage {
        usage.raw = None;
    }
    for block in &mut response.blocks {
        block.ext = None;
    }
    response
}

#[test]
fn written_answers_are_read_back() {
    let client = Source {
        family: Some("openai".into()),
        ..source()
    };
    for (case, text) in fixtures("response.json") {
        let decoded = Chat.decode_response(&text.into(), &client).unwrap();
        let response = decoded.value;
        let (whole, _) = Chat.encode_response(&response, &reply());
        let whole = Chat.decode_response(&whole, &client).unwrap().value;
        let stream = written(&unfold(response.clone()), &reply());
        let (streamed, _) = fold(events_of(&stream, &client)).unwrap();
        for (how, again) in [("whole", whole), ("streamed", streamed)] {
            let mut expected = told(response.clone());
            if let (Some(expected), Some(again)) = (&mut expected.stop, &again.stop) {
                // the raw word is the one that was written
                expected.raw.clone_from(&again.raw);
            }
            assert_eq!(told(again), expected, "{case}, {how}");
        }
    }
}

fn events_of(stream: &str, source: &Source) -> Vec<Event> {
    let mut decoder = Chat.stream_decoder(source);
    let mut events = Vec::new();
    for data in stream.split_terminator("\n\n") {
        let data = data.strip_prefix("data: ").unwrap().to_owned();
        decoder.push(&byokey_types::Frame::data(data), &mut events);
    }
    decoder.finish(&mut events);
    events
}
