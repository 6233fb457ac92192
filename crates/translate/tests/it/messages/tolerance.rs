//! What clients send that is not quite right: taken where it has a meaning, refused with a path where it has none.

use byokey_translate::{
    Codec,
    ir::{Block, CallId, Kind, ToolResult},
    messages::Messages,
};
use bytes::Bytes;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, decoded, everything, json as bytes, losses, through};

#[test]
fn m13_results_of_any_shape() {
    let request = |content: Option<Value>| {
        let mut result = json!({"type": "tool_result", "tool_use_id": "t"});
        if let Some(content) = content {
            result["content"] = content;
        }
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [result]}]})
    };
    let at = "messages.0.content.0.content";
    let rows = [
        (
            Some(json!({"a": [1.50]})),
            vec!["{\"a\":[1.5]}"],
            true,
            vec![format!("{at}=approximated")],
        ),
        (
            Some(json!(42)),
            vec!["42"],
            true,
            vec![format!("{at}=approximated")],
        ),
        (
            Some(json!(true)),
            vec!["true"],
            true,
            vec![format!("{at}=approximated")],
        ),
        (Some(json!("x")), vec!["x"], true, vec![]),
        (Some(Value::Null), vec![], false, vec![]),
        (None, vec![], false, vec![]),
        (Some(json!([])), vec![], false, vec![]),
        (
            Some(json!(["x", {"k": 1}, {"type": "text", "text": "y"}])),
            vec!["x", "{\"k\":1}", "y"],
            false,
            vec![
                format!("{at}.0=approximated"),
                format!("{at}.1=approximated"),
            ],
        ),
    ];
    for (content, texts, bare, lost) in rows {
        let value = request(content);
        let decode = Messages.decode_request(&bytes(&value)).unwrap();
        let expected = Kind::ToolResult(ToolResult {
            call: CallId::new("t"),
            content: texts.iter().map(|&text| Block::text(text)).collect(),
            bare,
            is_error: None,
        });
        let found: Vec<String> = decode
            .losses
            .as_slice()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            (&decode.value.turns[0].blocks[0].kind, found),
            (&expected, lost),
            "{value}"
        );
        // what goes on to an upstream of this format is what it accepts
        let written =
            body(&through(&value, &everything("m")))["messages"][0]["content"][0]["content"]
                .clone();
        assert!(
            matches!(written, Value::String(_) | Value::Array(_) | Value::Null),
            "{written}"
        );
    }
}

#[test]
fn errors_name_the_place() {
    let user =
        |content: Value| json!({"model": "m", "messages": [{"role": "user", "content": content}]});
    let rows = [
        (json!([]), "`$` must be an object, not an array"),
        (json!({"messages": []}), "`model` is required"),
        (json!({"model": "m"}), "`messages` is required"),
        (
            json!({"model": "m", "messages": {}}),
            "`messages` must be an array, not an object",
        ),
        (
            json!({"model": "m", "messages": ["x"]}),
            "`messages.0` must be an object, not a string",
        ),
        (
            json!({"model": "m", "messages": [{"content": "x"}]}),
            "`messages.0.role` is required",
        ),
        (
            json!({"model": "m", "messages": [{"role": "tool", "content": "x"}]}),
            "`messages.0.role` must be `user`, `assistant` or `system`",
        ),
        (
            json!({"model": "m", "messages": [{"role": "user"}]}),
            "`messages.0.content` is required",
        ),
        (
            user(json!(3)),
            "`messages.0.content` must be a string or an array, not a number",
        ),
        (
            user(json!([{"text": "x"}])),
            "`messages.0.content.0.type` is required",
        ),
        (
            user(
                json!([{"type": "text", "text": "x"}, {"type": "image", "source": {"type": "base64"}}]),
            ),
            "`messages.0.content.1.source.data` is required",
        ),
        (
            user(json!([{"type": "tool_use", "id": "", "name": "f"}])),
            "`messages.0.content.0.id` is required",
        ),
        (
            user(
                json!([{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": 1}]}]),
            ),
            "`messages.0.content.0.content.0.text` must be a string, not a number",
        ),
        (
            user(json!([{"type": "text", "text": "x", "citations": [1]}])),
            "`messages.0.content.0.citations.0` must be an object, not a number",
        ),
        (
            json!({"model": "m", "messages": [], "system": 1}),
            "`system` must be an array, not a number",
        ),
        (
            json!({"model": "m", "messages": [], "max_tokens": "9"}),
            "`max_tokens` must be a number, not a string",
        ),
        (
            json!({"model": "m", "messages": [], "max_tokens": -1}),
            "`max_tokens` must be a whole number that is not negative",
        ),
        (
            json!({"model": "m", "messages": [], "tools": [{"input_schema": {}}]}),
            "`tools.0.name` is required",
        ),
        (
            json!({"model": "m", "messages": [], "tool_choice": "auto"}),
            "`tool_choice` must be an object, not a string",
        ),
        (
            json!({"model": "m", "messages": [], "thinking": {"type": "enabled", "budget_tokens": "x"}}),
            "`thinking.budget_tokens` must be a number, not a string",
        ),
        (
            json!({"model": "m", "messages": [], "stop_sequences": [1]}),
            "`stop_sequences.0` must be a string, not a number",
        ),
        (
            json!({"model": "m", "messages": [], "metadata": {"user_id": 1}}),
            "`metadata.user_id` must be a string, not a number",
        ),
        (
            json!({"model": "m", "messages": [], "output_config": {"format": {"type": "json_schema"}}}),
            "`output_config.format.schema` is required",
        ),
    ];
    for (value, message) in rows {
        let error = Messages.decode_request(&bytes(&value)).unwrap_err();
        assert_eq!(error.to_string(), message, "{value}");
    }
    let error = Messages
        .decode_request(&Bytes::from_static(b"{\"model\":"))
        .unwrap_err();
    assert!(
        error.to_string().starts_with("not valid JSON at line 1"),
        "{error}"
    );
}

#[test]
fn texts_cut_within_a_character_are_taken() {
    let body = br#"{"model":"m","messages":[{"role":"user","content":"a\ud83d"},{"role":"user","content":[{"type":"text","text":"\ude00b"}]}]}"#;
    let decode = Messages.decode_request(&Bytes::from_static(body)).unwrap();
    let texts: Vec<&str> = decode
        .value
        .turns
        .iter()
        .filter_map(|turn| turn.blocks[0].as_text())
        .collect();
    assert_eq!(texts, ["a\u{fffd}", "\u{fffd}b"]);
    let lost: Vec<String> = decode
        .losses
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        lost,
        [
            "messages.0.content.0.text=approximated",
            "messages.1.content.0.text=approximated"
        ]
    );
}

#[test]
fn the_limit_may_be_missing_and_streams_report_usage() {
    let request = decoded(&json!({"model": "m", "messages": []}));
    assert_eq!(
        (
            request.sampling.max_tokens,
            request.stream,
            request.include_usage
        ),
        (None, None, true)
    );
}

#[test]
fn results_come_first_in_their_message() {
    let value = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "text", "text": "before"}, {"type": "tool_result", "tool_use_id": "t", "content": "r"}, {"type": "text", "text": "after"}]},
    ]});
    let encoded = through(&value, &everything("m"));
    let kinds: Vec<String> = body(&encoded)["messages"][2]["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| block["text"].as_str().unwrap_or("result").to_owned())
        .collect();
    assert_eq!(kinds, ["result", "before", "after"]);
    assert_eq!(losses(&encoded), ["messages.2.content.0=moved"]);
}

#[test]
fn a_null_says_nothing_and_is_never_said_twice() {
    let value = json!({"model": "m", "max_tokens": 9, "tools": null, "system": null, "top_p": null,
        "output_format": {"type": "json_schema", "schema": {"type": "object"}},
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "a"}]});
    let target = byokey_translate::Target {
        structured_output: false,
        ..everything("m")
    };
    let encoded = through(&value, &target);
    let text = String::from_utf8(encoded.body.to_vec()).unwrap();
    let counts = ["\"tools\":", "\"system\":", "\"top_p\":"].map(|key| text.matches(key).count());
    assert_eq!(
        (counts, losses(&encoded)),
        ([1, 1, 1], vec!["output_format=approximated".to_owned()])
    );
}
