//! Turns in the order this format wants: results right behind their calls, media of results in the user's mouth.

use byokey_types::model::ReasoningReplay;

use super::{
    answers::Answers,
    lower::Lowering,
    message::{MARK, MUTED, Message},
    piece::Piece,
    place::Place,
    reasoning_encode::Said,
    spelling::{FORMAT, MESSAGE_MARK, replayed, spelled},
};
use crate::ir::{Block, Kind, Request, Role, Turn};

/// Claude Code's line about itself, which differs from request to request and so defeats prompt caches.
const ATTRIBUTION: &str = "x-anthropic-billing-header:";

/// What the user says when nobody says anything.
const NEUTRAL: &str = "Continue.";

/// Arranges a conversation whose calls and results are paired.
pub(super) fn arrange<'a>(
    request: &'a Request,
    turns: &'a [Turn],
    lowering: &mut Lowering<'a>,
) -> Vec<Message<'a>> {
    let mut messages: Vec<Message<'a>> = Vec::with_capacity(turns.len() + 1);
    messages.extend(instructions(request, lowering));
    let head = turns
        .iter()
        .take_while(|turn| turn.role.is_system())
        .count();
    for (at, turn) in turns[..head].iter().enumerate() {
        messages.extend(system(turn, at, true, lowering));
    }
    // other formats say in several turns what is one message here
    let foreign = request.ext.as_ref().is_some_and(|ext| ext.format != FORMAT);
    let mut at = head;
    while at < turns.len() {
        if turns[at].role == Role::Assistant {
            // calls must be answered at once, so what the model adds belongs to the same message
            let joins = |last: &&mut Message<'_>| {
                let two_refusals = last.refusal.is_some() && refuses(&turns[at]);
                last.role == "assistant" && (!last.calls.is_empty() || foreign && !two_refusals)
            };
            match messages.last_mut().filter(joins) {
                Some(last) => {
                    let message = assistant(&turns[at], at, last.stage(), lowering);
                    if last.refusal.is_some()
                        && message.as_ref().is_some_and(|it| it.refusal.is_some())
                    {
                        // a message refuses once
                        let is_refusal = |block: &Block| {
                            let is_part = spelled(&block.ext, super::spelling::PART);
                            matches!(block.kind, Kind::Refusal { .. }) && !is_part
                        };
                        let position = turns[at].blocks.iter().position(is_refusal);
                        let place = Place::Turn(at, position.unwrap_or_default());
                        lowering.losses.dropped(place.to_string());
                    }
                    last.extend(message);
                }
                None => messages.extend(assistant(&turns[at], at, Stage::Reasoning, lowering)),
            }
            at += 1;
        } else {
            let rest = turns[at..].iter();
            let end = at + rest.take_while(|turn| turn.role != Role::Assistant).count();
            let calls = match messages.last() {
                Some(last) => last.calls.iter().map(|call| call.id.to_string()).collect(),
                None => Vec::new(),
            };
            Answers::new(calls).arrange(turns, at..end, lowering, &mut messages);
            at = end;
        }
    }
    if messages.is_empty() {
        // what was said before stands elsewhere, and this format wants a message
        lowering.losses.synthesised("messages");
        messages.push(Message {
            role: "user",
            pieces: vec![Piece::text(NEUTRAL)],
            ..Message::default()
        });
    }
    messages
}

fn refuses(turn: &Turn) -> bool {
    turn.blocks
        .iter()
        .any(|block| matches!(block.kind, Kind::Refusal { .. }))
}

impl Message<'_> {
    /// How far it is.
    fn stage(&self) -> Stage {
        if !self.calls.is_empty() {
            Stage::Calls
        } else if !self.pieces.is_empty() || self.refusal.is_some() {
            Stage::Words
        } else {
            Stage::Reasoning
        }
    }

    fn extend(&mut self, other: Option<Self>) {
        let Some(other) = other else {
            return;
        };
        self.pieces.extend(other.pieces);
        self.reasoning.extend(other.reasoning);
        self.calls.extend(other.calls);
        self.refusal = self.refusal.or(other.refusal);
        self.seal = other.seal.or(self.seal);
    }
}

fn instructions<'a>(request: &'a Request, lowering: &mut Lowering<'a>) -> Option<Message<'a>> {
    let mut pieces = Vec::with_capacity(request.instructions.len());
    for (at, block) in request.instructions.iter().enumerate() {
        let place = Place::System(at);
        let Some(mut piece) = lowering.piece(block, Role::System, place) else {
            continue;
        };
        if at == 0
            && lowering.target.family.as_deref() != Some("anthropic")
            && let Some(rest) = block.as_text().and_then(without_attribution)
        {
            lowering.losses.dropped(place.to_string());
            if rest.is_empty() {
                continue;
            }
            piece.wire = super::piece::Wire::Text(rest.into());
        }
        pieces.push(piece);
    }
    if pieces.is_empty() {
        return None;
    }
    if pieces.iter().all(|piece| piece.as_bare().is_some()) {
        pieces = vec![joined(&pieces, ("", ""))];
    }
    Some(Message {
        role: "system",
        pieces,
        ..Message::default()
    })
}

fn without_attribution(text: &str) -> Option<&str> {
    text.starts_with(ATTRIBUTION)
        .then(|| text.split_once('\n').map_or("", |(_, rest)| rest))
}

/// The texts of pieces, a line each, between two others.
pub(super) fn joined<'a>(pieces: &[Piece<'a>], (before, behind): (&str, &str)) -> Piece<'a> {
    let texts: Vec<&str> = pieces.iter().filter_map(Piece::as_text).collect();
    Piece::text(format!("{before}{}{behind}", texts.join("\n")))
}

pub(super) fn system<'a>(
    turn: &'a Turn,
    at: usize,
    in_head: bool,
    lowering: &mut Lowering<'a>,
) -> Option<Message<'a>> {
    let mut message = spoken(turn, at, lowering);
    for (position, block) in turn.blocks.iter().enumerate() {
        let place = Place::Turn(at, position);
        message
            .pieces
            .extend(lowering.piece(block, turn.role, place));
    }
    if message.is_empty() && !turn.blocks.is_empty() {
        return None;
    }
    if !in_head && !lowering.target.system_in_place {
        lowering.losses.approximated(format!("messages.{at}.role"));
        let tags = ("<system-reminder>\n", "\n</system-reminder>");
        message.pieces = vec![joined(&message.pieces, tags)];
        message.role = "user";
        return Some(message);
    }
    message.role = "system";
    if turn.role == Role::Developer {
        if lowering.target.developer_role {
            message.role = "developer";
        } else {
            lowering.losses.approximated(format!("messages.{at}.role"));
        }
    }
    hoist_mark(turn, &mut message);
    Some(message)
}

/// A message with what every turn may have beside its blocks.
pub(super) fn spoken<'a>(turn: &'a Turn, at: usize, lowering: &mut Lowering<'a>) -> Message<'a> {
    let place = |member: &str| format!("messages.{at}.ext.{member}");
    let ext = replayed(&turn.ext, place, &mut lowering.losses);
    let mute = lowering.target.reasoning_replay == ReasoningReplay::Never;
    let unmarked = lowering.target.cache_marks == 0;
    let withheld = MUTED
        .into_iter()
        .filter(|_| mute)
        .chain(unmarked.then_some(MARK));
    for member in withheld {
        if ext
            .and_then(|ext| ext.get(member))
            .is_some_and(|it| !it.is_null())
        {
            lowering.losses.dropped(place(member));
        }
    }
    Message {
        ext,
        mute,
        unmarked,
        ..Message::default()
    }
}

/// Puts the mark of the last part where it was spelled: on the message.
pub(super) fn hoist_mark(turn: &Turn, message: &mut Message<'_>) {
    if spelled(&turn.ext, MESSAGE_MARK)
        && let Some(last) = message.pieces.last_mut()
    {
        message.mark = last.cache.take();
    }
}

fn assistant<'a>(
    turn: &'a Turn,
    at: usize,
    mut stage: Stage,
    lowering: &mut Lowering<'a>,
) -> Option<Message<'a>> {
    let mut message = Message {
        role: "assistant",
        ..spoken(turn, at, lowering)
    };
    for (position, block) in turn.blocks.iter().enumerate() {
        let place = Place::Turn(at, position);
        let reached = say(block, place, &mut message, lowering);
        if reached.is_some_and(|reached| reached < stage) {
            // this format says thoughts, then words, then calls
            lowering.losses.moved(place.to_string());
        }
        stage = reached.unwrap_or(stage).max(stage);
    }
    if message.is_empty() && !turn.blocks.is_empty() {
        return None;
    }
    let lacks_reasoning = message.reasoning.is_empty() && !message.calls.is_empty();
    if lacks_reasoning && lowering.target.reasoning_replay == ReasoningReplay::Required {
        lowering
            .losses
            .synthesised(format!("messages.{at}.content"));
        message.reasoning.push(Said::Empty);
    }
    if spelled(&turn.ext, MESSAGE_MARK) {
        if let Some(call) = message.calls.last_mut() {
            message.mark = call.cache.take();
        } else {
            hoist_mark(turn, &mut message);
        }
    }
    Some(message)
}

/// The parts of an answer in the order of this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Reasoning,
    Words,
    Calls,
}

/// Adds a block to a message of the model, and gives the stage it belongs to if it was said.
fn say<'a>(
    block: &'a Block,
    place: Place,
    message: &mut Message<'a>,
    lowering: &mut Lowering<'a>,
) -> Option<Stage> {
    match &block.kind {
        Kind::Reasoning(reasoning) => {
            let said = lowering.reasoning(reasoning, block, place)?;
            message.reasoning.push(said);
            return Some(Stage::Reasoning);
        }
        Kind::Native { format, tag, value }
            if *format == FORMAT && tag.starts_with("reasoning") =>
        {
            if message.mute {
                lowering.losses.dropped(place.to_string());
                return None;
            }
            message.reasoning.push(Said::Native(value));
            return Some(Stage::Reasoning);
        }
        Kind::ToolCall(call) => {
            let said = lowering.call(call, block, place)?;
            message.calls.push(said);
            return Some(Stage::Calls);
        }
        Kind::Refusal { text }
            if message.refusal.is_none() && !spelled(&block.ext, super::spelling::PART) =>
        {
            message.refusal = Some(text);
            if block.cache.is_some() {
                lowering.losses.dropped(place.fact("cache"));
            }
            lowering.ext(block, place);
            return Some(Stage::Words);
        }
        Kind::Text { .. }
        | Kind::Refusal { .. }
        | Kind::Media(_)
        | Kind::ToolResult(_)
        | Kind::Native { .. } => {}
    }
    let piece = lowering.piece(block, Role::Assistant, place)?;
    if block.seal.is_some() && piece.as_text().is_some() {
        message.seal = block.seal.as_ref().filter(|seal| {
            lowering.target.family.as_ref() == Some(&seal.issuer.family)
                && super::seal::has_extra_slot(seal)
        });
    }
    message.pieces.push(piece);
    Some(Stage::Words)
}
