//! Conversations of other formats, arranged for this one.

use byokey_translate::{
    Codec, Target,
    ir::{Block, CallId, Input, Kind, Request, Role, Runs, ToolCall, ToolResult, Turn},
    messages::Messages,
};
use byokey_types::{ModelRow, Raw};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, everything, losses};

pub(super) fn call(id: &str, name: &str) -> Block {
    Block::new(Kind::ToolCall(ToolCall {
        id: CallId::new(id),
        name: name.into(),
        input: Input::Json(Raw::EMPTY_OBJECT),
        runs: Runs::Client,
    }))
}

pub(super) fn result(id: &str, text: &str) -> Block {
    Block::new(Kind::ToolResult(ToolResult {
        call: CallId::new(id),
        content: vec![Block::text(text)],
        bare: true,
        is_error: None,
    }))
}

pub(super) fn turn(role: Role, text: &str) -> Turn {
    Turn {
        bare: true,
        ..Turn::new(role, vec![Block::text(text)])
    }
}

pub(super) fn user(block: Block) -> Turn {
    Turn::new(Role::User, vec![block])
}

/// The messages written for these turns, and what was lost; the limit of tokens is said.
pub(super) fn messages_for(turns: Vec<Turn>, target: &Target) -> (Value, Vec<String>) {
    let mut request = Request::new("m");
    request.turns = turns;
    request.sampling.max_tokens = Some(100);
    let encoded = Messages.encode_request(&request, target).unwrap();
    (body(&encoded)["messages"].clone(), losses(&encoded))
}

pub(super) fn messages(turns: Vec<Turn>) -> (Value, Vec<String>) {
    messages_for(turns, &everything("m"))
}

fn tool_result(id: &str, text: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": text})
}

fn tool_use(id: &str, name: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": {}})
}

#[test]
fn c01_a_result_and_the_user_behind_it_are_one_message() {
    let (found, lost) = messages(vec![
        turn(Role::User, "go"),
        Turn::new(Role::Assistant, vec![call("call_1", "f")]),
        user(result("call_1", "ok")),
        turn(Role::User, "continue"),
    ]);
    let expected = json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [tool_use("call_1", "f")]},
        {"role": "user", "content": [tool_result("call_1", "ok"), {"type": "text", "text": "continue"}]},
    ]);
    assert_eq!((found, lost), (expected, vec![]));
}

#[test]
fn c02_results_of_parallel_calls_are_one_message_in_the_order_of_the_calls() {
    let calls = ["a", "b", "c"].map(|id| call(id, "f")).to_vec();
    let expected: Vec<Value> = ["a", "b", "c"].map(|id| tool_result(id, "r")).to_vec();
    for order in [["a", "b", "c"], ["c", "a", "b"]] {
        let mut turns = vec![
            turn(Role::User, "go"),
            Turn::new(Role::Assistant, calls.clone()),
        ];
        turns.extend(order.map(|id| user(result(id, "r"))));
        let (found, lost) = messages(turns);
        assert_eq!(
            found[2]["content"],
            Value::Array(expected.clone()),
            "{order:?}"
        );
        assert_eq!((found[3].clone(), lost), (Value::Null, vec![]));
    }
}

#[test]
fn c04_ids_are_made_to_fit_both_ends_alike() {
    let (found, lost) = messages(vec![
        turn(Role::User, "go"),
        Turn::new(Role::Assistant, vec![call("fs.readFile:1", "f")]),
        user(result("fs.readFile:1", "ok")),
    ]);
    let id = &found[1]["content"][0]["id"];
    assert_eq!(id, "fs_readFile_1_7247d9925c3d3abc");
    assert_eq!(&found[2]["content"][0]["tool_use_id"], id);
    assert_eq!(lost, [""; 0]);
}

#[test]
fn c05_operators_at_the_head_are_the_system_text() {
    let mut request = Request::new("m");
    request.instructions = vec![Block::text("zero")];
    request.sampling.max_tokens = Some(9);
    request.turns = vec![
        turn(Role::System, "one"),
        Turn::new(Role::System, vec![Block::text("two"), Block::text("three")]),
        turn(Role::Developer, "four"),
        turn(Role::User, "hi"),
    ];
    let encoded = Messages.encode_request(&request, &everything("m")).unwrap();
    let texts = ["zero", "one", "two", "three", "four"];
    let system = texts.map(|text| json!({"type": "text", "text": text}));
    let expected = json!({"model": "m", "max_tokens": 9, "system": system, "messages": [{"role": "user", "content": "hi"}]});
    assert_eq!((body(&encoded), losses(&encoded)), (expected, vec![]));
}

#[test]
fn m03_an_operator_within_stays_in_his_place() {
    let turns = || {
        vec![
            turn(Role::User, "a"),
            Turn::new(Role::Assistant, vec![call("x", "f")]),
            turn(Role::Developer, "now plan"),
            user(result("x", "r")),
            turn(Role::Assistant, "b"),
            Turn::new(Role::System, vec![Block::text("one"), Block::text("two")]),
        ]
    };
    let reminder = |text: &str| format!("<system-reminder>\n{text}\n</system-reminder>");
    let (found, lost) = messages(turns());
    // nothing comes between calls and results
    let results = json!([tool_result("x", "r"), {"type": "text", "text": reminder("now plan")}]);
    assert_eq!(found[2], json!({"role": "user", "content": results}));
    let within = json!([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]);
    assert_eq!(found[4], json!({"role": "system", "content": within}));
    assert_eq!(
        lost,
        ["messages.2.role=approximated", "messages.2.content.0=moved"]
    );

    let target = Target {
        system_in_place: false,
        ..everything("m")
    };
    let (found, lost) = messages_for(turns(), &target);
    let text = json!([{"type": "text", "text": reminder("one\ntwo")}]);
    assert_eq!(found[4], json!({"role": "user", "content": text}));
    let expected = [
        "messages.2.role=approximated",
        "messages.5.role=approximated",
        "messages.2.content.0=moved",
    ];
    assert_eq!(lost, expected);
}

#[test]
fn conversations_begin_with_the_user_and_say_something() {
    let neutral = json!({"role": "user", "content": "Continue."});
    let rows = [
        (vec![], json!([neutral]), vec!["messages=synthesised"]),
        (
            vec![turn(Role::System, "s")],
            json!([neutral]),
            vec!["messages=synthesised"],
        ),
        (
            vec![turn(Role::Assistant, "a"), turn(Role::User, "b")],
            json!([neutral, {"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]),
            vec!["messages=synthesised"],
        ),
        (
            vec![
                turn(Role::User, "a"),
                turn(Role::Assistant, ""),
                turn(Role::User, "b"),
            ],
            json!([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]),
            vec!["messages.1.content=dropped"],
        ),
        (
            vec![turn(Role::User, "a"), turn(Role::Assistant, "so \n")],
            json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "so"}]),
            vec!["messages.1.content.0=approximated"],
        ),
        (
            vec![turn(Role::User, "a"), turn(Role::Assistant, " ")],
            json!([{"role": "user", "content": "a"}]),
            vec!["messages.1.content.0=approximated"],
        ),
    ];
    for (turns, expected, lost) in rows {
        let (found, found_lost) = messages(turns.clone());
        assert_eq!(
            (found, found_lost),
            (expected, lost.into_iter().map(str::to_owned).collect()),
            "{turns:?}"
        );
    }
}

#[test]
fn m04_the_attribution_line_stays_with_its_own_family() {
    let header = "x-anthropic-billing-header: cch=1;";
    let rows = [
        (
            format!("{header}\nrest"),
            Some("rest".to_owned()),
            vec!["system.0=dropped"],
        ),
        (header.to_owned(), None, vec!["system.0=dropped"]),
        (
            format!("not {header}"),
            Some(format!("not {header}")),
            vec![],
        ),
    ];
    for (text, kept, lost) in rows {
        let mut request = Request::new("m");
        request.instructions = vec![Block::text(text.clone())];
        request.turns = vec![turn(Role::User, "hi")];
        request.sampling.max_tokens = Some(9);
        let guest = Target::messages(&ModelRow::unknown("m"), Some("guest".into()));
        let encoded = Messages.encode_request(&request, &guest).unwrap();
        let found = body(&encoded)["system"][0]["text"]
            .as_str()
            .map(str::to_owned);
        assert_eq!(
            (found, losses(&encoded)),
            (kept, lost.into_iter().map(str::to_owned).collect())
        );
        let own = Messages.encode_request(&request, &everything("m")).unwrap();
        assert_eq!(
            (body(&own)["system"][0]["text"].as_str(), losses(&own)),
            (Some(text.as_str()), vec![])
        );
    }
}

#[test]
fn inputs_are_objects_whatever_they_were() {
    let rows = [
        (
            Input::Json(Raw::parse("{\"a\": 1.0}").unwrap()),
            json!({"a": 1.0}),
            "",
        ),
        (
            Input::Json(Raw::number(3)),
            json!({"input": 3}),
            "approximated",
        ),
        (
            Input::Malformed("{\"a".to_owned()),
            json!({"input": "{\"a"}),
            "approximated",
        ),
        (Input::Text("free".to_owned()), json!({"input": "free"}), ""),
    ];
    for (input, expected, lost) in rows {
        let block = Block::new(Kind::ToolCall(ToolCall {
            id: CallId::new("x"),
            name: "f".into(),
            input: input.clone(),
            runs: Runs::Client,
        }));
        let (found, found_lost) = messages(vec![
            turn(Role::User, "a"),
            Turn::new(Role::Assistant, vec![block]),
        ]);
        let path = format!("messages.1.content.0.input={lost}");
        let lost: Vec<String> = (!lost.is_empty()).then_some(path).into_iter().collect();
        assert_eq!(
            (&found[1]["content"][0]["input"], found_lost),
            (&expected, lost),
            "{input:?}"
        );
    }
}
