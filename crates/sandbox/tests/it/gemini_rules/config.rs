//! `generationConfig`: ranges, the form of the answer, thinking.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{base, hold};
use crate::client::{Stage, patched};

fn config(config: &Value) -> Value {
    json!({"generationConfig": config})
}

fn g3(config: &Value) -> Value {
    json!({"model": "g3-echo", "generationConfig": config})
}

#[tokio::test]
async fn numbers_keep_their_ranges() {
    let out_of_range = "Unable to submit request because it has a candidateCount value of 9 but the supported range is from 1 (inclusive) to 9 (exclusive). Update the value and try again.";
    hold(vec![
        (
            config(&json!({"temperature": 2.1})),
            "* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n",
            config(&json!({"temperature": 2})),
        ),
        (
            config(&json!({"topP": -1})),
            "* GenerateContentRequest.generation_config.top_p: top_p must be in the range [0.0, 1.0].\n",
            config(&json!({"topP": 1, "seed": 7, "presencePenalty": -2})),
        ),
        (
            config(&json!({"topK": 0})),
            "* GenerateContentRequest.generation_config.top_k: top_k must be positive.\n",
            config(&json!({"topK": 1})),
        ),
        (
            config(&json!({"maxOutputTokens": 0})),
            "* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.\n",
            config(&json!({"maxOutputTokens": 1})),
        ),
        (
            config(&json!({"maxOutputTokens": 65_537})),
            "Unable to submit request because it has a maxOutputTokens value of 65537 but the supported range is from 1 (inclusive) to 65537 (exclusive). Update the value and try again.",
            config(&json!({"maxOutputTokens": 65_536})),
        ),
        (
            config(&json!({"candidateCount": 9})),
            out_of_range,
            config(&json!({"candidateCount": 8})),
        ),
        (
            config(&json!({"stopSequences": ["1", "2", "3", "4", "5", "6"]})),
            "* GenerateContentRequest.generation_config.stop_sequences: at most 5 stop sequences are allowed.\n",
            config(&json!({"stopSequences": ["1", "2", "3", "4", "5"]})),
        ),
        (
            config(&json!({"stopSequences": ["1", ""]})),
            "* GenerateContentRequest.generation_config.stop_sequences[1]: stop_sequence must not be empty.\n",
            config(&json!({"stopSequences": "1"})),
        ),
        (
            config(&json!({"responseModalities": ["TEXT", "IMAGE"]})),
            "Model does not support the requested response modalities: image,audio",
            config(&json!({"responseModalities": ["TEXT"]})),
        ),
    ])
    .await;
}

#[tokio::test]
async fn the_form_of_the_answer_is_asked_for_in_one_way() {
    let lowered = json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}});
    let full = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let json_type = "application/json";
    let tools = json!([{"functionDeclarations": [{"name": "f"}]}]);
    hold(vec![
        (
            config(&json!({"responseMimeType": "text/html"})),
            "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.\n",
            config(&json!({"responseMimeType": "text/plain"})),
        ),
        (
            config(&json!({"responseSchema": lowered})),
            "* GenerateContentRequest.generation_config.response_schema: only supported with response_mime_type `application/json` or `text/x.enum`.\n",
            config(&json!({"responseMimeType": json_type, "responseSchema": lowered})),
        ),
        (
            config(&json!({"responseMimeType": json_type, "responseSchema": lowered, "responseJsonSchema": full})),
            "* GenerateContentRequest.generation_config: only one of response_schema and response_json_schema can be set\n",
            config(&json!({"responseMimeType": json_type, "responseJsonSchema": full})),
        ),
        (
            config(&json!({"responseMimeType": json_type, "responseSchema": full})),
            "Invalid JSON payload received. Unknown name \"additionalProperties\" at 'generation_config.response_schema': Cannot find field.",
            config(&json!({"responseMimeType": json_type, "response_json_schema": full})),
        ),
        (
            config(&json!({"responseMimeType": json_type, "responseSchema": {"type": "OBJECT"}})),
            "* GenerateContentRequest.generation_config.response_schema.properties: should be non-empty for OBJECT type\n",
            config(&json!({"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["a"]}})),
        ),
        (
            json!({"tools": tools, "generationConfig": {"responseMimeType": json_type}}),
            "Function calling with a response mime type: 'application/json' is unsupported",
            json!({"model": "g3-echo", "tools": tools, "generationConfig": {"responseMimeType": json_type}}),
        ),
    ])
    .await;
}

#[tokio::test]
async fn thinking_is_asked_for_as_the_generation_takes_it() {
    let thinking = |thinking: Value| json!({"thinkingConfig": thinking});
    let level = thinking(json!({"thinkingLevel": "low"}));
    hold(vec![
        (
            config(&level),
            "Thinking level is not supported for this model.",
            g3(&level),
        ),
        (
            g3(&thinking(json!({"thinkingLevel": "XHIGH"}))),
            "Thinking level XHIGH is not supported for this model.",
            g3(&thinking(json!({"thinkingLevel": "MINIMAL"}))),
        ),
        (
            g3(&thinking(json!({"thinkingLevel": "HIGH", "thinkingBudget": 9}))),
            "You can only set only one of thinking budget and thinking level.",
            g3(&thinking(json!({"thinkingBudget": 9}))),
        ),
        (
            config(&thinking(json!({"thinkingBudget": 24_577}))),
            "The thinking budget 24577 is invalid. Please choose a value between 0 and 24576.",
            config(&thinking(json!({"thinkingBudget": -1, "includeThoughts": true}))),
        ),
        (
            config(&thinking(json!({"thinkingBudget": 0, "includeThoughts": true}))),
            "Unable to submit request because Thinking_config.include_thoughts is only enabled when thinking is enabled.",
            config(&thinking(json!({"thinkingBudget": 0, "includeThoughts": false}))),
        ),
    ])
    .await;
}

#[tokio::test]
async fn there_is_no_cached_content() {
    let stage = Stage::open().await;
    let mut body = patched(&base(), &json!({"cachedContent": "cachedContents/x"}));
    body["model"] = json!("models/echo");
    let refused = stage.gemini("echo:generateContent", &body).await;
    assert_eq!(
        (refused.status, refused.message()),
        (
            403,
            "CachedContent not found (or permission denied): cachedContents/x".to_owned()
        )
    );
}
