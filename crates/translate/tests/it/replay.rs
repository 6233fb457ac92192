//! Sealed reasoning comes back to its call, whatever the client made of the turn.

use std::collections::BTreeMap;

use byokey_translate::{
    ir::{
        Block, CallId, Input, Issuer, Kind, Reasoning, ReasoningPart, Request, Response, Role,
        Runs, Seal, Stop, StopReason, ToolCall, Turn,
    },
    replay::{Gatherer, Remembered, put_back, remember},
    unfold::unfold,
};
use byokey_types::{Raw, Str};
use pretty_assertions::assert_eq;

fn seal(payload: &str) -> Seal {
    Seal {
        issuer: Issuer::family("maker"),
        payload: payload.to_owned(),
    }
}

fn thought(text: &str, payload: Option<&str>) -> Block {
    let parts = if text.is_empty() {
        Vec::new()
    } else {
        vec![ReasoningPart::Full(text.to_owned())]
    };
    Block {
        seal: payload.map(seal),
        ..Block::new(Kind::Reasoning(Reasoning {
            parts,
            redacted: false,
        }))
    }
}

fn call(id: &str, payload: Option<&str>) -> Block {
    Block {
        seal: payload.map(seal),
        ..Block::new(Kind::ToolCall(ToolCall {
            id: CallId::new(id),
            name: "f".into(),
            input: Input::Json(Raw::EMPTY_OBJECT),
            runs: Runs::Client,
        }))
    }
}

/// What the client sends back, with what is remembered of the answer put back.
fn again(answer: &[Block], sent: Vec<Block>) -> Vec<Block> {
    let memory: BTreeMap<Str, Remembered> = remember(answer).into_iter().collect();
    let mut request = Request::new("m");
    request.turns = vec![Turn::new(Role::Assistant, sent)];
    put_back(&mut request, &mut |id| memory.get(id).cloned());
    request.turns.remove(0).blocks
}

#[test]
fn the_answer_is_whole_again() {
    let answer = [
        thought("first", Some("a")),
        thought("", Some("b")),
        Block::text("I call"),
        call("1", Some("c")),
        thought("then", Some("d")),
        call("2", None),
        call("3", None),
    ];
    let bare = [
        thought("first", None),
        Block::text("I call"),
        call("1", None),
        thought("then", None),
        call("2", None),
        call("3", None),
    ];
    // the client forgot all reasoning, or sent its text
    let forgot: Vec<Block> = bare
        .iter()
        .filter(|block| !matches!(block.kind, Kind::Reasoning(_)))
        .cloned()
        .collect();
    assert_eq!(again(&answer, forgot), answer);
    assert_eq!(again(&answer, bare.to_vec()), answer);
}

#[test]
fn what_the_client_changed_or_sealed_itself_stays() {
    let answer = [thought("first", Some("a")), call("1", None)];
    let edited = vec![thought("something else", None), call("1", None)];
    assert_eq!(again(&answer, edited.clone()), edited);
    let sealed = vec![thought("mine", Some("z")), call("1", None)];
    assert_eq!(again(&answer, sealed.clone()), sealed);
    let other = vec![call("9", None)];
    assert_eq!(again(&answer, other.clone()), other);
}

#[test]
fn a_stream_is_remembered_like_the_whole() {
    let blocks = vec![
        thought("first — 日本", Some("a")),
        Block::text("I call"),
        call("1", Some("c")),
        call("2", None),
    ];
    let answer = Response {
        blocks: blocks.clone(),
        stop: Some(Stop::bare(StopReason::ToolCall)),
        ..Response::default()
    };
    let mut gatherer = Gatherer::default();
    for event in unfold(answer.clone()) {
        gatherer.push(&event);
    }
    assert_eq!(gatherer.finish(), remember(&blocks));

    // broken off, it is not whole
    let mut gatherer = Gatherer::default();
    let events = unfold(answer);
    for event in &events[..events.len() - 1] {
        gatherer.push(event);
    }
    assert_eq!(gatherer.finish(), Vec::new());
}

#[test]
fn nothing_without_a_seal_is_remembered() {
    let blocks = [thought("plain", None), call("1", None)];
    assert_eq!(remember(&blocks), Vec::new());
    let two = [thought("x", Some("a")), call("1", Some("b"))];
    let kept = &remember(&two)[0].1;
    assert!(kept.is_of("maker") && !kept.is_of("other"));
}
