//! What is said between two turns of the model: results first, right behind their calls, then the rest.

use std::collections::BTreeMap;

use super::{
    arrange::{hoist_mark, joined, spoken, system},
    lower::Lowering,
    message::Message,
    piece::Piece,
    place::Place,
    spelling::{FORMAT, MESSAGE_MARK, spelled},
};
use crate::{
    ir::{Block, Kind, Role, ToolResult, Turn},
    target::Target,
};

/// What is said between two turns of the model.
pub(super) struct Answers<'a> {
    /// The calls that wait for results, in their order.
    calls: BTreeMap<String, usize>,
    results: Vec<Message<'a>>,
    rest: Vec<Message<'a>>,
    /// Media out of results, with a word on where they are from.
    media: Vec<Piece<'a>>,
    /// What has been said ahead of a result, if one comes.
    ahead: Vec<Place>,
}

impl<'a> Answers<'a> {
    /// The answers to calls, by their ids in their order.
    pub(super) fn new(calls: impl IntoIterator<Item = String>) -> Self {
        Self {
            calls: calls.into_iter().zip(0..).collect(),
            results: Vec::new(),
            rest: Vec::new(),
            media: Vec::new(),
            ahead: Vec::new(),
        }
    }

    pub(super) fn arrange(
        mut self,
        turns: &'a [Turn],
        range: std::ops::Range<usize>,
        lowering: &mut Lowering<'a>,
        messages: &mut Vec<Message<'a>>,
    ) {
        for at in range {
            let turn = &turns[at];
            if turn.role.is_system() {
                self.ahead.push(Place::Turn(at, 0));
                self.rest.extend(system(turn, at, false, lowering));
            } else {
                self.user(turn, at, lowering);
            }
        }
        messages.append(&mut self.results);
        if !self.media.is_empty() {
            match self.rest.first_mut() {
                Some(next) if next.role == "user" => {
                    next.pieces.splice(0..0, self.media);
                }
                _ => self.rest.insert(0, user_message(self.media)),
            }
        }
        messages.append(&mut self.rest);
    }

    fn user(&mut self, turn: &'a Turn, at: usize, lowering: &mut Lowering<'a>) {
        let mut message = Message {
            role: "user",
            ..spoken(turn, at, lowering)
        };
        let first = self.results.len();
        for (position, block) in turn.blocks.iter().enumerate() {
            let place = Place::Turn(at, position);
            if let Kind::ToolResult(result) = &block.kind {
                for ahead in self.ahead.drain(..) {
                    lowering.losses.moved(ahead.to_string());
                }
                let answer = self.result(result, block, (at, position), lowering);
                self.results.push(answer);
            } else {
                self.ahead.push(place);
                message
                    .pieces
                    .extend(lowering.piece(block, Role::User, place));
            }
        }
        let order = |message: &Message<'_>| {
            let answers = message.answers.as_deref().unwrap_or_default();
            self.calls.get(answers).copied()
        };
        self.results[first..].sort_by_key(order);
        match self.results[first..].first_mut() {
            // a message of this format that holds one result: what it had beside it belongs to it
            Some(result) if turn.blocks.len() == 1 => {
                result.ext = message.ext;
                if spelled(&turn.ext, MESSAGE_MARK) {
                    result.mark = result.pieces.last_mut().and_then(|last| last.cache.take());
                }
            }
            Some(_) if message.is_empty() => {}
            _ if message.is_empty() && !turn.blocks.is_empty() => {}
            _ => {
                hoist_mark(turn, &mut message);
                self.rest.push(message);
            }
        }
    }

    fn result(
        &mut self,
        result: &'a ToolResult,
        block: &'a Block,
        (at, position): (usize, usize),
        lowering: &mut Lowering<'a>,
    ) -> Message<'a> {
        let place = Place::Turn(at, position);
        let call = lowering.target.call_ids.fit(&result.call.id);
        if result.is_error == Some(true) {
            lowering.losses.dropped(place.fact("is_error"));
        }
        if block.seal.is_some() {
            lowering.losses.dropped(place.fact("seal"));
        }
        lowering.ext(block, place);
        let mut pieces: Vec<Piece<'a>> = Vec::new();
        let mut media = Vec::new();
        for (inner, it) in result.content.iter().enumerate() {
            let place = Place::Inner(at, position, inner);
            let Some(piece) = lowering.piece(it, Role::User, place) else {
                continue;
            };
            if piece.is_medium() {
                lowering.losses.moved(place.to_string());
                media.push(piece);
            } else {
                pieces.push(piece);
            }
        }
        if !media.is_empty() {
            let note = format!("[from the result of tool call {call}]");
            self.media.push(Piece::text(note));
            self.media.append(&mut media);
            if pieces.is_empty() {
                pieces.push(Piece::text("[shown below]"));
            }
        }
        let mark = lowering.mark(block, place);
        match pieces.last_mut() {
            Some(last) if last.cache.is_none() => last.cache = mark,
            Some(_) | None if mark.is_some() => lowering.losses.dropped(place.fact("cache")),
            Some(_) | None => {}
        }
        if several_texts(&pieces) && !takes_lists(lowering.target) {
            lowering.losses.approximated(place.fact("content"));
            pieces = vec![joined(&pieces, ("", ""))];
        }
        Message {
            role: "tool",
            pieces,
            answers: Some(call),
            ..Message::default()
        }
    }
}

fn several_texts(pieces: &[Piece<'_>]) -> bool {
    pieces.len() > 1 && pieces.iter().all(|piece| piece.as_bare().is_some())
}

/// Whether results may be lists: the format's owner takes them, many servers that imitate him do not.
fn takes_lists(target: &Target) -> bool {
    target.family.as_deref() == Some(FORMAT.home_family())
}

fn user_message(pieces: Vec<Piece<'_>>) -> Message<'_> {
    Message {
        role: "user",
        pieces,
        ..Message::default()
    }
}
