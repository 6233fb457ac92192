//! Turns in the order this format wants: system text apart, the user first, speakers merged, results ahead.

use std::{borrow::Cow, collections::BTreeMap};

use byokey_types::{Format, RawObject};

use super::{
    lower::Lowering,
    piece::{Piece, Wire},
    place::{Place, replayed},
};
use crate::ir::{Block, Request, Role, Turn};

/// What the user says when the conversation has no words of his where this format needs some.
pub(super) const NEUTRAL: &str = "Continue.";

/// A message of this format.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) role: Speaker,
    pub(super) pieces: Vec<Piece<'a>>,
    /// Whether the content was a bare string.
    pub(super) bare: bool,
    pub(super) ext: Option<&'a RawObject>,
    /// Whether several turns are in it.
    merged: bool,
}

/// Who speaks in this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    System,
    User,
    Assistant,
}

/// A conversation of this format.
#[derive(Debug)]
pub(super) struct Arranged<'a> {
    pub(super) system: Vec<Piece<'a>>,
    pub(super) messages: Vec<Message<'a>>,
}

impl Speaker {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// Arranges a conversation whose calls and results are paired.
pub(super) fn arrange<'a>(
    request: &'a Request,
    turns: &'a [Turn],
    lowering: &mut Lowering<'a>,
) -> Arranged<'a> {
    let head = turns
        .iter()
        .take_while(|turn| turn.role.is_system())
        .count();
    let mut system = instructions(&request.instructions, lowering);
    for (at, turn) in turns[..head].iter().enumerate() {
        declare_ext(turn, at, lowering);
        system.extend(system_pieces(turn, at, lowering));
    }
    let mut messages: Vec<Message<'a>> = Vec::new();
    for (at, turn) in turns.iter().enumerate().skip(head) {
        let Some(message) = message(turn, at, messages.last(), lowering) else {
            continue;
        };
        match messages.last_mut() {
            Some(last) if last.role == message.role && message.ext.is_none() => last.merge(message),
            _ => messages.push(message),
        }
    }
    results_ahead(&mut messages, lowering);
    user_first(&mut messages, lowering);
    trim_prefill(&mut messages, lowering);
    Arranged { system, messages }
}

impl Message<'_> {
    fn merge(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
        self.bare = false;
        self.merged = true;
    }

    /// The calls the client has to answer, in their order.
    fn calls(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match &piece.wire {
            Wire::Call { id, .. } => Some(id.as_ref()),
            Wire::Text { .. }
            | Wire::Media { .. }
            | Wire::Thinking { .. }
            | Wire::Redacted(_)
            | Wire::Result { .. }
            | Wire::Native { .. } => None,
        })
    }

    /// Whether it answers calls.
    pub(super) fn has_results(&self) -> bool {
        self.pieces.iter().any(|piece| result_of(piece).is_some())
    }

    fn neutral() -> Self {
        Self {
            role: Speaker::User,
            pieces: vec![Piece::text(Place::Turn(0, 0), NEUTRAL)],
            bare: true,
            ext: None,
            merged: false,
        }
    }
}

fn instructions<'a>(blocks: &'a [Block], lowering: &mut Lowering<'a>) -> Vec<Piece<'a>> {
    let guest = lowering.target.family.as_deref() != Some(Format::AnthropicMessages.home_family());
    let mut pieces = Vec::with_capacity(blocks.len());
    for (at, block) in blocks.iter().enumerate() {
        let place = Place::System(at);
        let Some(mut piece) = lowering.block(block, Role::System, place) else {
            continue;
        };
        if let Wire::Text { text, .. } = &mut piece.wire
            && at == 0
            && guest
            && let Some(rest) = without_attribution(text)
        {
            lowering.losses.dropped(place.to_string());
            if rest.is_empty() {
                continue;
            }
            *text = Cow::Owned(rest.to_owned());
        }
        pieces.push(piece);
    }
    pieces
}

/// The text behind a leading attribution line, which differs from request to request and so defeats prompt caches.
fn without_attribution(text: &str) -> Option<&str> {
    text.starts_with("x-anthropic-billing-header:")
        .then(|| text.split_once('\n').map_or("", |(_, rest)| rest))
}

fn system_pieces<'a>(turn: &'a Turn, at: usize, lowering: &mut Lowering<'a>) -> Vec<Piece<'a>> {
    let blocks = turn.blocks.iter().enumerate();
    blocks
        .filter_map(|(position, block)| lowering.block(block, turn.role, Place::Turn(at, position)))
        .collect()
}

fn declare_ext<'a>(
    turn: &'a Turn,
    at: usize,
    lowering: &mut Lowering<'a>,
) -> Option<&'a RawObject> {
    let place = |member: &str| format!("messages.{at}.ext.{member}");
    replayed(&turn.ext, place, &mut lowering.losses)
}

/// A turn behind the head as a message; nothing when nothing of it can be said.
fn message<'a>(
    turn: &'a Turn,
    at: usize,
    before: Option<&Message<'a>>,
    lowering: &mut Lowering<'a>,
) -> Option<Message<'a>> {
    let ext = declare_ext(turn, at, lowering);
    let pieces = system_pieces(turn, at, lowering);
    if pieces.is_empty() {
        let mut blocks = turn.blocks.iter();
        let said_nothing = blocks.all(|block| block.as_text().is_some_and(str::is_empty));
        if said_nothing {
            lowering.losses.dropped(format!("messages.{at}.content"));
        }
        return None;
    }
    let (role, pieces) = match turn.role {
        Role::User => (Speaker::User, pieces),
        Role::Assistant => (Speaker::Assistant, pieces),
        Role::System | Role::Developer => {
            // nothing may come between calls and their results, and the user speaks first
            let has_room = before.is_some_and(|before| before.calls().next().is_none());
            if lowering.target.system_in_place && has_room {
                (Speaker::System, pieces)
            } else {
                lowering.losses.approximated(format!("messages.{at}.role"));
                (Speaker::User, vec![reminder(&pieces, at)])
            }
        }
    };
    Some(Message {
        role,
        bare: turn.bare,
        pieces,
        ext,
        merged: false,
    })
}

/// System text in the user's mouth, marked as what it is.
fn reminder<'a>(pieces: &[Piece<'a>], at: usize) -> Piece<'a> {
    let texts: Vec<&str> = pieces.iter().filter_map(Piece::words).collect();
    let text = format!(
        "<system-reminder>\n{}\n</system-reminder>",
        texts.join("\n")
    );
    Piece {
        cache: pieces.iter().rev().find_map(|piece| piece.cache),
        ..Piece::text(Place::Turn(at, 0), text)
    }
}

fn result_of<'p>(piece: &'p Piece<'_>) -> Option<&'p str> {
    match &piece.wire {
        Wire::Result { call, .. } => Some(call),
        Wire::Text { .. }
        | Wire::Media { .. }
        | Wire::Thinking { .. }
        | Wire::Redacted(_)
        | Wire::Call { .. }
        | Wire::Native { .. } => None,
    }
}

/// Results come first in their message, those gathered from several turns in the order of their calls.
fn results_ahead(messages: &mut [Message<'_>], lowering: &mut Lowering<'_>) {
    for at in 0..messages.len() {
        let (before, rest) = messages.split_at_mut(at);
        let message = &mut rest[0];
        let last = message
            .pieces
            .iter()
            .rposition(|piece| result_of(piece).is_some());
        let Some(last) = last else {
            continue;
        };
        for piece in &message.pieces[..last] {
            if result_of(piece).is_none() {
                lowering.losses.moved(piece.place.to_string());
            }
        }
        let order: BTreeMap<&str, usize> = match before.last() {
            Some(asked) if message.merged => asked.calls().zip(0..).collect(),
            _ => BTreeMap::new(),
        };
        message.pieces.sort_by_key(|piece| match result_of(piece) {
            Some(call) => (0, order.get(call).copied().unwrap_or(usize::MAX)),
            None => (1, 0),
        });
    }
}

fn user_first(messages: &mut Vec<Message<'_>>, lowering: &mut Lowering<'_>) {
    if messages
        .first()
        .is_none_or(|first| first.role != Speaker::User)
    {
        lowering.losses.synthesised("messages");
        messages.insert(0, Message::neutral());
    }
}

/// The API refuses an answer begun for the model that ends in white space.
fn trim_prefill(messages: &mut Vec<Message<'_>>, lowering: &mut Lowering<'_>) {
    let Some(last) = messages.last_mut() else {
        return;
    };
    if last.role != Speaker::Assistant {
        return;
    }
    let Some(piece) = last.pieces.last_mut() else {
        return;
    };
    let Wire::Text { text, .. } = &mut piece.wire else {
        return;
    };
    let end = text.trim_end().len();
    if end == text.len() {
        return;
    }
    lowering.losses.approximated(piece.place.to_string());
    *text = Cow::Owned(text[..end].to_owned());
    if end == 0 {
        last.pieces.pop();
    }
    if last.pieces.is_empty() {
        messages.pop();
    }
}
