//! Streams, read, and written again.

use byokey_translate::{
    Codec, Event, Reply,
    event::StreamFault,
    fold::fold,
    ir::{Stop, StopReason},
    responses::Responses,
    unfold::unfold,
};
use byokey_types::Kind;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{events, fixtures, frames, home, stream_of, written};

#[test]
fn streams_and_answers_agree_and_chunks_do_not_matter() {
    let mut paired = 0;
    for fixture in fixtures::all() {
        let (Some(stream), Some(response)) = (fixture.stream, fixture.response) else {
            continue;
        };
        paired += 1;
        let (folded, lost) = fold(events(&[&stream])).unwrap();
        let answer = Responses.decode_response(&response, &home()).unwrap().value;
        assert_eq!(folded, answer, "{}", fixture.name);
        assert!(lost.is_empty(), "{}", fixture.name);
        // what the decoder sees is the frames, so it is enough that they do not differ
        let of_one = frames(&[&stream]);
        for at in 0..stream.len() {
            let (a, b) = stream.split_at(at);
            assert_eq!(frames(&[a, b]), of_one, "{} split at {at}", fixture.name);
        }
    }
    assert_eq!(paired, 9);
}

#[test]
fn written_streams_agree_with_written_answers_and_mean_the_same() {
    for fixture in fixtures::all() {
        let Some(response) = fixture.response else {
            continue;
        };
        let answer = Responses.decode_response(&response, &home()).unwrap().value;
        let said = unfold(answer.clone());
        let shown = written(&said, &Reply::default());
        let (body, _) = Responses.encode_response(&answer, &Reply::default());
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(shown.last().unwrap()["response"], body, "{}", fixture.name);
        // P04: what is added is done, in order, at indexes without gaps
        let of = |name: &str| -> Vec<Value> {
            let of = shown.iter().filter(|frame| frame["type"] == name);
            of.map(|frame| json!([frame["output_index"], frame["item"]["id"]]))
                .collect()
        };
        let items = body["output"].as_array().unwrap();
        let expected: Vec<Value> = (0..)
            .zip(items)
            .map(|(at, item): (u64, _)| json!([at, item["id"]]))
            .collect();
        assert_eq!(
            of("response.output_item.added"),
            expected,
            "{}",
            fixture.name
        );
        assert_eq!(
            of("response.output_item.done"),
            expected,
            "{}",
            fixture.name
        );
        let read = fold(events(&[&stream_of(&shown)])).unwrap().0;
        let (again, _) = Responses.encode_response(&read, &Reply::default());
        let again: Value = serde_json::from_slice(&again).unwrap();
        assert_eq!(again, body, "{}", fixture.name);
    }
}

fn created() -> Value {
    json!({"type": "response.created", "response": {"id": "resp_1", "model": "m", "output": []}})
}

fn content(data: &[Value]) -> Vec<Event> {
    let events = events(&[&stream_of(data)]);
    events
        .into_iter()
        .filter(|event| !matches!(event, Event::Start(_)))
        .collect()
}

#[test]
fn p06_p10_items_that_only_end_are_recovered() {
    let item = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "hi", "annotations": []}]});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{\"a\":1}"});
    let sealed =
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "RU5D"});
    let answer = Responses
        .decode_response(
            &super::bytes(&json!({"id": "resp_1", "model": "m", "status": "completed", "output": [sealed, item, call]})),
            &home(),
        )
        .unwrap()
        .value;
    let done = |at: u64, item: &Value| json!({"type": "response.output_item.done", "output_index": at, "item": item});
    let completed = |output: Value| json!({"type": "response.completed", "response": {"id": "resp_1", "model": "m", "status": "completed", "output": output}});
    let begun = json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "id": "rs_1", "summary": []}});
    let streams = [
        vec![
            created(),
            done(0, &sealed),
            done(1, &item),
            done(2, &call),
            completed(json!([])),
        ],
        vec![
            created(),
            begun,
            done(0, &sealed),
            done(1, &item),
            done(2, &call),
            completed(json!([])),
        ],
        vec![created(), completed(json!([sealed, item, call]))],
        vec![completed(json!([sealed, item, call]))],
    ];
    for data in streams {
        assert_eq!(fold(events(&[&stream_of(&data)])).unwrap().0, answer);
    }
}

#[test]
fn p08_p16_ends() {
    let incomplete = json!({"type": "response.incomplete", "response": {"status": "incomplete"}});
    assert_eq!(
        content(&[created(), incomplete]),
        [
            Event::Stop(Stop::new(StopReason::MaxTokens, "incomplete")),
            Event::End
        ]
    );
    let mut unfinished = stream_of(&[
        created(),
        json!({"type": "response.completed", "response": {"status": "completed"}}),
    ]);
    unfinished.truncate(unfinished.len() - 1);
    assert_eq!(events(&[&unfinished]).last(), Some(&Event::End));
    let fault = |kind, code: Option<&str>, message: &str| {
        Event::Error(StreamFault {
            kind,
            code: code.map(Into::into),
            message: message.to_owned(),
        })
    };
    let rows = [
        (
            vec![
                created(),
                json!({"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_is_overloaded", "message": "busy"}}}),
            ],
            fault(Kind::Overloaded, Some("server_is_overloaded"), "busy"),
        ),
        (
            vec![
                json!({"type": "error", "code": "rate_limit_exceeded", "message": "slow", "param": null}),
            ],
            fault(Kind::RateLimited, Some("rate_limit_exceeded"), "slow"),
        ),
        (
            vec![
                created(),
                json!({"type": "error", "error": {"type": "invalid_request_error", "code": "invalid_encrypted_content", "message": "stale"}}),
            ],
            fault(Kind::StaleSeal, Some("invalid_encrypted_content"), "stale"),
        ),
        (
            vec![json!({"type": "codex.rate_limits"}), created()],
            fault(
                Kind::Truncated,
                None,
                "the upstream's stream ended before the answer was whole",
            ),
        ),
    ];
    for (data, expected) in rows {
        assert_eq!(events(&[&stream_of(&data)]).last(), Some(&expected));
    }
    let garbage = events(&[b"data: {oops\n\n"]);
    assert!(matches!(&garbage[..], [Event::Error(fault)] if fault.kind == Kind::BadUpstream));
}
