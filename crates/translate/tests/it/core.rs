//! The neutral core without any codec: fold and unfold, blocks in sequence, what the answer restores.

use std::collections::{BTreeMap, BTreeSet};

use byokey_translate::{
    Event, Reply,
    event::StreamFault,
    fold::fold,
    grammar::Checker,
    ir::{Block, Input, Kind, Response, Stop, StopReason, ToolResult},
    restore::{self, Restorer},
    serialise::Serialiser,
    unfold::unfold,
};
use byokey_types::{Kind as ErrorKind, Raw, RawObject, Str};
use pretty_assertions::assert_eq;
use proptest::{prelude::*, sample::Index};

use crate::strategy;

proptest! {
    #[test]
    fn what_is_unfolded_folds_back(response in strategy::response(), cuts in prop::collection::vec(any::<Index>(), 1..8)) {
        let events = unfold(response.clone());
        assert_grammatical(&events);
        let (folded, losses) = fold(strategy::chunked(events, &cuts)).unwrap();
        assert_eq!((folded, losses.is_empty()), (response, true));
    }

    #[test]
    fn blocks_that_interleave_mean_the_same(response in strategy::response(), choices in prop::collection::vec(any::<Index>(), 1..20)) {
        let events = strategy::interleaved(unfold(response.clone()), &choices);
        assert_grammatical(&events);
        assert_eq!(fold(events).unwrap().0, response);
    }

    #[test]
    fn serialised_blocks_lose_nothing_and_never_overlap(response in strategy::response(), choices in prop::collection::vec(any::<Index>(), 1..20)) {
        let one_by_one = unfold(response);
        let mut out = Vec::new();
        let mut serialiser = Serialiser::default();
        for event in strategy::interleaved(one_by_one.clone(), &choices) {
            serialiser.push(event, &mut |event| out.push(event));
        }
        // `unfold` says its blocks one after the other, so the serialised stream is that one again
        assert_eq!(out, one_by_one);
    }

    #[test]
    fn an_error_is_never_held_back(response in strategy::response(), choices in prop::collection::vec(any::<Index>(), 1..20), at in any::<Index>()) {
        let mut events = strategy::interleaved(unfold(response), &choices);
        events.truncate(at.index(events.len()));
        let fault = StreamFault::new(ErrorKind::Truncated, "cut");
        events.push(Event::Error(fault.clone()));
        assert_grammatical(&events);
        let mut last = None;
        let mut serialiser = Serialiser::default();
        for event in events.clone() {
            serialiser.push(event, &mut |event| last = Some(event));
        }
        assert_eq!(last, Some(Event::Error(fault.clone())));
        assert_eq!(fold(events), Err(fault));
    }

    #[test]
    fn restored_answers_are_what_the_client_asked_for(
        response in strategy::response(),
        freeform in strategy::names(),
        renamed in any::<bool>(),
        structured in any::<bool>(),
        stopped in any::<bool>(),
        cuts in prop::collection::vec(any::<Index>(), 1..8),
        choices in prop::collection::vec(any::<Index>(), 1..20),
    ) {
        let reply = reply(freeform, renamed, structured);
        let expected = restored(response.clone(), &reply);

        let mut events = Vec::new();
        let mut restorer = Restorer::new(&reply);
        for event in strategy::interleaved(strategy::chunked(unfold(response.clone()), &cuts), &choices) {
            restorer.push(event, &mut |event| events.push(event));
        }
        assert_grammatical(&events);
        assert_eq!(fold(events).unwrap().0, expected, "streamed");

        let (mut whole, mut expected) = (response, expected);
        if !stopped {
            whole.stop = None;
            expected.stop = None;
        }
        assert_eq!(restore::response(whole, &reply), expected, "whole");
    }
}

#[test]
fn a_stream_without_an_end_is_truncated() {
    let mut events = unfold(Response {
        blocks: vec![Block::text("half")],
        ..Response::default()
    });
    events.pop();
    assert_eq!(fold(events).unwrap_err().kind, ErrorKind::Truncated);
    assert_eq!(fold([]).unwrap_err().kind, ErrorKind::Truncated);
}

#[test]
fn an_answer_that_holds_a_tool_result_still_unfolds_to_a_sentence() {
    let result = Block::new(Kind::ToolResult(ToolResult {
        call: byokey_translate::ir::CallId::new("call"),
        content: Vec::new(),
        bare: false,
        is_error: None,
    }));
    let response = Response {
        blocks: vec![result, Block::text("after")],
        stop: Some(Stop::bare(StopReason::EndTurn)),
        ..Response::default()
    };
    let events = unfold(response.clone());
    assert_grammatical(&events);
    assert_eq!(fold(events).unwrap().0.blocks, response.blocks[1..]);
}

/// Follows a stream through the checker to its end.
pub(crate) fn assert_grammatical(events: &[Event]) {
    let mut checker = Checker::default();
    for event in events {
        if let Err(violation) = checker.check(event) {
            panic!("{violation} at {event:?} in {events:#?}");
        }
    }
    if let Err(violation) = checker.finish() {
        panic!("{violation} in {events:#?}");
    }
}

fn reply(freeform: BTreeSet<Str>, renamed: bool, structured: bool) -> Reply {
    let renamed = if renamed {
        BTreeMap::from([
            (Str::new("up_read"), Str::new("read file")),
            (Str::new("up_patch"), Str::new("patch")),
        ])
    } else {
        BTreeMap::new()
    };
    Reply {
        renamed,
        freeform,
        structured: structured.then(|| Str::new("respond")),
        ..Reply::default()
    }
}

/// The oracle: what restoring means, said on the whole answer.
fn restored(mut response: Response, reply: &Reply) -> Response {
    let (mut hidden, mut calls) = (false, false);
    for block in &mut response.blocks {
        let Kind::ToolCall(call) = &mut block.kind else {
            continue;
        };
        if reply.structured.as_ref() == Some(&call.name) {
            hidden = true;
            block.kind = Kind::Text {
                text: call.input.as_str().to_owned(),
                annotations: Vec::new(),
            };
            continue;
        }
        calls = true;
        if let Some(name) = reply.renamed.get(&call.name) {
            call.name = name.clone();
        }
        if reply.freeform.contains(&call.name) {
            call.input = Input::Text(match &call.input {
                Input::Json(raw) => only_member(raw).unwrap_or_else(|| raw.as_str().to_owned()),
                Input::Text(text) | Input::Malformed(text) => text.clone(),
            });
        }
    }
    let stop = response.stop.take();
    response.stop = stop.map(|stop| match stop.reason {
        StopReason::ToolCall if hidden && !calls => Stop::bare(StopReason::EndTurn),
        _ => stop,
    });
    response
}

fn only_member(raw: &Raw) -> Option<String> {
    let object: RawObject = raw.object().ok()?;
    object.get("input")?.text().ok()
}
