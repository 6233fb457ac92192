//! Where this format's models or the other formats have no way to say a thing.

use byokey_translate::{Codec, chat::Chat};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, everything, from, losses, plain, through};

#[test]
fn g17_models_that_refuse_json_beside_tools_get_one_or_the_other() {
    let mut older = plain();
    older.structured_with_tools = false;
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let request = |format: Value, tools: Value| json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "response_format": format, "tools": tools});
    let by_schema =
        json!({"type": "json_schema", "json_schema": {"name": "out", "schema": schema}});
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);

    let encoded = from(&Chat, &request(by_schema.clone(), tools.clone()), &older);
    assert_eq!(
        body(&encoded),
        json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}],
            "tools": [{"functionDeclarations": [{"name": "f"}, {"name": "respond", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}})
    );
    assert_eq!(losses(&encoded), ["output_format=approximated"]);
    assert_eq!(encoded.reply.structured.as_deref(), Some("respond"));

    let any = json!({"type": "json_object"});
    let encoded = from(&Chat, &request(any.clone(), tools.clone()), &older);
    assert_eq!(body(&encoded).get("generationConfig"), None);
    assert_eq!(losses(&encoded), ["output_format=dropped"]);

    // without tools, and for models that take both, nothing changes
    for (tools, target) in [(json!([]), &older), (tools, &plain())] {
        let encoded = from(&Chat, &request(any.clone(), tools), target);
        assert_eq!(
            body(&encoded)["generationConfig"],
            json!({"responseMimeType": "application/json"})
        );
        assert_eq!(losses(&encoded), Vec::<String>::new());
    }
}

#[test]
fn what_only_this_format_has_stays_here_and_is_declared_elsewhere() {
    let request = json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}],
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}], "cachedContent": "cachedContents/1",
        "labels": {"a": "b"}, "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "candidateCount": 2,
            "speechConfig": {"languageCode": "de-DE"}, "mediaResolution": "MEDIA_RESOLUTION_LOW", "imageConfig": {"aspectRatio": "1:1"}}});
    let encoded = through(&request, &everything());
    assert_eq!(
        (body(&encoded), losses(&encoded)),
        (request.clone(), vec![])
    );
    let target = byokey_translate::Target::chat(&byokey_types::ModelRow::unknown("m"), None);
    let encoded = Chat
        .encode_request(&super::decoded(&request), &target)
        .unwrap();
    assert_eq!(
        losses(&encoded),
        [
            "cachedContent=dropped",
            "labels=dropped",
            "safetySettings=dropped",
            "generationConfig.candidateCount=dropped",
            "generationConfig.imageConfig=dropped",
            "generationConfig.mediaResolution=dropped",
            "generationConfig.responseModalities=dropped",
            "generationConfig.speechConfig=dropped",
        ]
    );
}
