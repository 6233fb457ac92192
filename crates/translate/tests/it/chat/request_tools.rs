//! Requests to upstreams of this format: tools, names, extensions.

use byokey_translate::ir::{Block, CallId, Choice, Input, Kind, Role, Runs, Tool, ToolCall, Turn};
use byokey_types::{Format, Raw, RawObject};
use pretty_assertions::assert_eq;
use serde_json::json;

use super::{body, call, encode, foreign, function, losses, plain, result, rich, user};

#[test]
fn m08_m09_m10_choices_of_tools() {
    let mut request = foreign(vec![user("x")]);
    request.parallel = Some(false);
    let named = json!({"type": "function", "function": {"name": "f"}});
    for (choice, expected) in [
        (Choice::Required, json!("required")),
        (Choice::None, json!("none")),
        (Choice::Auto, json!("auto")),
        (Choice::Tool("f".into()), named),
    ] {
        request.choice = Some(choice);
        request.tools = Some(vec![function("f")]);
        let encoded = encode(&request, &plain());
        assert_eq!(body(&encoded)["tool_choice"], expected);
        assert_eq!(body(&encoded)["parallel_tool_calls"], json!(false));
        assert_eq!(losses(&encoded), "0;");
        // M10
        for none in [None, Some(Vec::new())] {
            request.tools = none;
            let encoded = encode(&request, &plain());
            assert_eq!(
                body(&encoded),
                json!({"model": "m-1", "messages": [{"role": "user", "content": "x"}]})
            );
            assert_eq!(
                losses(&encoded),
                "2; tool_choice=dropped, parallel_tool_calls=dropped"
            );
        }
    }
}

#[test]
fn m22_r14_hosted_tools_of_others_are_no_functions() {
    let mut request = foreign(vec![user("x")]);
    let value = r#"{"type":"web_search_20250305","name":"web_search"}"#;
    request.tools = Some(vec![Tool::Hosted {
        format: Format::AnthropicMessages,
        tag: "web_search_20250305".into(),
        value: Raw::parse(value).unwrap(),
    }]);
    request.choice = Some(Choice::Auto);
    request.parallel = Some(true);
    let encoded = encode(&request, &plain());
    assert_eq!(
        body(&encoded),
        json!({"model": "m-1", "messages": [{"role": "user", "content": "x"}]})
    );
    assert_eq!(
        losses(&encoded),
        "3; tools.0=dropped, tool_choice=dropped, parallel_tool_calls=dropped"
    );
}

#[test]
fn custom_tools_are_functions_for_those_who_do_not_know_them() {
    let mut request = foreign(vec![
        Turn::new(
            Role::Assistant,
            vec![Block::new(Kind::ToolCall(ToolCall {
                id: CallId::new("c"),
                name: "patch".into(),
                input: Input::Text("*** \"é\"".to_owned()),
                runs: Runs::Client,
            }))],
        ),
        Turn::new(Role::User, vec![result("c", vec![Block::text("ok")])]),
    ]);
    let grammar = r#"{"type":"grammar","syntax":"lark","definition":"start: x"}"#;
    request.tools = Some(vec![Tool::Custom {
        name: "patch".into(),
        description: Some("Patches.".to_owned()),
        grammar: Some(Raw::parse(grammar).unwrap()),
        ext: None,
    }]);
    let encoded = encode(&request, &plain());
    let seen = body(&encoded);
    assert_eq!(
        seen["messages"][0]["tool_calls"][0]["function"],
        json!({"name": "patch", "arguments": "{\"input\":\"*** \\\"é\\\"\"}"})
    );
    assert_eq!(
        seen["tools"][0]["function"]["parameters"]["required"],
        json!(["input"])
    );
    assert_eq!(
        encoded
            .reply
            .freeform
            .iter()
            .map(|it| it.as_str())
            .collect::<Vec<_>>(),
        ["patch"]
    );
    assert_eq!(losses(&encoded), "1; tools.0.grammar=approximated");
    let home = body(&encode(&request, &rich()));
    assert_eq!(
        home["tools"][0]["custom"]["format"],
        json!({"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: x"}})
    );
    assert_eq!(
        home["messages"][0]["tool_calls"][0]["custom"],
        json!({"name": "patch", "input": "*** \"é\""})
    );
}

#[test]
fn names_and_ids_fit_the_target_and_agree() {
    let long = "n".repeat(80);
    let mut request = foreign(vec![
        Turn::new(Role::Assistant, vec![call("fs.readFile:1")]),
        Turn::new(
            Role::User,
            vec![result("fs.readFile:1", vec![Block::text("ok")])],
        ),
    ]);
    if let Kind::ToolCall(call) = &mut request.turns[0].blocks[0].kind {
        call.name = long.as_str().into();
    }
    request.tools = Some(vec![function(&long)]);
    let encoded = encode(&request, &plain());
    let body = body(&encoded);
    let name = body["tools"][0]["function"]["name"].as_str().unwrap();
    assert_eq!(
        body["messages"][0]["tool_calls"][0]["function"]["name"],
        json!(name)
    );
    assert_eq!(encoded.reply.renamed[name], long.as_str());
    // C04
    let id = &body["messages"][0]["tool_calls"][0]["id"];
    assert_eq!(id, &json!("fs_readFile_1_7247d9925c3d3abc"));
    assert_eq!(&body["messages"][1]["tool_call_id"], id);
}

#[test]
fn extensions_of_others_are_named_when_they_are_lost() {
    let mut request = foreign(vec![user("x")]);
    let fields: RawObject = [
        ("thinking_display".into(), Raw::TRUE),
        ("nothing".into(), Raw::NULL),
    ]
    .into_iter()
    .collect();
    let ext = byokey_translate::ir::rest(Format::AnthropicMessages, fields);
    request.ext.clone_from(&ext);
    request.turns[0].ext.clone_from(&ext);
    request.turns[0].blocks[0].ext.clone_from(&ext);
    let mut tool = function("f");
    if let Tool::Function { ext: its, .. } = &mut tool {
        *its = ext;
    }
    request.tools = Some(vec![tool]);
    let encoded = encode(&request, &plain());
    assert!(!body(&encoded).to_string().contains("thinking_display"));
    assert_eq!(
        losses(&encoded),
        "4; messages.0.ext.thinking_display=dropped, messages.0.content.0.ext.thinking_display=dropped, \
         tools.0.ext.thinking_display=dropped, thinking_display=dropped"
    );
}
