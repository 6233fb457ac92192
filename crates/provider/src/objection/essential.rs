//! Members without which a request would ask for something else.

use byokey_types::{FieldPath, FieldStep, Format, Str};

/// At the top of a body, in any format.
const TOP: &[&str] = &[
    "model",
    "messages",
    "input",
    "contents",
    "prompt",
    "system",
    "instructions",
    "systemInstruction",
    "system_instruction",
    "tools",
    "tool_choice",
    "toolConfig",
    "tool_config",
    "stream",
    // what comes back would have another form
    "response_format",
    "text",
    "generationConfig",
    "generation_config",
    "output_config",
    "output_format",
    // the conversation itself
    "previous_response_id",
    "conversation",
    "cachedContent",
    "cached_content",
];

/// Anywhere below.
const BELOW: &[&str] = &[
    "role",
    "type",
    "content",
    "text",
    "parts",
    "tool_calls",
    "function",
    "arguments",
    "input",
    "output",
    "call_id",
    "tool_call_id",
    "tool_use_id",
    "functionCall",
    "functionResponse",
    "functionDeclarations",
    "function_call",
    "function_response",
    "function_declarations",
    "args",
    "response",
    "inlineData",
    "inline_data",
    "fileData",
    "file_data",
    "source",
    "image_url",
    "data",
    "url",
    // seals are not fields: see `Kind::StaleSeal`
    "signature",
    "thinking",
    "encrypted_content",
    "thoughtSignature",
    "thought_signature",
    // the form of the answer
    "format",
    "json_schema",
    "responseSchema",
    "responseJsonSchema",
    "response_schema",
    "responseMimeType",
    "response_mime_type",
];

/// Members whose inside is the caller's own: a schema, or arguments.
const OPAQUE: &[&str] = &[
    "parameters",
    "parametersJsonSchema",
    "input_schema",
    "schema",
    "json_schema",
    "responseSchema",
    "responseJsonSchema",
    "args",
    "input",
    "arguments",
    "response",
];

/// Whether a member must not be left out.
pub(super) fn is_essential(path: &FieldPath, protocol: Format) -> bool {
    let Some((FieldStep::Key(last), above)) = path.steps().split_last() else {
        return true;
    };
    if above.is_empty() {
        let required = protocol == Format::AnthropicMessages && last == "max_tokens";
        return required || TOP.contains(&last.as_str());
    }
    let key = |step: &FieldStep| match step {
        FieldStep::Key(key) => Some(key.clone()),
        FieldStep::Each(_) => None,
    };
    let above: Vec<Str> = above.iter().filter_map(key).collect();
    let first = above.first().map(Str::as_str);
    // the items of Responses are called `input`
    let inside = above
        .iter()
        .skip(1)
        .any(|key| OPAQUE.contains(&key.as_str()));
    let names_a_tool = last == "name" && first != Some("messages");
    let names_a_thing = last == "id" && first != Some("contents");
    inside || names_a_tool || names_a_thing || BELOW.contains(&last.as_str())
}
