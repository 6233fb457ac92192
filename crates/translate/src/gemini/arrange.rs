//! Turns in the order this format wants: system text apart, the user first and last, calls and results as whole contents.
//!
//! Source: Gemini API, "Function calling": a content of calls is followed by one content with as many responses.

use std::collections::BTreeMap;

use byokey_types::RawObject;

use super::{
    chunks,
    lower::Lowering,
    piece::Piece,
    place::Place,
    seal::SKIP,
    spelling::{self, FORMAT, replayed},
};
use crate::ir::{Request, Role, Turn};

/// What the user says when the conversation has no words of his where this format needs some.
const NEUTRAL: &str = "Continue.";

/// A content of this format.
#[derive(Debug)]
pub(super) struct Content<'a> {
    /// The turn it began as.
    turn: usize,
    pub(super) is_model: bool,
    pub(super) pieces: Vec<Piece<'a>>,
    pub(super) ext: Option<&'a RawObject>,
    /// Whether several turns are in it.
    merged: bool,
}

/// A conversation of this format.
#[derive(Debug)]
pub(super) struct Arranged<'a> {
    pub(super) system: Vec<Piece<'a>>,
    pub(super) contents: Vec<Content<'a>>,
}

/// Arranges a conversation whose calls and results are paired.
pub(super) fn arrange<'a>(
    request: &'a Request,
    turns: &'a [Turn],
    lowering: &mut Lowering<'a>,
) -> Arranged<'a> {
    let mut system = Vec::new();
    for (at, block) in request.instructions.iter().enumerate() {
        lowering.block(block, Role::System, Place::System(at), &mut system);
    }
    without_attribution(&mut system, lowering);
    let head = turns
        .iter()
        .take_while(|turn| turn.role.is_system())
        .count();
    for (at, turn) in turns[..head].iter().enumerate() {
        let ext = declare_ext(turn, at, lowering);
        forget_ext(ext, at, lowering);
        pieces(turn, at, lowering, &mut system);
    }
    let mut contents: Vec<Content<'a>> = Vec::new();
    for (at, turn) in turns.iter().enumerate().skip(head) {
        let Some(content) = content(turn, at, lowering) else {
            continue;
        };
        for content in chunks::split(content, crate::ir::own(&turn.ext, FORMAT)) {
            match contents.last_mut() {
                Some(last) if last.absorbs(&content) => last.merge(content, lowering),
                _ => contents.push(content),
            }
        }
    }
    in_order(&mut contents, lowering);
    user_last(&mut contents, lowering);
    user_first(&mut contents, lowering);
    sign_first_calls(&mut contents, lowering);
    Arranged { system, contents }
}

impl<'a> Content<'a> {
    /// Another content of the same turn.
    pub(super) const fn beside(&self, pieces: Vec<Piece<'a>>) -> Self {
        Self {
            turn: self.turn,
            is_model: self.is_model,
            pieces,
            ext: None,
            merged: false,
        }
    }
}

impl Content<'_> {
    fn has_calls(&self) -> bool {
        self.pieces.iter().any(|piece| piece.call().is_some())
    }

    fn has_results(&self) -> bool {
        self.pieces.iter().any(|piece| piece.answers().is_some())
    }

    /// Whether the next content belongs to it: calls made at one go and results of one go stand together.
    fn absorbs(&self, next: &Self) -> bool {
        self.is_model == next.is_model
            && if self.is_model {
                self.has_calls() || next.has_calls()
            } else {
                next.has_results()
            }
    }

    fn merge(&mut self, other: Self, lowering: &mut Lowering<'_>) {
        self.pieces.extend(other.pieces);
        forget_ext(other.ext, other.turn, lowering);
        self.merged = true;
    }

    fn neutral() -> Self {
        Self {
            turn: 0,
            is_model: false,
            pieces: vec![Piece::text(Place::Turn(0, 0), NEUTRAL)],
            ext: None,
            merged: false,
        }
    }
}

/// Removes a leading attribution line, which differs from request to request and so defeats prompt caches.
fn without_attribution(system: &mut Vec<Piece<'_>>, lowering: &mut Lowering<'_>) {
    let Some(first) = system.first_mut() else {
        return;
    };
    let rest = first
        .words()
        .filter(|text| text.starts_with("x-anthropic-billing-header:"))
        .map(|text| {
            text.split_once('\n')
                .map_or("", |(_, rest)| rest)
                .to_owned()
        });
    let Some(rest) = rest else {
        return;
    };
    lowering.losses.dropped(first.place.to_string());
    if rest.is_empty() {
        system.remove(0);
    } else {
        first.wire = super::piece::Wire::Text(rest.into());
    }
}

fn pieces<'a>(turn: &'a Turn, at: usize, lowering: &mut Lowering<'a>, out: &mut Vec<Piece<'a>>) {
    for (position, block) in turn.blocks.iter().enumerate() {
        lowering.block(block, turn.role, Place::Turn(at, position), out);
    }
}

fn declare_ext<'a>(
    turn: &'a Turn,
    at: usize,
    lowering: &mut Lowering<'a>,
) -> Option<&'a RawObject> {
    let place = |member: &str| format!("messages.{at}.ext.{member}");
    replayed(&turn.ext, place, &mut lowering.losses)
}

/// Declares members of a turn that is no content of its own.
fn forget_ext(ext: Option<&RawObject>, at: usize, lowering: &mut Lowering<'_>) {
    for (member, _) in spelling::plain(ext) {
        let path = format!("messages.{at}.ext.{member}");
        lowering.losses.dropped(path);
    }
}

/// A turn behind the head as a content; nothing when nothing of it can be said.
fn content<'a>(turn: &'a Turn, at: usize, lowering: &mut Lowering<'a>) -> Option<Content<'a>> {
    let ext = declare_ext(turn, at, lowering);
    let mut said = Vec::new();
    pieces(turn, at, lowering, &mut said);
    if said.is_empty() {
        let mut blocks = turn.blocks.iter();
        if blocks.all(|block| block.as_text().is_some_and(str::is_empty)) {
            lowering.losses.dropped(format!("messages.{at}.content"));
        }
        forget_ext(ext, at, lowering);
        return None;
    }
    if turn.role.is_system() {
        lowering.losses.approximated(format!("messages.{at}.role"));
        said = vec![reminder(&said, at, lowering)];
    }
    Some(Content {
        turn: at,
        is_model: turn.role == Role::Assistant,
        pieces: said,
        ext,
        merged: false,
    })
}

/// System text in the user's mouth, marked as what it is.
fn reminder<'a>(pieces: &[Piece<'a>], at: usize, lowering: &mut Lowering<'_>) -> Piece<'a> {
    let mut texts: Vec<&str> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece.words() {
            Some(words) => {
                piece.forget_beside(&mut lowering.losses);
                texts.push(words);
            }
            None => lowering.losses.dropped(piece.place.to_string()),
        }
    }
    let text = format!(
        "<system-reminder>\n{}\n</system-reminder>",
        texts.join("\n")
    );
    Piece::text(Place::Turn(at, 0), text)
}

/// Calls stand behind everything else of their content, results ahead of it, those gathered from several turns in the order
/// of their calls.
fn in_order(contents: &mut [Content<'_>], lowering: &mut Lowering<'_>) {
    for at in 0..contents.len() {
        let (before, rest) = contents.split_at_mut(at);
        let content = &mut rest[0];
        if content.is_model {
            let mut called = false;
            for piece in &content.pieces {
                let is_call = piece.call().is_some();
                if called && !is_call {
                    lowering.losses.moved(piece.place.to_string());
                }
                called |= is_call;
            }
            content.pieces.sort_by_key(|piece| piece.call().is_some());
            continue;
        }
        let last = content
            .pieces
            .iter()
            .rposition(|piece| piece.answers().is_some());
        let Some(last) = last else {
            continue;
        };
        for piece in &content.pieces[..last] {
            if piece.answers().is_none() && !matches!(piece.place, Place::Inner(..)) {
                lowering.losses.moved(piece.place.to_string());
            }
        }
        let order: BTreeMap<&str, usize> = match before.last() {
            Some(asked) if content.merged => asked
                .pieces
                .iter()
                .filter_map(Piece::call)
                .zip(0..)
                .collect(),
            Some(_) | None => BTreeMap::new(),
        };
        content.pieces.sort_by_key(|piece| match piece.answers() {
            Some(call) => (0, order.get(call).copied().unwrap_or(usize::MAX)),
            None => (1, 0),
        });
    }
}

/// An answer begun for the model is not gone on with, and calls that nobody answered are refused.
fn user_last(contents: &mut Vec<Content<'_>>, lowering: &mut Lowering<'_>) {
    while let Some(last) = contents.pop_if(|last| last.is_model) {
        lowering.losses.dropped(format!("messages.{}", last.turn));
    }
}

fn user_first(contents: &mut Vec<Content<'_>>, lowering: &mut Lowering<'_>) {
    if contents.first().is_none_or(|first| first.is_model) {
        lowering.losses.synthesised("messages");
        contents.insert(0, Content::neutral());
    }
}

/// Gives the first call of a content the documented value where the API wants a seal and there is none.
///
/// Models with thinking levels (Gemini 3 and later) want one; those with budgets only do not.
fn sign_first_calls(contents: &mut [Content<'_>], lowering: &mut Lowering<'_>) {
    let facts = &lowering.target.reasoning;
    let is_home = lowering.target.family.as_deref() == Some(FORMAT.home_family());
    let wanted = facts.reasons && (!facts.levels.is_empty() || facts.budget.is_none());
    if !(is_home && wanted) {
        return;
    }
    for content in contents {
        let first = content
            .pieces
            .iter_mut()
            .find(|piece| piece.call().is_some());
        if let Some(first) = first.filter(|first| first.seal.is_none()) {
            lowering.losses.synthesised(first.place.fact("seal"));
            first.seal = Some(SKIP.into());
        }
    }
}
