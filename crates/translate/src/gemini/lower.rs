//! Blocks of a request in the words of this format; what has no word is declared.

use std::{borrow::Cow, collections::BTreeMap};

use byokey_types::{JsonKind, Raw, RawObject, Str, model::ReasoningReplay};

use super::{
    content_decode::is_derived,
    media,
    part_decode::{UNSAID, UNTHOUGHT},
    piece::{Piece, Wire},
    place::Place,
    result,
    spelling::{FORMAT, is_marked, replayed},
    tool,
};
use crate::{
    ir::{
        Annotation, Block, Input, Kind, Media, Reasoning, Role, Runs, Seal, ToolCall, ToolResult,
    },
    loss::Losses,
    reply::FREEFORM_MEMBER,
    silent,
    target::Target,
};

/// What lowering needs to know and what it finds out.
#[derive(Debug)]
pub(super) struct Lowering<'a> {
    pub(super) target: &'a Target,
    /// Names that had to change: from the upstream's to the client's.
    pub(super) renamed: BTreeMap<Str, Str>,
    /// The names of the calls so far, by the id of the call.
    called: BTreeMap<&'a str, &'a Str>,
    pub(super) losses: Losses,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        Self {
            target,
            renamed: BTreeMap::new(),
            called: BTreeMap::new(),
            losses: Losses::default(),
        }
    }

    /// Says a block; nothing when it has nothing to say, which is declared unless it was empty anyway.
    pub(super) fn block(
        &mut self,
        block: &'a Block,
        role: Role,
        place: Place,
        out: &mut Vec<Piece<'a>>,
    ) {
        if block.cache.is_some() {
            self.losses.dropped(place.fact("cache"));
        }
        let ext = crate::ir::own(&block.ext, FORMAT);
        let seal = self.own_seal(block.seal.as_ref());
        let mut beside = Vec::new();
        let wire = match &block.kind {
            Kind::Text { text, annotations } => self.text(text, annotations, seal, place),
            Kind::Refusal { text } => {
                self.losses.approximated(place.to_string());
                self.text(text, &[], None, place)
            }
            Kind::Media(media) => Some(self.media(media, ext, place)),
            Kind::Reasoning(reasoning) => self.reasoning(reasoning, block, role, place),
            Kind::ToolCall(call) => self.call(call, role, place),
            Kind::ToolResult(result) => self.result(result, ext, role, place, &mut beside),
            Kind::Native { format, tag, value } => {
                if *format != FORMAT {
                    silent::left_out(*format, tag, place.to_string(), &mut self.losses);
                }
                (*format == FORMAT).then_some(Wire::Native(value))
            }
        };
        let thinks = matches!(block.kind, Kind::Reasoning(_));
        if block.seal.is_some() && seal.is_none() && !thinks {
            self.losses.dropped(place.fact("seal"));
        }
        if let Some(wire) = wire {
            let ext = |member: &str| place.fact(&format!("ext.{member}"));
            out.push(Piece {
                place,
                wire,
                seal: seal.map(Cow::Borrowed),
                ext: replayed(&block.ext, ext, &mut self.losses),
            });
        }
        out.append(&mut beside);
    }

    /// A tool's name as the upstream is told it.
    pub(super) fn name<'n>(&mut self, name: &'n Str) -> Cow<'n, str> {
        let fitted = tool::fit(self.target.tool_names, name);
        if let Cow::Owned(changed) = &fitted {
            self.renamed.insert(changed.into(), name.clone());
        }
        fitted
    }

    fn text(
        &mut self,
        text: &'a str,
        annotations: &[Annotation],
        seal: Option<&str>,
        place: Place,
    ) -> Option<Wire<'a>> {
        if !annotations.is_empty() {
            self.losses.dropped(place.fact("annotations"));
        }
        // the API refuses empty text that is nothing else, either
        (!text.is_empty() || seal.is_some()).then(|| Wire::Text(text.into()))
    }

    fn media(&mut self, media: &'a Media, ext: Option<&RawObject>, place: Place) -> Wire<'a> {
        let mut changes = media::Changes::default();
        match media::wire(media, Some(self.target), ext, &mut changes) {
            Ok(source) => {
                if changes.guessed {
                    self.losses.synthesised(place.fact("media_type"));
                }
                let title = media::own_title(media, ext);
                if media.title.is_some() && title.is_none() {
                    self.losses.dropped(place.fact("title"));
                }
                Wire::Media { title, source }
            }
            Err((text, points)) => {
                if points {
                    self.losses.approximated(place.to_string());
                } else {
                    self.losses.dropped(place.to_string());
                }
                Wire::Text(text.into())
            }
        }
    }

    fn reasoning(
        &mut self,
        reasoning: &'a Reasoning,
        block: &'a Block,
        role: Role,
        place: Place,
    ) -> Option<Wire<'a>> {
        let is_own = self.own_seal(block.seal.as_ref()).is_some();
        // a seal of another maker is worth nothing here, and thoughts are not told in another's name
        let unsealed = block.seal.is_none()
            && !reasoning.parts.is_empty()
            && self.target.reasoning_replay != ReasoningReplay::Never;
        if role != Role::Assistant || !(is_own || unsealed) {
            self.losses.dropped(place.to_string());
            return None;
        }
        let own = crate::ir::own(&block.ext, FORMAT);
        Some(match (is_marked(own, UNTHOUGHT), is_marked(own, UNSAID)) {
            (true, true) => Wire::Nothing,
            (true, false) => Wire::Text("".into()),
            (false, true) => Wire::OnlyThought,
            // the API's own way to say no more than a seal
            (false, false) if reasoning.parts.is_empty() => Wire::Text("".into()),
            (false, false) => Wire::Thought(words(reasoning)),
        })
    }

    /// The payload, if it is the target's to read.
    fn own_seal(&self, seal: Option<&'a Seal>) -> Option<&'a str> {
        seal.filter(|seal| self.target.family.as_ref() == Some(&seal.issuer.family))
            .map(|seal| seal.payload.as_str())
    }

    fn call(&mut self, call: &'a ToolCall, role: Role, place: Place) -> Option<Wire<'a>> {
        if role != Role::Assistant || call.runs == Runs::Server {
            self.losses.dropped(place.to_string());
            return None;
        }
        let (args, exact) = args(&call.input);
        if !exact {
            self.losses.approximated(place.fact("input"));
        }
        self.called.insert(&call.id.id, &call.name);
        Some(Wire::Call {
            id: self.id(&call.id.id),
            key: &call.id.id,
            name: self.name(&call.name),
            args,
        })
    }

    /// The id as the upstream is told it; one that was made up for this format is none.
    fn id(&self, id: &'a str) -> Option<Cow<'a, str>> {
        (!is_derived(id)).then(|| self.target.call_ids.fit(id))
    }

    fn result(
        &mut self,
        result: &'a ToolResult,
        ext: Option<&RawObject>,
        role: Role,
        place: Place,
        beside: &mut Vec<Piece<'a>>,
    ) -> Option<Wire<'a>> {
        let (Role::User, Place::Turn(turn, at)) = (role, place) else {
            self.losses.dropped(place.to_string());
            return None;
        };
        let mut texts: Vec<Cow<'a, str>> = Vec::new();
        let mut nested = Vec::new();
        let mut said = Vec::new();
        for (inner, block) in result.content.iter().enumerate() {
            self.block(block, Role::User, Place::Inner(turn, at, inner), &mut said);
        }
        let is_nested = result::is_nested(ext);
        for piece in said {
            if piece.words().is_some() {
                piece.forget_beside(&mut self.losses);
            }
            match piece.wire {
                Wire::Text(text) => texts.push(text),
                Wire::Nothing
                | Wire::Thought(_)
                | Wire::OnlyThought
                | Wire::Media { .. }
                | Wire::Call { .. }
                | Wire::Result { .. }
                | Wire::Native(_)
                    if is_nested =>
                {
                    nested.push(piece);
                }
                Wire::Nothing
                | Wire::Thought(_)
                | Wire::OnlyThought
                | Wire::Media { .. }
                | Wire::Call { .. }
                | Wire::Result { .. }
                | Wire::Native(_) => {
                    // models before Gemini 3 take media beside the response only
                    self.losses.moved(piece.place.to_string());
                    beside.push(piece);
                }
            }
        }
        let text = match texts.as_mut_slice() {
            [only] => std::mem::take(only),
            many => {
                // a response has one text
                if many.len() > 1 {
                    self.losses.approximated(place.fact("content"));
                }
                many.join("\n").into()
            }
        };
        let Some(name) = self.called.get(result.call.id.as_str()).copied() else {
            // its call could not be said, so neither can a result of it
            self.losses.approximated(place.to_string());
            return Some(Wire::Text(text));
        };
        let id = self
            .id(&result.call.id)
            .filter(|_| !result::is_anonymous(ext));
        Some(Wire::Result {
            id,
            key: &result.call.id,
            name: self.name(name),
            text,
            is_error: result.is_error == Some(true),
            nested,
        })
    }
}

/// Reasoning in words; several parts become paragraphs.
pub(super) fn words(reasoning: &Reasoning) -> Cow<'_, str> {
    match reasoning.parts.as_slice() {
        [] => Cow::Borrowed(""),
        [only] => Cow::Borrowed(only.text()),
        many => {
            let texts: Vec<&str> = many.iter().map(|part| part.text()).collect();
            Cow::Owned(texts.join("\n\n"))
        }
    }
}

/// An input as the object it must be, and whether it is exactly what was said.
pub(super) fn args(input: &Input) -> (Raw, bool) {
    let wrapped = |value: Raw| RawObject::from_iter([(Str::new(FREEFORM_MEMBER), value)]).to_raw();
    match input {
        Input::Json(raw) if raw.kind() == JsonKind::Object => (raw.clone(), true),
        Input::Json(raw) => (wrapped(raw.clone()), false),
        // a custom tool is a function with this one member here, so nothing is lost
        Input::Text(text) => (wrapped(Raw::string(text)), true),
        Input::Malformed(text) => (wrapped(Raw::string(text)), false),
    }
}
