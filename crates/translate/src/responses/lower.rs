//! Turns of a request as items; what has no word is declared.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use byokey_types::{RawObject, Str};

use super::{
    annotation,
    lower_item::write_bookkeeping,
    media,
    part::text_tag,
    place::Place,
    spelling::{
        EMPTY_LOGPROBS, FORMAT, IMAGE_CALL, LIST, NO_ANNOTATIONS, OWN, PART, SYSTEM, TAG, UNTYPED,
        noted, outer, replayed, spelled,
    },
};
use crate::{
    ir::{Block, Input, Kind, Namespaced, Request, Role, Runs, Turn},
    loss::Losses,
    target::Target,
    write::{Array, Object, string, strings},
};

/// What lowering needs to know and what it finds out.
#[derive(Debug)]
pub(super) struct Lowering<'a> {
    pub(super) target: &'a Target,
    pub(super) losses: Losses,
    /// Tool names that had to change: from the upstream's to the client's.
    pub(super) renamed: BTreeMap<Str, Str>,
    pub(super) namespaces: &'a BTreeMap<Str, Namespaced>,
    /// The calls of custom tools.
    pub(super) custom: BTreeSet<&'a str>,
    /// Whether a client of this format has written the request.
    pub(super) own: bool,
}

/// A block and its position in its turn.
type Placed<'a> = (usize, &'a Block);

impl<'a> Lowering<'a> {
    pub(super) fn new(request: &'a Request, target: &'a Target) -> Self {
        let blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
        let custom = blocks.filter_map(|block| match &block.kind {
            Kind::ToolCall(call) if matches!(call.input, Input::Text(_)) => {
                Some(call.id.id.as_str())
            }
            _ => None,
        });
        Self {
            target,
            losses: Losses::default(),
            renamed: BTreeMap::new(),
            namespaces: &request.namespaces,
            custom: custom.collect(),
            own: spelled(&request.ext, OWN),
        }
    }

    /// Whether the target is the format's own provider, who knows all of it.
    pub(super) fn at_home(&self) -> bool {
        self.target.family.as_deref() == Some(FORMAT.home_family())
    }

    /// Both names of a tool, where the target knows namespaces.
    pub(super) fn namespaced(&self, name: &str) -> Option<&'a Namespaced> {
        self.namespaces.get(name).filter(|_| self.at_home())
    }

    /// A tool's name as the upstream is told it.
    pub(super) fn name<'n>(&mut self, name: &'n Str) -> Cow<'n, str> {
        let fitted = self.target.tool_names.fit(name);
        if let Cow::Owned(changed) = &fitted {
            self.renamed.insert(changed.into(), name.clone());
        }
        fitted
    }

    /// Writes a turn: its content as messages, all else as items of their own, in the order they stand.
    pub(super) fn turn(&mut self, turn: &'a Turn, at: usize, in_head: bool, array: &mut Array<'_>) {
        let place = |member: &str| format!("messages.{at}.ext.{member}");
        let mut ext = replayed(&turn.ext, place, &mut self.losses);
        if turn.blocks.is_empty() && ext.is_some_and(|ext| ext.contains(LIST)) {
            self.message(turn, at, &[], ext, array);
            return;
        }
        let demoted = turn.role.is_system() && !in_head && !self.target.system_in_place;
        if demoted {
            self.losses.approximated(format!("messages.{at}.role"));
            self.reminder(turn, at, array);
            return;
        }
        let mut parts: Vec<Placed<'a>> = Vec::new();
        let mut said = false;
        for (position, block) in turn.blocks.iter().enumerate() {
            if Self::is_part(block) {
                let is_empty = block.as_text().is_some_and(str::is_empty);
                if self.own || !is_empty {
                    parts.push((position, block));
                }
                continue;
            }
            if !parts.is_empty() {
                self.message(turn, at, &parts, ext.take(), array);
                parts.clear();
            }
            said = true;
            self.item(block, turn.role, Place::Turn(at, position), array);
        }
        if !parts.is_empty() {
            self.message(turn, at, &parts, ext, array);
        } else if !said && !self.own {
            self.losses.dropped(format!("messages.{at}.content"));
        }
    }

    /// Says system text in the user's mouth, marked as what it is.
    fn reminder(&mut self, turn: &'a Turn, at: usize, array: &mut Array<'_>) {
        let mut texts = Vec::with_capacity(turn.blocks.len());
        for (position, block) in turn.blocks.iter().enumerate() {
            let place = Place::Turn(at, position);
            match block.as_text() {
                Some(text) => {
                    self.leftovers(block, place);
                    self.annotations_lost(block, place);
                    texts.push(text);
                }
                None => self.losses.dropped(place.to_string()),
            }
        }
        let mut object = array.object();
        object.text("type", "message");
        object.text("role", "user");
        let text = texts.join("\n");
        let said = ["<system-reminder>\n", &text, "\n</system-reminder>"];
        strings(&said, object.key("content"));
        object.end();
    }

    /// Whether a block is said within a message.
    pub(super) fn is_part(block: &Block) -> bool {
        match &block.kind {
            Kind::Text { .. } | Kind::Refusal { .. } => true,
            Kind::Media(_) => !spelled(&block.ext, IMAGE_CALL),
            Kind::Native { format, .. } => *format == FORMAT && spelled(&block.ext, PART),
            Kind::Reasoning(_) | Kind::ToolCall(_) | Kind::ToolResult(_) => false,
        }
    }

    fn message(
        &mut self,
        turn: &'a Turn,
        at: usize,
        parts: &[Placed<'a>],
        ext: Option<&'a RawObject>,
        array: &mut Array<'_>,
    ) {
        let mut object = array.object();
        if !ext.is_some_and(|ext| ext.contains(UNTYPED)) {
            object.text("type", "message");
        }
        write_bookkeeping(ext, &mut object);
        let role = match turn.role {
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Developer if self.target.developer_role => "developer",
            Role::System if self.target.developer_role && !spelled(&turn.ext, SYSTEM) => {
                "developer"
            }
            Role::System | Role::Developer => "system",
        };
        object.text("role", role);
        match parts {
            [(position, block)] if turn.bare && block.as_text().is_some() => {
                self.leftovers(block, Place::Turn(at, *position));
                self.annotations_lost(block, Place::Turn(at, *position));
                string(block.as_text().unwrap_or_default(), object.key("content"));
            }
            parts => {
                let mut content = object.array("content");
                for (position, block) in parts {
                    let place = Place::Turn(at, *position);
                    self.part(block, turn.role, place, &mut content);
                }
                content.end();
            }
        }
        object.members(ext, |key| outer(key, &[]));
        object.end();
    }

    pub(super) fn part(
        &mut self,
        block: &'a Block,
        role: Role,
        place: Place,
        array: &mut Array<'_>,
    ) {
        let ext = self.leftovers(block, place);
        if let Kind::Native { value, .. } = &block.kind {
            array.item().extend_from_slice(value.bytes());
            return;
        }
        let mut part = array.object();
        match &block.kind {
            Kind::Text { text, .. } => {
                let tag = noted(ext, TAG).unwrap_or(text_tag(role));
                part.text("type", tag);
                part.text("text", text);
                self.annotations(block, tag, ext, place, &mut part);
            }
            Kind::Refusal { text } if role == Role::Assistant => {
                part.text("type", "refusal");
                part.text("refusal", text);
            }
            Kind::Refusal { text } => {
                self.losses.approximated(place.to_string());
                part.text("type", text_tag(role));
                part.text("text", text);
            }
            Kind::Media(medium) => {
                // only the user shows things
                let checked = match role {
                    Role::User => media::check(medium, self.target),
                    Role::Assistant | Role::System | Role::Developer => Err(media::marked(medium)),
                };
                match checked {
                    Ok(()) => {
                        if media::lacks_name(medium, block) {
                            self.losses.synthesised(place.fact("title"));
                        }
                        media::write(medium, block, &mut part);
                    }
                    Err(marked) => {
                        if marked.points {
                            self.losses.approximated(place.to_string());
                        } else {
                            self.losses.dropped(place.to_string());
                        }
                        part.text("type", text_tag(role));
                        part.text("text", &marked.text);
                        part.end();
                        return;
                    }
                }
            }
            Kind::Native { .. } | Kind::Reasoning(_) | Kind::ToolCall(_) | Kind::ToolResult(_) => {}
        }
        part.members(ext, |key| outer(key, &["input_audio"]));
        part.end();
    }

    fn annotations(
        &mut self,
        block: &'a Block,
        tag: &str,
        ext: Option<&RawObject>,
        place: Place,
        part: &mut Object<'_>,
    ) {
        let Kind::Text { text, annotations } = &block.kind else {
            return;
        };
        if tag != "output_text" {
            self.annotations_lost(block, place);
            return;
        }
        if !ext.is_some_and(|ext| ext.contains(NO_ANNOTATIONS) || ext.contains("annotations")) {
            if !annotations.iter().all(annotation::is_sayable) {
                self.losses.dropped(place.fact("annotations"));
            }
            let length = text.chars().count() as u64;
            let mut list = part.array("annotations");
            for annotation in annotations {
                annotation::write(annotation, length, &mut list);
            }
            list.end();
        }
        if ext.is_some_and(|ext| ext.contains(EMPTY_LOGPROBS)) {
            part.array("logprobs").end();
        }
    }

    fn annotations_lost(&mut self, block: &Block, place: Place) {
        if matches!(&block.kind, Kind::Text { annotations, .. } if !annotations.is_empty()) {
            self.losses.dropped(place.fact("annotations"));
        }
    }

    /// Declares what no block of this format has, and gives the members it may replay.
    pub(super) fn leftovers(&mut self, block: &'a Block, place: Place) -> Option<&'a RawObject> {
        if block.cache.is_some() {
            self.losses.dropped(place.fact("cache"));
        }
        if block.seal.is_some() && !matches!(block.kind, Kind::Reasoning(_)) {
            self.losses.dropped(place.fact("seal"));
        }
        replayed(
            &block.ext,
            |member| place.fact(&format!("ext.{member}")),
            &mut self.losses,
        )
    }

    fn item(&mut self, block: &'a Block, role: Role, place: Place, array: &mut Array<'_>) {
        match &block.kind {
            Kind::Native { format, value, .. } if *format == FORMAT => {
                array.item().extend_from_slice(value.bytes());
            }
            Kind::Media(media) if spelled(&block.ext, IMAGE_CALL) => {
                self.image(media, block, place, array);
            }
            Kind::ToolCall(call) if role == Role::Assistant && call.runs == Runs::Client => {
                self.call(call, block, place, array);
            }
            Kind::ToolResult(result) if role == Role::User => {
                self.result(result, block, place, array);
            }
            Kind::Reasoning(reasoning) if role == Role::Assistant => {
                self.reasoning(reasoning, block, place, array);
            }
            Kind::Native { .. }
            | Kind::ToolCall(_)
            | Kind::ToolResult(_)
            | Kind::Reasoning(_)
            | Kind::Text { .. }
            | Kind::Media(_)
            | Kind::Refusal { .. } => self.losses.dropped(place.to_string()),
        }
    }
}
