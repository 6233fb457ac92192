//! Every block is counted, once, and as what it is.

#![expect(clippy::unwrap_used, reason = "tests")]
use byokey_translate::codec::codec;
use byokey_types::Format;
use bytes::Bytes;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::*;

fn counted(format: Format, body: &Value) -> u64 {
    let body = Bytes::from(body.to_string());
    count(&codec(format).decode_request(&body).unwrap().value)
}

fn asked(role: &str, content: &Value) -> u64 {
    let body = json!({"model": "m", "messages": [{"role": role, "content": content}]});
    counted(Format::AnthropicMessages, &body)
}

#[test]
fn the_example_of_the_documentation_is_met() {
    let body = json!({
        "model": "m", "system": "You are a scientist",
        "messages": [{"role": "user", "content": "Hello, Claude"}],
    });
    assert_eq!(counted(Format::AnthropicMessages, &body), 14);
}

#[test]
fn every_block_is_counted_as_what_it_is() {
    let hello = || json!({"type": "text", "text": "hello world"});
    let pixels = json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgoAAAANSUhEUgAAAMgAAADICAYAAACtWK6e"});
    let image = || json!({"type": "image", "source": pixels});
    let unseen =
        json!({"type": "base64", "media_type": "image/png", "data": "QUFB".repeat(100_000)});
    let result =
        |content: &Value| json!([{"type": "tool_result", "tool_use_id": "t", "content": content}]);
    let rows = [
        ("user", json!([]), 0),
        ("user", json!("hello world"), 2),
        ("user", json!([hello(), hello()]), 4),
        ("user", json!([image()]), 54),
        ("user", json!([{"type": "image", "source": unseen}]), 1600),
        (
            "user",
            json!([{"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}]),
            1600,
        ),
        (
            "user",
            json!([{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hello world"}}]),
            2,
        ),
        (
            "user",
            json!([{"type": "document", "title": "hello", "source": {"type": "url", "url": "https://x/y.pdf"}}]),
            2251,
        ),
        ("user", result(&json!("hello world")), TOOL + 2),
        ("user", result(&json!([hello(), image()])), TOOL + 56),
        (
            "assistant",
            json!([{"type": "thinking", "thinking": "hello world", "signature": "x".repeat(400)}]),
            2,
        ),
        (
            "assistant",
            json!([{"type": "redacted_thinking", "data": "x".repeat(400)}]),
            75,
        ),
        (
            "assistant",
            json!([{"type": "tool_use", "id": "t", "name": "hello", "input": {}}]),
            TOOL + 2,
        ),
        (
            "user",
            json!([{"type": "never_heard_of", "blob": "A".repeat(400_000)}]),
            1600 + 11,
        ),
    ];
    for (role, content, expected) in rows {
        assert_eq!(
            asked(role, &content) - REQUEST - TURN,
            expected,
            "{}",
            &content.to_string()[..content.to_string().len().min(120)]
        );
    }
}

#[test]
fn tools_and_schemas_are_counted() {
    let bare = json!({"model": "m", "messages": []});
    assert_eq!(counted(Format::AnthropicMessages, &bare), REQUEST);
    let with = |name: &str, value: Value| {
        let mut body = bare.clone();
        body[name] = value;
        counted(Format::AnthropicMessages, &body) - REQUEST
    };
    assert_eq!(with("tools", json!([])), 0);
    let tool = json!({"name": "hello", "description": "hello world", "input_schema": {}});
    assert_eq!(with("tools", json!([tool])), TOOL + 4);
    let hosted = json!([{"type": "web_search_20250305", "name": "web_search"}]);
    assert_eq!(with("tools", hosted), TOOL + 15);
    assert_eq!(with("system", json!("hello world")), 2);
}

#[test]
fn every_format_counts_alike() {
    let gemini = json!({
        "systemInstruction": {"parts": [{"text": "hello world"}]},
        "contents": [{"role": "user", "parts": [{"text": "hello world"}]}],
    });
    let messages = json!({
        "model": "m", "system": "hello world",
        "messages": [{"role": "user", "content": "hello world"}],
    });
    assert_eq!(
        counted(Format::Gemini, &gemini),
        counted(Format::AnthropicMessages, &messages)
    );
}
