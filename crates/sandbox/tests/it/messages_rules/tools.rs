//! Rules of tools and of thinking.

use serde_json::{Value, json};

use super::{loop_of, result, said, text, thinking, tool, tool_use};
use crate::client::patched;

pub(super) fn of_tools() -> Vec<(Value, &'static str, Value)> {
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

pub(super) fn of_thinking() -> Vec<(Value, &'static str, Value)> {
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
