//! Turns of the model that a client has stored chunk by chunk, a content each: joined when read, split again when written.
//!
//! Source: Google's SDKs for Node and Python append every chunk of a streamed answer to the history of a chat as a content of
//! its own. Where the contents of a turn begin is noted in markers of the turn: `contents.<block>`, or
//! `contents.<block>.<byte>` when a text goes on in it.

use byokey_types::{Raw, RawObject};

use super::{
    arrange::Content,
    content_decode::{is_seal_of_others, join_thoughts},
    piece::{Piece, Wire},
    place::Place,
    spelling::FORMAT,
};
use crate::ir::{Block, Extensions, Kind, ReasoningPart, Role, Turn};

/// The beginning of the markers.
const MARKER: &str = "contents.";

/// Joins contents of the model that follow each other.
pub(super) fn join(turns: Vec<Turn>) -> Vec<Turn> {
    let mut joined: Vec<(Turn, Vec<usize>)> = Vec::with_capacity(turns.len());
    for turn in turns {
        match joined.last_mut() {
            Some((last, starts)) if goes_on(last, &turn) => {
                starts.push(last.blocks.len());
                last.blocks.extend(turn.blocks);
            }
            Some(_) | None => joined.push((turn, Vec::new())),
        }
    }
    let turns = joined.into_iter();
    turns.map(|(turn, starts)| whole(turn, &starts)).collect()
}

/// The contents that a turn was read from; calls made at one go stay together.
pub(super) fn split<'a>(content: Content<'a>, ext: Option<&RawObject>) -> Vec<Content<'a>> {
    let starts: Vec<(usize, usize)> = ext
        .into_iter()
        .flat_map(RawObject::iter)
        .filter_map(|(key, _)| start(key))
        .collect();
    if starts.is_empty() || content.pieces.iter().any(|piece| piece.call().is_some()) {
        return vec![content];
    }
    let mut contents: Vec<Content<'a>> = Vec::with_capacity(starts.len() + 1);
    let mut current = content.beside(Vec::new());
    let mut starts = starts.into_iter().peekable();
    for mut piece in content.pieces {
        let Place::Turn(_, block) = piece.place else {
            current.pieces.push(piece);
            continue;
        };
        let mut cut = 0;
        while let Some((at, byte)) = starts.next_if(|(at, _)| *at <= block) {
            let goes_on = at == block && byte > cut;
            if goes_on && let Some(head) = cut_off(&mut piece, byte - cut) {
                cut = byte;
                current.pieces.push(head);
            }
            if !current.pieces.is_empty() {
                let next = current.beside(Vec::new());
                contents.push(std::mem::replace(&mut current, next));
            }
        }
        current.pieces.push(piece);
    }
    contents.push(current);
    if let Some(first) = contents.first_mut() {
        first.ext = content.ext;
    }
    contents
}

fn goes_on(last: &Turn, next: &Turn) -> bool {
    let said = |turn: &Turn| turn.role == Role::Assistant && !turn.blocks.is_empty();
    said(last) && said(next) && next.ext.is_none()
}

/// A turn with the texts and thoughts joined that go on from one content to the next.
fn whole(mut turn: Turn, starts: &[usize]) -> Turn {
    if turn.role != Role::Assistant {
        return turn;
    }
    let sealed_elsewhere = turn.blocks.iter().any(is_seal_of_others);
    let mut blocks: Vec<Block> = Vec::with_capacity(turn.blocks.len());
    let mut markers = Vec::new();
    for (at, block) in turn.blocks.drain(..).enumerate() {
        if !starts.contains(&at) {
            blocks.push(block);
            continue;
        }
        let open = blocks.last_mut().and_then(|last| append(last, &block));
        markers.push(match open {
            Some(byte) => format!("{MARKER}{}.{byte}", blocks.len() - 1),
            None => format!("{MARKER}{}", blocks.len()),
        });
        if open.is_none() {
            blocks.push(block);
        }
    }
    if sealed_elsewhere {
        // what was wrapped for the client is no content of this format that could be written so again
        join_thoughts(&mut blocks);
    } else if !markers.is_empty() {
        let ext = turn.ext.get_or_insert_with(|| {
            Box::new(Extensions {
                format: FORMAT,
                fields: RawObject::new(),
            })
        });
        for marker in markers {
            ext.fields.set(marker, Raw::NULL);
        }
    }
    turn.blocks = blocks;
    turn
}

/// Appends the words of a block to those of the same sort before it, and its seal; gives the byte they begin at.
fn append(last: &mut Block, block: &Block) -> Option<usize> {
    let is_bare = last.seal.is_none() && last.ext.is_none() && block.ext.is_none();
    let text = words_mut(&mut last.kind).filter(|_| is_bare)?;
    let more = match &block.kind {
        Kind::Text { text, annotations } if annotations.is_empty() => Some((false, text)),
        Kind::Reasoning(reasoning) => match reasoning.parts.as_slice() {
            [ReasoningPart::Summary(text)] => Some((true, text)),
            _ => None,
        },
        Kind::Text { .. }
        | Kind::Media(_)
        | Kind::ToolCall(_)
        | Kind::ToolResult(_)
        | Kind::Refusal { .. }
        | Kind::Native { .. } => None,
    };
    let (thinks, more) = more?;
    let (before, text) = text;
    if thinks != before || text.is_empty() || more.is_empty() {
        return None;
    }
    let byte = text.len();
    text.push_str(more);
    last.seal.clone_from(&block.seal);
    Some(byte)
}

/// The words of a text, or (`true`) of a thought.
fn words_mut(kind: &mut Kind) -> Option<(bool, &mut String)> {
    match kind {
        Kind::Text { text, annotations } if annotations.is_empty() => Some((false, text)),
        Kind::Reasoning(reasoning) => match reasoning.parts.as_mut_slice() {
            [ReasoningPart::Summary(text)] => Some((true, text)),
            _ => None,
        },
        Kind::Text { .. }
        | Kind::Media(_)
        | Kind::ToolCall(_)
        | Kind::ToolResult(_)
        | Kind::Refusal { .. }
        | Kind::Native { .. } => None,
    }
}

/// Takes the first bytes off a piece of words.
fn cut_off<'a>(piece: &mut Piece<'a>, bytes: usize) -> Option<Piece<'a>> {
    let (text, thinks) = match &piece.wire {
        Wire::Text(text) => (text, false),
        Wire::Thought(text) => (text, true),
        Wire::Nothing
        | Wire::OnlyThought
        | Wire::Media { .. }
        | Wire::Call { .. }
        | Wire::Result { .. }
        | Wire::Native(_) => return None,
    };
    let (head, rest) = text.split_at_checked(bytes)?;
    let wire = |text: &str| {
        let text = text.to_owned().into();
        if thinks {
            Wire::Thought(text)
        } else {
            Wire::Text(text)
        }
    };
    let head = Piece {
        wire: wire(head),
        ..Piece::text(piece.place, "")
    };
    piece.wire = wire(rest);
    Some(head)
}

/// The block and the byte that a marker names.
fn start(key: &str) -> Option<(usize, usize)> {
    let place = key.strip_prefix(MARKER)?;
    let (block, byte) = place.split_once('.').unwrap_or((place, "0"));
    Some((block.parse().ok()?, byte.parse().ok()?))
}
