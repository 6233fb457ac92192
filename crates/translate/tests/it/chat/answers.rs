//! Whole answers: stop reasons, usage, calls, reasoning.

use byokey_translate::{
    Codec,
    chat::Chat,
    ir::{
        Annotation, AnnotationSource, Block, CallId, Input, Issuer, Kind, Reasoning, ReasoningPart,
        Response, Runs, Seal, Stop, StopReason, ToolCall,
    },
};
use byokey_types::{Format, Raw, Usage};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{json as parse, reply, said};

const CALL: &str = r#"{"content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}"#;

fn written(response: &Response) -> Value {
    parse(&Chat.encode_response(response, &reply()).0)
}

fn of(blocks: Vec<Block>) -> Response {
    Response {
        blocks,
        ..Response::default()
    }
}

#[test]
fn s17_finish_reasons_are_understood() {
    let text = r#"{"content":"a"}"#;
    for (message, word, reason) in [
        (text, "stop", StopReason::EndTurn),
        (text, "length", StopReason::MaxTokens),
        (text, "content_filter", StopReason::Refusal),
        (text, "tool_calls", StopReason::EndTurn),
        (text, "insufficient_system_resource", StopReason::Other),
        (CALL, "tool_calls", StopReason::ToolCall),
        (CALL, "function_call", StopReason::ToolCall),
        (CALL, "stop", StopReason::ToolCall),
        (CALL, "length", StopReason::MaxTokens),
    ] {
        let stop = said(message, &format!("{word:?}")).stop;
        assert_eq!(stop, Some(Stop::new(reason, word)), "{word} {message}");
    }
    assert_eq!(said(text, "null").stop, None);
}

#[test]
fn u07_u16_stop_reasons_have_a_word_and_content_is_never_null_without_reason() {
    let call = said(CALL, "null").blocks;
    for (reason, blocks, word, content) in [
        (Some(StopReason::EndTurn), vec![], "stop", json!("")),
        (Some(StopReason::StopSequence), vec![], "stop", json!("")),
        (Some(StopReason::MaxTokens), vec![], "length", json!("")),
        (Some(StopReason::ContextWindow), vec![], "length", json!("")),
        (
            Some(StopReason::ToolCall),
            call.clone(),
            "tool_calls",
            Value::Null,
        ),
        (Some(StopReason::ToolCall), vec![], "stop", json!("")),
        (Some(StopReason::EndTurn), call, "tool_calls", Value::Null),
        (
            Some(StopReason::Refusal),
            vec![],
            "content_filter",
            json!(""),
        ),
        (Some(StopReason::Pause), vec![], "stop", json!("")),
        (None, vec![], "stop", json!("")),
    ] {
        let response = Response {
            stop: reason.map(Stop::bare),
            ..of(blocks)
        };
        let choice = written(&response)["choices"][0].clone();
        assert_eq!(
            (&choice["finish_reason"], &choice["message"]["content"]),
            (&json!(word), &content),
            "{reason:?}"
        );
    }
}

#[test]
fn u13_the_older_call_is_a_call() {
    let response = said(
        r#"{"content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}}"#,
        "\"function_call\"",
    );
    let choice = written(&response)["choices"][0].clone();
    assert_eq!(choice["finish_reason"], json!("tool_calls"));
    assert_eq!(
        choice["message"]["tool_calls"],
        json!([{"id": "call_854235f0491f5e99", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}])
    );
}

#[test]
fn u14_broken_arguments_stay_visible_unless_the_answer_was_cut() {
    let message = r#"{"content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":"}}]}"#;
    let input = |finish: &str| {
        let response = said(message, finish);
        match &response.blocks[0].kind {
            Kind::ToolCall(call) => call.input.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        input("\"tool_calls\""),
        Input::Malformed("{\"a\":".to_owned())
    );
    assert_eq!(input("\"length\""), Input::Json(Raw::EMPTY_OBJECT));
}

#[test]
fn u06_usage_of_any_shape_does_no_harm() {
    for (usage, expected) in [
        ("null", None),
        ("5", None),
        (
            r#"{"prompt_tokens":"7","completion_tokens":null}"#,
            Some((None, None)),
        ),
    ] {
        let body = format!(
            r#"{{"choices":[{{"message":{{"content":"a"}},"finish_reason":"stop"}}],"usage":{usage}}}"#
        );
        let usage = super::answer(&body).usage;
        assert_eq!(usage.map(|it| (it.fresh, it.output)), expected);
    }
}

#[test]
fn usage_of_others_is_told_in_this_formats_terms() {
    let response = Response {
        usage: Some(Usage {
            fresh: Some(4),
            cache_read: Some(90),
            cache_write: Some(6),
            output: Some(11),
            reasoning: Some(3),
            raw: Some(
                Raw::parse(r#"{"input_tokens":4}"#)
                    .unwrap()
                    .object()
                    .unwrap(),
            ),
        }),
        ..of(vec![Block::text("a")])
    };
    assert_eq!(
        written(&response)["usage"],
        json!({"prompt_tokens": 100, "completion_tokens": 11, "total_tokens": 111,
            "prompt_tokens_details": {"cached_tokens": 90, "cache_write_tokens": 6},
            "completion_tokens_details": {"reasoning_tokens": 3}})
    );
}

#[test]
fn answers_of_others_are_told_in_this_formats_terms() {
    let seal = Seal {
        issuer: Issuer::family("anthropic"),
        payload: "sig".to_owned(),
    };
    let mut thought = Block::new(Kind::Reasoning(Reasoning {
        parts: vec![ReasoningPart::Full("hm".to_owned())],
        redacted: false,
    }));
    thought.seal = Some(seal.clone());
    let citation = |source| Annotation {
        span: None,
        source,
        title: Some("T".to_owned()),
        quoted: None,
        format: Format::AnthropicMessages,
        native: Raw::EMPTY_OBJECT,
    };
    let cited = Block::new(Kind::Text {
        text: "größte Stadt".to_owned(),
        annotations: vec![
            citation(AnnotationSource::Url("https://example.com".to_owned())),
            citation(AnnotationSource::Document(0)),
        ],
    });
    let server = Block::new(Kind::ToolCall(ToolCall {
        id: CallId::new("srv"),
        name: "web_search".into(),
        input: Input::Json(Raw::EMPTY_OBJECT),
        runs: Runs::Server,
    }));
    let native = Block::new(Kind::Native {
        format: Format::AnthropicMessages,
        tag: "web_search_tool_result".into(),
        value: Raw::EMPTY_OBJECT,
    });
    let response = Response {
        id: Some("msg_01".into()),
        stop: Some(Stop::new(StopReason::EndTurn, "end_turn")),
        ..of(vec![
            thought,
            server,
            native,
            Block::text("Es ist die "),
            cited,
        ])
    };
    let (body, losses) = Chat.encode_response(&response, &reply());
    let envelope =
        byokey_translate::carrier::wrap(&seal, byokey_translate::carrier::Placement::Here);
    assert_eq!(
        parse(&body),
        json!({"id": "chatcmpl-01", "object": "chat.completion", "created": 7, "model": "m-1-0901", "choices": [{
            "index": 0, "logprobs": null, "finish_reason": "stop",
            "message": {
                "role": "assistant", "content": "Es ist die größte Stadt", "refusal": null,
                "reasoning_content": "hm",
                "reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": envelope, "index": 0}],
                "annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.com", "title": "T", "start_index": 11, "end_index": 23}}],
            },
        }]})
    );
    assert_eq!(
        losses.summary(500),
        "3; content.1=dropped, content.2=dropped, content.4.annotations=dropped"
    );
}

#[test]
fn other_choices_are_declared_as_lost() {
    let body = r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"},{"message":{"content":"b"},"finish_reason":"stop"}]}"#;
    let decoded = Chat
        .decode_response(&body.into(), &super::source())
        .unwrap();
    assert_eq!(decoded.value.blocks, [Block::text("a")]);
    assert_eq!(decoded.losses.summary(99), "1; choices=dropped");
}

#[test]
fn places_beyond_all_measure_do_no_harm() {
    let link = r#"{"type":"url_citation","url_citation":{"url":"u","start_index":18446744073709551615,"end_index":18446744073709551615}}"#;
    let mut response = said(
        &format!(r#"{{"content":"a","annotations":[{link}]}}"#),
        "\"stop\"",
    );
    response.blocks.insert(0, Block::text("before"));
    let message = written(&response)["choices"][0]["message"].clone();
    assert_eq!(
        message["annotations"][0]["url_citation"]["end_index"],
        json!(u64::MAX)
    );
}
