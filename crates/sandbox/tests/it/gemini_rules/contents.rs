//! Contents: fields, parts, media, the order of turns.

use serde_json::json;

use super::{hold, model, parts, responses, user};

#[tokio::test]
async fn fields_are_those_of_the_messages() {
    hold(vec![
        (
            json!({"messages": []}),
            "Invalid JSON payload received. Unknown name \"messages\": Cannot find field.",
            json!({"cachedContent": null}),
        ),
        (
            json!({"generation_config": {"maxTokens": 5}}),
            "Invalid JSON payload received. Unknown name \"maxTokens\" at 'generation_config': Cannot find field.",
            json!({"generation_config": {"max_output_tokens": "5", "topK": 4.0}}),
        ),
        (
            json!({"generationConfig": {"temperature": "warm"}}),
            "Invalid value at 'generation_config.temperature' (TYPE_FLOAT), \"warm\"",
            json!({"generationConfig": {"temperature": "0.5"}}),
        ),
        (
            json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 19660.8}}}),
            "Invalid value at 'generation_config.thinking_config.thinking_budget' (TYPE_INT32), 19660.8",
            json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 19660}}}),
        ),
        (
            json!({"safetySettings": [{"category": "HARM_CATEGORY_RUDENESS", "threshold": "OFF"}]}),
            "Invalid value at 'safety_settings[0].category' (type.googleapis.com/google.ai.generativelanguage.v1beta.HarmCategory), \"HARM_CATEGORY_RUDENESS\"",
            json!({"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]}),
        ),
        (
            json!({"contents": ["hi"]}),
            "Invalid value at 'contents[0]' (type.googleapis.com/google.ai.generativelanguage.v1beta.Content), \"hi\"",
            // one element may stand for a list of one
            json!({"contents": {"parts": {"text": "hi"}}}),
        ),
        (
            parts(&json!({"text": {"value": "hi"}})),
            "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), Starting an object on a scalar field",
            parts(&json!({"text": "hi"})),
        ),
        (
            parts(&json!({"text": ["hi"]})),
            "Invalid JSON payload received. Unknown name \"text\" at 'contents[0].parts[0]': Proto field is not repeating, cannot start list.",
            parts(&json!({"text": "hi", "thought": false})),
        ),
        (
            parts(&json!({"text": "hi", "inlineData": {"mimeType": "image/png", "data": "AAAA"}})),
            "Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'text'",
            json!({"contents": [{"parts": [{"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}]}),
        ),
        (
            json!({"contents": [user("hi"), model(&json!({"functionCall": {"name": "f"}})),
                {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": "done"}}]}]}),
            "Invalid value at 'contents[2].parts[0].function_response.response' (type.googleapis.com/google.protobuf.Struct), \"done\"",
            json!({"contents": [user("hi"), model(&json!({"functionCall": {"name": "f"}})), responses(&["f"])]}),
        ),
    ])
    .await;
}

#[tokio::test]
async fn contents_and_parts_say_something() {
    let nothing = "* GenerateContentRequest.contents: contents is not specified\n";
    hold(vec![
        (json!({"contents": null}), nothing, json!({})),
        (json!({"contents": []}), nothing, json!({})),
        (
            json!({"contents": [user("hi"), {"role": "model", "parts": []}]}),
            "* GenerateContentRequest.contents[1].parts: contents.parts must not be empty.\n",
            json!({"contents": [user("hi"), model(&json!({"text": "x"}))]}),
        ),
        (
            parts(&json!({"thought": true})),
            "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have one initialized field\n",
            parts(&json!({"text": "x", "thought": true})),
        ),
        (
            parts(&json!({"text": ""})),
            "Unable to submit request because it must have a text parameter. Add a text parameter and try again. Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini",
            parts(&json!({"text": " "})),
        ),
        (
            json!({"systemInstruction": {"parts": []}}),
            "* GenerateContentRequest.system_instruction.parts: contents.parts must not be empty.\n",
            json!({"systemInstruction": {"role": "user", "parts": [{"text": "be brief"}]}}),
        ),
        (
            json!({"system_instruction": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}}),
            "System instruction should only contain text parts.",
            json!({"system_instruction": {"parts": {"text": "be brief"}}}),
        ),
        (
            json!({"contents": [user("hi"), {"role": "assistant", "parts": [{"text": "x"}]}]}),
            "Please use a valid role: user, model.",
            json!({"contents": [{"parts": [{"text": "hi"}]}]}),
        ),
    ])
    .await;
}

#[tokio::test]
async fn media_are_base64_of_a_known_type() {
    let inline = |media_type: &str, data: &str| {
        parts(&json!({"inlineData": {"mimeType": media_type, "data": data}}))
    };
    hold(vec![
        (
            inline("image/png", "%%"),
            "Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed for \"%%\"",
            inline("image/png", "-_8"),
        ),
        (
            inline("png", "AAAA"),
            "Unsupported MIME type: png",
            inline("image/webp", "AAAA"),
        ),
        (
            inline("image/png", ""),
            "Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
            inline("audio/wav", "AAAA"),
        ),
        (
            parts(&json!({"fileData": {"mimeType": "image/png"}})),
            "* GenerateContentRequest.contents[0].parts[0].file_data.file_uri: required field is not present\n",
            parts(&json!({"fileData": {"fileUri": "gs://b/x.png"}})),
        ),
        (
            parts(&json!({"fileData": {"fileUri": "file-123"}})),
            "Invalid or unsupported file uri: file-123",
            parts(&json!({"fileData": {"mimeType": "video/mp4", "fileUri": "https://example.com/x.mp4"}})),
        ),
    ])
    .await;
}

#[tokio::test]
async fn calls_and_responses_are_paired() {
    let call = |name: &str| json!({"functionCall": {"name": name, "args": {}}});
    let two = json!({"role": "model", "parts": [call("f"), call("f")]});
    let count = "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";
    let order_of_calls = "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";
    let order_of_responses =
        "Please ensure that function response turn comes immediately after a function call turn.";
    let talk = |contents: &[&serde_json::Value]| json!({"contents": contents});
    let (hi, done, text) = (user("hi"), responses(&["f"]), model(&json!({"text": "x"})));
    let one = model(&call("f"));
    hold(vec![
        (
            talk(&[&hi, &two, &done]),
            count,
            talk(&[&hi, &two, &responses(&["f", "f"])]),
        ),
        (talk(&[&hi, &one, &hi]), count, talk(&[&hi, &one, &done, &hi])),
        (talk(&[&hi, &one]), count, talk(&[&hi, &one, &done])),
        (talk(&[&one, &done]), order_of_calls, talk(&[&hi, &one, &done])),
        // neighbours of the model's are one turn
        (
            talk(&[&text, &one, &done]),
            order_of_calls,
            talk(&[&hi, &text, &one, &done]),
        ),
        (
            talk(&[&hi, &one, &one, &done]),
            count,
            talk(&[&hi, &one, &one, &responses(&["f", "f"])]),
        ),
        (talk(&[&hi, &done]), order_of_responses, talk(&[&hi, &hi])),
        (
            talk(&[&hi, &one, &done, &done]),
            order_of_responses,
            talk(&[&hi, &one, &done, &text, &hi]),
        ),
        (
            talk(&[&hi, &json!({"role": "user", "parts": [call("f")]}), &done]),
            order_of_calls,
            talk(&[&hi, &one, &done]),
        ),
        (
            talk(&[&hi, &model(&call("")), &done]),
            "The GenerateContentRequest proto is invalid:\n  * contents[1].parts[0].function_call.name: [FIELD_INVALID] Invalid function name. Must start with a letter or an underscore. Must be a-z, A-Z, 0-9, or contain underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.",
            talk(&[&hi, &one, &done]),
        ),
        (
            talk(&[&hi, &one, &responses(&[""])]),
            "* GenerateContentRequest.contents[2].parts[0].function_response.name: Name cannot be empty.\n",
            talk(&[&hi, &one, &done]),
        ),
        (
            talk(&[&text, &hi]),
            "Please ensure that multiturn requests begin with a user turn.",
            talk(&[&hi, &text, &hi]),
        ),
        (
            json!({"model": "g3-echo", "contents": [hi, text]}),
            "Requests ending with a model turn are not supported unless the last part is a function response.",
            talk(&[&hi, &text]),
        ),
    ])
    .await;
}
