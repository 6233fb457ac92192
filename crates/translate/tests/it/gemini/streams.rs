//! Streams, read and written.

use byokey_translate::{
    Codec, Event, Reply, StreamEncoder,
    chat::Chat,
    codec::Source,
    event::{Head, StreamFault},
    fold::fold,
    gemini::Gemini,
    ir::StopReason,
    messages::Messages,
    observe::Observation,
    sse,
};
use byokey_types::{Frame, Kind};
use bytes::{Bytes, BytesMut};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{check, encoded, events, fixtures, home, json, stream_of};

fn chunk(parts: &Value, finish: Option<&str>) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": parts}, "index": 0});
    if let Some(word) = finish {
        candidate["finishReason"] = json!(word);
    }
    json!({"candidates": [candidate], "modelVersion": "m", "responseId": "r"})
}

fn call(n: u64) -> Value {
    json!({"functionCall": {"name": "f", "args": {"n": n}}})
}

/// The data of what another codec's client reads.
fn told(mut encoder: Box<dyn StreamEncoder>, events: &[Event]) -> Vec<Value> {
    let mut out = BytesMut::new();
    for event in events {
        encoder.push(event, &mut out);
    }
    let mut frames = Vec::new();
    sse::Decoder::default()
        .push(&out.freeze(), &mut frames)
        .unwrap();
    let frames = frames.iter().filter(|frame| frame.data != "[DONE]");
    frames
        .map(|frame| serde_json::from_slice(&frame.data).unwrap())
        .collect()
}

#[test]
fn u10_the_finish_reason_comes_last_and_knows_of_the_calls() {
    // some upstreams say `STOP` in every chunk
    let stream = stream_of(&[
        chunk(&json!([call(1)]), Some("STOP")),
        chunk(&json!([{"text": "x"}]), None),
        chunk(&json!([{"text": ""}]), Some("STOP")),
    ]);
    let events = events(&[&stream], &home());
    let reasons: Vec<Value> = told(Chat.stream_encoder(&Reply::default()), &events)
        .iter()
        .filter_map(|chunk| {
            chunk["choices"]
                .get(0)
                .map(|choice| choice["finish_reason"].clone())
        })
        .collect();
    let (last, before) = reasons.split_last().unwrap();
    assert_eq!(last, "tool_calls");
    assert!(before.iter().all(Value::is_null), "{before:?}");
}

#[test]
fn u11_ids_are_the_same_in_a_stream() {
    let parts = json!([call(1), call(2)]);
    let whole = json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]});
    let whole = Gemini
        .decode_response(&json(&whole), &home())
        .unwrap()
        .value;
    let stream = stream_of(&[
        chunk(&json!([call(1)]), None),
        chunk(&json!([call(2)]), Some("STOP")),
    ]);
    let (folded, _) = fold(events(&[&stream], &home())).unwrap();
    assert_eq!(folded.blocks, whole.blocks);
    let other = Source {
        seed: "other".into(),
        ..home()
    };
    let (folded, _) = fold(events(&[&stream], &other)).unwrap();
    assert_ne!(folded.blocks, whole.blocks);
}

fn fault(events: &[Event]) -> &StreamFault {
    match events.last() {
        Some(Event::Error(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_breaks_off_is_told() {
    let error = |code: u64, status: &str| json!({"error": {"code": code, "message": "no", "status": status}});
    let rows = [
        (vec![], Kind::Truncated, None),
        (
            vec![error(503, "UNAVAILABLE")],
            Kind::Overloaded,
            Some("UNAVAILABLE"),
        ),
        (
            vec![error(429, "RESOURCE_EXHAUSTED")],
            Kind::RateLimited,
            Some("RESOURCE_EXHAUSTED"),
        ),
        (
            vec![json!([error(500, "INTERNAL")])],
            Kind::BadUpstream,
            Some("INTERNAL"),
        ),
        (
            vec![
                json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "no", "details": [{"@type": "x", "reason": "API_KEY_INVALID"}]}}),
            ],
            Kind::CredentialRejected,
            Some("API_KEY_INVALID"),
        ),
        (
            vec![chunk(&json!([]), Some("MALFORMED_FUNCTION_CALL"))],
            Kind::BadUpstream,
            Some("MALFORMED_FUNCTION_CALL"),
        ),
        (
            vec![chunk(
                &json!([{"functionCall": {"args": {}}}]),
                Some("STOP"),
            )],
            Kind::BadUpstream,
            None,
        ),
        (
            vec![chunk(&json!("x"), Some("STOP"))],
            Kind::BadUpstream,
            None,
        ),
    ];
    for (more, kind, code) in rows {
        let stream = stream_of(&[&[chunk(&json!([{"text": "a"}]), None)], &more[..]].concat());
        let events = events(&[&stream], &home());
        let fault = fault(&events);
        assert_eq!(
            (fault.kind, fault.code.as_deref()),
            (kind, code),
            "{more:?}"
        );
    }
    assert_eq!(
        fault(&events(&[b"data: {\"candidates\":\n\n"], &home())).kind,
        Kind::BadUpstream
    );
    assert_eq!(fault(&events(&[b""], &home())).kind, Kind::Truncated);
}

#[test]
fn a_verbatim_stream_is_observed() {
    let mut seen = Observation::default();
    for fixture in fixtures::all() {
        let Some(stream) = fixture.stream.filter(|_| fixture.name == "answer_thinking") else {
            continue;
        };
        let mut frames = Vec::new();
        sse::Decoder::default().push(&stream, &mut frames).unwrap();
        let (last, before) = frames.split_last().unwrap();
        for frame in before {
            Gemini.observe(frame, &mut seen);
        }
        assert_eq!(
            (seen.stopped, seen.usage.as_ref().unwrap().output),
            (false, None)
        );
        Gemini.observe(last, &mut seen);
    }
    let usage = seen.usage.clone().unwrap();
    assert_eq!(
        (
            seen.stopped,
            seen.ended,
            usage.fresh,
            usage.output,
            usage.reasoning
        ),
        (true, false, Some(26), Some(50), Some(30))
    );
    let frame = |value: &Value| Frame::data(json(value));
    Gemini.observe(
        &frame(&json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "m"}})),
        &mut seen,
    );
    assert_eq!(seen.fault.unwrap().kind, Kind::RateLimited);
    let mut seen = Observation::default();
    Gemini.observe(
        &frame(&json!({"promptFeedback": {"blockReason": "SAFETY"}})),
        &mut seen,
    );
    assert!(seen.stopped);
}

#[test]
fn grounding_may_come_late_and_behind_thoughts() {
    let grounded = |mut chunk: Value| {
        chunk["candidates"][0]["groundingMetadata"] = json!({
            "groundingChunks": [{"web": {"uri": "https://a.example/", "title": "a"}}, {"web": {"uri": "https://b.example/"}}],
            "groundingSupports": [{"segment": {"startIndex": 8, "endIndex": 12, "text": "Welt"}, "groundingChunkIndices": [0]},
                {"segment": {"startIndex": 0, "endIndex": 4, "text": "else"}, "groundingChunkIndices": [1]}]});
        chunk
    };
    let thought = json!({"text": "hm", "thought": true});
    let signed = |text: &str| json!({"text": text, "thoughtSignature": "c2ln"});
    let whole = json!([thought, signed("Grüße Welt.")]);
    let streams = [
        // with the last words, and behind them
        vec![
            chunk(&json!([thought]), None),
            chunk(&json!([{"text": "Grüße "}]), None),
            grounded(chunk(&json!([signed("Welt.")]), Some("STOP"))),
        ],
        vec![
            chunk(&json!([thought]), None),
            chunk(&json!([signed("Grüße Welt.")]), None),
            grounded(chunk(&json!([{"text": ""}]), Some("STOP"))),
        ],
    ];
    let whole = grounded(chunk(&whole, Some("STOP")));
    let whole = Gemini
        .decode_response(&json(&whole), &home())
        .unwrap()
        .value;
    let byokey_translate::ir::Kind::Text { annotations, .. } = &whole.blocks[1].kind else {
        panic!("{whole:?}");
    };
    let spans: Vec<_> = annotations.iter().map(|it| it.span).collect();
    // what is not the text that is meant is not pointed to
    assert_eq!(spans, [Some((6, 10)), None]);
    for stream in streams {
        let (folded, _) = fold(events(&[&stream_of(&stream)], &home())).unwrap();
        assert_eq!(folded.blocks, whole.blocks);
    }
}

#[test]
fn of_several_answers_the_first_is_told() {
    let mut other = chunk(&json!([{"text": "b"}]), Some("SAFETY"));
    other["candidates"][0]["index"] = json!(1);
    let mut both = chunk(&json!([{"text": "a"}]), None);
    let second = other["candidates"][0].clone();
    both["candidates"].as_array_mut().unwrap().insert(0, second);
    let stream = stream_of(&[
        other.clone(),
        both,
        other.clone(),
        chunk(&json!([{"text": "c"}]), Some("STOP")),
        other,
    ]);
    let (response, _) = fold(events(&[&stream], &home())).unwrap();
    let texts: Vec<_> = response.blocks.iter().map(|it| it.as_text()).collect();
    assert_eq!(texts, [Some("ac")]);
    assert_eq!(response.stop.unwrap().reason, StopReason::EndTurn);
}

#[test]
fn a_blocked_prompt_ends_a_stream_whole() {
    let stream = stream_of(&[json!({"promptFeedback": {"blockReason": "SAFETY"}})]);
    let (response, _) = fold(events(&[&stream], &home())).unwrap();
    assert_eq!(response.stop.unwrap().reason, StopReason::Refusal);
}

#[test]
fn heads_of_native_parts_hold_all_of_them() {
    let part = json!({"executableCode": {"language": "PYTHON", "code": "1"}});
    let stream = stream_of(&[chunk(&json!([part]), Some("STOP"))]);
    let events = events(&[&stream], &home());
    let head = events.iter().find_map(|event| match event {
        Event::Open {
            head: Head::Native { tag, value, .. },
            ..
        } => Some((tag.as_str(), value.decode::<Value>().unwrap())),
        _ => None,
    });
    assert_eq!(head, Some(("executableCode", part)));
}

proptest! {
    #[test]
    fn damaged_streams_are_sentences_too(stream in any::<prop::sample::Index>(), fates in prop::collection::vec(0..12, 60)) {
        let streams: Vec<_> = fixtures::all().into_iter().filter_map(|it| it.stream).collect();
        let stream: &Bytes = stream.get(&streams);
        let mut frames: Vec<Frame> = Vec::new();
        sse::Decoder::default().push(stream, &mut frames).unwrap();
        let mut damaged: Vec<Frame> = Vec::new();
        for (frame, fate) in frames.into_iter().zip(fates) {
            match fate {
                0 => {}
                1 => damaged.extend([frame.clone(), frame]),
                2 => damaged.insert(damaged.len().saturating_sub(1), frame),
                _ => damaged.push(frame),
            }
        }
        let mut decoder = Gemini.stream_decoder(&home());
        let mut events = Vec::new();
        for frame in &damaged {
            decoder.push(frame, &mut events);
        }
        decoder.finish(&mut events);
        check(&events);
        let again = super::events(&[&stream_of(&encoded(&events, &Reply::default()))], &home());
        let broken = |events: &[Event]| matches!(events.last(), Some(Event::Error(_)));
        prop_assert_eq!(broken(&again), broken(&events));
    }
}

#[test]
fn a_thinking_stream_for_clients_of_other_formats() {
    let fixtures = fixtures::all();
    let fixture = fixtures
        .iter()
        .find(|it| it.name == "answer_thinking")
        .unwrap();
    let events = events(&[fixture.stream.as_ref().unwrap()], &home());
    let chat = told(Chat.stream_encoder(&Reply::default()), &events);
    let words = |key: &str| -> String {
        let deltas = chat
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["delta"][key].as_str());
        deltas.collect()
    };
    assert_eq!(
        (
            words("reasoning_content").as_str(),
            words("content").as_str()
        ),
        ("Let me think.", "Answer more")
    );
    let messages = told(Messages.stream_encoder(&Reply::default()), &events);
    let words = |key: &str| -> String {
        let deltas = messages
            .iter()
            .filter_map(|event| event["delta"][key].as_str());
        deltas.collect()
    };
    assert_eq!(
        (words("thinking").as_str(), words("text").as_str()),
        ("Let me think.", "Answer more")
    );
    let usage = &messages[messages.len() - 2]["usage"];
    assert_eq!(
        (
            &usage["input_tokens"],
            &usage["cache_read_input_tokens"],
            &usage["output_tokens"]
        ),
        (&json!(26), &json!(80), &json!(50))
    );
}
