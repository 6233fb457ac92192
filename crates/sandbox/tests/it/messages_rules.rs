//! Every rule of Messages: a request that breaks it, and its neighbour that does not.

mod fields;
mod tools;
mod turns;

use http::Method;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{ANTHROPIC, Stage, patched, request};

fn base() -> Value {
    json!({"model": "echo", "max_tokens": 4096, "messages": [{"role": "user", "content": "hi"}]})
}

fn user(content: &Value) -> Value {
    json!({"messages": [{"role": "user", "content": content}]})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn marked(ttl: &Value) -> Value {
    json!({"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": ttl}})
}

fn tool_use(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "f", "input": {}})
}

fn result(id: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": "r"})
}

fn tool() -> Value {
    json!({"name": "f", "input_schema": {"type": "object"}})
}

fn loop_of(assistant: &Value, user: &Value) -> Value {
    json!({"messages": [
        {"role": "user", "content": "go"}, {"role": "assistant", "content": assistant}, {"role": "user", "content": user},
    ]})
}

fn said(assistant: &Value) -> Value {
    json!({"messages": [
        {"role": "user", "content": "go"}, {"role": "assistant", "content": assistant}, {"role": "user", "content": "on"},
    ]})
}

fn thinking(extra: &Value) -> Value {
    patched(
        &json!({"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        extra,
    )
}

fn image(source: &Value) -> Value {
    user(&json!([{"type": "image", "source": source}]))
}

/// (what breaks the rule, the refusal, what keeps it)
fn rules() -> Vec<(Value, &'static str, Value)> {
    let tables = [
        fields::rules(),
        turns::rules(),
        tools::of_tools(),
        tools::of_thinking(),
    ];
    tables.into_iter().flatten().collect()
}

#[tokio::test]
async fn each_rule_refuses_its_violation_and_nothing_else() {
    let stage = Stage::open().await;
    for (breaks, message, keeps) in rules() {
        let refused = stage.messages(&patched(&base(), &breaks)).await;
        assert_eq!(
            (refused.status, refused.message()),
            (400, message.to_owned()),
            "{breaks}"
        );
        let taken = stage.messages(&patched(&base(), &keeps)).await;
        assert_eq!(
            (taken.status, taken.message()),
            (200, "no error".to_owned()),
            "{keeps}"
        );
    }
}

#[tokio::test]
async fn betas_open_their_fields() {
    let stage = Stage::open().await;
    let gated = [
        (
            "mid-conversation-system-2026-04-07",
            json!({"messages": [
            {"role": "user", "content": "x"}, {"role": "system", "content": "y"}]}),
        ),
        (
            "context-management-2025-06-27",
            json!({"context_management": {"edits": []}}),
        ),
        ("mcp-client-2025-11-20", json!({"mcp_servers": []})),
        ("fast-mode-2026-02-01", json!({"speed": "fast"})),
    ];
    for (beta, patch) in gated {
        let body = patched(&base(), &patch);
        assert_eq!(stage.messages(&body).await.status, 400, "{beta}");
        let list = format!("claude-code-20250219, {beta}");
        let headers = [ANTHROPIC, &[("anthropic-beta", list.as_str())]].concat();
        let answer = stage
            .ask(request(
                Method::POST,
                "/v1/messages",
                &headers,
                body.to_string(),
            ))
            .await;
        assert_eq!(
            (answer.status, answer.ok()["content"][0]["text"].clone()),
            (200, json!(body["messages"][0]["content"]))
        );
    }
}

#[tokio::test]
async fn the_version_of_october_2026_needs_fewer_betas() {
    let stage = Stage::open().await;
    let body = patched(
        &base(),
        &json!({"speed": "standard", "messages": [
            {"role": "user", "content": "x"}, {"role": "system", "content": [text("y")]}]}),
    );
    let answered = async |version| {
        let headers = [
            ("content-type", "application/json"),
            ("anthropic-version", version),
        ];
        let request = request(Method::POST, "/v1/messages", &headers, body.to_string());
        stage.ask(request).await.status
    };
    assert_eq!(
        [answered("2023-06-01").await, answered("2026-10-21").await],
        [400, 200]
    );
}

#[tokio::test]
async fn headers_are_rules_too() {
    let stage = Stage::open().await;
    let cases: [(&[(&str, &str)], &str); 3] = [
        (&ANTHROPIC[..1], "anthropic-version: header is required"),
        (&ANTHROPIC[1..], "content-type: must be `application/json`"),
        (
            &[
                ("content-type", "application/json"),
                ("anthropic-version", "1999"),
            ],
            "anthropic-version: \"1999\" is not a valid version",
        ),
    ];
    for (headers, message) in cases {
        let refused = stage
            .ask(request(
                Method::POST,
                "/v1/messages",
                headers,
                base().to_string(),
            ))
            .await;
        assert_eq!(
            (refused.status, refused.message()),
            (400, message.to_owned())
        );
    }
}

#[tokio::test]
async fn an_error_has_the_api_s_shape() {
    let stage = Stage::open().await;
    let refused = stage.messages(&json!({"model": "claude-9"})).await;
    let request_id = refused.headers["request-id"].to_str().unwrap();
    assert_eq!(
        (refused.status, refused.json()),
        (
            404,
            json!({"type": "error", "request_id": request_id,
                     "error": {"type": "not_found_error", "message": "model: claude-9"}})
        )
    );
    let broken = stage
        .ask(request(
            Method::POST,
            "/v1/messages",
            ANTHROPIC,
            "{\"model\":",
        ))
        .await;
    assert_eq!(
        (broken.status, broken.message()),
        (
            400,
            "The request body is not valid JSON: EOF while parsing a value at line 1 column 9"
                .to_owned()
        )
    );
}

#[tokio::test]
async fn tokens_are_counted_under_the_same_rules() {
    let stage = Stage::open().await;
    let count = async |body: &Value| {
        let request = request(
            Method::POST,
            "/v1/messages/count_tokens",
            ANTHROPIC,
            body.to_string(),
        );
        stage.ask(request).await
    };
    let body = json!({"model": "echo", "messages": [{"role": "user", "content": "12345678"}]});
    assert_eq!(count(&body).await.ok(), json!({"input_tokens": 2}));
    let with_tools = patched(&body, &json!({"tools": [tool()]}));
    assert_eq!(count(&with_tools).await.ok(), json!({"input_tokens": 7}));
    assert_eq!(
        count(&patched(&body, &json!({"max_tokens": 5})))
            .await
            .message(),
        "max_tokens: Extra inputs are not permitted"
    );
}
