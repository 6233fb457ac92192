//! `POST /v1/completions`, the interface before Chat.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{Stage, patched};

fn body() -> Value {
    json!({"model": "echo", "prompt": "Grüße — 日本"})
}

/// The answer; its stream says the same.
async fn both_ways(stage: &Stage, body: &Value) -> Value {
    let mut whole = stage.post("/v1/completions", body).await.ok();
    let stream = json!({"stream": true, "stream_options": {"include_usage": true}});
    let events = stage
        .post("/v1/completions", &patched(body, &stream))
        .await
        .events();
    let (done, chunks) = events.split_last().unwrap();
    assert_eq!(done, "[DONE]");
    let mut folded = whole.clone();
    folded["choices"] = json!([]);
    let choices = folded["choices"].as_array_mut().unwrap();
    for chunk in chunks {
        assert_eq!(chunk["object"], "text_completion");
        let Some(piece) = chunk["choices"].get(0) else {
            folded["usage"] = chunk["usage"].clone();
            break;
        };
        let index = usize::try_from(piece["index"].as_u64().unwrap()).unwrap();
        if choices.len() == index {
            choices.push(piece.clone());
            continue;
        }
        let choice = &mut choices[index];
        assert_eq!(choice["finish_reason"], Value::Null);
        choice["text"] =
            json!(choice["text"].as_str().unwrap().to_owned() + piece["text"].as_str().unwrap());
        choice["finish_reason"] = piece["finish_reason"].clone();
    }
    assert_eq!(folded, whole);
    assert_eq!(whole["id"].take().as_str().unwrap().len(), 34);
    whole
}

fn choice(index: u32, text: &str, finish: &str) -> Value {
    json!({"text": text, "index": index, "logprobs": null, "finish_reason": finish})
}

#[tokio::test]
async fn a_completion_in_full() {
    let stage = Stage::open().await;
    assert_eq!(
        both_ways(&stage, &body()).await,
        json!({"id": null, "object": "text_completion", "created": 1_760_000_000, "model": "echo",
               "choices": [choice(0, "Grüße — 日本", "stop")],
               "usage": {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}})
    );
}

#[tokio::test]
async fn choices_come_by_prompt_and_number() {
    let stage = Stage::open().await;
    let cases = [
        (
            json!({"prompt": ["one", "two"], "n": 2}),
            json!([
                choice(0, "one", "stop"),
                choice(1, "one", "stop"),
                choice(2, "two", "stop"),
                choice(3, "two", "stop")
            ]),
        ),
        (
            json!({"echo": true, "suffix": "…"}),
            json!([choice(0, "Grüße — 日本Grüße — 日本", "stop")]),
        ),
        (
            json!({"max_tokens": 1}),
            json!([choice(0, "Grüß", "length")]),
        ),
        (json!({"stop": ["—"]}), json!([choice(0, "Grüße ", "stop")])),
        (
            json!({"prompt": "x".repeat(99)}),
            json!([choice(0, &"x".repeat(64), "length")]),
        ),
        (
            json!({"prompt": [1, 2]}),
            json!([choice(0, "[1,2]", "stop")]),
        ),
        (
            json!({"model": "lorem-2"}),
            json!([choice(0, "lorem ipsum ", "stop")]),
        ),
        (
            json!({"model": "filter"}),
            json!([choice(0, "The first half of something", "content_filter")]),
        ),
    ];
    for (patch, choices) in cases {
        let said = both_ways(&stage, &patched(&body(), &patch)).await;
        assert_eq!(said["choices"], choices, "{patch}");
    }
}

#[tokio::test]
async fn each_rule_refuses_its_violation() {
    let stage = Stage::open().await;
    let cases = [
        (
            json!({"messages": []}),
            400,
            "Unrecognized request argument supplied: messages",
        ),
        (
            json!({"prompt": {}}),
            400,
            "Invalid type for 'prompt': expected a string, array of strings, array of tokens, or array of token arrays, but got an object instead.",
        ),
        (
            json!({"prompt": []}),
            400,
            "Invalid 'prompt': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        ),
        (
            json!({"n": 2, "best_of": 1}),
            400,
            "You requested that the server return more choices than it will generate (HINT: best_of must be >= n)",
        ),
        (
            json!({"logprobs": 9}),
            400,
            "Invalid 'logprobs': integer above maximum value. Expected a value <= 5, but got 9 instead.",
        ),
        (
            json!({"suffix": 1}),
            400,
            "Invalid type for 'suffix': expected a string, but got an integer instead.",
        ),
        (
            json!({"model": "embed"}),
            404,
            "The model `embed` does not exist or you do not have access to it.",
        ),
        (
            json!({"model": "fail-401"}),
            401,
            "Incorrect API key provided: sk-****. You can find your API key at https://platform.openai.com/account/api-keys.",
        ),
    ];
    for (breaks, status, message) in cases {
        let refused = stage
            .post("/v1/completions", &patched(&body(), &breaks))
            .await;
        assert_eq!(
            (refused.status, refused.message()),
            (status, message.to_owned()),
            "{breaks}"
        );
    }
}
