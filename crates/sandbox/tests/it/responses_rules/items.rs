//! Rules of the conversation's items.

use serde_json::{Value, json};

use super::Rule;
use crate::client::patched;

pub(super) fn rules() -> Vec<Rule> {
    let text = |kind: &str| json!([{"type": kind, "text": "t"}]);
    let user = |content: Value| with(&[json!({"role": "user", "content": content})]);
    let message =
        |id: &str| with(&[json!({"type": "message", "id": id, "role": "user", "content": "x"})]);
    let long = "c".repeat(65);
    vec![
        (
            with(&[json!({"type": "tool_result"})]),
            "Invalid value: 'tool_result'.",
            with(&[json!({"type": "item_reference", "id": "KEPT"})]),
        ),
        (
            with(&[json!({"role": "tool", "content": "x"})]),
            "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
            with(&[json!({"role": "developer", "content": "x"})]),
        ),
        (
            with(&[json!({"content": "x"})]),
            "Missing required parameter: 'input[1].type'.",
            with(&[json!({"role": "system", "content": text("input_text")})]),
        ),
        (
            user(text("text")),
            "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', and 'input_file'.",
            user(text("input_text")),
        ),
        (
            with(&[said(&text("input_text"))]),
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
            with(&[
                said(&text("output_text")),
                said(&json!([{"type": "refusal", "refusal": "no"}])),
            ]),
        ),
        (
            with(&[json!({"role": "user", "content": "x", "tool_calls": []})]),
            "Unknown parameter: 'input[1].tool_calls'.",
            with(&[
                json!({"type": "message", "status": "completed", "role": "user", "content": "x",
                           "internal_chat_message_metadata_passthrough": {"a": 1}}),
            ]),
        ),
        (
            with(&[json!({"role": "user"})]),
            "Missing required parameter: 'input[1].content'.",
            user(json!([])),
        ),
        (
            user(json!([{"type": "input_image", "image_url": {"url": "https://x.test"}}])),
            "Invalid type for 'input[1].content[0].image_url': expected a string, but got an object instead.",
            user(json!([{"type": "input_image", "image_url": "https://x.test"}])),
        ),
        (
            user(json!([{"type": "input_file", "file_data": "data:application/pdf;base64,AAAA"}])),
            "Missing required parameter: 'input[1].content[0].filename'.",
            user(json!([{"type": "input_file", "file_id": "file-1"}])),
        ),
        (
            message("item_1"),
            "Invalid 'input[1].id': 'item_1'. Expected an ID that begins with 'msg'.",
            message("msg_1"),
        ),
        (
            message("msg_ä"),
            "Invalid 'input[1].id': 'msg_ä'. Expected an ID that contains letters, numbers, underscores, or dashes, but \
             this value contained additional characters.",
            message("msg-1"),
        ),
        (
            with(&[patched(&call("a"), &json!({"id": "call_1"})), result("a")]),
            "Invalid 'input[1].id': 'call_1'. Expected an ID that begins with 'fc'.",
            with(&[
                patched(&call("a"), &json!({"id": "fc_1"})),
                patched(&result("a"), &json!({"id": "fco_1"})),
            ]),
        ),
        (
            with(&[
                patched(&call("a"), &json!({"id": "fc_1"})),
                result("a"),
                patched(&call("b"), &json!({"id": "fc_1"})),
                result("b"),
            ]),
            "Duplicate item found with id fc_1. Remove duplicate items from your input and try again.",
            with(&[
                patched(&call("a"), &json!({"id": "fc_1"})),
                result("a"),
                patched(&call("b"), &json!({"id": "fc_2"})),
                result("b"),
            ]),
        ),
        (
            with(&[call("a"), call("b"), result("b")]),
            "No tool output found for function call a.",
            with(&[
                call("a"),
                call("b"),
                result("b"),
                said(&json!("x")),
                result("a"),
            ]),
        ),
        (
            with(&[result("a"), call("a")]),
            "No tool call found for function call output with call_id a.",
            with(&[call("a"), result("a")]),
        ),
        (
            with(&[
                json!({"type": "custom_tool_call", "call_id": "a", "name": "c", "input": ""}),
                result("a"),
            ]),
            "No tool call found for function call output with call_id a.",
            with(&[
                json!({"type": "custom_tool_call", "call_id": "a", "name": "c", "input": ""}),
                json!({"type": "custom_tool_call_output", "call_id": "a", "output": text("input_text")}),
            ]),
        ),
        (
            with(&[json!({"type": "custom_tool_call", "call_id": "a", "name": "c", "input": ""})]),
            "No tool output found for custom tool call a.",
            json!({}),
        ),
        (
            with(&[call("a"), result("a"), call("a"), result("a")]),
            "Duplicate value for 'input[3].call_id': 'a'.",
            json!({}),
        ),
        (
            with(&[call("a"), result("a"), result("a")]),
            "Duplicate value for 'input[3].call_id': 'a'.",
            json!({}),
        ),
        (
            with(&[call(&long), result(&long)]),
            "Invalid 'input[1].call_id': string too long. Expected a string with maximum length 64, but got a string with \
             length 65 instead.",
            with(&[call(&long[1..]), result(&long[1..])]),
        ),
        (
            with(&[call(""), result("")]),
            "Invalid 'input[1].call_id': empty string. Expected a string with minimum length 1, but got an empty string \
             instead.",
            json!({}),
        ),
        (
            with(&[patched(&call("a"), &json!({"arguments": {}})), result("a")]),
            "Invalid type for 'input[1].arguments': expected a string, but got an object instead.",
            with(&[patched(&call("a"), &json!({"namespace": "n"})), result("a")]),
        ),
        (
            with(&[
                call("a"),
                patched(&result("a"), &json!({"output": {"ok": true}})),
            ]),
            "Invalid type for 'input[2].output': expected one of a string or array of objects, but got an object instead.",
            with(&[
                call("a"),
                patched(
                    &result("a"),
                    &json!({"output": [{"type": "input_image", "image_url": "https://x.test"}]}),
                ),
            ]),
        ),
        (
            with(&[
                json!({"type": "tool_search_call", "call_id": "s", "execution": "client", "arguments": {}}),
            ]),
            "No tool output found for tool search call s.",
            with(&[json!({"type": "tool_search_call", "execution": "server", "arguments": {}})]),
        ),
        (
            with(&[json!({"type": "additional_tools", "role": "user", "tools": []})]),
            "Invalid value: 'user'. Supported values are: 'developer'.",
            with(&[json!({"type": "additional_tools", "role": "developer", "tools": []})]),
        ),
        (
            with(&[
                json!({"type": "additional_tools", "role": "developer", "tools": [{"type": "function"}]}),
            ]),
            "Missing required parameter: 'input[1].tools[0].name'.",
            json!({}),
        ),
    ]
}

fn with(items: &[Value]) -> Value {
    let mut input = vec![json!({"role": "user", "content": "go"})];
    input.extend_from_slice(items);
    json!({"input": input})
}

fn call(id: &str) -> Value {
    json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"})
}

fn result(id: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": "r"})
}

fn said(content: &Value) -> Value {
    json!({"role": "assistant", "content": content})
}
