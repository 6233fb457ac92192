//! Whole answers: of other formats for our clients, and of odd upstreams.

use byokey_translate::{
    Codec, Reply,
    ir::{
        Annotation, AnnotationSource, Block, CallId, Input, Kind, Reasoning, ReasoningPart,
        Response, Runs, Stop, StopReason, ToolCall,
    },
    messages::Messages,
};
use byokey_types::{Format, Raw, RawObject, Usage};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{home, json as bytes};

fn encode(response: &Response) -> (Value, Vec<String>) {
    let reply = Reply {
        model: "alias".into(),
        seed: "seed".into(),
        ..Reply::default()
    };
    let (body, losses) = Messages.encode_response(response, &reply);
    let losses = losses.as_slice().iter().map(ToString::to_string).collect();
    (serde_json::from_slice(&body).unwrap(), losses)
}

fn stopped(stop: Stop) -> Value {
    let (body, _) = encode(&Response {
        stop: Some(stop),
        ..Response::default()
    });
    json!([body["stop_reason"], body["stop_sequence"]])
}

#[test]
fn u07_u08_stop_reasons() {
    for (word, reason) in [
        ("end_turn", StopReason::EndTurn),
        ("stop_sequence", StopReason::StopSequence),
        ("max_tokens", StopReason::MaxTokens),
        ("tool_use", StopReason::ToolCall),
        ("refusal", StopReason::Refusal),
        ("sensitive", StopReason::Refusal),
        ("pause_turn", StopReason::Pause),
        ("model_context_window_exceeded", StopReason::ContextWindow),
        ("moonrise", StopReason::Other),
    ] {
        let answer = bytes(&json!({"content": [], "stop_reason": word}));
        let stop = Messages
            .decode_response(&answer, &home())
            .unwrap()
            .value
            .stop;
        assert_eq!(stop, Some(Stop::new(reason, word)));
        assert_eq!(stopped(stop.unwrap()), json!([word, null]));
    }
    for absent in [
        json!({"content": []}),
        json!({"content": [], "stop_reason": null}),
    ] {
        let answer = Messages
            .decode_response(&bytes(&absent), &home())
            .unwrap()
            .value;
        assert_eq!(answer.stop, None);
    }
    for (reason, raw, word) in [
        (StopReason::EndTurn, "stop", "end_turn"),
        (StopReason::MaxTokens, "length", "max_tokens"),
        (StopReason::ToolCall, "function_call", "tool_use"),
        (StopReason::Refusal, "content_filter", "refusal"),
        (
            StopReason::ContextWindow,
            "x",
            "model_context_window_exceeded",
        ),
    ] {
        assert_eq!(stopped(Stop::new(reason, raw)), json!([word, null]));
    }
    let sequence = Stop {
        reason: StopReason::EndTurn,
        raw: Some("stop".into()),
        sequence: Some("\nEND".to_owned()),
    };
    assert_eq!(stopped(sequence), json!(["stop_sequence", "\nEND"]));
}

#[test]
fn u03_u06_counts() {
    let count = |usage: Value| {
        let answer = bytes(&json!({"content": [], "usage": usage}));
        let usage = Messages
            .decode_response(&answer, &home())
            .unwrap()
            .value
            .usage;
        usage.map(|usage| {
            (
                usage.fresh,
                usage.cache_read,
                usage.cache_write,
                usage.output,
            )
        })
    };
    assert_eq!(count(Value::Null), None);
    assert_eq!(count(json!("many")), None);
    assert_eq!(
        count(json!({"input_tokens": "7", "output_tokens": null})),
        Some((None, None, None, None))
    );
    assert_eq!(
        count(json!({"input_tokens": 4, "cache_read_input_tokens": 0})),
        Some((Some(4), Some(0), None, None))
    );
    let response = Response {
        usage: Some(Usage {
            fresh: Some(0),
            cache_read: Some(80),
            cache_write: Some(50),
            output: Some(9),
            reasoning: Some(3),
            raw: Some(
                RawObject::parse(r#"{"prompt_tokens":100,"service_tier":"standard"}"#).unwrap(),
            ),
        }),
        ..Response::default()
    };
    let (body, losses) = encode(&response);
    let expected = json!({"input_tokens": 0, "cache_creation_input_tokens": 50, "cache_read_input_tokens": 80, "service_tier": "standard", "output_tokens": 9});
    assert_eq!(
        (&body["usage"], losses),
        (&expected, vec!["usage.reasoning=dropped".to_owned()])
    );
}

fn call(input: Input) -> Block {
    Block::new(Kind::ToolCall(ToolCall {
        id: CallId::new("c"),
        name: "f".into(),
        input,
        runs: Runs::Client,
    }))
}

#[test]
fn u14_u16_an_answer_of_another_format() {
    let (body, losses) = encode(&Response::default());
    let empty = json!({"id": body["id"], "type": "message", "role": "assistant", "model": "alias", "content": [], "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 0, "output_tokens": 0}});
    assert_eq!((&body, losses), (&empty, vec![]));
    assert!(body["id"].as_str().unwrap().starts_with("msg_"));

    let link = Annotation {
        span: Some((0, 1)),
        source: AnnotationSource::Url("https://example.com".to_owned()),
        title: None,
        quoted: None,
        format: Format::OpenAiChat,
        native: Raw::EMPTY_OBJECT,
    };
    let reasoning = |redacted| {
        let parts = vec![
            ReasoningPart::Summary("a".to_owned()),
            ReasoningPart::Summary("b".to_owned()),
        ];
        let parts = if redacted { vec![] } else { parts };
        Block::new(Kind::Reasoning(Reasoning { parts, redacted }))
    };
    let response = Response {
        id: Some("chatcmpl-9a".into()),
        blocks: vec![
            reasoning(false),
            reasoning(true),
            Block::new(Kind::Text {
                text: "t".to_owned(),
                annotations: vec![link],
            }),
            Block::new(Kind::Refusal {
                text: "no".to_owned(),
            }),
            call(Input::Json(Raw::parse("{\"n\": 1.0}").unwrap())),
            call(Input::Malformed("{\"n".to_owned())),
            Block::new(Kind::Native {
                format: Format::OpenAiResponses,
                tag: "x".into(),
                value: Raw::EMPTY_OBJECT,
            }),
        ],
        stop: Some(Stop::new(StopReason::EndTurn, "stop")),
        ..Response::default()
    };
    let (body, losses) = encode(&response);
    let content = json!([
        {"type": "thinking", "thinking": "a\n\nb", "signature": ""},
        {"type": "text", "text": "t"},
        {"type": "text", "text": "no"},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"n": 1.0}},
        {"type": "tool_use", "id": "c", "name": "f", "input": {}},
    ]);
    assert_eq!(
        (&body["id"], &body["content"], &body["stop_reason"]),
        (&json!("msg_9a"), &content, &json!("refusal"))
    );
    assert_eq!(
        losses,
        [
            "content.1=dropped",
            "content.2.annotations=dropped",
            "content.3=approximated",
            "content.5.input=dropped",
            "content.6=dropped"
        ]
    );
    assert_eq!(
        response.malformed_call().map(|call| call.input.as_str()),
        Some("{\"n")
    );
    let cut = Response {
        stop: Some(Stop::bare(StopReason::MaxTokens)),
        ..response
    };
    assert_eq!(cut.malformed_call(), None);
}

#[test]
fn answers_of_no_shape_name_the_field() {
    for (value, message) in [
        (json!({}), "`content` is required"),
        (
            json!({"content": "x"}),
            "`content` must be an array, not a string",
        ),
        (
            json!({"content": [{"type": "text"}]}),
            "`content.0.text` is required",
        ),
        (
            json!({"content": [{"type": "tool_use", "id": "x", "name": ""}]}),
            "`content.0.name` must not be empty",
        ),
        (json!([]), "`$` must be an object, not an array"),
    ] {
        let error = Messages
            .decode_response(&bytes(&value), &home())
            .unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let unnamed = bytes(&json!({"content": [{"type": "tool_use", "name": "f"}]}));
    let ids: Vec<_> = (0..2)
        .map(|_| {
            Messages
                .decode_response(&unnamed, &home())
                .unwrap()
                .value
                .blocks
                .remove(0)
        })
        .collect();
    assert_eq!(ids[0], ids[1]);
}
