//! What upstreams take of a body: the rules, and what the manifests say.

mod manifests;

use byokey_provider::{
    FieldChange, FieldChangeKind, Patched,
    fields::{self, Patch},
};
use byokey_types::{FieldRules, Format};
use bytes::Bytes;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

fn rules(rules: Value) -> FieldRules {
    serde_json::from_value(rules).unwrap()
}

fn changes(dropped: &[&str], approximated: &[&str]) -> Vec<FieldChange> {
    let change = |what| {
        move |path: &&str| FieldChange {
            path: (*path).to_owned(),
            what,
        }
    };
    let dropped = dropped.iter().map(change(FieldChangeKind::Dropped));
    dropped
        .chain(
            approximated
                .iter()
                .map(change(FieldChangeKind::Approximated)),
        )
        .collect()
}

/// The text of the body, and what was lost on the way.
fn said(patched: Patched) -> (String, Vec<FieldChange>) {
    let text = String::from_utf8(patched.body.concat()).unwrap();
    (text, patched.changes)
}

fn applied(rule: Value, body: &str) -> (String, Vec<FieldChange>) {
    let patch = Patch::new(&rules(rule));
    let body = vec![Bytes::from(body.to_owned())];
    said(fields::apply([&patch], Format::OpenAiChat, body))
}

#[test]
fn every_kind_of_rule() {
    let rows = [
        // deny
        (
            json!({"deny": ["a"]}),
            r#"{"a":1,"b" : 1.0e2}"#,
            r#"{"b":1.0e2}"#,
            changes(&["a"], &[]),
        ),
        (
            json!({"deny": ["a.b"]}),
            r#"{"a":{"b":1,"c":[ 1 ]}}"#,
            r#"{"a":{"c":[ 1 ]}}"#,
            changes(&["a.b"], &[]),
        ),
        (
            json!({"deny": ["m.*.name"]}),
            r#"{"m":[{"name":"x","c":"\u00e9"},{"c":1},{"name":"y"}]}"#,
            r#"{"m":[{"c":"\u00e9"},{"c":1},{}]}"#,
            changes(&["m.*.name"], &[]),
        ),
        (
            json!({"deny": ["m.*(user).name"]}),
            r#"{"m":[{"role":"user","name":"x"},{"role":"tool","name":"x"}]}"#,
            r#"{"m":[{"role":"user"},{"role":"tool","name":"x"}]}"#,
            changes(&["m.*.name"], &[]),
        ),
        // a part of the body that is left empty goes, and what says how tools are used goes with them
        (
            json!({"deny": ["reasoning.effort"]}),
            r#"{"reasoning":{"effort":"low"},"x":{}}"#,
            r#"{"x":{}}"#,
            changes(&["reasoning.effort"], &[]),
        ),
        (
            json!({"deny": ["tools.*(x_search)"]}),
            r#"{"tools":[{"type":"x_search"}],"tool_choice":"auto","parallel_tool_calls":true}"#,
            "{}",
            changes(&["tools.*", "tool_choice", "parallel_tool_calls"], &[]),
        ),
        // of a member that is there twice, both
        (
            json!({"deny": ["a.b"]}),
            r#"{"a":{"b":1,"c":1},"a":{"b":2,"c":2}}"#,
            r#"{"a":{"c":1},"a":{"c":2}}"#,
            changes(&["a.b"], &[]),
        ),
        // allow
        (
            json!({"allow": ["model", "reasoning.effort"]}),
            r#"{"model":"m","x":1,"reasoning":{"effort":"low","summary":"auto"},"y":{"effort":1}}"#,
            r#"{"model":"m","reasoning":{"effort":"low"}}"#,
            changes(&["x", "reasoning.summary", "y"], &[]),
        ),
        (
            json!({"allow": ["m.*.role", "m.*(tool).name"]}),
            r#"{"m":[{"role":"tool","name":"n","x":1},{"role":"user","name":"n"}]}"#,
            r#"{"m":[{"role":"tool","name":"n"},{"role":"user"}]}"#,
            changes(&["m.*.x", "m.*.name"], &[]),
        ),
        (
            json!({"allow": ["a"], "deny": ["a.b"]}),
            r#"{"a":{"b":1,"c":1}}"#,
            r#"{"a":{"c":1}}"#,
            changes(&["a.b"], &[]),
        ),
        // rename
        (
            json!({"rename": {"a": "b"}}),
            r#"{"a":1e0,"c":1}"#,
            r#"{"c":1,"b":1e0}"#,
            changes(&[], &[]),
        ),
        (
            json!({"rename": {"a": "b"}}),
            r#"{"a":1,"b":2}"#,
            r#"{"b":2}"#,
            changes(&["a"], &[]),
        ),
        (
            json!({"rename": {"a": "o.b"}}),
            r#"{"a":1}"#,
            r#"{"o":{"b":1}}"#,
            changes(&[], &[]),
        ),
        (
            json!({"rename": {"a": "b"}, "allow": ["b"]}),
            r#"{"a":1}"#,
            r#"{"b":1}"#,
            changes(&[], &[]),
        ),
        // force, default
        (
            json!({"force": {"s": true}}),
            r#"{"s":false}"#,
            r#"{"s":true}"#,
            changes(&[], &["s"]),
        ),
        (
            json!({"force": {"s": true}}),
            "{}",
            r#"{"s":true}"#,
            changes(&[], &[]),
        ),
        (
            json!({"force": {"s": true}, "allow": ["a"]}),
            r#"{"a":1,"s":false}"#,
            r#"{"a":1,"s":true}"#,
            changes(&["s"], &[]),
        ),
        (
            json!({"default": {"o.s": ""}}),
            r#"{"o":{"s":"x"}}"#,
            r#"{"o":{"s":"x"}}"#,
            changes(&[], &[]),
        ),
        (
            json!({"default": {"o.s": []}}),
            "{}",
            r#"{"o":{"s":[]}}"#,
            changes(&[], &[]),
        ),
        // append
        (
            json!({"append": {"i": ["x", "y"]}}),
            r#"{"i":["y","z"]}"#,
            r#"{"i":["y","z","x"]}"#,
            changes(&[], &[]),
        ),
        (
            json!({"append": {"i": ["x"]}}),
            r#"{"i":null}"#,
            r#"{"i":["x"]}"#,
            changes(&[], &[]),
        ),
        (
            json!({"append": {"i": ["x"]}}),
            r#"{"i":5}"#,
            r#"{"i":5}"#,
            changes(&[], &[]),
        ),
    ];
    for (rule, body, expected, changes) in rows {
        assert_eq!(
            applied(rule.clone(), body),
            (expected.to_owned(), changes),
            "{rule} {body}"
        );
    }
}

#[test]
fn a_body_that_no_rule_is_about_keeps_its_bytes() {
    let rule = json!({
        "allow": ["a", "m.*.role", "s", "i"],
        "deny": ["a.b.c", "m.*.name"],
        "rename": {"x": "y"},
        "force": {"s": true},
        "default": {"s": false},
        "append": {"i": ["x"]},
    });
    let patch = Patch::new(&rules(rule));
    let bodies = [
        "{ \"a\" : {\"b\":[1, 2]} ,\n \"m\":[ {\"role\": \"user\"}, 5 ], \"s\":true, \"i\":[ \"x\" ] }",
        "[]",
        "no json",
        "",
    ];
    for body in bodies {
        // in pieces they stay the pieces they were
        let (head, tail) = body.split_at(body.len() / 2);
        let pieces = vec![
            Bytes::copy_from_slice(head.as_bytes()),
            Bytes::copy_from_slice(tail.as_bytes()),
        ];
        let places: Vec<_> = pieces.iter().map(|piece| piece.as_ptr()).collect();
        let patched = fields::apply([&patch], Format::OpenAiChat, pieces);
        assert_eq!(patched.changes, []);
        let after: Vec<_> = patched.body.iter().map(|piece| piece.as_ptr()).collect();
        assert_eq!(after, places);
        assert_eq!(patched.body.concat(), body.as_bytes());
    }
    let (head, tail) = (
        Bytes::from_static(b"{\"x\""),
        Bytes::from_static(b":1,\"s\":true,\"i\":[\"x\"]}"),
    );
    let patched = fields::apply([&patch], Format::OpenAiChat, vec![head, tail]);
    assert_eq!(
        said(patched),
        (r#"{"s":true,"i":["x"]}"#.to_owned(), changes(&["y"], &[]))
    );
}

#[test]
fn both_spellings_of_googles_are_one() {
    let patch = Patch::new(&rules(
        json!({"allow": ["contents", "generationConfig.topK"]}),
    ));
    let body = r#"{"contents":[],"generation_config":{"top_k":1,"seed":2}}"#;
    let patch = |format| said(fields::apply([&patch], format, vec![Bytes::from(body)]));
    assert_eq!(
        patch(Format::Gemini),
        (
            r#"{"contents":[],"generation_config":{"top_k":1}}"#.to_owned(),
            changes(&["generation_config.seed"], &[])
        )
    );
    assert_eq!(
        patch(Format::OpenAiChat),
        (
            r#"{"contents":[]}"#.to_owned(),
            changes(&["generation_config"], &[])
        )
    );
}

/// The work grows with the body, not with its square; and however many places change, each is told once.
#[test]
fn a_long_conversation_is_walked_once() {
    let message = r#"{"role":"user","name":"n","content":"c"},"#;
    let body = format!(
        r#"{{"messages":[{}{{"role":"user"}}]}}"#,
        message.repeat(50_000)
    );
    let (text, lost) = applied(json!({"deny": ["messages.*.name"]}), &body);
    assert_eq!(text.len(), body.len() - 50_000 * r#""name":"n","#.len());
    assert_eq!(lost, changes(&["messages.*.name"], &[]));
}
