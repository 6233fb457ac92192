//! Streams: agreement with whole answers, any chunking, and what breaks off.

use byokey_translate::{
    Codec, Event, Reply,
    codec::Source,
    event::{Delta, StreamFault},
    fold::fold,
    ir::{Response, StopReason},
    messages::Messages,
    sse,
};
use byokey_types::{Frame, Kind};
use bytes::Bytes;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{canonical, check, encoded, events, fixtures, home, stream_of};

#[test]
fn a_stream_and_its_answer_agree() {
    let mut pairs = 0;
    for fixture in fixtures::all() {
        let (Some(response), Some(stream)) = (fixture.response, fixture.stream) else {
            continue;
        };
        pairs += 1;
        let (folded, losses) = fold(events(&[&stream], &home())).unwrap();
        let answer = Messages.decode_response(&response, &home()).unwrap().value;
        assert_eq!(folded, answer, "{}", fixture.name);
        assert!(losses.is_empty(), "{}", fixture.name);
    }
    assert!(pairs >= 12, "{pairs}");
}

#[test]
fn a_stream_means_the_same_in_any_chunks() {
    for fixture in fixtures::all() {
        let Some(stream) = fixture.stream else {
            continue;
        };
        let whole = events(&[&stream], &home());
        for split in 0..stream.len() {
            let (head, tail) = stream.split_at(split);
            assert_eq!(
                events(&[head, tail], &home()),
                whole,
                "{} at {split}",
                fixture.name
            );
        }
    }
}

#[test]
fn a_stream_is_its_own_translation() {
    for fixture in fixtures::all() {
        let Some(stream) = fixture.stream else {
            continue;
        };
        let once = events(&[&stream], &home());
        let mut out = bytes::BytesMut::new();
        let mut encoder = Messages.stream_encoder(&Reply::default());
        for event in &once {
            encoder.push(event, &mut out);
        }
        let twice = events(&[&out], &home());
        if fixture.name == "stream_interleaved" || fixture.name == "stream_error" {
            // blocks come one after the other; an error says the same
            assert_eq!(twice.last(), once.last(), "{}", fixture.name);
            continue;
        }
        let (mut found, _) = fold(twice).unwrap();
        let (mut expected, _) = fold(once).unwrap();
        let counts = |response: &mut Response| {
            let raw = response.usage.as_mut().unwrap().raw.take();
            canonical(&raw.unwrap().to_raw())
        };
        // the order of the counts is the writer's
        assert_eq!(
            counts(&mut found),
            counts(&mut expected),
            "{}",
            fixture.name
        );
        assert_eq!(found, expected, "{}", fixture.name);
    }
}

#[test]
fn names_of_events_are_their_types() {
    for fixture in fixtures::all() {
        let Some(stream) = fixture.stream else {
            continue;
        };
        for (name, data) in encoded(&events(&[&stream], &home()), &Reply::default()) {
            assert_eq!(data["type"], name, "{}", fixture.name);
        }
    }
}

#[test]
fn interleaved_blocks_reach_clients_one_after_the_other() {
    let fixtures = fixtures::all();
    let fixture = fixtures
        .iter()
        .find(|it| it.name == "stream_interleaved")
        .unwrap();
    let events = events(&[fixture.stream.as_ref().unwrap()], &home());
    let brief: Vec<String> = encoded(&events, &Reply::default())
        .iter()
        .map(
            |(name, data)| match (&data["index"], &data["delta"]["type"]) {
                (Value::Null, _) => name.clone(),
                (index, Value::String(delta)) => format!("{delta} {index}"),
                (index, _) => format!("{name} {index}"),
            },
        )
        .collect();
    assert_eq!(
        brief,
        [
            "message_start",
            "content_block_start 0",
            "text_delta 0",
            "text_delta 0",
            "content_block_stop 0",
            "content_block_start 1",
            "input_json_delta 1",
            "input_json_delta 1",
            "content_block_stop 1",
            "content_block_start 2",
            "hologram_delta 2",
            "content_block_stop 2",
            "message_delta",
            "message_stop",
        ]
    );
}

/// A stream up to a first word.
fn begun() -> Vec<Value> {
    vec![
        json!({"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 3, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}}),
    ]
}

fn with(more: &[Value]) -> Vec<Event> {
    events(&[&stream_of(&[&begun()[..], more].concat())], &home())
}

fn fault(events: &[Event]) -> &StreamFault {
    match events.last() {
        Some(Event::Error(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_breaks_off_is_told() {
    let rows = [
        (vec![], Kind::Truncated, None),
        (
            vec![
                json!({"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}),
            ],
            Kind::RateLimited,
            Some("rate_limit_error"),
        ),
        (
            vec![json!({"error": {"message": "no", "code": "x"}})],
            Kind::BadUpstream,
            Some("x"),
        ),
        (
            vec![
                json!({"type": "error", "error": {"type": "authentication_error", "message": "no"}}),
                json!({"type": "message_stop"}),
            ],
            Kind::CredentialRejected,
            Some("authentication_error"),
        ),
        (
            vec![
                json!({"type": "content_block_delta", "index": 9, "delta": {"type": "text_delta", "text": "a"}}),
            ],
            Kind::BadUpstream,
            None,
        ),
        (
            vec![
                json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "a"}}),
            ],
            Kind::BadUpstream,
            None,
        ),
        (
            vec![
                json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": ""}}),
            ],
            Kind::BadUpstream,
            None,
        ),
    ];
    for (more, kind, code) in rows {
        let events = with(&more);
        let fault = fault(&events);
        assert_eq!(
            (fault.kind, fault.code.as_deref()),
            (kind, code),
            "{more:?}"
        );
    }
    let mut broken = stream_of(&begun());
    broken.extend_from_slice(b"data: {\"type\":\n\n");
    assert_eq!(fault(&events(&[&broken], &home())).kind, Kind::BadUpstream);
    assert_eq!(fault(&events(&[b""], &home())).kind, Kind::Truncated);
}

#[test]
fn a_stream_that_said_its_end_is_whole() {
    let delta = json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 9}});
    let stop = json!({"type": "message_stop"});
    // a block that opens where another one was left open
    let again = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "b"}});
    let rows = [
        (vec![again, delta.clone()], StopReason::MaxTokens),
        (vec![delta.clone()], StopReason::MaxTokens),
        (
            vec![
                delta.clone(),
                stop.clone(),
                json!({"type": "error", "error": {}}),
            ],
            StopReason::MaxTokens,
        ),
        (vec![stop], StopReason::EndTurn),
    ];
    for (more, reason) in rows {
        let (response, _) = fold(with(&more)).unwrap();
        assert_eq!(response.stop.unwrap().reason, reason, "{more:?}");
        assert_eq!(response.blocks[0].as_text(), Some("a"));
    }
    let done = [
        stream_of(&[&begun()[..], &[delta]].concat()),
        b"data: [DONE]\n\n".to_vec(),
    ]
    .concat();
    assert_eq!(events(&[&done], &home()).last(), Some(&Event::End));
}

#[test]
fn seals_of_a_guest_are_his() {
    let fixtures = fixtures::all();
    let fixture = fixtures
        .iter()
        .find(|it| it.name == "answer_thinking")
        .unwrap();
    let stream = fixture.stream.as_ref().unwrap();
    let guest = Source {
        family: Some("guest".into()),
        account: Some("a1".into()),
        seed: "s".into(),
    };
    let seals = |source: &Source| -> Vec<(String, Option<String>)> {
        events(&[stream], source)
            .into_iter()
            .filter_map(|event| match event {
                Event::Delta {
                    delta: Delta::Seal(seal),
                    ..
                } => Some((
                    format!("{}:{}", seal.issuer.family, seal.payload),
                    seal.issuer.account.map(Into::into),
                )),
                _ => None,
            })
            .collect()
    };
    let account = Some("a1".to_owned());
    assert_eq!(
        seals(&guest),
        [
            ("guest:U2lnMQ==".to_owned(), account.clone()),
            ("guest:RW5j".to_owned(), account.clone()),
            ("guest:U2lnMg==".to_owned(), account),
        ]
    );
    assert_eq!(seals(&Source::default()), []);
    // what a client of a guest gets names the guest, and comes back to him
    let frames = encoded(&events(&[stream], &guest), &Reply::default());
    let signature = frames
        .iter()
        .find_map(|(_, data)| data["delta"]["signature"].as_str())
        .unwrap();
    let opened = byokey_translate::carrier::open(signature).unwrap();
    assert_eq!(
        (
            opened.seal.issuer.family.as_str(),
            opened.seal.payload.as_str()
        ),
        ("guest", "U2lnMQ==")
    );
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
        let mut decoder = Messages.stream_decoder(&home());
        let mut events = Vec::new();
        for frame in &damaged {
            decoder.push(frame, &mut events);
        }
        decoder.finish(&mut events);
        check(&events);
        // what is written of it is a stream again, whole when it was whole
        let written: Vec<Value> = encoded(&events, &Reply::default()).into_iter().map(|(_, data)| data).collect();
        let again = super::events(&[&stream_of(&written)], &home());
        let broken = |events: &[Event]| matches!(events.last(), Some(Event::Error(_)));
        prop_assert_eq!(broken(&again), broken(&events));
    }
}
