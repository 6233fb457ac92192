//! Rules of the order and content of turns.

use serde_json::{Value, json};

use super::{loop_of, result, said, text, tool_use, user};

pub(super) fn rules() -> Vec<(Value, &'static str, Value)> {
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
