//! Every rule of Responses: a request that breaks it, and its neighbour that does not.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{Stage, patched};

fn base() -> Value {
    json!({"model": "echo", "input": "hi"})
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

fn tool(patch: &Value) -> Value {
    let tool = json!({"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}});
    json!({"tools": [patched(&tool, patch)]})
}

fn format(format: &Value) -> Value {
    json!({"text": {"format": format}})
}

fn many(count: usize) -> Value {
    let entries = (0..count).map(|count| (count.to_string(), json!("v")));
    json!({"metadata": entries.collect::<serde_json::Map<_, _>>()})
}

/// (what breaks the rule, the refusal, what keeps it)
fn parameters() -> Vec<(Value, &'static str, Value)> {
    vec![
        (
            json!({"messages": []}),
            "Unknown parameter: 'messages'.",
            json!({"client_metadata": {"a": "b"}}),
        ),
        (
            json!({"stop": ["x"]}),
            "Unknown parameter: 'stop'.",
            json!({"top_p": 0.5}),
        ),
        (
            json!({"generate": false}),
            "Unknown parameter: 'generate'.",
            json!({}),
        ),
        (
            json!({"model": 5}),
            "Invalid type for 'model': expected a string, but got an integer instead.",
            json!({}),
        ),
        (
            json!({"model": null}),
            "Missing required parameter: 'model'.",
            json!({}),
        ),
        (
            json!({"input": null}),
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
            json!({}),
        ),
        (
            json!({"input": []}),
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
            json!({}),
        ),
        (
            json!({"input": 5}),
            "Invalid type for 'input': expected one of a string or array of input items, but got an integer instead.",
            json!({}),
        ),
        (
            json!({"max_output_tokens": 15}),
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 15 instead.",
            json!({"max_output_tokens": 16}),
        ),
        (
            json!({"temperature": 2.5}),
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
            json!({"temperature": 2}),
        ),
        (
            json!({"top_p": -1}),
            "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
            json!({"top_p": 1}),
        ),
        (
            json!({"top_logprobs": 21}),
            "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.",
            json!({"top_logprobs": 20, "include": ["message.output_text.logprobs"]}),
        ),
        (
            json!({"service_tier": "cheap"}),
            "Invalid value: 'cheap'. Supported values are: 'auto', 'default', 'flex', 'scale', 'priority', 'fast', and \
             'ultrafast'.",
            json!({"service_tier": "flex"}),
        ),
        (
            json!({"truncation": "yes"}),
            "Invalid value: 'yes'. Supported values are: 'auto', and 'disabled'.",
            json!({"truncation": "auto"}),
        ),
        (
            json!({"prompt_cache_key": "k".repeat(65)}),
            "Invalid 'prompt_cache_key': string too long. Expected a string with maximum length 64, but got a string with \
             length 65 instead.",
            json!({"prompt_cache_key": "k".repeat(64)}),
        ),
        (
            json!({"stream_options": {}}),
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            json!({"stream": true, "stream_options": {"include_obfuscation": true}}),
        ),
        (
            json!({"stream": true, "stream_options": {"include_usage": true}}),
            "Unknown parameter: 'stream_options.include_usage'.",
            json!({}),
        ),
        (
            json!({"background": true, "store": false}),
            "Background mode requires 'store' to be set to true.",
            json!({"background": true}),
        ),
        (
            json!({"store": "no"}),
            "Invalid type for 'store': expected a boolean, but got a string instead.",
            json!({"store": false}),
        ),
        (
            json!({"include": ["usage"]}),
            "Invalid value: 'usage'. Supported values are: 'file_search_call.results', 'web_search_call.results', \
             'web_search_call.action.sources', 'message.input_image.image_url', 'computer_call_output.output.image_url', \
             'code_interpreter_call.outputs', 'reasoning.encrypted_content', and 'message.output_text.logprobs'.",
            json!({"include": ["reasoning.encrypted_content"]}),
        ),
        (
            many(17),
            "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object \
             with 17 properties instead.",
            many(16),
        ),
        (
            json!({"reasoning": {"effort": "huge"}}),
            "Invalid value: 'huge'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.",
            json!({"reasoning": {"effort": "xhigh", "summary": "auto", "context": "all_turns"}}),
        ),
        (
            json!({"reasoning": {"max_tokens": 5}}),
            "Unknown parameter: 'reasoning.max_tokens'.",
            json!({"reasoning": null}),
        ),
        (
            json!({"conversation": "conv_1", "previous_response_id": "resp_1"}),
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'.",
            json!({}),
        ),
        (
            json!({"conversation": "c"}),
            "Invalid 'conversation': 'c'. Expected an ID that begins with 'conv'.",
            json!({}),
        ),
        (
            json!({"context_management": [{"type": "erase"}]}),
            "Invalid value: 'erase'. Supported values are: 'compaction'.",
            json!({"context_management": [{"type": "compaction", "compact_threshold": 1000}]}),
        ),
        (
            json!({"text": {"verbosity": "loud"}}),
            "Invalid value: 'loud'. Supported values are: 'low', 'medium', and 'high'.",
            json!({"text": {"verbosity": "high"}}),
        ),
        (
            format(&json!({"type": "json_schema", "name": "n"})),
            "Missing required parameter: 'text.format.schema'.",
            format(&json!({"type": "json_schema", "name": "n", "schema": {"type": "object"}})),
        ),
        (
            format(&json!({"type": "json_schema", "json_schema": {}})),
            "Unknown parameter: 'text.format.json_schema'.",
            format(&json!({"type": "text"})),
        ),
        (
            format(
                &json!({"type": "json_schema", "name": "n", "strict": true, "schema": {"type": "object"}}),
            ),
            "Invalid schema for response_format 'n': In context=(), 'additionalProperties' is required to be supplied and \
             to be false.",
            format(
                &json!({"type": "json_schema", "name": "n", "strict": true, "schema": {"type": "object", "additionalProperties": false}}),
            ),
        ),
        (
            format(&json!({"type": "json_object"})),
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type \
             'json_object'.",
            patched(
                &format(&json!({"type": "json_object"})),
                &json!({"input": "as JSON, please"}),
            ),
        ),
    ]
}

fn tools() -> Vec<(Value, &'static str, Value)> {
    let strict = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    let closed = patched(&strict, &json!({"required": ["a"]}));
    let custom =
        |format: Value| json!({"tools": [{"type": "custom", "name": "c", "format": format}]});
    let chosen = |choice: Value| patched(&tool(&json!({})), &json!({"tool_choice": choice}));
    vec![
        (
            json!({"tools": [{"type": "function", "function": {"name": "f"}}]}),
            "Unknown parameter: 'tools[0].function'.",
            tool(&json!({})),
        ),
        (
            json!({"tools": [{"type": "function"}]}),
            "Missing required parameter: 'tools[0].name'.",
            json!({"tools": []}),
        ),
        (
            tool(&json!({"name": "a.b"})),
            "Invalid 'tools[0].name': string does not match pattern. Expected a string that matches the pattern \
             '^[a-zA-Z0-9_-]+$'.",
            tool(&json!({"name": "a-b_1"})),
        ),
        (
            tool(&json!({"parameters": {"type": "array"}})),
            "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.",
            tool(&json!({"parameters": {}})),
        ),
        (
            tool(&json!({"strict": true, "parameters": strict})),
            "Invalid schema for function 'f': In context=(), 'required' is required to be supplied and to be an array \
             including every key in properties. Missing 'a'.",
            tool(&json!({"strict": true, "parameters": closed})),
        ),
        (
            tool(&json!({"cache_control": {}})),
            "Unknown parameter: 'tools[0].cache_control'.",
            tool(&json!({"strict": false, "description": "d"})),
        ),
        (
            json!({"tools": [{"type": "browser"}]}),
            "Invalid value: 'browser'. Supported values are: 'function', 'custom', 'namespace', 'tool_search', \
             'web_search', 'web_search_2025_08_26', 'web_search_preview', 'web_search_preview_2025_03_11', 'file_search', \
             'computer', 'computer_use_preview', 'code_interpreter', 'image_generation', 'local_shell', 'shell', \
             'apply_patch', 'mcp', and 'programmatic_tool_calling'.",
            json!({"tools": [{"type": "web_search", "external_web_access": true, "search_content_types": ["text"]}]}),
        ),
        (
            json!({"tools": [{"type": "web_search", "max_uses": 5}]}),
            "Unknown parameter: 'tools[0].max_uses'.",
            json!({"tools": [{"type": "web_search_preview", "search_context_size": "low"}]}),
        ),
        (
            custom(json!({"type": "grammar", "syntax": "ebnf", "definition": "x"})),
            "Invalid value: 'ebnf'. Supported values are: 'lark', and 'regex'.",
            custom(json!({"type": "grammar", "syntax": "regex", "definition": "x"})),
        ),
        (
            custom(json!({"type": "grammar", "syntax": "lark"})),
            "Missing required parameter: 'tools[0].format.definition'.",
            custom(json!({"type": "text"})),
        ),
        (
            json!({"tools": [{"type": "namespace", "name": "n", "description": "d", "tools": [{"type": "web_search"}]}]}),
            "Invalid value: 'web_search'. Supported values are: 'function', and 'custom'.",
            json!({"tools": [{"type": "namespace", "name": "n", "description": "d", "tools": [{"type": "custom", "name": "c"}]}]}),
        ),
        (
            json!({"tools": [{"type": "tool_search", "execution": "proxy"}]}),
            "Invalid value: 'proxy'. Supported values are: 'server', and 'client'.",
            json!({"tools": [{"type": "tool_search"}]}),
        ),
        (
            chosen(json!({"type": "function", "name": "g"})),
            "Tool choice 'g' not found in 'tools' parameter.",
            chosen(json!({"type": "function", "name": "f"})),
        ),
        (
            chosen(json!({"type": "function", "function": {"name": "f"}})),
            "Unknown parameter: 'tool_choice.function'.",
            chosen(json!("required")),
        ),
        (
            chosen(json!({"type": "web_search"})),
            "Tool choice 'web_search' not found in 'tools' parameter.",
            json!({"tools": [{"type": "web_search"}], "tool_choice": {"type": "web_search"}}),
        ),
        (
            chosen(
                json!({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "g"}]}),
            ),
            "Tool choice 'g' not found in 'tools' parameter.",
            chosen(
                json!({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]}),
            ),
        ),
        (
            json!({"tool_choice": "required"}),
            "Tool choice 'required' must be specified with 'tools' parameter.",
            json!({"tool_choice": "auto", "parallel_tool_calls": true}),
        ),
        (
            chosen(json!("any")),
            "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.",
            chosen(json!("none")),
        ),
    ]
}

fn items() -> Vec<(Value, &'static str, Value)> {
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

async fn hold(rules: Vec<(Value, &'static str, Value)>) {
    let stage = Stage::open().await;
    let kept = stage.responses(&base()).await.ok()["output"][0]["id"].clone();
    for (broken, refusal, kept_rule) in rules {
        let refused = stage.responses(&patched(&base(), &broken)).await;
        let message = refused.message();
        let told = if refusal.ends_with("'tool_result'.") {
            &message[..refusal.len()]
        } else {
            &message
        };
        assert_eq!((refused.status, told), (400, refusal), "{broken}");
        let fitting = kept_rule
            .to_string()
            .replace("KEPT", kept.as_str().unwrap());
        let fitting = patched(&base(), &serde_json::from_str(&fitting).unwrap());
        let taken = stage.responses(&fitting).await;
        assert_eq!(taken.status, 200, "{fitting} {}", taken.text());
    }
}

#[tokio::test]
async fn parameters_are_checked() {
    hold(parameters()).await;
}

#[tokio::test]
async fn tools_are_checked() {
    hold(tools()).await;
}

#[tokio::test]
async fn items_are_checked() {
    hold(items()).await;
}
