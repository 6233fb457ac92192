//! Requests of clients of this format: what the neutral form holds of them.

use byokey_translate::ir::{
    Block, CallId, Input, Kind, Media, MediaKind, MediaSource, Role, Runs, ToolCall, ToolResult,
};
use byokey_types::{
    Effort::{High, Minimal, XHigh},
    Raw, ReasoningAsk,
};
use pretty_assertions::assert_eq;

use super::{ask, decode};

#[test]
fn messages_become_turns_one_by_one() {
    let request = ask(
        r#"[{"role":"system","content":"s"},{"role":"developer","content":"d"},{"role":"user","content":"u"},
        {"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1.0}"}},{"id":"c2","type":"custom","custom":{"name":"g","input":"x"}}]},
        {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"r"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]},
        {"role":"tool","tool_call_id":"c2","content":null},{"role":"assistant","content":null}]"#,
        "",
    );
    let call = |id: &str, name: &str, input| {
        Kind::ToolCall(ToolCall {
            id: CallId::new(id),
            name: name.into(),
            input,
            runs: Runs::Client,
        })
    };
    let text = |text: &str| Block::text(text).kind;
    let seen: Vec<(Role, bool, Vec<Kind>)> = request
        .turns
        .into_iter()
        .map(|turn| {
            let kinds = turn.blocks.into_iter().map(|block| block.kind);
            (turn.role, turn.bare, kinds.collect())
        })
        .collect();
    let image = Block::new(Kind::Media(Media {
        kind: MediaKind::Image,
        source: MediaSource::Inline {
            media_type: Some("image/png".into()),
            data: "AA==".to_owned(),
        },
        title: None,
    }));
    let result = |id: &str, content| {
        Kind::ToolResult(ToolResult {
            call: CallId::new(id),
            content,
            bare: false,
            is_error: None,
        })
    };
    assert_eq!(
        seen,
        [
            (Role::System, true, vec![text("s")]),
            (Role::Developer, true, vec![text("d")]),
            (Role::User, true, vec![text("u")]),
            (
                Role::Assistant,
                true,
                vec![
                    text(""),
                    call("c1", "f", Input::Json(Raw::parse(r#"{"a": 1.0}"#).unwrap())),
                    call("c2", "g", Input::Text("x".to_owned())),
                ]
            ),
            (
                Role::User,
                false,
                vec![result("c1", vec![Block::text("r"), image])]
            ),
            (Role::User, false, vec![result("c2", vec![])]),
            (Role::Assistant, false, vec![]),
        ]
    );
}

#[test]
fn c14_marks_of_parts_beat_those_of_messages() {
    let request = ask(
        r#"[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"cache_control":{"type":"ephemeral"}},
        {"role":"user","content":[{"type":"text","text":"c","cache_control":{"type":"ephemeral","ttl":"1h"}}],"cache_control":{"type":"ephemeral"}}]"#,
        "",
    );
    let marks: Vec<Vec<Option<&str>>> = request
        .turns
        .iter()
        .map(|turn| {
            let marks = turn.blocks.iter();
            marks
                .map(|block| block.cache.as_ref().map(|mark| mark.0.as_str()))
                .collect()
        })
        .collect();
    assert_eq!(
        marks,
        [
            vec![None, Some(r#"{"type":"ephemeral"}"#)],
            vec![Some(r#"{"type":"ephemeral","ttl":"1h"}"#)],
        ]
    );
}

#[test]
fn reasoning_is_asked_for_in_several_ways() {
    let asked = |rest: &str| {
        ask(r#"[{"role":"user","content":"a"}]"#, rest)
            .reasoning
            .asked()
    };
    for (rest, expected) in [
        (r#","reasoning_effort":"none""#, Some(ReasoningAsk::Off)),
        (
            r#","reasoning_effort":"minimal""#,
            Some(ReasoningAsk::Effort(Minimal)),
        ),
        (
            r#","reasoning_effort":"xhigh""#,
            Some(ReasoningAsk::Effort(XHigh)),
        ),
        (r#","reasoning_effort":"ultra""#, None),
        (
            r#","reasoning":{"effort":"high","max_tokens":5}"#,
            Some(ReasoningAsk::Effort(High)),
        ),
        (
            r#","reasoning":{"max_tokens":5}"#,
            Some(ReasoningAsk::Budget(5)),
        ),
        (r#","reasoning":{"enabled":true}"#, Some(ReasoningAsk::Auto)),
        (r#","reasoning":{"enabled":false}"#, Some(ReasoningAsk::Off)),
        (r#","reasoning":{"effort":"none"}"#, Some(ReasoningAsk::Off)),
        ("", None),
    ] {
        assert_eq!(asked(rest), expected, "{rest}");
        // and is written back the way it came
        let request = ask(r#"[{"role":"user","content":"a"}]"#, rest);
        let encoded = super::body(&super::encode(&request, &super::rich()));
        let expected =
            format!(r#"{{"model":"m-1","messages":[{{"role":"user","content":"a"}}]{rest}}}"#);
        assert_eq!(encoded, super::json(expected.as_bytes()), "{rest}");
    }
}

#[test]
fn legacy_calls_and_results_find_each_other() {
    let request = decode(
        r#"{"model":"m","messages":[{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"}]}"#,
    );
    let (Kind::ToolCall(call), Kind::ToolResult(result)) = (
        &request.turns[0].blocks[0].kind,
        &request.turns[1].blocks[0].kind,
    ) else {
        panic!("{request:?}");
    };
    assert_eq!(call.id, result.call);
}
