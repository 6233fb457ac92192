//! H08: a count sees every kind of block, and nothing that the client has not said.

use http::Method;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    client::{JSON, request},
    stage::Stage,
};

/// One pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[tokio::test]
async fn h08_every_kind_of_block_counts() {
    let stage = Stage::open().await;
    let user = |content: Value| json!({"role": "user", "content": content});
    let model = |content: Value| json!({"role": "assistant", "content": content});
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}});
    let result = |content: &str| json!([{"type": "tool_result", "tool_use_id": "toolu_1", "content": content}]);
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}});
    let thought =
        json!({"type": "thinking", "thinking": "Oslo is in the north.", "signature": "c2ln"});
    let tool = json!([{"name": "get_weather", "description": "The weather of a city", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]);
    let ask = user(json!([{"type": "text", "text": "The weather?"}]));
    // each row says what the one before says, and more
    let rows = [
        ("text", json!({"messages": [ask]})),
        ("system", json!({"system": "Be kind.", "messages": [ask]})),
        (
            "tools",
            json!({"system": "Be kind.", "tools": tool, "messages": [ask]}),
        ),
        (
            "image",
            json!({"system": "Be kind.", "tools": tool, "messages": [user(json!([{"type": "text", "text": "The weather?"}, image]))]}),
        ),
    ];
    let rounds = [
        (
            "a call and no text",
            json!([ask, model(json!([call])), user(result(""))]),
        ),
        (
            "tool_result",
            json!([
                ask,
                model(json!([call])),
                user(result("It rains in the west, not in the east."))
            ]),
        ),
        (
            "thinking",
            json!([
                ask,
                model(json!([thought, call])),
                user(result("It rains in the west, not in the east."))
            ]),
        ),
    ];
    let rounds =
        rounds.map(|(name, messages)| (name, json!({"tools": tool, "messages": messages})));
    for rows in [&rows[..], &rounds[..]] {
        let mut before = 0;
        for (name, row) in rows {
            let mut body = row.clone();
            // this upstream cannot count
            body["model"] = "up-chat/echo".into();
            let asked = request(
                Method::POST,
                "/v1/messages/count_tokens",
                &[JSON],
                body.to_string(),
            );
            let counted = stage.byokey.ask(asked).await.ok()["input_tokens"]
                .as_u64()
                .unwrap();
            assert!(counted > before, "{name}: {counted} after {before}");
            before = counted;
        }
    }
    assert_eq!(stage.upstream.sandbox.take_requests().len(), 0);
}
