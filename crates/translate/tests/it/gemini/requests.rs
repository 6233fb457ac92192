//! Requests of other formats for an upstream of this one.

use byokey_translate::{Codec, Target, chat::Chat, messages::Messages};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, decoded, everything, from, losses, plain, through};

fn chat(messages: &Value, more: &Value, target: &Target) -> byokey_translate::Encoded {
    let mut request = json!({"model": "m", "messages": messages});
    for (key, value) in more.as_object().unwrap() {
        request[key] = value.clone();
    }
    from(&Chat, &request, target)
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn content(role: &str, texts: &[&str]) -> Value {
    let parts: Vec<Value> = texts.iter().map(|text| json!({"text": text})).collect();
    json!({"role": role, "parts": parts})
}

#[test]
fn g02_a_begun_answer_is_removed() {
    let assistant = json!({"role": "assistant", "content": "Sure:"});
    let encoded = chat(&json!([user("hi"), assistant]), &json!({}), &plain());
    assert_eq!(
        body(&encoded),
        json!({"contents": [content("user", &["hi"])]})
    );
    assert_eq!(losses(&encoded), ["messages.1=dropped"]);
    // nothing is left, and something must be said
    let encoded = chat(&json!([assistant]), &json!({}), &plain());
    assert_eq!(
        body(&encoded),
        json!({"contents": [content("user", &["Continue."])]})
    );
    assert_eq!(
        losses(&encoded),
        ["messages.0=dropped", "messages=synthesised"]
    );
}

#[test]
fn system_text_stands_apart_wherever_it_stood() {
    let messages = json!([
        {"role": "system", "content": "a"}, {"role": "developer", "content": "b"}, user("hi"),
        {"role": "assistant", "content": "ho"}, {"role": "system", "content": "c"}, user("go")]);
    let encoded = chat(&messages, &json!({}), &plain());
    let expected = json!({
        "contents": [
            content("user", &["hi"]), content("model", &["ho"]),
            content("user", &["<system-reminder>\nc\n</system-reminder>"]), content("user", &["go"])],
        "systemInstruction": {"parts": [{"text": "a"}, {"text": "b"}]},
    });
    assert_eq!(body(&encoded), expected);
    assert_eq!(losses(&encoded), ["messages.4.role=approximated"]);
}

#[test]
fn m04_an_attribution_line_at_the_head_goes() {
    let request = json!({
        "model": "m", "max_tokens": 9,
        "system": [{"type": "text", "text": "x-anthropic-billing-header: cch=1;\nBe brief."}, {"type": "text", "text": "x-anthropic-billing-header: stays"}],
        "messages": [user("hi")],
    });
    let encoded = from(&Messages, &request, &plain());
    assert_eq!(
        body(&encoded)["systemInstruction"]["parts"],
        json!([{"text": "Be brief."}, {"text": "x-anthropic-billing-header: stays"}])
    );
    assert_eq!(losses(&encoded), ["system.0=dropped"]);
}

#[test]
fn g16_limits_and_sampling() {
    let bounded = plain();
    let unbounded = Target {
        max_output: None,
        ..plain()
    };
    for (given, target, expected, lost) in [
        (json!({"max_tokens": 7}), &bounded, json!(7), vec![]),
        (
            json!({"max_completion_tokens": 8}),
            &bounded,
            json!(8),
            vec![],
        ),
        (
            json!({"max_tokens": 90_000}),
            &bounded,
            json!(64_000),
            vec!["max_tokens=approximated"],
        ),
        (
            json!({"max_tokens": 90_000}),
            &unbounded,
            json!(90_000),
            vec![],
        ),
        (json!({}), &bounded, Value::Null, vec![]),
    ] {
        let encoded = chat(&json!([user("hi")]), &given, target);
        let found = body(&encoded)["generationConfig"]["maxOutputTokens"].clone();
        assert_eq!(found, expected, "{given}");
        assert_eq!(losses(&encoded), lost, "{given}");
    }
    let more = json!({"temperature": 0.5, "top_p": 0.1, "seed": 3, "presence_penalty": 1, "frequency_penalty": 2,
        "stop": ["a", "b", "c", "d", "e", "f"], "user": "u", "logit_bias": {"1": 2}});
    let encoded = chat(&json!([user("hi")]), &more, &plain());
    let expected = json!({"temperature": 0.5, "topP": 0.1, "seed": 3, "presencePenalty": 1, "frequencyPenalty": 2,
        "stopSequences": ["a", "b", "c", "d", "e"]});
    assert_eq!(body(&encoded)["generationConfig"], expected);
    assert_eq!(
        losses(&encoded),
        ["logit_bias=dropped", "user=dropped", "stop=dropped"]
    );
}

#[test]
fn g17_shapes_of_the_answer() {
    let schema = json!({"type": "object", "properties": {"a": {"const": 1}}});
    let format = |format: Value| json!({"response_format": format});
    let full =
        format(json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}));
    let rows = [
        (
            &full,
            json!({"responseMimeType": "application/json", "responseJsonSchema": schema}),
            vec!["output_format.name=dropped"],
        ),
        (
            &format(json!({"type": "json_object"})),
            json!({"responseMimeType": "application/json"}),
            vec![],
        ),
        (
            &format(json!({"type": "text"})),
            json!({"responseMimeType": "text/plain"}),
            vec![],
        ),
    ];
    for (given, expected, lost) in rows {
        let encoded = chat(&json!([user("hi")]), given, &plain());
        assert_eq!(body(&encoded)["generationConfig"], expected);
        assert_eq!(losses(&encoded), lost);
    }
    let unable = Target {
        structured_output: false,
        ..plain()
    };
    let encoded = chat(&json!([user("hi")]), &full, &unable);
    let found = body(&encoded);
    assert_eq!(
        json!([
            found["tools"],
            found["toolConfig"],
            found["generationConfig"]
        ]),
        json!([
            [{"functionDeclarations": [{"name": "respond", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "NUMBER", "description": "Must be 1."}}}}]}],
            {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["respond"]}},
            null])
    );
    assert_eq!(encoded.reply.structured.as_deref(), Some("respond"));
}

#[test]
fn g18_media_of_every_kind() {
    let data = "data:image/png;base64,iVBORw0KGgo=";
    let parts = json!([
        {"type": "image_url", "image_url": {"url": data}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.webp?x=1"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
    ]);
    let messages = json!([{"role": "user", "content": parts}]);
    let encoded = chat(&messages, &json!({}), &plain());
    let expected = json!([
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
        {"fileData": {"mimeType": "image/webp", "fileUri": "https://example.com/a.webp?x=1"}},
        {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://example.com/a"}},
        {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
        {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0="}},
    ]);
    assert_eq!(body(&encoded)["contents"][0]["parts"], expected);
    assert_eq!(
        losses(&encoded),
        [
            "messages.0.content.2.media_type=synthesised",
            // Google's cloud takes it, and the Gemini API refuses it
            "messages.0.content.4.title=dropped"
        ]
    );

    let blind = Target {
        modalities: vec![byokey_types::Modality::Text],
        ..plain()
    };
    let encoded = chat(&messages, &json!({}), &blind);
    assert_eq!(
        body(&encoded)["contents"][0]["parts"][1],
        json!({"text": "[image: https://example.com/a.webp?x=1]"})
    );
    assert_eq!(
        losses(&encoded)[..2],
        [
            "messages.0.content.0=dropped",
            "messages.0.content.1=approximated"
        ]
    );

    let document = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [
        {"type": "document", "title": "t", "source": {"type": "text", "media_type": "text/plain", "data": "hé"}},
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}}]}]});
    let encoded = from(&Messages, &document, &plain());
    assert_eq!(
        body(&encoded)["contents"][0]["parts"],
        json!([{"inlineData": {"mimeType": "text/plain", "data": "aMOp"}}, {"text": "[document: file_1]"}])
    );
    assert_eq!(
        losses(&encoded),
        [
            "messages.0.content.0.title=dropped",
            "messages.0.content.1=approximated"
        ]
    );
}

#[test]
fn g19_empty_parts_are_not_sent() {
    let messages = json!([
        {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "a"}]},
        {"role": "assistant", "content": ""}, user("b")]);
    let encoded = chat(&messages, &json!({}), &plain());
    assert_eq!(
        body(&encoded)["contents"],
        json!([content("user", &["a"]), content("user", &["b"])])
    );
    assert_eq!(losses(&encoded), ["messages.1.content=dropped"]);
}

#[test]
fn g21_snake_case_is_accepted() {
    let request = json!({
        "contents": [{"role": "user", "parts": [
            {"inline_data": {"mime_type": "image/png", "data": "iVBORw0KGgo="}},
            {"file_data": {"file_uri": "gs://b/a.pdf", "mime_type": "application/pdf"}}]},
            {"role": "model", "parts": [{"function_call": {"name": "f", "args": {"my_arg": 1}}, "thought_signature": "c2ln"}]},
            {"role": "user", "parts": [{"function_response": {"name": "f", "response": {"output": "x"}}}]}],
        "system_instruction": {"parts": [{"text": "s"}]},
        "tools": [{"function_declarations": [{"name": "f", "parameters_json_schema": {"type": "object", "properties": {"my_arg": {}}}}]}, {"google_search": {}}],
        "tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["f"]}},
        "generation_config": {"top_p": 0.5, "top_k": 3, "max_output_tokens": 5000, "stop_sequences": ["x"], "response_mime_type": "application/json",
            "thinking_config": {"thinking_budget": 512, "include_thoughts": true}},
        "safety_settings": [], "my_own": 1,
    });
    let expected = json!({
        "contents": [{"role": "user", "parts": [
            {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
            {"fileData": {"fileUri": "gs://b/a.pdf", "mimeType": "application/pdf"}}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"my_arg": 1}}, "thoughtSignature": "c2ln"}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "x"}}}]}],
        "systemInstruction": {"parts": [{"text": "s"}]},
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object", "properties": {"my_arg": {}}}}]}, {"googleSearch": {}}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {"topP": 0.5, "topK": 3, "maxOutputTokens": 5000, "stopSequences": ["x"], "responseMimeType": "application/json",
            "thinkingConfig": {"thinkingBudget": 512, "includeThoughts": true}},
        "safetySettings": [], "my_own": 1,
    });
    assert_eq!(decoded(&request), decoded(&expected));
    let encoded = through(&request, &everything());
    assert_eq!(body(&encoded), expected);
    assert_eq!(losses(&encoded), Vec::<String>::new());
}

#[test]
fn what_only_this_format_knows_is_declared_elsewhere() {
    let request = decoded(&json!({
        "contents": [{"role": "user", "parts": [{"text": "hi", "novel": 1}], "odd": 2}],
        "safetySettings": [], "generationConfig": {"candidateCount": 2, "topK": 4}, "tools": [{"googleSearch": {}}],
    }));
    let target = Target::chat(&byokey_types::ModelRow::unknown("m"), None);
    let encoded = Chat.encode_request(&request, &target).unwrap();
    let mut lost = losses(&encoded);
    lost.sort();
    assert_eq!(
        lost,
        [
            "generationConfig.candidateCount=dropped",
            "messages.0.content.0.ext.novel=dropped",
            "messages.0.ext.odd=dropped",
            "safetySettings=dropped",
            "tools.0=dropped",
            "top_k=dropped",
        ]
    );
}

#[test]
fn a_plain_request_loses_nothing_on_its_way_to_other_formats() {
    let request = decoded(&json!({
        "contents": [{"parts": [{"text": "hi"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"a": 1}}}]},
            {"role": "function", "parts": [{"functionResponse": {"name": "f", "response": {"rows": [1]}}}]}],
        "systemInstruction": {"role": "user", "parts": [{"text": "s"}]},
        "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}}}]}],
        "generationConfig": {"maxOutputTokens": 5},
    }));
    let row = byokey_types::ModelRow::unknown("m");
    let encoded = Chat
        .encode_request(&request, &Target::chat(&row, None))
        .unwrap();
    assert_eq!(losses(&encoded), Vec::<String>::new());
    let found = body(&encoded);
    let id = found["messages"][2]["tool_calls"][0]["id"]
        .as_str()
        .unwrap();
    let expected = json!({
        "model": "m", "max_tokens": 5,
        "messages": [
            {"role": "system", "content": "s"}, {"role": "user", "content": "hi"},
            {"role": "assistant", "content": null, "tool_calls": [{"id": id, "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]},
            {"role": "tool", "tool_call_id": id, "content": "{\"rows\":[1]}"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}}],
    });
    let members = ["messages", "tools"];
    for member in members {
        assert_eq!(found[member], expected[member]);
    }
    let encoded = Messages
        .encode_request(&request, &Target::messages(&row, None))
        .unwrap();
    assert_eq!(losses(&encoded), Vec::<String>::new());
}
