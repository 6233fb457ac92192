//! Proofs about pairing.

use byokey_types::Raw;
use pretty_assertions::assert_eq;

use super::*;
use crate::ir::{Input, ToolCall};

fn call(id: &str) -> Block {
    Block::new(Kind::ToolCall(ToolCall {
        id: CallId::new(id),
        name: "f".into(),
        input: Input::Json(Raw::EMPTY_OBJECT),
        runs: Runs::Client,
    }))
}

fn result(id: &str, text: &str) -> Block {
    Block::new(Kind::ToolResult(ToolResult {
        call: CallId::new(id),
        content: vec![Block::text(text)],
        bare: true,
        is_error: None,
    }))
}

fn unrecorded(id: &str) -> Block {
    let mut block = result(id, UNRECORDED);
    if let Kind::ToolResult(result) = &mut block.kind {
        result.is_error = Some(true);
    }
    block
}

fn model(blocks: Vec<Block>) -> Turn {
    Turn::new(Role::Assistant, blocks)
}

fn user(blocks: Vec<Block>) -> Turn {
    Turn::new(Role::User, blocks)
}

#[test]
fn what_is_paired_is_borrowed() {
    let turns = [
        user(vec![Block::text("go")]),
        model(vec![call("a"), call("b")]),
        user(vec![result("b", "2")]),
        user(vec![result("a", "1"), Block::text("on")]),
        model(vec![call("c")]),
    ];
    let mut losses = Losses::default();
    assert!(matches!(repair(&turns, &mut losses), Cow::Borrowed(_)));
    assert!(losses.is_empty());
}

#[test]
fn what_is_not_paired_is_repaired() {
    let rows = [
        (
            "orphan",
            vec![user(vec![result("x", "lost")])],
            vec![user(vec![Block::text(
                "[result of the unknown tool call x]\nlost",
            )])],
            "1; messages.0.content.0=approximated",
        ),
        (
            "duplicates",
            vec![
                model(vec![call("a"), call("b")]),
                user(vec![
                    result("a", "old"),
                    result("b", "2"),
                    result("a", "mid"),
                ]),
                user(vec![result("a", "new"), Block::text("on")]),
            ],
            vec![
                model(vec![call("a"), call("b")]),
                user(vec![result("a", "new"), result("b", "2")]),
                user(vec![Block::text("on")]),
            ],
            "2; messages.1.content.0=dropped, messages.1.content.2=dropped",
        ),
        (
            "X11: one id for two calls",
            vec![
                model(vec![call("a"), call("a_2"), call("a"), call("a")]),
                user(vec![result("a", "1"), result("a", "3"), result("a_2", "2")]),
            ],
            vec![
                model(vec![call("a"), call("a_2"), call("a_2_"), call("a_3")]),
                user(vec![
                    result("a", "1"),
                    result("a_2_", "3"),
                    result("a_2", "2"),
                    unrecorded("a_3"),
                ]),
            ],
            "4; messages.0.content.2.id=approximated, messages.0.content.3.id=approximated, \
             messages.1.content.1=approximated, messages.1.content.3=synthesised",
        ),
        (
            "unanswered",
            vec![
                model(vec![call("a"), call("b")]),
                user(vec![result("b", "2")]),
            ],
            vec![
                model(vec![call("a"), call("b")]),
                user(vec![result("b", "2"), unrecorded("a")]),
            ],
            "1; messages.1.content.1=synthesised",
        ),
        (
            "unanswered, and no turn of the user",
            vec![
                model(vec![call("a")]),
                Turn::new(Role::System, vec![Block::text("s")]),
                model(vec![Block::text("on")]),
            ],
            vec![
                model(vec![call("a")]),
                user(vec![unrecorded("a")]),
                Turn::new(Role::System, vec![Block::text("s")]),
                model(vec![Block::text("on")]),
            ],
            "1; messages.1.content.0=synthesised",
        ),
    ];
    for (name, turns, expected, declared) in rows {
        let mut losses = Losses::default();
        assert_eq!(repair(&turns, &mut losses).as_ref(), expected, "{name}");
        assert_eq!(losses.summary(1000), declared, "{name}");
    }
}

/// Quadratic, this would take minutes.
#[test]
fn many_calls_of_one_turn_are_paired() {
    let ids: Vec<String> = (0..60_000).map(|n| format!("call_{n}")).collect();
    let turns = [
        model(ids.iter().map(|id| call(id)).collect()),
        user(
            ids.iter()
                .rev()
                .flat_map(|id| [result(id, "old"), result(id, "new")])
                .collect(),
        ),
        model(vec![Block::text("done")]),
    ];
    let mut losses = Losses::default();
    let repaired = repair(&turns, &mut losses);
    let expected: Vec<Block> = ids.iter().rev().map(|id| result(id, "new")).collect();
    assert!(
        repaired[1].blocks == expected,
        "one result a call, the last"
    );
    assert_eq!(losses.as_slice().len(), ids.len());
}
