//! Contents, read: one a turn, calls and their results matched where they have no ids.
//!
//! Source: Gemini API, `Content`; roles `user` and `model`, the older `function`, none meaning `user`.

use std::collections::VecDeque;

use byokey_types::{JsonError, JsonKind, Raw, Str};

use super::{
    chunks, part_decode,
    place::Place,
    seal::Writer,
    spelling::{self, FORMAT, mark},
};
use crate::{
    fields::Fields,
    ids,
    ir::{Block, Kind, ReasoningPart, Role, Seal, Turn},
    loss::Losses,
};

/// The beginning of ids that were made up for calls without one; such ids are never sent to an upstream of this format.
const DERIVED: &str = "gemcall-";

/// Follows the calls of a conversation or an answer: gives ids to those without, finds the calls of results without.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// How many calls there were without an id.
    nameless: usize,
    /// Calls that no result has answered: their name and id.
    open: VecDeque<(Str, Str)>,
}

impl Calls {
    /// The id of the next call, its own if it has one.
    pub(super) fn called(&mut self, name: &Str, id: Option<Str>, seed: &str) -> Str {
        let id = id.unwrap_or_else(|| {
            self.nameless += 1;
            ids::derived(DERIVED, seed, self.nameless)
        });
        self.open.push_back((name.clone(), id.clone()));
        id
    }

    /// The id of the call that a result answers: the first one of this name that has none yet.
    pub(super) fn answered(&mut self, name: &str, id: Option<&Str>) -> Str {
        let is_it = |call: &(Str, Str)| match id {
            Some(id) => call.1 == *id,
            None => call.0 == name,
        };
        let found = self.open.iter().position(is_it).or_else(|| {
            // a client that gives ids to results only
            self.open
                .iter()
                .position(|(called, id)| called == name && is_derived(id))
        });
        match (found.and_then(|at| self.open.remove(at)), id) {
            (Some((_, call)), _) => call,
            (None, Some(id)) => id.clone(),
            (None, None) => ids::derived(DERIVED, name, 0),
        }
    }
}

/// Whether an id was made up by [`Calls`].
pub(super) fn is_derived(id: &str) -> bool {
    id.strip_prefix(DERIVED)
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A user's turn that was nothing but a text.
pub(super) fn bare(text: String) -> Turn {
    Turn {
        bare: true,
        ..Turn::new(Role::User, vec![Block::text(text)])
    }
}

/// Reads the contents of a request.
///
/// # Errors
/// A [`JsonError`] naming the field.
pub(super) fn turns(items: &[Raw], losses: &mut Losses) -> Result<Vec<Turn>, JsonError> {
    let mut calls = Calls::default();
    let turns = items.iter().enumerate().map(|(at, item)| {
        turn(item, at, &mut calls, losses).map_err(|error| error.under(&format!("contents.{at}")))
    });
    let turns: Result<Vec<Turn>, JsonError> = turns.collect();
    turns.map(chunks::join)
}

fn turn(raw: &Raw, at: usize, calls: &mut Calls, losses: &mut Losses) -> Result<Turn, JsonError> {
    let mut fields = spelling::open(raw)?;
    let role = match fields.name("role")?.as_deref() {
        Some("user") => Role::User,
        Some("model") => Role::Assistant,
        Some("function") => {
            mark(&mut fields, "role.function");
            Role::User
        }
        None | Some("") => {
            mark(&mut fields, "role.none");
            Role::User
        }
        Some("system") => Role::System,
        Some(_) => {
            return Err(JsonError::Invalid {
                path: "role".to_owned(),
                what: "must be `user` or `model`".to_owned(),
            });
        }
    };
    let place = |block| Place::Turn(at, block);
    let blocks = parts(&mut fields, Writer::Client, place, calls, losses)?;
    Ok(Turn {
        ext: fields.rest(FORMAT),
        ..Turn::new(role, blocks)
    })
}

/// Joins a thought of another family that was streamed: its words came in parts, and then a part that was nothing but its seal.
///
/// Such a seal is worth something to its maker only with all the words that it seals.
pub(super) fn join_thoughts(blocks: &mut Vec<Block>) {
    let mut joined: Vec<Block> = Vec::with_capacity(blocks.len());
    for mut block in blocks.drain(..) {
        if is_seal_of_others(&block) {
            let from = joined
                .iter()
                .rposition(|before| unsealed_words(before).is_none())
                .map_or(0, |at| at + 1);
            let words: String = joined
                .drain(from..)
                .filter_map(|it| unsealed_words(&it).map(str::to_owned))
                .collect();
            if let (Kind::Reasoning(reasoning), false) = (&mut block.kind, words.is_empty()) {
                reasoning.parts.push(ReasoningPart::Summary(words));
            }
        }
        joined.push(block);
    }
    *blocks = joined;
}

/// Whether it is nothing but the seal of another family.
pub(super) fn is_seal_of_others(block: &Block) -> bool {
    let is_wordless =
        matches!(&block.kind, Kind::Reasoning(it) if it.parts.is_empty() && !it.redacted);
    let is_foreign = |seal: &Seal| seal.issuer.family != FORMAT.home_family();
    is_wordless && block.seal.as_ref().is_some_and(is_foreign)
}

/// The words of a thought without a seal, none of any other block.
fn unsealed_words(block: &Block) -> Option<&str> {
    let Kind::Reasoning(reasoning) = &block.kind else {
        return None;
    };
    let only = reasoning.parts.first().filter(|_| block.seal.is_none());
    only.map(ReasoningPart::text)
}

/// Reads the parts of a content; none at all is an empty list.
///
/// # Errors
/// A [`JsonError`] with its path below the content.
pub(super) fn parts(
    content: &mut Fields,
    writer: Writer<'_>,
    place: impl Fn(usize) -> Place,
    calls: &mut Calls,
    losses: &mut Losses,
) -> Result<Vec<Block>, JsonError> {
    let Some(raw) = content.take("parts") else {
        return Ok(Vec::new());
    };
    let items = if raw.kind() == JsonKind::Object {
        // some clients let one part stand for a list of one
        vec![raw]
    } else {
        raw.array().map_err(|error| error.under("parts"))?
    };
    let blocks = items.iter().enumerate().map(|(at, item)| {
        part_decode::block(item, writer, place(at), calls, losses)
            .map_err(|error| error.under(&format!("parts.{at}")))
    });
    blocks.collect()
}
