//! Every model on Chat: what it says, and that its stream says the same.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    chat_fold::{fold, without_ids},
    client::{Stage, patched},
};

const ECHOED: &str = "Grüße — 日本 🦀 \"quoted\"\nand a second line";

fn body(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": ECHOED}]})
}

fn tools() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                            "required": ["city", "days"]});
    let tool = |name: &str| json!({"type": "function", "function": {"name": name, "parameters": parameters}});
    json!([tool("weather"), tool("clock")])
}

const ARGUMENTS: &str = r#"{"city":"value of \"city\" — ünïcødé 日本 🦀","days":7}"#;

async fn both_ways(stage: &Stage, body: &Value) -> Value {
    let whole = stage.chat(body).await.ok();
    let said = json!({"message": whole["choices"][0]["message"], "finish_reason": whole["choices"][0]["finish_reason"],
                      "usage": whole["usage"]});
    let stream = json!({"stream": true, "stream_options": {"include_usage": true}});
    let events = stage.chat(&patched(body, &stream)).await.events();
    let said = without_ids(said);
    assert_eq!(without_ids(fold(&events)), said, "{body}");
    said
}

fn message(content: &Value) -> Value {
    json!({"role": "assistant", "content": content, "refusal": null, "annotations": []})
}

#[tokio::test]
async fn a_completion_in_full() {
    let stage = Stage::open().await;
    let mut whole = stage.chat(&body("echo")).await.ok();
    let id = whole["id"].take();
    assert_eq!(id.as_str().unwrap().len(), 38);
    assert_eq!(
        whole,
        json!({
            "id": null, "object": "chat.completion", "created": 1_760_000_000, "model": "echo",
            "choices": [{"index": 0, "logprobs": null, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": ECHOED, "refusal": null, "annotations": []}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20,
                      "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                      "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
                                                    "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}},
            "service_tier": "default", "system_fingerprint": "fp_sandbox"
        })
    );
}

#[tokio::test]
async fn every_model_says_the_same_streamed_and_not() {
    let stage = Stage::open().await;
    let cases = [
        ("echo", json!({}), message(&json!(ECHOED)), "stop"),
        ("flaky", json!({}), message(&json!(ECHOED)), "stop"),
        ("slow-start-1", json!({}), message(&json!(ECHOED)), "stop"),
        ("ds-echo", json!({}), message(&json!(ECHOED)), "stop"),
        (
            "lorem-3",
            json!({}),
            message(&json!("lorem ipsum dolor ")),
            "stop",
        ),
        (
            "lorem-3",
            json!({"max_tokens": 2}),
            message(&json!("lorem ipsum ")),
            "length",
        ),
        (
            "echo",
            json!({"max_tokens": 2}),
            message(&json!("Grüße — ")),
            "length",
        ),
        (
            "echo",
            json!({"stop": ["quoted", "🦀"]}),
            message(&json!("Grüße — 日本 ")),
            "stop",
        ),
        (
            "stop",
            json!({"stop": "END"}),
            message(&json!(format!("{ECHOED} "))),
            "stop",
        ),
        (
            "long",
            json!({"max_tokens": 3}),
            message(&json!("and on and o")),
            "length",
        ),
        (
            "vision",
            json!({}),
            message(&json!("I see no image and no document.")),
            "stop",
        ),
        (
            "filter",
            json!({}),
            message(&json!("The first half of something")),
            "content_filter",
        ),
        (
            "refuse",
            json!({}),
            patched(
                &message(&Value::Null),
                &json!({"refusal": "I can’t help with that."}),
            ),
            "stop",
        ),
        (
            "structured",
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema":
                {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}}}}),
            message(&json!("{\"ok\":true}")),
            "stop",
        ),
        (
            "cite",
            json!({}),
            patched(
                &message(&json!(
                    "Laut dem Dokument — das Gras ist grün und 空は青い."
                )),
                &json!({"annotations": [{"type": "url_citation", "url_citation": {
                    "start_index": 42, "end_index": 46, "title": "The sky 🦀", "url": "https://example.com/sky"}}]}),
            ),
            "stop",
        ),
    ];
    for (model, patch, expected, finish) in cases {
        if model == "flaky" {
            // the odd ones fail, so one fails before each of the two
            assert_eq!(stage.chat(&body(model)).await.status, 503);
            assert_eq!(
                stage.chat(&body(model)).await.ok()["choices"][0]["message"],
                expected
            );
            assert_eq!(stage.chat(&body(model)).await.status, 503);
            continue;
        }
        let said = both_ways(&stage, &patched(&body(model), &patch)).await;
        assert_eq!(
            (&said["message"], &said["finish_reason"]),
            (&expected, &json!(finish)),
            "{model}"
        );
    }
}

#[tokio::test]
async fn custom_tools_are_given_text() {
    let stage = Stage::open().await;
    let asked = json!({"tools": [{"type": "custom", "custom": {"name": "patch"}}, tools()[1]]});
    let said = both_ways(&stage, &patched(&body("tools"), &asked)).await;
    let calls = json!([
        {"id": "an id", "type": "custom",
         "custom": {"name": "patch", "input": "value of \"patch\" — ünïcødé 日本 🦀"}},
        {"id": "an id", "type": "function", "function": {"name": "clock", "arguments": ARGUMENTS}}
    ]);
    assert_eq!(said["message"]["tool_calls"], calls);
}

#[tokio::test]
async fn tools_are_called_in_parallel_and_interleaved() {
    let stage = Stage::open().await;
    let call = |name: &str| json!({"id": "an id", "type": "function", "function": {"name": name, "arguments": ARGUMENTS}});
    let with = |patch: &Value| patched(&patched(&body("tools"), &json!({"tools": tools()})), patch);
    let cases = [
        (json!({}), json!([call("weather"), call("clock")])),
        (
            json!({"parallel_tool_calls": false}),
            json!([call("weather")]),
        ),
        (
            json!({"tool_choice": "required"}),
            json!([call("weather"), call("clock")]),
        ),
        (
            json!({"tool_choice": {"type": "function", "function": {"name": "clock"}}}),
            json!([call("clock")]),
        ),
    ];
    for (patch, calls) in cases {
        let said = both_ways(&stage, &with(&patch)).await;
        assert_eq!(
            (&said["message"]["tool_calls"], &said["finish_reason"]),
            (&calls, &json!("tool_calls"))
        );
        assert_eq!(said["message"]["content"], Value::Null);
    }
    let none = both_ways(&stage, &with(&json!({"tool_choice": "none"}))).await;
    assert_eq!(
        none["message"]["content"],
        format!("No tool was called. {ECHOED}")
    );

    let events = stage.chat(&with(&json!({"stream": true}))).await.events();
    let order: Vec<_> = events
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"][0]["index"].as_u64())
        .take(8)
        .collect();
    assert_eq!(order, [0, 1, 0, 1, 0, 1, 0, 1]);
}

#[tokio::test]
async fn results_are_told() {
    let stage = Stage::open().await;
    let mut history = patched(&body("tools"), &json!({"tools": tools()}));
    let asked = stage.chat(&history).await.ok()["choices"][0]["message"].clone();
    let messages = history["messages"].as_array_mut().unwrap();
    let calls = asked["tool_calls"].as_array().unwrap().clone();
    messages.push(asked);
    for (call, content) in calls
        .iter()
        .zip([json!("sunny ☀"), json!([{"type": "text", "text": "noon"}])])
    {
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": content}));
    }
    let said = both_ways(&stage, &history).await;
    assert_eq!(
        said["message"],
        message(&json!("The tools said: “sunny ☀”, “noon”."))
    );
    history["model"] = json!("echo");
    assert_eq!(
        both_ways(&stage, &history).await["message"],
        message(&json!("sunny ☀\nnoon"))
    );
}

#[tokio::test]
async fn reasoning_is_said_and_counted() {
    let stage = Stage::open().await;
    let thought =
        "The user wants an answer — “日本 🦀”. First I look at the question, then I answer it.";
    for model in ["think", "ds-think"] {
        let said = both_ways(&stage, &body(model)).await;
        let expected = patched(
            &message(&json!(ECHOED)),
            &json!({"reasoning_content": thought}),
        );
        assert_eq!(
            (
                &said["message"],
                &said["usage"]["completion_tokens_details"]["reasoning_tokens"]
            ),
            (&expected, &json!(21))
        );
        assert_eq!(said["usage"]["completion_tokens"], 31);
    }
    let off = patched(&body("think"), &json!({"reasoning_effort": "none"}));
    assert_eq!(
        both_ways(&stage, &off).await["message"],
        message(&json!(ECHOED))
    );
    let said = both_ways(
        &stage,
        &patched(&body("think-tools"), &json!({"tools": tools()})),
    )
    .await;
    assert_eq!(
        (
            &said["message"]["reasoning_content"],
            &said["message"]["content"],
            &said["message"]["tool_calls"][0]["function"]["name"]
        ),
        (
            &json!(thought),
            &json!("I call a tool — gleich."),
            &json!("weather")
        )
    );
}

#[tokio::test]
async fn media_are_described() {
    let stage = Stage::open().await;
    let content = json!([
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
    ]);
    let ask =
        |model: &str| json!({"model": model, "messages": [{"role": "user", "content": content}]});
    let said = both_ways(&stage, &ask("vision")).await;
    assert_eq!(
        said["message"]["content"],
        "I see: image image/png 8 bytes; image https://example.com/a.png; file application/pdf 5 bytes."
    );
    assert_eq!(
        both_ways(&stage, &ask("echo")).await["message"]["content"],
        "look\n[image image/png 8 bytes]\n[image https://example.com/a.png]\n[file application/pdf 5 bytes]"
    );
}

#[tokio::test]
async fn usage_tells_what_was_cached() {
    let stage = Stage::open().await;
    let ask = |model: &str, chars: usize| json!({"model": model, "messages": [{"role": "user", "content": "x".repeat(chars)}]});
    let cached = async |model: &str, chars| {
        stage.chat(&ask(model, chars)).await.ok()["usage"]["prompt_tokens_details"]["cached_tokens"]
            .clone()
    };
    assert_eq!(
        [
            cached("echo", 4092).await,
            cached("echo", 4096).await,
            cached("echo", 5000).await
        ],
        [0, 1024, 1152]
    );
    let usage = stage.chat(&ask("ds-echo", 40)).await.ok()["usage"].clone();
    assert_eq!(
        (
            usage.get("prompt_tokens_details"),
            &usage["prompt_cache_hit_tokens"],
            &usage["prompt_cache_miss_tokens"]
        ),
        (None, &json!(5), &json!(5))
    );
}

#[tokio::test]
async fn without_include_usage_no_chunk_mentions_it() {
    let stage = Stage::open().await;
    let events = stage
        .chat(&patched(&body("echo"), &json!({"stream": true})))
        .await
        .events();
    let mentions = events
        .iter()
        .filter(|chunk| chunk.get("usage").is_some())
        .count();
    let first = &events[0]["choices"][0]["delta"];
    assert_eq!(
        (mentions, first),
        (
            0,
            &json!({"role": "assistant", "content": "", "refusal": null})
        )
    );
}

#[tokio::test]
async fn several_choices_are_given_when_asked_for() {
    let stage = Stage::open().await;
    let whole = stage
        .chat(&patched(&body("echo"), &json!({"n": 2})))
        .await
        .ok();
    let said: Vec<_> = whole["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| (&choice["index"], &choice["message"]["content"]))
        .collect();
    assert_eq!(
        said,
        [(&json!(0), &json!(ECHOED)), (&json!(1), &json!(ECHOED))]
    );
    let events = stage
        .chat(&patched(&body("echo"), &json!({"n": 2, "stream": true})))
        .await
        .events();
    let ends: Vec<_> = events
        .iter()
        .filter(|chunk| chunk["choices"][0]["finish_reason"] == "stop")
        .map(|chunk| &chunk["choices"][0]["index"])
        .collect();
    assert_eq!(ends, [&json!(0), &json!(1)]);
}
