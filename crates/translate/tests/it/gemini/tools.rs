//! Tools, calls and results.

use byokey_translate::{Codec, chat::Chat, gemini::Gemini, messages::Messages};
use byokey_types::ModelRow;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, decoded, everything, from, home, json, losses, plain, through};

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn result(id: &str, text: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": text})
}

#[test]
fn g04_synthetic_calls_only_the_first_is_marked() {
    let request = json!({"model": "m", "messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "look", "tool_calls": [call("a", "f", "{\"x\":1}"), call("b", "f", "{}")]},
        result("b", "two"), result("a", "one"),
        {"role": "user", "content": "on"},
    ]});
    let mut thinking = everything();
    thinking.reasoning.budget = None;
    let signed = from(&Chat, &request, &thinking);
    let first = json!({"functionCall": {"id": "a", "name": "f", "args": {"x": 1}}, "thoughtSignature": "skip_thought_signature_validator"});
    let second = json!({"functionCall": {"id": "b", "name": "f", "args": {}}});
    assert_eq!(
        body(&signed)["contents"],
        json!([
            {"role": "user", "parts": [{"text": "go"}]},
            {"role": "model", "parts": [{"text": "look"}, first, second]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "a", "name": "f", "response": {"output": "one"}}},
                {"functionResponse": {"id": "b", "name": "f", "response": {"output": "two"}}}]},
            {"role": "user", "parts": [{"text": "on"}]},
        ])
    );
    assert_eq!(losses(&signed), ["messages.1.content.1.seal=synthesised"]);
    // neither a model that does not think nor one of another family wants it
    let mut guest = thinking.clone();
    guest.family = Some("guest".into());
    let mut budgeted = everything();
    budgeted.reasoning.levels.clear();
    for target in [plain(), guest, budgeted] {
        let bare = from(&Chat, &request, &target);
        assert!(!body(&bare).to_string().contains("thoughtSignature"));
    }
}

#[test]
fn g08_a_result_without_its_call_is_told_as_text() {
    let request = json!({"model": "m", "messages": [{"role": "user", "content": "go"}, result("zz", "lost")]});
    let encoded = from(&Chat, &request, &plain());
    assert_eq!(
        body(&encoded)["contents"][1],
        json!({"role": "user", "parts": [{"text": "[result of the unknown tool call zz]\nlost"}]})
    );
    assert_eq!(losses(&encoded), ["messages.1.content.0=approximated"]);
}

#[test]
fn g20_calls_stand_together() {
    let tool = |id: &str| json!({"type": "tool_use", "id": id, "name": "f", "input": {}});
    let text = |text: &str| json!({"type": "text", "text": text});
    let request = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [text("one"), tool("a"), text("two"), tool("b")]},
        {"role": "user", "content": [
            text("before"), {"type": "tool_result", "tool_use_id": "a", "content": "A"},
            {"type": "tool_result", "tool_use_id": "b", "is_error": true, "content": [text("B"), text("C"), {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}]},
            text("after")]},
    ]});
    let encoded = from(&Messages, &request, &plain());
    let call = |id: &str| json!({"functionCall": {"id": id, "name": "f", "args": {}}});
    assert_eq!(
        body(&encoded)["contents"].as_array().unwrap()[1..].to_vec(),
        vec![
            json!({"role": "model", "parts": [{"text": "one"}, {"text": "two"}, call("a"), call("b")]}),
            json!({"role": "user", "parts": [
                {"functionResponse": {"id": "a", "name": "f", "response": {"output": "A"}}},
                {"functionResponse": {"id": "b", "name": "f", "response": {"error": "B\nC"}}},
                {"text": "before"}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}, {"text": "after"}]}),
        ]
    );
    assert_eq!(
        losses(&encoded),
        [
            "messages.2.content.2.content.2=moved",
            "messages.2.content.2.content=approximated",
            "messages.1.content.2=moved",
            "messages.2.content.0=moved"
        ]
    );
}

#[test]
fn u11_calls_without_ids_get_some_that_never_go_back() {
    let answer = json!({"candidates": [{"content": {"role": "model", "parts": [
        {"functionCall": {"name": "f", "args": {"n": 1}}}, {"functionCall": {"name": "f", "args": {"n": 2}}}]}, "finishReason": "STOP"}]});
    let response = Gemini
        .decode_response(&json(&answer), &home())
        .unwrap()
        .value;
    let (said, _) = Chat.encode_response(&response, &byokey_translate::Reply::default());
    let said: Value = serde_json::from_slice(&said).unwrap();
    let message = &said["choices"][0]["message"];
    let ids: Vec<&str> = message["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["id"].as_str().unwrap())
        .collect();
    assert_ne!(ids[0], ids[1]);
    let again = json!({"model": "m", "messages": [
        {"role": "user", "content": "go"}, message, result(ids[1], "two"), result(ids[0], "one")]});
    let encoded = from(&Chat, &again, &plain());
    assert_eq!(
        body(&encoded)["contents"].as_array().unwrap()[1..].to_vec(),
        vec![
            answer["candidates"][0]["content"].clone(),
            json!({"role": "user", "parts": [
                {"functionResponse": {"name": "f", "response": {"output": "one"}}},
                {"functionResponse": {"name": "f", "response": {"output": "two"}}}]})
        ]
    );
    // the same in a history that a client of this format sends
    let history = json!({"contents": [
        {"role": "user", "parts": [{"text": "go"}]}, answer["candidates"][0]["content"],
        {"role": "user", "parts": [
            {"functionResponse": {"name": "f", "response": {"output": "one"}}},
            {"functionResponse": {"name": "f", "response": {"output": "two"}}}]}]});
    let target = byokey_translate::Target::messages(&ModelRow::unknown("m"), None);
    let encoded = Messages
        .encode_request(&decoded(&history), &target)
        .unwrap();
    let found = body(&encoded);
    let id = |message: usize, block: usize, key: &str| {
        found["messages"][message]["content"][block][key]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        [id(1, 0, "id"), id(1, 1, "id")],
        [id(2, 0, "tool_use_id"), id(2, 1, "tool_use_id")]
    );
    assert_ne!(id(1, 0, "id"), id(1, 1, "id"));
}

#[test]
fn tools_are_lowered_and_named_as_the_api_allows() {
    let function = |name: &str, more: Value| {
        let mut function = json!({"name": name});
        for (key, value) in more.as_object().unwrap() {
            function[key] = value.clone();
        }
        json!({"type": "function", "function": function})
    };
    let request = json!({"model": "m", "messages": [{"role": "user", "content": "go"}], "parallel_tool_calls": false,
    "tool_choice": {"type": "function", "function": {"name": "2nd tool"}},
    "tools": [
        function("mcp.read", json!({"description": "d", "strict": true, "parameters": {"type": "object", "properties": {"a": {"type": "integer", "enum": [1, 2]}}, "additionalProperties": false}})),
        function("2nd tool", json!({"parameters": {"type": "object", "properties": {}}})),
        {"type": "custom", "custom": {"name": "patch", "description": "p"}},
    ]});
    let encoded = from(&Chat, &request, &plain());
    let found = body(&encoded);
    let renamed = encoded.reply.renamed.keys().next().unwrap().as_str();
    assert_eq!(
        found["tools"],
        json!([{"functionDeclarations": [
            {"name": "mcp.read", "description": "d", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "INTEGER", "description": "One of: 1, 2."}}}},
            {"name": renamed},
            {"name": "patch", "description": "p", "parameters": {"type": "OBJECT", "properties": {"input": {"type": "STRING"}}, "required": ["input"]}},
        ]}])
    );
    assert_eq!(
        found["toolConfig"],
        json!({"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [renamed]}})
    );
    assert!(renamed.starts_with("_2nd_tool_"), "{renamed}");
    assert_eq!(encoded.reply.renamed[renamed], "2nd tool");
    assert!(encoded.reply.freeform.contains("patch"));
    assert_eq!(
        losses(&encoded),
        [
            "tools.0.strict=dropped",
            "tools.0.schema=approximated",
            "tools.2=approximated",
            "parallel_tool_calls=dropped"
        ]
    );
}

#[test]
fn choices() {
    let with = |choice: Value| {
        json!({"model": "m", "messages": [{"role": "user", "content": "go"}], "tool_choice": choice,
            "tools": [{"type": "function", "function": {"name": "f"}}]})
    };
    let named = |name: &str| json!({"type": "function", "function": {"name": name}});
    let rows = [
        (json!("auto"), json!({"mode": "AUTO"}), vec![]),
        (json!("none"), json!({"mode": "NONE"}), vec![]),
        (json!("required"), json!({"mode": "ANY"}), vec![]),
        (
            named("f"),
            json!({"mode": "ANY", "allowedFunctionNames": ["f"]}),
            vec![],
        ),
        (named("g"), Value::Null, vec!["tool_choice=dropped"]),
    ];
    for (given, expected, lost) in rows {
        let encoded = from(&Chat, &with(given.clone()), &plain());
        assert_eq!(
            (
                &body(&encoded)["toolConfig"]["functionCallingConfig"],
                losses(&encoded)
            ),
            (&expected, lost.iter().map(|&it| it.to_owned()).collect()),
            "{given}"
        );
    }
}

#[test]
fn the_grouping_of_tools_means_nothing() {
    let request = json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}], "tools": [
        {"googleSearch": {}, "functionDeclarations": [{"name": "a"}]}, {"functionDeclarations": [{"name": "b"}], "urlContext": {}}]});
    let encoded = through(&request, &plain());
    assert_eq!(
        body(&encoded)["tools"],
        json!([{"functionDeclarations": [{"name": "a"}, {"name": "b"}]}, {"googleSearch": {}}, {"urlContext": {}}])
    );
}
