//! Sealed reasoning that a client does not send back: what to remember of an answer, and how to put it back.
//!
//! Clients of formats without a slot for seals send calls back without the reasoning before them, and upstreams that seal it
//! refuse such a turn. Calls keep their ids, so what came before a call is found again by it.

use std::{collections::BTreeSet, mem};

use byokey_types::Str;

use crate::{
    event::{Delta, Event, Head},
    fold::Folder,
    ir::{Block, Kind, Request, Role, Seal},
};

/// The most of an answer's reasoning that is remembered, in bytes.
const LONGEST: usize = 1 << 20;

/// What belongs to one call.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    /// The sealed reasoning before it, in order.
    pub reasoning: Vec<Block>,
    /// The seal of the call itself.
    pub seal: Option<Seal>,
}

impl Remembered {
    /// About how much memory it takes, in bytes.
    pub fn size(&self) -> usize {
        let seal = |seal: &Option<Seal>| seal.as_ref().map_or(0, |seal| seal.payload.len());
        let blocks = self
            .reasoning
            .iter()
            .map(|block| seal(&block.seal) + said(block).len() + 128);
        size_of::<Self>() + seal(&self.seal) + blocks.sum::<usize>()
    }

    /// Whether every seal in it is of this family.
    pub fn is_of(&self, family: &str) -> bool {
        let blocks = self
            .reasoning
            .iter()
            .filter_map(|block| block.seal.as_ref());
        blocks
            .chain(&self.seal)
            .all(|seal| seal.issuer.family == family)
    }
}

/// What is worth remembering of a whole answer, by call id.
pub fn remember(blocks: &[Block]) -> Vec<(Str, Remembered)> {
    let mut found = Vec::new();
    let mut reasoning: Vec<Block> = Vec::new();
    for block in blocks {
        match &block.kind {
            Kind::Reasoning(_) if block.seal.is_some() => reasoning.push(block.clone()),
            Kind::ToolCall(call) => {
                let remembered = Remembered {
                    reasoning: mem::take(&mut reasoning),
                    seal: block.seal.clone(),
                };
                if remembered.seal.is_some() || !remembered.reasoning.is_empty() {
                    found.push((call.id.id.clone(), remembered));
                }
            }
            Kind::Reasoning(_)
            | Kind::Text { .. }
            | Kind::Media(_)
            | Kind::ToolResult(_)
            | Kind::Refusal { .. }
            | Kind::Native { .. } => {}
        }
    }
    found
}

/// Gathers what is worth remembering from the events of a stream; texts and inputs pass by.
#[derive(Debug, Default)]
pub struct Gatherer {
    folder: Folder,
    open: BTreeSet<u32>,
    size: usize,
    sealed: bool,
}

impl Gatherer {
    /// Whether an event is the first that is worth a look.
    pub const fn begins(event: &Event) -> bool {
        matches!(
            event,
            Event::Open {
                head: Head::Reasoning { .. } | Head::ToolCall { .. },
                ..
            }
        )
    }

    /// Takes the next event.
    pub fn push(&mut self, event: &Event) {
        let wanted = match event {
            Event::Open { index, head, .. } => {
                let wanted = matches!(head, Head::Reasoning { .. } | Head::ToolCall { .. });
                if wanted {
                    self.open.insert(*index);
                }
                wanted
            }
            Event::Delta { index, delta } => {
                self.size += match delta {
                    Delta::Reasoning(text) | Delta::Summary { text, .. } => text.len(),
                    Delta::Seal(seal) => seal.payload.len(),
                    Delta::Text(_)
                    | Delta::Input(_)
                    | Delta::Annotation(_)
                    | Delta::Native(_)
                    | Delta::Ext(_) => 0,
                };
                self.sealed |= matches!(delta, Delta::Seal(_));
                let passes = matches!(delta, Delta::Text(_) | Delta::Input(_));
                !passes && self.size <= LONGEST && self.open.contains(index)
            }
            Event::Close { index } => self.open.contains(index),
            Event::Stop(_) | Event::End | Event::Error(_) => true,
            Event::Start(_) | Event::Usage(_) => false,
        };
        if wanted {
            self.folder.push(event.clone());
        }
    }

    /// What is worth remembering; nothing of a stream that was broken off or thought longer than 1 MiB.
    pub fn finish(self) -> Vec<(Str, Remembered)> {
        if !self.sealed || self.size > LONGEST {
            return Vec::new();
        }
        self.folder
            .finish()
            .map(|(answer, _)| remember(&answer.blocks))
            .unwrap_or_default()
    }
}

/// Puts back what is remembered of the calls of a conversation.
///
/// A turn that holds a seal is left as it is: its client has slots for them. Reasoning that the client sent back without its
/// seal gives way to the sealed one when it is the same, and keeps it away when it is not: then it was edited.
pub fn put_back(request: &mut Request, find: &mut dyn FnMut(&str) -> Option<Remembered>) {
    for turn in &mut request.turns {
        let sealed = turn.blocks.iter().any(|block| block.seal.is_some());
        if turn.role != Role::Assistant || sealed || !turn.calls_tools() {
            continue;
        }
        let mut blocks: Vec<Block> = Vec::with_capacity(turn.blocks.len() + 1);
        for mut block in mem::take(&mut turn.blocks) {
            let remembered = match &block.kind {
                Kind::ToolCall(call) => find(&call.id.id),
                Kind::Reasoning(_)
                | Kind::Text { .. }
                | Kind::Media(_)
                | Kind::ToolResult(_)
                | Kind::Refusal { .. }
                | Kind::Native { .. } => None,
            };
            if let Some(remembered) = remembered {
                block.seal = remembered.seal;
                reinstate(&mut blocks, remembered.reasoning);
            }
            blocks.push(block);
        }
        turn.blocks = blocks;
    }
}

/// Puts sealed reasoning where the unsealed stood, else before everything of the turn that is no reasoning with a seal.
fn reinstate(blocks: &mut Vec<Block>, reasoning: Vec<Block>) {
    if reasoning.is_empty() {
        return;
    }
    let is_bare = |block: &Block| matches!(block.kind, Kind::Reasoning(_)) && block.seal.is_none();
    let words = |blocks: &[&Block]| blocks.iter().map(|block| said(block)).collect::<String>();
    let own: Vec<&Block> = blocks.iter().filter(|block| is_bare(block)).collect();
    let kept: Vec<&Block> = reasoning.iter().collect();
    if !own.is_empty() && words(&own) != words(&kept) {
        return;
    }
    let at = blocks.iter().position(is_bare);
    let at = at.unwrap_or_else(|| {
        // behind what an earlier call of the turn has put back, and that call
        blocks
            .iter()
            .rposition(|block| matches!(block.kind, Kind::ToolCall(_)))
            .map_or(0, |call| call + 1)
    });
    blocks.retain(|block| !is_bare(block));
    let at = at.min(blocks.len());
    blocks.splice(at..at, reasoning);
}

fn said(block: &Block) -> String {
    match &block.kind {
        Kind::Reasoning(reasoning) => reasoning.parts.iter().map(|part| part.text()).collect(),
        Kind::Text { .. }
        | Kind::Media(_)
        | Kind::ToolCall(_)
        | Kind::ToolResult(_)
        | Kind::Refusal { .. }
        | Kind::Native { .. } => String::new(),
    }
}
