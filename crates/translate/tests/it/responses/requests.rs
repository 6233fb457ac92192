//! Requests: of this format for the others, of the others for this one.

use byokey_translate::{
    Codec, Encoded, Target,
    chat::Chat,
    ir::{
        Block, CallId, Input, Issuer, Kind, Reasoning, ReasoningPart, Request, Role, Runs, Seal,
        Tool, ToolCall, ToolResult, Turn,
    },
    messages::Messages,
    responses::Responses,
    target::ReasoningFacts,
};
use byokey_types::{Effort, ModelRow, Raw, ReasoningAsk};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, bytes, decoded, everything, losses};

fn encode(request: &Request) -> Encoded {
    Responses.encode_request(request, &everything("m")).unwrap()
}

fn chat_target() -> Target {
    Target {
        tool_call: true,
        ..Target::chat(&ModelRow::unknown("m"), Some("openai".into()))
    }
}

fn to_chat(value: &Value) -> Encoded {
    Chat.encode_request(&decoded(value), &chat_target())
        .unwrap()
}

fn from_messages(value: &Value) -> Encoded {
    encode(&Messages.decode_request(&bytes(value)).unwrap().value)
}

fn function(name: &str) -> Value {
    json!({"type": "function", "name": name, "parameters": {"type": "object"}, "strict": false})
}

fn call(id: &str, name: &str) -> Value {
    json!({"type": "function_call", "call_id": id, "name": name, "arguments": "{}"})
}

fn output(id: &str, text: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": text})
}

#[test]
fn r02_r08_calls_and_results() {
    let encoded = to_chat(&json!({"model": "m", "input": [
        {"role": "user", "content": "hi"}, call("a", "f"), call("b", "f"), output("a", "{ (plist"), output("b", "2"),
        call("c", "f"), {"role": "user", "content": "wait"}, output("c", "3")], "tools": [function("f")]}));
    let body = body(&encoded);
    let shape: Vec<Value> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            json!([
                it["role"],
                it["tool_calls"].as_array().map_or(0, Vec::len),
                it["content"]
            ])
        })
        .collect();
    assert_eq!(
        shape,
        [
            json!(["user", 0, "hi"]),
            json!(["assistant", 2, null]),
            json!(["tool", 0, "{ (plist"]),
            json!(["tool", 0, "2"]),
            json!(["assistant", 1, null]),
            json!(["tool", 0, "3"]),
            json!(["user", 0, "wait"]),
        ]
    );
}

#[test]
fn r03_namespaces_are_flattened() {
    let named = json!({"type": "function_call", "call_id": "a", "namespace": "mcp__t__", "name": "add", "arguments": "{}"});
    let encoded = to_chat(
        &json!({"model": "m", "input": [{"role": "user", "content": "hi"}, named, output("a", "1")],
        "tools": [function("ns__direct"), {"type": "namespace", "name": "mcp__t__", "tools": [function("add")]}, {"type": "namespace", "name": "ns", "tools": [function("direct"), function("other")]}],
        "tool_choice": {"type": "function", "namespace": "ns", "name": "other"}}),
    );
    let body = body(&encoded);
    let names: Vec<&Value> = body["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["function"]["name"])
        .collect();
    assert_eq!(names, ["ns__direct", "mcp__t__add", "ns__other"]);
    assert_eq!(
        body["messages"][1]["tool_calls"][0]["function"]["name"],
        "mcp__t__add"
    );
    assert_eq!(body["tool_choice"]["function"]["name"], "ns__other");
    let known: Vec<(&str, &str, &str)> = encoded
        .reply
        .namespaces
        .iter()
        .map(|(flat, both)| (flat.as_str(), both.namespace.as_str(), both.name.as_str()))
        .collect();
    assert_eq!(
        known,
        [
            ("mcp__t__add", "mcp__t__", "add"),
            ("ns__other", "ns", "other")
        ]
    );
}

#[test]
fn r05_additional_tools_are_known_once() {
    let item = json!({"type": "additional_tools", "role": "developer", "tools": [function("shared"), {"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}]});
    let value = json!({"model": "m", "input": [item, {"role": "user", "content": "hi"}], "tools": [function("first"), function("shared")]});
    let names: Vec<String> = decoded(&value)
        .tools()
        .iter()
        .map(|it| it.name().unwrap().to_string())
        .collect();
    assert_eq!(names, ["first", "shared", "exec"]);
    assert!(decoded(&value).namespaces.is_empty());
    assert_eq!(body(&to_chat(&value))["tools"].as_array().unwrap().len(), 3);
}

#[test]
fn r06_r12_r14_shape_effort_and_tools_for_chat() {
    let format = |format: Value| {
        let value = json!({"model": "m", "input": "x", "text": {"format": format}});
        let target = Target {
            structured_output: true,
            ..chat_target()
        };
        body(&Chat.encode_request(&decoded(&value), &target).unwrap())["response_format"].clone()
    };
    assert_eq!(
        format(json!({"type": "json_schema", "name": "n", "schema": {}, "strict": true})),
        json!({"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": true}})
    );
    assert_eq!(
        format(json!({"type": "json_object"})),
        json!({"type": "json_object"})
    );
    assert_eq!(format(Value::Null), Value::Null);
    let encoded = to_chat(
        &json!({"model": "m", "input": "x", "tools": [{"type": "web_search"}], "tool_choice": "auto", "parallel_tool_calls": true, "reasoning": {"effort": "none"}}),
    );
    let body = body(&encoded);
    for absent in [
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "reasoning_effort",
    ] {
        assert_eq!(body.get(absent), None, "{absent}");
    }
}

#[test]
fn r11_x05_x06_w07_seals_reach_their_issuer_only() {
    let issued = |family: &str| Seal {
        issuer: Issuer::family(family.to_owned()),
        payload: "c2Vj".to_owned(),
    };
    let mut request = Request::new("m");
    let reasoning = |seal| Block {
        seal,
        ..Block::new(Kind::Reasoning(Reasoning {
            parts: vec![ReasoningPart::Full("hm".to_owned())],
            redacted: false,
        }))
    };
    let said = vec![
        reasoning(Some(issued("openai"))),
        reasoning(Some(issued("anthropic"))),
        reasoning(None),
        Block::text("ok"),
    ];
    request.turns = vec![
        Turn::new(Role::User, vec![Block::text("hi")]),
        Turn::new(Role::Assistant, said),
    ];
    let encoded = encode(&request);
    let expected = json!([
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        {"type": "reasoning", "summary": [], "encrypted_content": "c2Vj"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ok", "annotations": []}]},
    ]);
    assert_eq!(body(&encoded)["input"], expected);
    assert_eq!(
        losses(&encoded),
        [
            "messages.1.content.0=approximated",
            "messages.1.content.1=dropped",
            "messages.1.content.2=dropped"
        ]
    );
    let damaged = json!({"model": "m", "input": [{"type": "reasoning", "summary": [], "encrypted_content": "Ynlva2V5!"}]});
    let decoded = Responses.decode_request(&bytes(&damaged)).unwrap();
    assert_eq!(
        decoded.losses.summary(99),
        "1; messages.0.content.0.seal=dropped"
    );
}

#[test]
fn x01_x08_x09_x12_a_messages_request() {
    let target = Target {
        session: Some("s1".into()),
        ..everything("m")
    };
    let value = json!({"model": "m", "max_tokens": 9, "stop_sequences": ["x"], "top_k": 3, "system": [{"type": "text", "text": "x-anthropic-billing-header: cch=1;\nA"}, {"type": "text", "text": "B", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": [{"type": "document", "title": "a.pdf", "source": {"type": "base64", "media_type": "application/pdf", "data": "QUJD"}}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t:1", "name": "web_search", "input": {"q": 1.0}}]},
            {"role": "user", "content": [{"type": "text", "text": "before"}, {"type": "tool_result", "tool_use_id": "t:1", "is_error": true, "content": [{"type": "image", "source": {"type": "url", "url": "https://e.com/a.png"}}]}]}],
        "tools": [{"name": "web_search", "description": "d", "input_schema": {"type": "object"}}], "thinking": {"type": "enabled", "budget_tokens": 8192}});
    let request = Messages.decode_request(&bytes(&value)).unwrap().value;
    let encoded = Responses.encode_request(&request, &target).unwrap();
    let id = everything("m").call_ids.fit("t:1").into_owned();
    let expected = json!({"model": "m", "instructions": "A\nB", "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}]},
        {"type": "function_call", "call_id": id, "name": "web_search", "arguments": "{\"q\":1.0}"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "before"}]},
        {"type": "function_call_output", "call_id": id, "output": [{"type": "input_image", "image_url": "https://e.com/a.png"}]}],
        "tools": [{"type": "function", "name": "web_search", "description": "d", "parameters": {"type": "object"}, "strict": false}],
        "max_output_tokens": 9, "reasoning": {"effort": "medium", "summary": "auto"}, "prompt_cache_key": "s1", "store": false, "include": ["reasoning.encrypted_content"]});
    assert_eq!(body(&encoded), expected);
    assert_eq!(
        losses(&encoded),
        [
            "system.0=dropped",
            "system.1.cache=dropped",
            "messages.2.content.1.is_error=dropped",
            "top_k=dropped",
            "stop=dropped",
            "reasoning=approximated"
        ]
    );
    let own = decoded(&json!({"model": "m", "input": "x", "prompt_cache_key": "mine"}));
    let encoded = Responses.encode_request(&own, &target).unwrap();
    assert_eq!(
        body(&encoded),
        json!({"model": "m", "input": "x", "prompt_cache_key": "mine"})
    );
    assert_eq!(
        body(&from_messages(
            &json!({"model": "m", "messages": [{"role": "user", "content": "x"}]})
        ))
        .get("prompt_cache_key"),
        None
    );
}

#[test]
fn custom_tools_for_guests_and_effort_by_level() {
    let mut request = Request::new("m");
    let call = ToolCall {
        id: CallId::new("c"),
        name: "patch".into(),
        input: Input::Text("***".to_owned()),
        runs: Runs::Client,
    };
    let result = ToolResult {
        call: CallId::new("c"),
        content: vec![Block::text("ok")],
        bare: true,
        is_error: None,
    };
    request.turns = vec![
        Turn::new(Role::Assistant, vec![Block::new(Kind::ToolCall(call))]),
        Turn::new(Role::User, vec![Block::new(Kind::ToolResult(result))]),
    ];
    request.tools = Some(vec![Tool::Custom {
        name: "patch".into(),
        description: None,
        grammar: Some(Raw::of(
            &json!({"type": "grammar", "syntax": "lark", "definition": "x"}),
        )),
        ext: None,
    }]);
    request.reasoning.ask = Some(ReasoningAsk::Budget(100_000));
    let home = body(&encode(&request));
    assert_eq!(home["input"][0]["type"], "custom_tool_call");
    assert_eq!(home["input"][1]["type"], "custom_tool_call_output");
    assert_eq!(
        home["tools"],
        json!([{"type": "custom", "name": "patch", "format": {"type": "grammar", "syntax": "lark", "definition": "x"}}])
    );
    assert_eq!(home["reasoning"]["effort"], "max");
    let guest = Target {
        family: Some("xai".into()),
        reasoning: ReasoningFacts {
            reasons: true,
            levels: vec![Effort::Low, Effort::High],
            budget: None,
            off: false,
        },
        ..everything("m")
    };
    let encoded = Responses.encode_request(&request, &guest).unwrap();
    let body = body(&encoded);
    assert_eq!(
        body["input"][0],
        json!({"type": "function_call", "call_id": "c", "name": "patch", "arguments": "{\"input\":\"***\"}"})
    );
    assert_eq!(
        body["input"][1],
        json!({"type": "function_call_output", "call_id": "c", "output": "ok"})
    );
    assert_eq!(
        (&body["tools"][0]["type"], &body["reasoning"]["effort"]),
        (&json!("function"), &json!("high"))
    );
    assert!(encoded.reply.freeform.contains("patch"));
}

#[test]
fn r09_system_text_in_the_middle() {
    let value = json!({"model": "m", "input": [{"role": "system", "content": "head"}, {"role": "user", "content": "hi"}, {"role": "developer", "content": "mid"}]});
    let target = Target {
        system_in_place: false,
        developer_role: false,
        ..everything("m")
    };
    let encoded = Responses.encode_request(&decoded(&value), &target).unwrap();
    assert_eq!(
        body(&encoded)["input"],
        json!([{"role": "system", "content": "head"}, {"role": "user", "content": "hi"}, {"type": "message", "role": "user", "content": "<system-reminder>\nmid\n</system-reminder>"}])
    );
    assert_eq!(losses(&encoded), ["messages.2.role=approximated"]);
}

#[test]
fn errors_name_the_place() {
    let rows = [
        (json!({"input": "x"}), "`model` is required"),
        (json!({"model": "m"}), "`input` is required"),
        (
            json!({"model": "m", "input": 3}),
            "`input` must be a string or an array, not a number",
        ),
        (
            json!({"model": "m", "input": ["x"]}),
            "`input.0` must be an object, not a string",
        ),
        (
            json!({"model": "m", "input": [{}]}),
            "`input.0.type` is required",
        ),
        (
            json!({"model": "m", "input": [{"role": "tool", "content": "x"}]}),
            "`input.0.role` must be `user`, `assistant`, `system` or `developer`",
        ),
        (
            json!({"model": "m", "input": [{"role": "user"}]}),
            "`input.0.content` is required",
        ),
        (
            json!({"model": "m", "input": [{"role": "user", "content": [{"type": "input_text"}]}]}),
            "`input.0.content.0.text` is required",
        ),
        (
            json!({"model": "m", "input": [{"type": "function_call", "call_id": "", "name": "f", "arguments": ""}]}),
            "`input.0.call_id` must not be empty",
        ),
        (
            json!({"model": "m", "input": [{"type": "function_call_output", "call_id": "c", "output": 7}]}),
            "`input.0.output` must be a string or an array, not a number",
        ),
        (
            json!({"model": "m", "input": "x", "tools": [{"type": "namespace", "name": "n", "tools": [{"type": "function"}]}]}),
            "`tools.0.tools.0.name` is required",
        ),
        (
            json!({"model": "m", "input": "x", "text": {"format": {"type": "json_schema"}}}),
            "`text.format.schema` is required",
        ),
        (
            json!({"model": "m", "input": "x", "max_output_tokens": "9"}),
            "`max_output_tokens` must be a number, not a string",
        ),
    ];
    for (value, expected) in rows {
        let error = Responses.decode_request(&bytes(&value)).unwrap_err();
        assert_eq!(error.to_string(), expected, "{value}");
    }
}
