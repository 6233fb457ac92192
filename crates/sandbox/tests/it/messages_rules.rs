//! Every rule of Messages: a request that breaks it, and its neighbour that does not.

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
    let mut rules = field_rules();
    rules.extend(turn_rules());
    rules.extend(tool_rules());
    rules.extend(thinking_rules());
    rules
}

fn field_rules() -> Vec<(Value, &'static str, Value)> {
    vec![
        (
            json!({"max_tokens": null}),
            "max_tokens: Field required",
            json!({"max_tokens": 1}),
        ),
        (
            json!({"max_tokens": 0}),
            "max_tokens: Input should be greater than or equal to 1",
            json!({"max_tokens": 1}),
        ),
        (
            json!({"max_tokens": 128_001}),
            "max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for echo",
            json!({"max_tokens": 128_000}),
        ),
        (
            json!({"max_tokens": 1.5}),
            "max_tokens: Input should be a valid integer",
            json!({"max_tokens": 2}),
        ),
        (json!({"model": null}), "model: Field required", json!({})),
        (
            json!({"frequency_penalty": 1}),
            "frequency_penalty: Extra inputs are not permitted",
            json!({"top_k": 4}),
        ),
        (
            json!({"context_management": {"edits": []}}),
            "context_management: Extra inputs are not permitted",
            json!({"service_tier": "auto"}),
        ),
        (
            json!({"metadata": {"team": "x"}}),
            "metadata.team: Extra inputs are not permitted",
            json!({"metadata": {"user_id": "u"}}),
        ),
        (
            json!({"temperature": 1.5}),
            "temperature: Input should be less than or equal to 1",
            json!({"temperature": 1}),
        ),
        (
            json!({"temperature": -0.5}),
            "temperature: Input should be greater than or equal to 0",
            json!({"temperature": 0}),
        ),
        (
            json!({"stop_sequences": ["x", " \n"]}),
            "stop_sequences: each stop sequence must contain non-whitespace",
            json!({"stop_sequences": ["x", " y"]}),
        ),
        (
            json!({"stop_sequences": "x"}),
            "stop_sequences: Input should be a valid list",
            json!({"stop_sequences": []}),
        ),
        (
            json!({"stream": "yes"}),
            "stream: Input should be a valid boolean",
            json!({"stream": false}),
        ),
        (
            json!({"output_config": {"effort": "extreme"}}),
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
            json!({"output_config": {"effort": "max"}}),
        ),
        (
            json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}),
            "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
            json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": false}}}}),
        ),
        (
            json!({"system": [text("")]}),
            "system: text content blocks must be non-empty",
            json!({"system": [text("x")]}),
        ),
        (
            json!({"system": [{"type": "image"}]}),
            "system.0: Input tag 'image' found using 'type' does not match any of the expected tags: 'text'",
            json!({"system": "be brief"}),
        ),
        (
            json!({"system": [marked(&json!("2h"))]}),
            "system.0.text.cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
            json!({"system": [marked(&json!("1h"))]}),
        ),
        (
            json!({"system": [marked(&json!("5m")), marked(&json!("1h"))]}),
            "system.1.text.cache_control.ephemeral.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
            json!({"system": [marked(&json!("1h")), marked(&json!("5m"))]}),
        ),
        (
            json!({"system": vec![marked(&json!("5m")); 3], "messages": [{"role": "user", "content": vec![marked(&json!("5m")); 2]}]}),
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
            json!({"system": vec![marked(&json!("5m")); 2], "messages": [{"role": "user", "content": vec![marked(&json!("5m")); 2]}]}),
        ),
        (
            image(&json!({"type": "base64", "media_type": "image/tiff", "data": "aGk="})),
            "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
            image(&json!({"type": "base64", "media_type": "image/webp", "data": "aGk="})),
        ),
        (
            image(
                &json!({"type": "base64", "media_type": "image/png", "data": "data:image/png;base64,aGk="}),
            ),
            "messages.0.content.0.image.source.base64.data: invalid base64 data",
            image(&json!({"type": "base64", "media_type": "image/png", "data": "aGk="})),
        ),
        (
            image(&json!({"type": "url", "url": "file:///etc/passwd"})),
            "messages.0.content.0.image.source.url.url: Only HTTP(S) URLs are supported.",
            image(&json!({"type": "url", "url": "https://example.com/x.png"})),
        ),
        (
            user(
                &json!([{"type": "document", "source": {"type": "base64", "media_type": "text/plain", "data": "aGk="}}]),
            ),
            "messages.0.content.0.document.source.base64.media_type: Input should be 'application/pdf'",
            user(
                &json!([{"type": "document", "title": "t", "citations": {"enabled": true},
                          "source": {"type": "text", "media_type": "text/plain", "data": "hi"}}]),
            ),
        ),
    ]
}

fn turn_rules() -> Vec<(Value, &'static str, Value)> {
    vec![
        (
            json!({"messages": []}),
            "messages: at least one message is required",
            json!({}),
        ),
        (
            json!({"messages": [{"role": "tool", "content": "x"}]}),
            "messages: Unexpected role \"tool\". Allowed roles are \"user\" or \"assistant\".",
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}]}),
        ),
        (
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "system", "content": "y"}]}),
            "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role.",
            json!({"system": "y"}),
        ),
        (
            json!({"messages": [{"role": "assistant", "content": "x"}]}),
            "messages: first message must use the \"user\" role",
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "The answer is"}]}),
        ),
        (
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "The answer is "}]}),
            "messages: final assistant content cannot end with trailing whitespace",
            said(&json!("The answer is ")),
        ),
        (
            json!({"messages": [{"role": "user", "content": "x", "name": "ann"}]}),
            "messages.0.name: Extra inputs are not permitted",
            json!({}),
        ),
        (
            said(&json!([{"type": "text", "text": "x", "tool_calls": []}])),
            "messages.1.content.0.text.tool_calls: Extra inputs are not permitted",
            said(&json!([{"type": "text", "text": "x", "citations": null}])),
        ),
        (
            user(&json!([{"type": "image_url", "image_url": {"url": "x"}}])),
            "messages.0.content.0: Input tag 'image_url' found using 'type' does not match any of the expected tags: 'text', 'image', 'document', 'search_result', 'tool_result', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use', 'web_search_tool_result', 'web_fetch_tool_result', 'code_execution_tool_result', 'bash_code_execution_tool_result', 'text_editor_code_execution_tool_result', 'tool_search_tool_result', 'advisor_tool_result', 'mcp_tool_use', 'mcp_tool_result', 'container_upload', 'compaction'",
            user(&json!([text("x")])),
        ),
        (
            user(&json!([text("x"), text("")])),
            "messages: text content blocks must be non-empty",
            user(&json!([text("x"), text("y")])),
        ),
        (
            user(&json!("  \n")),
            "messages: text content blocks must contain non-whitespace text",
            user(&json!("  x")),
        ),
        (
            user(&json!("")),
            "messages.0: user messages must have non-empty content",
            user(&json!("x")),
        ),
        (
            said(&json!([])),
            "messages.1: all messages must have non-empty content except for the optional final assistant message",
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": []}]}),
        ),
        (
            user(&json!([{"type": "text", "text": "", "cache_control": {"type": "ephemeral"}}])),
            "messages.0.content.0.text: cache_control cannot be set for empty text blocks",
            user(&json!([{"type": "text", "text": "x", "cache_control": null}])),
        ),
        (
            user(&json!([tool_use("a")])),
            "messages.0.content.0: `tool_use` blocks can only be in `assistant` messages",
            loop_of(&json!([tool_use("a")]), &json!([result("a")])),
        ),
        (
            said(&json!([{"type": "image", "source": {"type": "url", "url": "https://x"}}])),
            "messages.1.content.0: `image` blocks can only be in `user` messages",
            said(&json!([text("x")])),
        ),
        (
            loop_of(
                &json!([tool_use("a"), tool_use("b")]),
                &json!([result("b")]),
            ),
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
            loop_of(
                &json!([tool_use("a"), tool_use("b")]),
                &json!([result("b"), result("a"), text("so")]),
            ),
        ),
        (
            loop_of(&json!([tool_use("a")]), &json!([text("so"), result("a")])),
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
            json!({"messages": [
                {"role": "user", "content": "go"}, {"role": "assistant", "content": [tool_use("a"), tool_use("b")]},
                {"role": "user", "content": [result("a")]}, {"role": "user", "content": [result("b"), text("so")]},
            ]}),
        ),
        (
            json!({"messages": [{"role": "user", "content": "go"}, {"role": "assistant", "content": [tool_use("a")]}]}),
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
            loop_of(&json!([tool_use("a")]), &json!([result("a")])),
        ),
        (
            user(&json!([text("x"), result("a")])),
            "messages.0.content.1: unexpected `tool_use_id` found in `tool_result` blocks: a. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
            user(&json!([text("x")])),
        ),
        (
            loop_of(&json!([tool_use("a")]), &json!([result("a"), result("z")])),
            "messages.2.content.1: unexpected `tool_use_id` found in `tool_result` blocks: z. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
            loop_of(
                &json!([tool_use("a"), tool_use("z")]),
                &json!([result("a"), result("z")]),
            ),
        ),
        (
            loop_of(&json!([tool_use("a")]), &json!([result("a"), result("a")])),
            "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: a",
            loop_of(&json!([tool_use("a")]), &json!([result("a")])),
        ),
        (
            loop_of(
                &json!([tool_use("a"), tool_use("a")]),
                &json!([result("a")]),
            ),
            "messages: `tool_use` ids must be unique",
            loop_of(
                &json!([tool_use("a"), tool_use("A")]),
                &json!([result("a"), result("A")]),
            ),
        ),
        (
            loop_of(
                &json!([tool_use("fs.read:1")]),
                &json!([result("fs.read:1")]),
            ),
            "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
            loop_of(
                &json!([tool_use("fs_read-1")]),
                &json!([result("fs_read-1")]),
            ),
        ),
        (
            loop_of(
                &json!([tool_use("a")]),
                &json!([{"type": "tool_result", "tool_use_id": "a", "content": {"x": 1}}]),
            ),
            "messages.2.content.0.tool_result.content: Input should be a valid list",
            loop_of(
                &json!([tool_use("a")]),
                &json!([{"type": "tool_result", "tool_use_id": "a", "is_error": true, "content": [text("x"),
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}]}]),
            ),
        ),
        (
            loop_of(
                &json!([{"type": "tool_use", "id": "a", "name": "f", "input": "{}"}]),
                &json!([result("a")]),
            ),
            "messages.1.content.0.tool_use.input: Input should be a valid dictionary",
            loop_of(
                &json!([tool_use("a")]),
                &json!([{"type": "tool_result", "tool_use_id": "a"}]),
            ),
        ),
    ]
}

fn tool_rules() -> Vec<(Value, &'static str, Value)> {
    vec![
        (
            json!({"tools": [{"name": "a.b", "input_schema": {"type": "object"}}]}),
            "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
            json!({"tools": [{"name": "a_b", "input_schema": {"type": "object"}}]}),
        ),
        (
            json!({"tools": [{"name": "f"}]}),
            "tools.0.custom.input_schema: Field required",
            json!({"tools": []}),
        ),
        (
            json!({"tools": [{"name": "f", "input_schema": {}}]}),
            "tools.0.custom.input_schema.type: Field required",
            json!({"tools": [tool()]}),
        ),
        (
            json!({"tools": [{"name": "f", "input_schema": {"type": "object", "oneOf": []}}]}),
            "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
            json!({"tools": [{"name": "f", "input_schema": {"type": "object", "properties": {"x": {"oneOf": []}}}}]}),
        ),
        (
            json!({"tools": [{"type": "function", "function": {"name": "f"}}]}),
            "tools.0: Input tag 'function' found using 'type' does not match any of the expected tags: 'custom', 'bash_', 'browser_', 'code_execution_', 'computer_', 'mcp_toolset', 'memory_', 'text_editor_', 'tool_search_tool_', 'web_fetch_', 'web_search_'",
            json!({"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}]}),
        ),
        (
            json!({"tools": [{"name": "f", "parameters": {}, "input_schema": {"type": "object"}}]}),
            "tools.0.custom.parameters: Extra inputs are not permitted",
            json!({"tools": [{"type": "custom", "name": "f", "input_schema": {"type": "object"}, "defer_loading": true}]}),
        ),
        (
            json!({"tools": [tool(), tool()]}),
            "tools: Tool names must be unique.",
            json!({"tools": [tool()]}),
        ),
        (
            json!({"tools": [tool()], "tool_choice": {"type": "required"}}),
            "tool_choice: Input tag 'required' found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'",
            json!({"tools": [tool()], "tool_choice": {"type": "any", "disable_parallel_tool_use": true}}),
        ),
        (
            json!({"tools": [tool()], "tool_choice": {"type": "tool", "name": "g"}}),
            "Tool 'g' not found in provided tools",
            json!({"tools": [tool()], "tool_choice": {"type": "tool", "name": "f"}}),
        ),
        (
            json!({"tool_choice": {"type": "any"}}),
            "tool_choice.any may only be specified while providing tools",
            json!({"tool_choice": {"type": "auto"}}),
        ),
    ]
}

fn thinking_rules() -> Vec<(Value, &'static str, Value)> {
    vec![
        (
            json!({"thinking": {"type": "enabled"}}),
            "thinking.enabled.budget_tokens: Field required",
            json!({"thinking": {"type": "adaptive", "display": "omitted"}}),
        ),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 1023}}),
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
            json!({"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        ),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 4096}}),
            "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size",
            json!({"thinking": {"type": "enabled", "budget_tokens": 4095}}),
        ),
        (
            json!({"thinking": {"type": "adaptive", "budget_tokens": 2000}}),
            "thinking.adaptive.budget_tokens: Extra inputs are not permitted",
            json!({"thinking": {"type": "disabled"}}),
        ),
        (
            thinking(&json!({"temperature": 0.5})),
            "`temperature` may only be set to 1 when thinking is enabled. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#important-considerations-when-using-extended-thinking",
            thinking(&json!({"temperature": 1})),
        ),
        (
            thinking(&json!({"top_p": 0.9})),
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
            thinking(&json!({"top_p": 0.95})),
        ),
        (
            thinking(&json!({"tools": [tool()], "tool_choice": {"type": "any"}})),
            "Thinking may not be enabled when tool_choice forces tool use.",
            thinking(&json!({"tools": [tool()], "tool_choice": {"type": "auto"}})),
        ),
        (
            thinking(&loop_of(&json!([tool_use("a")]), &json!([result("a")]))),
            "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable `thinking`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
            thinking(&patched(
                &loop_of(&json!([tool_use("a")]), &json!([result("a")])),
                &json!({"thinking": {"type": "adaptive"}}),
            )),
        ),
        (
            said(&json!([{"type": "thinking", "thinking": "t"}])),
            "messages.1.content.0.thinking.signature: Field required",
            said(&json!([text("t")])),
        ),
        (
            said(&json!([{"type": "thinking", "thinking": "t", "signature": "made up"}])),
            "messages.1.content.0: Invalid `signature` in `thinking` block",
            said(&json!([text("t")])),
        ),
        (
            said(&json!([{"type": "redacted_thinking", "data": "made up"}])),
            "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
            said(&json!([text("t")])),
        ),
        (
            said(
                &json!([{"type": "thinking", "thinking": "t", "signature": "", "cache_control": {"type": "ephemeral"}}]),
            ),
            "messages.1.content.0.thinking.cache_control: Extra inputs are not permitted",
            said(&json!([{"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}}])),
        ),
    ]
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
