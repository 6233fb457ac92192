//! Rules of tools and of the choice among them.

use serde_json::{Value, json};

use super::{Rule, tool};
use crate::client::patched;

pub(super) fn rules() -> Vec<Rule> {
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
