//! What Google's own SDKs do with a conversation, and what the API refuses of others.

use byokey_translate::{
    Codec, Reply,
    carrier::{self, Placement},
    chat::Chat,
    gemini::Gemini,
    ir::{Issuer, Kind, Reasoning, ReasoningPart, Role, Seal},
    messages::Messages,
};
use byokey_types::Format;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, decoded, json, losses, plain, through};
use crate::fixture::{self, Variant};

fn asked(contents: &Value) -> Value {
    json!({"contents": contents})
}

fn user(text: &str) -> Value {
    json!({"role": "user", "parts": [{"text": text}]})
}

fn model(part: &Value) -> Value {
    json!({"role": "model", "parts": [part]})
}

#[test]
fn contents_stored_chunk_by_chunk_are_one_turn() {
    let call = json!({"functionCall": {"id": "c", "name": "f", "args": {}}});
    let sealed = json!({"text": "lo.", "thoughtSignature": "c2ln"});
    let request = asked(&json!([
        user("q"),
        model(&json!({"text": "hm ", "thought": true})),
        model(&json!({"text": "well", "thought": true})),
        model(&json!({"text": "Hal"})),
        model(&sealed),
        model(&json!({"text": "And more"})),
        user("on"),
    ]));
    let found = decoded(&request);
    let said = &found.turns[1];
    assert_eq!((found.turns.len(), said.role), (3, Role::Assistant));
    let thought = Kind::Reasoning(Reasoning {
        parts: vec![ReasoningPart::Summary("hm well".to_owned())],
        redacted: false,
    });
    let texts: Vec<_> = said.blocks[1..].iter().map(|b| b.as_text()).collect();
    assert_eq!(
        (&said.blocks[0].kind, texts),
        (&thought, vec![Some("Hallo."), Some("And more")])
    );
    // to this format again, they are what they were
    let encoded = through(&request, &super::everything());
    assert_eq!(body(&encoded), request);
    assert_eq!(losses(&encoded), [] as [&str; 0]);

    let request = asked(&json!([
        user("q"),
        model(&json!({"text": "I "})),
        model(&json!({"text": "look"})),
        model(&call),
        json!({"role": "user", "parts": [{"functionResponse": {"id": "c", "name": "f", "response": {"output": "r"}}}]}),
    ]));
    let request = Gemini.decode_request(&json(&request)).unwrap().value;
    let target = fixture::target(Format::OpenAiChat, Variant::Plain, "m");
    let encoded = Chat.encode_request(&request, &target).unwrap();
    let said: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(
        said["messages"][1],
        json!({"role": "assistant", "content": "I look", "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        ]})
    );
}

#[test]
fn thinking_of_others_stored_chunk_by_chunk_comes_back_whole() {
    let seal = Seal {
        issuer: Issuer::family("anthropic"),
        // what the URL-safe alphabet spells in another way
        payload: "c2ln?>?>".to_owned(),
    };
    let envelope = carrier::wrap(&seal, Placement::Here);
    let spellings = [
        envelope.clone(),
        // as Google's SDK for Python writes bytes
        envelope.replace('+', "-").replace('/', "_"),
        envelope.trim_end_matches('=').to_owned(),
    ];
    for spelled in spellings {
        let request = asked(&json!([
            user("q"),
            model(&json!({"text": "Let me ", "thought": true})),
            model(&json!({"text": "think", "thought": true})),
            model(&json!({"text": "", "thought": true, "thoughtSignature": spelled})),
            model(&json!({"text": "So: "})),
            model(&json!({"text": "4"})),
            user("on"),
        ]));
        let request = Gemini.decode_request(&json(&request)).unwrap().value;
        let target = fixture::target(Format::AnthropicMessages, Variant::Rich, "m");
        let encoded = Messages.encode_request(&request, &target).unwrap();
        let said: Value = serde_json::from_slice(&encoded.body).unwrap();
        assert_eq!(
            said["messages"][1]["content"],
            json!([
                {"type": "thinking", "thinking": "Let me think", "signature": "c2ln?>?>"},
                {"type": "text", "text": "So: 4"},
            ]),
            "{spelled}"
        );
    }
}

#[test]
fn data_in_the_url_safe_alphabet_is_standard_for_others_and_untouched_here() {
    let part = json!({"inlineData": {"mimeType": "image/png", "data": "-_8="}});
    let request = asked(&json!([{"role": "user", "parts": [part]}]));
    assert_eq!(body(&through(&request, &plain())), request);
    let request = Gemini.decode_request(&json(&request)).unwrap().value;
    let target = fixture::target(Format::AnthropicMessages, Variant::Rich, "m");
    let encoded = Messages.encode_request(&request, &target).unwrap();
    let said: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(
        said["messages"][0]["content"][0]["source"],
        json!({"type": "base64", "media_type": "image/png", "data": "+/8="})
    );
}

#[test]
fn objects_without_members_are_said_as_json_schema() {
    let open = json!({"type": "object", "properties": {"filter": {"type": "object", "additionalProperties": {"type": "string"}}}});
    let unions =
        json!({"anyOf": [{"type": "object", "properties": {"filter": {"type": "object"}}}]});
    let rows = [
        (
            json!({"type": "object", "properties": {}}),
            json!({"name": "f"}),
            vec![],
        ),
        (
            open.clone(),
            json!({"name": "f", "parametersJsonSchema": open}),
            vec![],
        ),
        (
            unions,
            json!({"name": "f", "parametersJsonSchema": {"type": "object", "properties": {"filter": {"type": "object"}}}}),
            vec![],
        ),
    ];
    for (schema, expected, lost) in rows {
        let request = json!({"model": "m", "messages": [{"role": "user", "content": "q"}],
            "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]});
        let request = Chat.decode_request(&json(&request)).unwrap().value;
        let encoded = Gemini.encode_request(&request, &plain()).unwrap();
        assert_eq!(
            body(&encoded)["tools"][0]["functionDeclarations"][0],
            expected,
            "{schema}"
        );
        assert_eq!(losses(&encoded), lost as Vec<&str>, "{schema}");
    }
}

#[test]
fn a_call_and_its_signature_reach_chat_in_one_delta() {
    let answer = json!({"candidates": [{"content": {"role": "model", "parts": [
        {"functionCall": {"id": "c", "name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}
    ]}, "finishReason": "STOP"}]});
    let decoded = Gemini
        .decode_response(&json(&answer), &super::home())
        .unwrap()
        .value;
    let stream = fixture::streamed(&Chat, &decoded, &Reply::default());
    let deltas = fixture::frames(&stream).into_iter().filter_map(|frame| {
        let chunk: Value = serde_json::from_slice(&frame.data).ok()?;
        let calls = chunk["choices"][0]["delta"].get("tool_calls")?;
        Some(calls.clone())
    });
    let deltas: Vec<Value> = deltas.collect();
    assert_eq!(
        deltas,
        [
            json!([{"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""},
                "extra_content": {"google": {"thought_signature": "c2ln"}}}]),
            json!([{"index": 0, "function": {"arguments": "{\"a\":1}"}}]),
        ]
    );
}
