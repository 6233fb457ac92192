//! Every model on Responses: what it says, and that its stream says the same.

mod items;

use http_body_util::BodyExt as _;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    client::{Stage, patched, responses, soon},
    responses_fold::{fold, without_ids},
};

const ECHOED: &str = "Grüße — 日本 🦀 \"quoted\"\nand a second line";
const ARGUMENTS: &str = r#"{"city":"value of \"city\" — ünïcødé 日本 🦀","days":7}"#;
const THOUGHT: &str =
    "The user wants an answer — “日本 🦀”. First I look at the question, then I answer it.";
const EIGHT: &str =
    "one two three — vier fünf sechs 七 八 nine ten eleven twelve thirteen fourteen.";

fn body(model: &str) -> Value {
    json!({"model": model, "input": ECHOED})
}

fn tools() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                            "required": ["city", "days"]});
    let tool = |name: &str| json!({"type": "function", "name": name, "parameters": parameters});
    json!([tool("weather"), tool("clock")])
}

async fn both_ways(stage: &Stage, body: &Value) -> Value {
    let whole = without_ids(stage.responses(body).await.ok());
    let streamed = stage
        .responses(&patched(body, &json!({"stream": true})))
        .await;
    assert_eq!(without_ids(fold(&streamed.events())), whole, "{body}");
    whole
}

fn message(text: &str) -> Value {
    json!({"id": "msg", "type": "message", "role": "assistant", "status": "completed",
           "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": text}]})
}

fn unfinished(text: &str) -> Value {
    patched(&message(text), &json!({"status": "incomplete"}))
}

fn call(name: &str, arguments: &str) -> Value {
    json!({"id": "fc", "type": "function_call", "status": "completed", "arguments": arguments, "call_id": "call_id",
           "name": name})
}

fn reasoning(summary: &[&str]) -> Value {
    let summary: Vec<_> = summary
        .iter()
        .map(|text| json!({"type": "summary_text", "text": text}))
        .collect();
    json!({"id": "rs", "type": "reasoning", "summary": summary})
}

#[tokio::test]
async fn a_response_in_full() {
    let stage = Stage::open().await;
    let mut whole = stage
        .responses(&patched(&body("echo"), &json!({
            "instructions": "be kind", "max_output_tokens": 99, "metadata": {"a": "b"}, "temperature": 0.5,
            "service_tier": "priority", "store": false, "tools": tools(), "parallel_tool_calls": false,
            "reasoning": {"effort": "low"}, "text": {"verbosity": "low"}, "prompt_cache_key": "k", "user": "u",
        })))
        .await
        .ok();
    let id = whole["id"].take();
    assert_eq!(
        (&id.as_str().unwrap()[..5], id.as_str().unwrap().len()),
        ("resp_", 55)
    );
    assert_eq!(whole["output"][0]["id"].take().as_str().unwrap().len(), 54);
    let echoed_tools: Vec<_> = tools()
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| patched(tool, &json!({"strict": true})))
        .map(|mut tool| {
            tool["description"] = Value::Null;
            tool
        })
        .collect();
    assert_eq!(
        whole,
        json!({
            "id": null, "object": "response", "created_at": 1_760_000_000, "status": "completed", "background": false,
            "completed_at": 1_760_000_000, "error": null, "incomplete_details": null, "model": "echo",
            "output": [patched(&message(ECHOED), &json!({"id": null})).as_object().map(|item| {
                let mut item = item.clone();
                item.insert("id".to_owned(), Value::Null);
                item
            })],
            "instructions": "be kind", "max_output_tokens": 99, "max_tool_calls": null, "parallel_tool_calls": false,
            "previous_response_id": null, "prompt_cache_key": "k", "prompt_cache_retention": null,
            "reasoning": {"effort": "low", "summary": null}, "safety_identifier": null, "store": false,
            "temperature": 0.5, "text": {"format": {"type": "text"}, "verbosity": "low"}, "tool_choice": "auto",
            "tools": echoed_tools, "top_logprobs": 0, "top_p": 1.0, "truncation": "disabled", "user": "u",
            "metadata": {"a": "b"}, "service_tier": "priority",
            "usage": {"input_tokens": whole["usage"]["input_tokens"],
                      "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": 10,
                      "output_tokens_details": {"reasoning_tokens": 0},
                      "total_tokens": whole["usage"]["input_tokens"].as_u64().unwrap() + 10},
        })
    );
}

#[tokio::test]
async fn every_model_says_the_same_streamed_and_not() {
    let stage = Stage::open().await;
    let schema =
        json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    let refused = json!({"id": "msg", "type": "message", "role": "assistant", "status": "completed",
                         "content": [{"type": "refusal", "refusal": "I can’t help with that."}]});
    let mut cited = message("Laut dem Dokument — das Gras ist grün und 空は青い.");
    cited["content"][0]["annotations"] = json!([{
        "type": "url_citation", "start_index": 42, "end_index": 46, "title": "The sky 🦀", "url": "https://example.com/sky"
    }]);
    let wants = |summary: &str| json!({"reasoning": {"effort": "high", "summary": summary}});
    let cases = [
        ("echo", json!({}), vec![message(ECHOED)], "completed"),
        (
            "slow-start-1",
            json!({}),
            vec![message(ECHOED)],
            "completed",
        ),
        ("stop", json!({}), vec![message(ECHOED)], "completed"),
        (
            "lorem-3",
            json!({}),
            vec![message("lorem ipsum dolor ")],
            "completed",
        ),
        (
            "long",
            json!({"max_output_tokens": 16}),
            vec![unfinished(
                "and on and on it goes — ünïcødé — and on and on it goes — ünïcød",
            )],
            "incomplete",
        ),
        (
            "filter",
            json!({}),
            vec![unfinished("The first half of something")],
            "incomplete",
        ),
        ("refuse", json!({}), vec![refused], "completed"),
        ("cite", json!({}), vec![cited], "completed"),
        (
            "structured",
            json!({"text": {"format": {"type": "json_schema", "name": "n", "schema": schema}}}),
            vec![message("{\"n\":7}")],
            "completed",
        ),
        (
            "tools",
            json!({"tools": tools()}),
            vec![call("weather", ARGUMENTS), call("clock", ARGUMENTS)],
            "completed",
        ),
        (
            "tools",
            json!({"tools": tools(), "parallel_tool_calls": false}),
            vec![call("weather", ARGUMENTS)],
            "completed",
        ),
        (
            "tools",
            json!({"tools": tools(), "tool_choice": {"type": "function", "name": "clock"}}),
            vec![call("clock", ARGUMENTS)],
            "completed",
        ),
        (
            "tools",
            json!({"tools": tools(), "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "clock"}]}}),
            vec![call("clock", ARGUMENTS)],
            "completed",
        ),
        (
            "tools",
            json!({"tools": tools(), "tool_choice": "none"}),
            vec![message(&format!("No tool was called. {ECHOED}"))],
            "completed",
        ),
        (
            "think",
            json!({}),
            vec![reasoning(&[]), message(ECHOED)],
            "completed",
        ),
        (
            "think",
            wants("auto"),
            vec![reasoning(&[THOUGHT]), message(ECHOED)],
            "completed",
        ),
        (
            "think",
            wants("detailed"),
            vec![
                reasoning(&[
                    "The user wants an answer — “日本 🦀”. ",
                    "First I look at the question, then I answer it.",
                ]),
                message(ECHOED),
            ],
            "completed",
        ),
        (
            "think",
            json!({"reasoning": {"effort": "none"}}),
            vec![message(ECHOED)],
            "completed",
        ),
        (
            "think-redacted",
            patched(
                &wants("auto"),
                &json!({"include": ["reasoning.encrypted_content"]}),
            ),
            vec![
                patched(
                    &reasoning(&[]),
                    &json!({"encrypted_content": "encrypted_content"}),
                ),
                message(ECHOED),
            ],
            "completed",
        ),
        (
            "think-tools",
            patched(
                &wants("concise"),
                &json!({"tools": tools(), "include": ["reasoning.encrypted_content"]}),
            ),
            vec![
                patched(
                    &reasoning(&[THOUGHT]),
                    &json!({"encrypted_content": "encrypted_content"}),
                ),
                message("I call a tool — gleich."),
                call("weather", ARGUMENTS),
            ],
            "completed",
        ),
    ];
    for (model, patch, output, status) in cases {
        let said = both_ways(&stage, &patched(&body(model), &patch)).await;
        assert_eq!(
            (&said["output"], &said["status"]),
            (&json!(output), &json!(status)),
            "{model} {patch}"
        );
        let reason = match model {
            "long" => json!({"reason": "max_output_tokens"}),
            "filter" => json!({"reason": "content_filter"}),
            _ => Value::Null,
        };
        assert_eq!(said["incomplete_details"], reason);
    }
    let lorem = json!({"model": "lorem-40", "input": "x", "max_output_tokens": 17});
    let said = both_ways(&stage, &lorem).await;
    assert_eq!(
        (&said["status"], &said["usage"]["output_tokens"]),
        (&json!("incomplete"), &json!(17))
    );
}

#[tokio::test]
async fn a_stream_breaks_off_in_every_way() {
    let stage = Stage::open().await;
    let failed = stage
        .responses(&json!({"model": "error-mid", "input": "x", "stream": true}))
        .await
        .events();
    let text: String = failed
        .iter()
        .filter_map(|event| event["delta"].as_str())
        .collect();
    assert!(EIGHT.starts_with(&text) && !text.is_empty(), "{text}");
    let last = failed.last().unwrap();
    assert_eq!(
        (
            &last["type"],
            &last["sequence_number"],
            &last["response"]["status"],
            &last["response"]["error"],
            &last["response"]["usage"]
        ),
        (
            &json!("response.failed"),
            &json!(failed.len() - 1),
            &json!("failed"),
            &json!({"code": "server_error", "message": "The server had an error while processing your request. Sorry about that!"}),
            &Value::Null
        )
    );
    assert_eq!(last["response"]["id"], failed[0]["response"]["id"]);
    let whole = stage
        .responses(&json!({"model": "error-mid", "input": "x"}))
        .await;
    assert_eq!(whole.status, 500);
    for stream in [true, false] {
        let body = json!({"model": "cut", "input": "x", "stream": stream});
        let response = stage.send(responses(&body)).await.unwrap();
        assert_eq!(response.status(), 200);
        let mut body = response.into_body();
        let mut said = Vec::new();
        let ended = loop {
            match soon(body.frame()).await {
                Some(Ok(frame)) => said.extend_from_slice(&frame.into_data().unwrap()),
                other => break other,
            }
        };
        assert!(matches!(ended, Some(Err(_))), "{ended:?}");
        assert!(!said.is_empty() && !String::from_utf8_lossy(&said).contains("response.completed"));
    }
    let headless = json!({"model": "cut-head", "input": "x", "stream": true});
    assert!(stage.send(responses(&headless)).await.is_err());
}

#[tokio::test]
async fn deltas_are_padded_unless_the_client_declines() {
    let stage = Stage::open().await;
    for (options, padded) in [
        (json!({}), true),
        (
            json!({"stream_options": {"include_obfuscation": false}}),
            false,
        ),
    ] {
        let body = patched(
            &json!({"model": "lorem-2", "input": "x", "stream": true}),
            &options,
        );
        let events = stage.responses(&body).await.events();
        let lengths: Vec<_> = events
            .iter()
            .filter(|event| event["type"] == "response.output_text.delta")
            .map(|event| {
                let chars = |name: &str| event[name].as_str().map(|text| text.chars().count());
                (chars("delta"), chars("obfuscation"))
            })
            .collect();
        let expected = padded.then_some(10);
        assert_eq!(lengths, [(Some(6), expected), (Some(6), expected)]);
    }
}
