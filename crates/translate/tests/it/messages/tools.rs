//! Tools, choices among them, and the shape of the answer.

use byokey_translate::{
    Codec, Target,
    ids::NameRule,
    ir::{Block, Choice, OutputFormat, Request, Role, Tool, Turn},
    messages::Messages,
};
use byokey_types::{Format, Raw};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, decoded, everything, losses, through};
use crate::fixture::{Variant, codecs, target};

fn function(name: &str, schema: Option<&str>) -> Tool {
    Tool::Function {
        name: name.into(),
        description: None,
        schema: schema.map(|text| Raw::parse(text.to_owned()).unwrap()),
        strict: None,
        cache: None,
        ext: None,
    }
}

fn object() -> Tool {
    function("f", Some(r#"{"type":"object"}"#))
}

fn request(tools: Vec<Tool>) -> Request {
    let mut request = Request::new("m");
    request.turns = vec![Turn::new(Role::User, vec![Block::text("hi")])];
    request.sampling.max_tokens = Some(50);
    request.tools = Some(tools);
    request
}

#[test]
fn c11_schemas_and_names_are_made_to_fit() {
    let union = r#"{"anyOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"type":"object","properties":{"b":{"type":"number"}}}]}"#;
    let request = request(vec![
        function("fs.read", Some(union)),
        function("plain", None),
        Tool::Custom {
            name: "apply_patch".into(),
            description: Some("Patches".to_owned()),
            grammar: Some(
                Raw::parse(r#"{"type":"grammar","syntax":"lark","definition":"start: /x/"}"#)
                    .unwrap(),
            ),
            ext: None,
        },
        Tool::Hosted {
            format: Format::OpenAiResponses,
            tag: "code_interpreter".into(),
            value: Raw::EMPTY_OBJECT,
        },
    ]);
    let encoded = Messages.encode_request(&request, &everything("m")).unwrap();
    let name = NameRule::ANTHROPIC.fit("fs.read");
    let expected = json!([
        {"name": name, "input_schema": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}}},
        {"name": "plain", "input_schema": {"type": "object", "properties": {}}},
        {"name": "apply_patch", "description": "Patches\n\n`input` must follow this grammar:\nstart: /x/",
         "input_schema": {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"], "additionalProperties": false}},
    ]);
    assert_eq!(body(&encoded)["tools"], expected);
    assert_eq!(
        losses(&encoded),
        [
            "tools.0.schema=approximated",
            "tools.1.schema=synthesised",
            "tools.2=approximated",
            "tools.3=dropped"
        ]
    );
    let renamed: Vec<(&str, &str)> = encoded
        .reply
        .renamed
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(renamed, [(name.as_ref(), "fs.read")]);
    assert!(encoded.reply.freeform.contains("apply_patch"));
}

#[test]
fn choices_are_fitted_to_the_tools() {
    let none: Vec<Tool> = vec![];
    let rows = [
        (
            vec![object()],
            Some(Choice::Auto),
            None,
            json!({"type": "auto"}),
            vec![],
        ),
        (
            vec![object()],
            Some(Choice::Required),
            Some(false),
            json!({"type": "any", "disable_parallel_tool_use": true}),
            vec![],
        ),
        (
            vec![object()],
            Some(Choice::None),
            Some(false),
            json!({"type": "none"}),
            vec![],
        ),
        (
            vec![object()],
            Some(Choice::Tool("f".into())),
            Some(true),
            json!({"type": "tool", "name": "f", "disable_parallel_tool_use": false}),
            vec![],
        ),
        (
            vec![object()],
            Some(Choice::Tool("g".into())),
            None,
            Value::Null,
            vec!["tool_choice=dropped"],
        ),
        (
            vec![object()],
            None,
            Some(false),
            json!({"type": "auto", "disable_parallel_tool_use": true}),
            vec![],
        ),
        (vec![object()], None, Some(true), Value::Null, vec![]),
        (
            none,
            Some(Choice::Required),
            Some(false),
            Value::Null,
            vec!["tool_choice=dropped", "parallel_tool_calls=dropped"],
        ),
    ];
    for (tools, choice, parallel, expected, lost) in rows {
        let mut request = request(tools);
        request.choice.clone_from(&choice);
        request.parallel = parallel;
        let encoded = Messages.encode_request(&request, &everything("m")).unwrap();
        let lost: Vec<String> = lost.into_iter().map(str::to_owned).collect();
        assert_eq!(
            (&body(&encoded)["tool_choice"], losses(&encoded)),
            (&expected, lost),
            "{choice:?}"
        );
    }
}

#[test]
fn m08_m09_m22_tools_and_choices_are_read() {
    let base = json!({"model": "m", "max_tokens": 1, "messages": []});
    for (choice, expected, parallel) in [
        (json!({"type": "any"}), Choice::Required, None),
        (json!({"type": "none"}), Choice::None, None),
        (
            json!({"type": "auto", "disable_parallel_tool_use": true}),
            Choice::Auto,
            Some(false),
        ),
        (
            json!({"type": "tool", "name": "X"}),
            Choice::Tool("X".into()),
            None,
        ),
    ] {
        let mut value = base.clone();
        value["tool_choice"] = choice;
        let request = decoded(&value);
        assert_eq!(
            (request.choice, request.parallel, request.ext),
            (Some(expected), parallel, None)
        );
    }
    let mut value = base;
    let search = json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 8});
    value["tools"] = json!([search]);
    let expected = Tool::Hosted {
        format: Format::AnthropicMessages,
        tag: "web_search_20250305".into(),
        value: Raw::of(&search),
    };
    assert_eq!(decoded(&value).tools, Some(vec![expected]));
}

fn schema() -> OutputFormat {
    OutputFormat::JsonSchema {
        name: Some("title".to_owned()),
        description: None,
        schema: Raw::parse(r#"{"type":"object","properties":{"t":{}}}"#).unwrap(),
        strict: Some(true),
    }
}

#[test]
fn the_shape_of_the_answer() {
    let without = Target {
        structured_output: false,
        ..everything("m")
    };
    let mut asked = request(vec![]);
    asked.tools = None;
    asked.output = Some(schema());
    let encoded = Messages.encode_request(&asked, &everything("m")).unwrap();
    let wanted = json!({"format": {"type": "json_schema", "schema": {"type": "object", "properties": {"t": {}}, "additionalProperties": false}}});
    assert_eq!(body(&encoded)["output_config"], wanted);
    assert_eq!(
        (losses(&encoded), encoded.reply.structured),
        (vec!["output_format.name=dropped".to_owned()], None)
    );

    let encoded = Messages.encode_request(&asked, &without).unwrap();
    let found = body(&encoded);
    let hidden =
        json!({"name": "respond", "input_schema": {"type": "object", "properties": {"t": {}}}});
    assert_eq!(
        (&found["tools"], &found["tool_choice"]),
        (
            &json!([hidden]),
            &json!({"type": "tool", "name": "respond"})
        )
    );
    assert_eq!(found["output_config"], Value::Null);
    assert_eq!(
        (losses(&encoded), encoded.reply.structured.as_deref()),
        (
            vec!["output_format=approximated".to_owned()],
            Some("respond")
        )
    );

    // beside tools of the client's own the model may call any; names do not clash; thinking must yield
    let mut beside = request(vec![function("respond", Some(r#"{"type":"object"}"#))]);
    beside.output = Some(OutputFormat::JsonObject);
    beside.reasoning.ask = Some(byokey_types::ReasoningAsk::Auto);
    let encoded = Messages.encode_request(&beside, &everything("m")).unwrap();
    let found = body(&encoded);
    assert_eq!(
        (&found["tools"][1]["name"], &found["tool_choice"]),
        (&json!("respond_"), &json!({"type": "any"}))
    );
    assert_eq!(
        losses(&encoded),
        ["output_format=approximated", "reasoning=dropped"]
    );
    assert_eq!(found["thinking"], Value::Null);
}

/// Tools that are loaded when they are found: exact at home, elsewhere loaded at once, and told.
#[test]
fn m20_tools_that_load_later() {
    let tool = |name: &str| json!({"name": name, "input_schema": {"type": "object"}, "defer_loading": true});
    let found = json!([{"type": "tool_reference", "tool_name": "a"}]);
    let asked = json!({
        "model": "m", "max_tokens": 50, "tools": [tool("a"), tool("b")],
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": found}]},
        ],
    });
    let home = through(&asked, &everything("m"));
    assert_eq!(body(&home), asked);
    assert_eq!(losses(&home), Vec::<String>::new());

    let request = decoded(&asked);
    for codec in codecs() {
        let format = codec.format();
        if format == Format::AnthropicMessages {
            continue;
        }
        let encoded = codec
            .encode_request(&request, &target(format, Variant::Plain, "m"))
            .unwrap();
        let text = String::from_utf8(encoded.body.to_vec()).unwrap();
        for foreign in ["defer_loading", "tool_reference"] {
            assert!(!text.contains(foreign), "{format}: {text}");
        }
        // neither tool is lost
        for name in ["\"a\"", "\"b\""] {
            assert!(text.contains(name), "{format}: {text}");
        }
        let told = losses(&encoded);
        for path in [
            "tools.0.ext.defer_loading=dropped",
            "tools.1.ext.defer_loading=dropped",
        ] {
            assert!(told.iter().any(|loss| loss == path), "{format}: {told:?}");
        }
        assert!(
            told.iter().any(|loss| loss.starts_with("messages.2")),
            "{format}: {told:?}"
        );
    }
}
