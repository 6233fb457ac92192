//! How Chat spells its errors, and what its dialect adds.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{JSON, Stage, request};

#[tokio::test]
async fn an_error_has_the_api_s_shape() {
    let stage = Stage::open().await;
    let refused = stage
        .chat(&json!({"model": "echo", "temperature": 3}))
        .await;
    assert_eq!(
        refused.json(),
        json!({"error": {
            "message": "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
            "type": "invalid_request_error", "param": "temperature", "code": "decimal_above_max_value",
        }})
    );
    let unknown = stage.chat(&json!({"model": "gpt-9", "messages": []})).await;
    assert_eq!(
        (unknown.status, unknown.json()),
        (
            404,
            json!({"error": {
                "message": "The model `gpt-9` does not exist or you do not have access to it.",
                "type": "invalid_request_error", "param": null, "code": "model_not_found",
            }})
        )
    );
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let stage = Stage::open().await;
    let deep = format!("{{\"model\":\"echo\",\"x\":{}", "[".repeat(10_000));
    for body in [
        "",
        "{",
        "[1",
        "nonsense",
        "{\"model\":\"echo\",\"messages\":",
        deep.as_str(),
        "[]",
        "5",
    ] {
        let path = "/v1/chat/completions";
        let refused = stage
            .ask(request(http::Method::POST, path, JSON, body.to_owned()))
            .await;
        assert_eq!(refused.status, 400);
        assert_eq!(
            &refused.message()[..49],
            "We could not parse the JSON body of your request."
        );
    }
    let other = request(
        http::Method::POST,
        "/v1/chat/completions",
        &[("content-type", "text/plain")],
        "{}",
    );
    let refused = stage.ask(other).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (400, &json!("unsupported_content_type"))
    );
}

#[tokio::test]
async fn the_deepseek_dialect_wants_reasoning_beside_calls() {
    let stage = Stage::open().await;
    let history = |reasoning: &Value| {
        let mut assistant = json!({"role": "assistant", "content": "", "tool_calls": [json!({"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}})], "whatever": 1});
        if !reasoning.is_null() {
            assistant["reasoning_content"] = reasoning.clone();
        }
        json!({"model": "ds-echo", "thinking": {"type": "enabled"}, "messages": [
            {"role": "user", "content": "go"}, assistant, {"role": "tool", "tool_call_id": "a", "content": "r"}]})
    };
    let refused = stage.chat(&history(&Value::Null)).await;
    let message = "The `reasoning_content` in the thinking mode must be passed back to the API.";
    assert_eq!(
        (refused.status, refused.message()),
        (400, message.to_owned())
    );
    for reasoning in ["", "thought"] {
        assert_eq!(
            stage.chat(&history(&json!(reasoning))).await.ok()["choices"][0]["message"]["content"],
            "r"
        );
    }
}
