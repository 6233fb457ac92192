//! Blocks of a request in the words of this format; what has no word is declared.

use std::{borrow::Cow, collections::BTreeMap};

use byokey_types::{Raw, RawObject, Str, model::ReasoningReplay};

use super::{
    media,
    piece::{Piece, Wire},
    place::Place,
    reasoning::ENTRIES,
    reasoning_encode::Said,
    seal::has_extra_slot,
    spelling::{BARE_DATA, FORMAT, LEGACY, PART, replayed, spelled},
};
use crate::{
    ir::{
        Annotation, Block, Input, Kind, Media, MediaKind, Reasoning, Request, Role, Runs, Seal,
        Tool, ToolCall, own,
    },
    loss::Losses,
    silent,
    target::Target,
};

/// What lowering needs to know and what it finds out.
#[derive(Debug)]
pub(super) struct Lowering<'a> {
    pub(super) target: &'a Target,
    pub(super) losses: Losses,
    /// Tool names that had to change: from the upstream's to the client's.
    pub(super) renamed: BTreeMap<Str, Str>,
    /// How many of the conversation's cache marks, the earliest first, are too many.
    surplus_marks: usize,
}

/// A call, ready to be written.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) name: Cow<'a, str>,
    pub(super) input: &'a Input,
    /// Whether it is of a custom tool that this upstream knows as such.
    pub(super) custom: bool,
    /// Whether it is spelled in the older way.
    pub(super) legacy: bool,
    pub(super) seal: Option<&'a Seal>,
    pub(super) cache: Option<&'a Raw>,
    pub(super) ext: Option<&'a RawObject>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(request: &Request, target: &'a Target) -> Self {
        Self {
            target,
            losses: Losses::default(),
            renamed: BTreeMap::new(),
            surplus_marks: marks(request).saturating_sub(target.cache_marks),
        }
    }

    /// Whether the target is the format's own provider, who knows all of it.
    pub(super) fn at_home(&self) -> bool {
        self.target.family.as_deref() == Some(FORMAT.home_family())
    }

    /// Says a text, a refusal or a medium as a part; nothing when it has nothing to say, which is declared.
    pub(super) fn piece(
        &mut self,
        block: &'a Block,
        role: Role,
        place: Place,
    ) -> Option<Piece<'a>> {
        let wire = match &block.kind {
            Kind::Text { text, annotations } => {
                self.annotations(annotations, place);
                Wire::Text(text.into())
            }
            Kind::Refusal { text } if spelled(&block.ext, PART) => Wire::Refusal(text),
            Kind::Refusal { text } => {
                self.losses.approximated(place.to_string());
                Wire::Text(text.into())
            }
            Kind::Media(media) => self.media(block, media, role, place),
            Kind::Native { format, value, .. } if *format == FORMAT => {
                // its mark is in it
                return Some(Piece {
                    wire: Wire::Native(value),
                    ..Piece::text("")
                });
            }
            Kind::Native { format, tag, .. } => {
                silent::left_out(*format, tag, place.to_string(), &mut self.losses);
                return None;
            }
            Kind::Reasoning(_) | Kind::ToolCall(_) | Kind::ToolResult(_) => {
                self.losses.dropped(place.to_string());
                return None;
            }
        };
        if block.seal.is_some() && !(role == Role::Assistant && self.takes_extra(block)) {
            self.losses.dropped(place.fact("seal"));
        }
        Some(Piece {
            wire,
            cache: self.mark(block, place),
            ext: self.ext(block, place),
        })
    }

    /// Says reasoning, if the target wants any back.
    pub(super) fn reasoning(
        &mut self,
        reasoning: &'a Reasoning,
        block: &'a Block,
        place: Place,
    ) -> Option<Said<'a>> {
        if block.cache.is_some() {
            self.losses.dropped(place.fact("cache"));
        }
        let detailed = own(&block.ext, FORMAT).is_some_and(|ext| ext.contains(ENTRIES));
        // the home family has no slot for its own seals in this format
        let own_seal = block
            .seal
            .as_ref()
            .filter(|seal| self.target.family.as_ref() == Some(&seal.issuer.family))
            .filter(|_| detailed || !self.at_home());
        if let Some(seal) = own_seal {
            self.ext(block, place);
            return Some(Said::Details(block, reasoning, Some(seal.payload.clone())));
        }
        let wanted = self.target.reasoning_replay != ReasoningReplay::Never;
        if !wanted || reasoning.parts.is_empty() {
            self.losses.dropped(place.to_string());
            return None;
        }
        if block.seal.is_some() {
            self.losses.dropped(place.fact("seal"));
        }
        self.ext(block, place);
        Some(if detailed {
            Said::Details(block, reasoning, None)
        } else {
            Said::Text(block, reasoning)
        })
    }

    /// Says a call that the client runs.
    pub(super) fn call(
        &mut self,
        call: &'a ToolCall,
        block: &'a Block,
        place: Place,
    ) -> Option<Call<'a>> {
        if call.runs == Runs::Server {
            self.losses.dropped(place.to_string());
            return None;
        }
        let seal = block.seal.as_ref().filter(|_| self.takes_extra(block));
        if block.seal.is_some() && seal.is_none() {
            self.losses.dropped(place.fact("seal"));
        }
        if matches!(call.input, Input::Malformed(_)) {
            self.losses.approximated(place.fact("input"));
        }
        Some(Call {
            id: self.target.call_ids.fit(&call.id.id),
            name: self.name(&call.name),
            input: &call.input,
            custom: matches!(call.input, Input::Text(_)) && self.at_home(),
            legacy: spelled(&block.ext, LEGACY),
            seal,
            cache: self.mark(block, place),
            ext: self.ext(block, place),
        })
    }

    /// A tool's name as the upstream is told it.
    pub(super) fn name<'n>(&mut self, name: &'n Str) -> Cow<'n, str> {
        let fitted = self.target.tool_names.fit(name);
        if let Cow::Owned(changed) = &fitted {
            self.renamed.insert(changed.into(), name.clone());
        }
        fitted
    }

    /// The block's cache mark, if the target takes it.
    pub(super) fn mark(&mut self, block: &'a Block, place: Place) -> Option<&'a Raw> {
        let mark = &block.cache.as_ref()?.0;
        let is_surplus = self.target.cache_marks == 0
            || (self.surplus_marks > 0 && !matches!(place, Place::System(_)));
        if is_surplus {
            self.surplus_marks = self.surplus_marks.saturating_sub(1);
            self.losses.dropped(place.fact("cache"));
            return None;
        }
        Some(mark)
    }

    /// The members of a block that may be replayed.
    pub(super) fn ext(&mut self, block: &'a Block, place: Place) -> Option<&'a RawObject> {
        replayed(
            &block.ext,
            |member| place.fact(&format!("ext.{member}")),
            &mut self.losses,
        )
    }

    fn annotations(&mut self, annotations: &[Annotation], place: Place) {
        // requests have no slot for them
        if !annotations.is_empty() {
            self.losses.dropped(place.fact("annotations"));
        }
    }

    fn media(&mut self, block: &'a Block, media: &'a Media, role: Role, place: Place) -> Wire<'a> {
        let said = match role {
            Role::User => media::wire(media, self.target),
            // only the user shows things
            Role::Assistant | Role::System | Role::Developer => Err(media::marked(media)),
        };
        if matches!(said, Ok(Wire::FileData { .. })) && media.title.is_none() {
            // the format refuses a file without a name
            self.losses.synthesised(format!("{place}.title"));
        }
        let untyped = matches!(
            said,
            Ok(Wire::FileData {
                media_type: None,
                ..
            })
        );
        if untyped && !spelled(&block.ext, BARE_DATA) {
            // what a document is when nobody says
            self.losses.approximated(place.to_string());
        }
        if matches!(said, Ok(Wire::FileId { .. })) && media.kind != MediaKind::Document {
            // a file is a file: that it is an image is not said
            self.losses.approximated(place.to_string());
        }
        said.unwrap_or_else(|marked| {
            if marked.points {
                self.losses.approximated(place.to_string());
            } else {
                self.losses.dropped(place.to_string());
            }
            Wire::Text(marked.text.into())
        })
    }

    /// Whether the target has a slot for the block's seal beside the block, and it is its own.
    fn takes_extra(&self, block: &Block) -> bool {
        block.seal.as_ref().is_some_and(|seal| {
            self.target.family.as_ref() == Some(&seal.issuer.family) && has_extra_slot(seal)
        })
    }
}

/// How many cache marks a request has.
fn marks(request: &Request) -> usize {
    fn of(blocks: &[Block]) -> usize {
        blocks
            .iter()
            .map(|block| {
                let inner = match &block.kind {
                    Kind::ToolResult(result) => of(&result.content),
                    _ => 0,
                };
                usize::from(block.cache.is_some()) + inner
            })
            .sum()
    }
    let tools = request
        .tools()
        .iter()
        .filter(|tool| matches!(tool, Tool::Function { cache: Some(_), .. }));
    let turns = request.turns.iter().map(|turn| of(&turn.blocks));
    of(&request.instructions) + turns.sum::<usize>() + tools.count()
}
