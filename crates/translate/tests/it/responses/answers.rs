//! Whole answers and errors.

use byokey_translate::{
    Codec, Reply,
    ir::{
        Annotation, AnnotationSource, Block, CallId, Input, Kind, Response, Runs, Stop, StopReason,
        ToolCall,
    },
    responses::Responses,
};
use byokey_types::{ByokError, Format, Kind as ErrorKind, Raw, Usage};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{bytes, home};

fn encode(response: &Response) -> (Value, Vec<String>) {
    let reply = Reply {
        model: "alias".into(),
        seed: "seed".into(),
        ..Reply::default()
    };
    let (body, losses) = Responses.encode_response(response, &reply);
    let losses = losses.as_slice().iter().map(ToString::to_string).collect();
    (serde_json::from_slice(&body).unwrap(), losses)
}

#[test]
fn u02_u06_counts() {
    let usage = Usage {
        fresh: Some(44),
        cache_read: Some(22_000),
        output: Some(4),
        ..Usage::default()
    };
    let (body, _) = encode(&Response {
        usage: Some(usage),
        ..Response::default()
    });
    let expected = json!({"input_tokens": 22_044, "input_tokens_details": {"cached_tokens": 22_000}, "output_tokens": 4, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 22_048});
    assert_eq!(body["usage"], expected);
    let read = |usage: Value| {
        let usage = Responses.read_usage(&Raw::of(&usage))?;
        Some((usage.fresh, usage.cache_read, usage.output, usage.reasoning))
    };
    assert_eq!(
        read(expected),
        Some((Some(44), Some(22_000), Some(4), Some(0)))
    );
    assert_eq!(read(Value::Null), None);
    assert_eq!(
        read(json!({"input_tokens": "7"})),
        Some((None, None, None, None))
    );
}

#[test]
fn u08_u17_p20_an_answer_of_another_format() {
    let call = Block::new(Kind::ToolCall(ToolCall {
        id: CallId::new("c"),
        name: "f".into(),
        input: Input::Json(Raw::EMPTY_OBJECT),
        runs: Runs::Client,
    }));
    let cited = Block::new(Kind::Text {
        text: "Ünï".to_owned(),
        annotations: vec![Annotation {
            span: None,
            source: AnnotationSource::Url("https://e.com".to_owned()),
            title: None,
            quoted: None,
            format: Format::OpenAiChat,
            native: Raw::EMPTY_OBJECT,
        }],
    });
    let native = Block::new(Kind::Native {
        format: Format::AnthropicMessages,
        tag: "x".into(),
        value: Raw::EMPTY_OBJECT,
    });
    let (body, losses) = encode(&Response {
        blocks: vec![Block::text("a"), call, native, cited],
        stop: Some(Stop {
            sequence: Some("\nEND".to_owned()),
            ..Stop::bare(StopReason::StopSequence)
        }),
        ..Response::default()
    });
    let kinds: Vec<&Value> = body["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["type"])
        .collect();
    assert_eq!(kinds, ["message", "function_call", "message"]);
    assert_eq!(
        body["output"][2]["content"][0]["annotations"],
        json!([{"type": "url_citation", "start_index": 0, "end_index": 3, "url": "https://e.com", "title": ""}])
    );
    assert_eq!(losses, ["content.2=dropped"]);
    assert_eq!(
        (&body["model"], &body["stop_sequence"]),
        (&json!("alias"), &json!("\nEND"))
    );
    let stop = Responses
        .decode_response(&bytes(&body), &home())
        .unwrap()
        .value
        .stop
        .unwrap();
    assert_eq!(stop.sequence.as_deref(), Some("\nEND"));
}

#[test]
fn failures_are_no_answers() {
    let failed = json!({"status": "failed", "error": {"code": "server_error", "message": "secret"}, "output": []});
    let error = Responses
        .decode_response(&bytes(&failed), &home())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`error` reports that the upstream failed"
    );
    let body = Responses.encode_error(&ByokError::new(ErrorKind::RateLimited, "slow"), "req");
    let expected = json!({"error": {"message": "slow", "type": "rate_limit_error", "param": null, "code": "rate_limit_exceeded"}});
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
}

#[test]
fn seals_are_visited_wherever_they_stand() {
    let item = json!({"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "old"});
    let other = json!({"type": "message", "encrypted_content": "no"});
    let rows = [
        (
            json!({"input": [item, other]}),
            "/input/0/encrypted_content",
            json!({"input": [other]}),
        ),
        (
            json!({"output": [item]}),
            "/output/0/encrypted_content",
            json!({"output": []}),
        ),
        (
            json!({"response": {"output": [item, other]}}),
            "/response/output/0/encrypted_content",
            json!({"response": {"output": [other]}}),
        ),
    ];
    for (value, place, removed) in rows {
        let mut object = byokey_types::RawObject::parse(bytes(&value)).unwrap();
        assert!(!Responses.map_seals(&mut object, &mut |slot| Some(slot.text.to_owned())));
        assert!(Responses.map_seals(&mut object, &mut |slot| Some(format!("new {}", slot.text))));
        let found: Value = serde_json::from_slice(&object.to_bytes()).unwrap();
        assert_eq!(found.pointer(place), Some(&json!("new old")));
        assert!(Responses.map_seals(&mut object, &mut |_| None));
        let found: Value = serde_json::from_slice(&object.to_bytes()).unwrap();
        assert_eq!(found, removed);
    }
}
