//! Every rule of Chat: a request that breaks it, and its neighbour that does not.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{Stage, patched};

fn base() -> Value {
    json!({"model": "echo", "messages": [{"role": "user", "content": "hi"}]})
}

fn tool() -> Value {
    json!({"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}})
}

fn call(id: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}})
}

fn user(content: &Value) -> Value {
    json!({"messages": [{"role": "user", "content": content}]})
}

fn named_tool(name: &str) -> Value {
    json!({"tools": [{"type": "function", "function": {"name": name, "parameters": {}}}]})
}

fn schema_tool(schema: &Value) -> Value {
    json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]})
}

fn loop_of(calls: &[&str], results: &[&str], end: bool) -> Value {
    let calls: Vec<_> = calls.iter().map(|id| call(id)).collect();
    let mut messages = vec![
        json!({"role": "user", "content": "go"}),
        json!({"role": "assistant", "content": null, "tool_calls": calls}),
    ];
    messages.extend(
        results
            .iter()
            .map(|id| json!({"role": "tool", "tool_call_id": id, "content": "r"})),
    );
    if end {
        messages.push(json!({"role": "user", "content": "and?"}));
    }
    json!({"messages": messages})
}

/// (what breaks the rule, the refusal, what keeps it)
fn rules() -> Vec<(Value, &'static str, Value)> {
    let png = "data:image/png;base64,iVBORw0KGgo=";
    vec![
        (
            json!({"thinking": {}}),
            "Unrecognized request argument supplied: thinking",
            json!({"seed": 1}),
        ),
        (
            json!({"messages": null}),
            "Missing required parameter: 'messages'.",
            json!({}),
        ),
        (
            json!({"messages": []}),
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            json!({}),
        ),
        (
            json!({"messages": [{"role": "robot", "content": "x"}]}),
            "Invalid value: 'robot'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
            json!({"messages": [{"role": "developer", "content": "x"}, {"role": "system", "content": [{"type": "text", "text": ""}]}]}),
        ),
        (
            json!({"messages": [{"role": "tool", "tool_call_id": "a", "content": "x"}]}),
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
            loop_of(&["a"], &["a"], false),
        ),
        (
            loop_of(&["a", "b", "c"], &["b"], true),
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: a, c",
            loop_of(&["a", "b", "c"], &["c", "a", "b"], true),
        ),
        (
            loop_of(&["a"], &[], false),
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: a",
            loop_of(&["a"], &["a"], true),
        ),
        (
            loop_of(&["a"], &["z"], false),
            "Invalid parameter: 'tool_call_id' of 'z' not found in 'tool_calls' of previous message.",
            loop_of(&["z"], &["z"], false),
        ),
        (
            loop_of(&["a"], &["a", "a"], false),
            "Duplicate value for 'tool_call_id' of 'a' in message with role 'tool'.",
            loop_of(&["a", "b"], &["a", "b"], false),
        ),
        (
            loop_of(&["a", "a"], &["a"], false),
            "Duplicate value for 'messages[1].tool_calls[1].id': 'a'.",
            loop_of(&["a"], &["a"], false),
        ),
        (
            loop_of(&["12345678901234567890123456789012345678901"], &[], false),
            "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 41 instead.",
            loop_of(
                &["1234567890123456789012345678901234567890"],
                &["1234567890123456789012345678901234567890"],
                false,
            ),
        ),
        (
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": null}]}),
            "Invalid value for 'content': expected a string, got null.",
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": null, "refusal": "no"}]}),
        ),
        (
            json!({"messages": [{"role": "assistant", "content": "x", "tool_calls": []}]}),
            "Invalid 'messages[0].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            json!({"messages": [{"role": "assistant", "content": "x"}]}),
        ),
        (
            user(&json!([{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}])),
            "Unknown parameter: 'messages[0].content[0].cache_control'.",
            user(&json!([{"type": "text", "text": "x"}])),
        ),
        (
            json!({"messages": [{"role": "user", "content": "x", "cache_control": {}}]}),
            "Unknown parameter: 'messages[0].cache_control'.",
            json!({"messages": [{"role": "user", "content": "x", "name": "ann"}]}),
        ),
        (
            json!({"messages": [{"role": "assistant", "content": "x", "reasoning_content": "r"}]}),
            "Unknown parameter: 'messages[0].reasoning_content'.",
            json!({"model": "think", "messages": [{"role": "assistant", "content": "x", "reasoning_content": "r"}]}),
        ),
        (
            user(&json!([{"type": "thinking", "thinking": "x"}])),
            "Invalid value: 'thinking'. Supported values are: 'text', 'image_url', 'input_audio', and 'file'.",
            user(&json!([{"type": "file", "file": {"file_id": "f1"}}])),
        ),
        (
            json!({"messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "tool_calls": [call("a")]},
                {"role": "tool", "tool_call_id": "a", "content": [{"type": "image_url", "image_url": {"url": png}}]},
            ]}),
            "Invalid 'messages[2].content[0]'. Image URLs are only allowed for messages with role 'user', but this message with role 'tool' contains an image URL.",
            json!({"messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "tool_calls": [call("a")]},
                {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "r"}]},
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": png}}]},
            ]}),
        ),
        (
            user(
                &json!([{"type": "image_url", "image_url": {"url": "data:text/plain;base64,aGk="}}]),
            ),
            "Invalid 'messages[0].content[0].image_url.url'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got unsupported MIME type 'text/plain'.",
            user(&json!([{"type": "image_url", "image_url": {"url": png, "detail": "low"}}])),
        ),
        (
            user(&json!([{"type": "image_url", "image_url": {"url": "/tmp/x.png"}}])),
            "Invalid 'messages[0].content[0].image_url.url'. Expected a valid URL or a base64-encoded data URL (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without one of these forms.",
            user(
                &json!([{"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}]),
            ),
        ),
        (
            user(&json!([{"type": "image_url", "image_url": {"url": "data:image/png;base64,%%"}}])),
            "Invalid 'messages[0].content[0].image_url.url'. Expected base64-encoded data, but got a value that could not be decoded.",
            user(&json!([{"type": "image_url", "image_url": {"url": png}}])),
        ),
        (
            named_tool("a.b"),
            "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            named_tool("a-b_9"),
        ),
        (
            named_tool(&"x".repeat(65)),
            "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
            named_tool(&"x".repeat(64)),
        ),
        (
            schema_tool(&json!({"properties": {}})),
            "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'.",
            schema_tool(&json!({"type": "object"})),
        ),
        (
            schema_tool(&json!({"type": "object", "anyOf": []})),
            "Invalid schema for function 'f': schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
            schema_tool(
                &json!({"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}]}}}),
            ),
        ),
        (
            json!({"tools": [{"type": "function", "function": {"name": "f", "strict": true, "parameters": {"type": "object", "properties": {"a": {}}, "additionalProperties": false}}}]}),
            "Invalid schema for function 'f': In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'a'.",
            json!({"tools": [{"type": "function", "function": {"name": "f", "strict": true, "parameters": {"type": "object", "properties": {"a": {}}, "additionalProperties": false, "required": ["a"]}}}]}),
        ),
        (
            json!({"tools": []}),
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            json!({"tools": [tool()]}),
        ),
        (
            json!({"tools": [{"name": "f", "input_schema": {}}]}),
            "Missing required parameter: 'tools[0].type'.",
            json!({"tools": [{"type": "custom", "custom": {"name": "f"}}]}),
        ),
        (
            json!({"tool_choice": "auto"}),
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            json!({"tool_choice": "auto", "tools": [tool()]}),
        ),
        (
            json!({"parallel_tool_calls": false}),
            "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
            json!({"parallel_tool_calls": false, "tools": [tool()]}),
        ),
        (
            json!({"tools": [tool()], "tool_choice": "any"}),
            "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.",
            json!({"tools": [tool()], "tool_choice": "required"}),
        ),
        (
            json!({"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "g"}}}),
            "Tool choice 'g' not found in 'tools' parameter.",
            json!({"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "f"}}}),
        ),
        (
            json!({"stop": ["a", "b", "c", "d", "e"]}),
            "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.",
            json!({"stop": ["a", "b", "c", "d"]}),
        ),
        (
            json!({"max_tokens": 9, "max_completion_tokens": 9}),
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            json!({"max_completion_tokens": 9}),
        ),
        (
            json!({"max_tokens": 0}),
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            json!({"max_tokens": 1}),
        ),
        (
            json!({"max_tokens": "9"}),
            "Invalid type for 'max_tokens': expected an integer, but got a string instead.",
            json!({"max_tokens": 9}),
        ),
        (
            json!({"stream_options": {"include_usage": true}}),
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            json!({}),
        ),
        (
            json!({"temperature": 2.5}),
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
            json!({"temperature": 2}),
        ),
        (
            json!({"reasoning_effort": "extreme"}),
            "Invalid value: 'extreme'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.",
            json!({"reasoning_effort": "max"}),
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}}),
            "Missing required parameter: 'response_format.json_schema.name'.",
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}}),
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": {"type": "object"}}}}),
            "Invalid schema for response_format 'n': In context=(), 'additionalProperties' is required to be supplied and to be false.",
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": {"type": "object", "additionalProperties": false}}}}),
        ),
        (
            json!({"response_format": {"type": "json_object"}}),
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            json!({"response_format": {"type": "json_object"}, "messages": [{"role": "user", "content": "say JSON"}]}),
        ),
        (
            json!({"metadata": {"a": 1}}),
            "Invalid type for 'metadata.a': expected a string, but got an integer instead.",
            json!({"metadata": {"a": "1"}}),
        ),
        (
            json!({"model": null}),
            "you must provide a model parameter",
            json!({"model": "echo"}),
        ),
        (
            json!({"model": 5}),
            "Invalid type for 'model': expected a string, but got an integer instead.",
            json!({}),
        ),
    ]
}

#[tokio::test]
async fn each_rule_refuses_its_violation_and_nothing_else() {
    let stage = Stage::open().await;
    for (breaks, message, keeps) in rules() {
        let refused = stage.chat(&patched(&base(), &breaks)).await;
        assert_eq!(
            (refused.status, refused.message()),
            (400, message.to_owned()),
            "{breaks}"
        );
        let taken = stage.chat(&patched(&base(), &keeps)).await;
        assert_eq!(
            (taken.status, taken.message()),
            (200, "no error".to_owned()),
            "{keeps}"
        );
    }
}
