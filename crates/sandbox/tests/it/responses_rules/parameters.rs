//! Rules of the parameters beside tools and input.

use serde_json::{Value, json};

use super::Rule;
use crate::client::patched;

pub(super) fn rules() -> Vec<Rule> {
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

fn format(format: &Value) -> Value {
    json!({"text": {"format": format}})
}

fn many(count: usize) -> Value {
    let entries = (0..count).map(|count| (count.to_string(), json!("v")));
    json!({"metadata": entries.collect::<serde_json::Map<_, _>>()})
}
