//! Blocks of a request in the words of this format; what has no word is declared.

use std::{borrow::Cow, collections::BTreeMap};

use byokey_types::{Format, Raw, RawObject, Str, model::ReasoningReplay};

use super::{
    media,
    piece::{Piece, Wire},
    place::{Place, replayed},
};
use crate::{
    ids::NameRule,
    ir::{
        Annotation, Block, Input, Kind, Media, Reasoning, Role, Runs, Seal, ToolCall, ToolResult,
    },
    loss::Losses,
    reply::FREEFORM_MEMBER,
    search, silent,
    target::Target,
};

const FORMAT: Format = Format::AnthropicMessages;

/// The names a request had to change.
#[derive(Debug)]
pub(super) struct Names {
    rule: NameRule,
    /// From the upstream's to the client's.
    pub(super) renamed: BTreeMap<Str, Str>,
}

/// What lowering needs to know and what it finds out.
#[derive(Debug)]
pub(super) struct Lowering<'a> {
    pub(super) target: &'a Target,
    pub(super) names: Names,
    pub(super) losses: Losses,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        Self {
            target,
            names: Names {
                rule: target.tool_names,
                renamed: BTreeMap::new(),
            },
            losses: Losses::default(),
        }
    }

    /// Says a block; nothing when it has nothing to say, which is declared unless it was empty anyway.
    pub(super) fn block(
        &mut self,
        block: &'a Block,
        role: Role,
        place: Place,
    ) -> Option<Piece<'a>> {
        let wire = match &block.kind {
            Kind::Text { text, annotations } => self.text(text, annotations, place),
            Kind::Refusal { text } => {
                self.losses.approximated(place.to_string());
                self.text(text, &[], place)
            }
            Kind::Media(media) => Some(self.media(media, role, place)),
            Kind::Reasoning(reasoning) => self.reasoning(reasoning, block, role, place),
            Kind::ToolCall(call) => self.call(call, block, role, place),
            Kind::ToolResult(result) => self.result(result, role, place),
            Kind::Native { format, tag, value } => {
                let marked = block.cache.is_some();
                let sayable = *format == FORMAT && !is_made_up(value);
                if !sayable {
                    silent::left_out(*format, tag, place.to_string(), &mut self.losses);
                }
                let value = Cow::Borrowed(value);
                sayable.then_some(Wire::Native { value, marked })
            }
        };
        let Some(wire) = wire else {
            if block.cache.is_some() {
                self.losses.dropped(place.fact("cache"));
            }
            return None;
        };
        let ext = replayed(
            &block.ext,
            |m| place.fact(&format!("ext.{m}")),
            &mut self.losses,
        );
        // what stands beside a medium has no place beside the text that stands for it
        let replaced = matches!(block.kind, Kind::Media(_)) && matches!(wire, Wire::Text { .. });
        let mut piece = Piece {
            place,
            wire,
            cache: None,
            ext: ext.filter(|_| !replaced),
        };
        piece.cache = self.cache(block, &piece);
        if block.seal.is_some() && !piece.is_thinking() {
            self.losses.dropped(place.fact("seal"));
        }
        Some(piece)
    }

    /// A tool's name as the upstream is told it.
    pub(super) fn name<'n>(&mut self, name: &'n Str) -> Cow<'n, str> {
        let fitted = self.names.rule.fit(name);
        if let Cow::Owned(changed) = &fitted {
            self.names.renamed.insert(changed.into(), name.clone());
        }
        fitted
    }

    fn cache(&mut self, block: &'a Block, piece: &Piece<'a>) -> Option<&'a Raw> {
        let mark = &block.cache.as_ref()?.0;
        // thinking takes no marks; of marks only the one kind is known
        if piece.is_thinking() || !is_mark(mark) {
            self.losses.dropped(piece.place.fact("cache"));
            return None;
        }
        Some(mark)
    }

    fn text(
        &mut self,
        text: &'a str,
        annotations: &'a [Annotation],
        place: Place,
    ) -> Option<Wire<'a>> {
        // the API refuses empty text
        if text.is_empty() {
            return None;
        }
        if annotations.iter().any(|it| it.format != FORMAT) {
            self.losses.dropped(place.fact("annotations"));
        }
        let own = annotations.iter().filter(|it| it.format == FORMAT);
        Some(Wire::Text {
            text: text.into(),
            citations: own.map(|it| &it.native).collect(),
        })
    }

    fn media(&mut self, media: &'a Media, role: Role, place: Place) -> Wire<'a> {
        let mut approximated = false;
        let said = match role {
            Role::User => media::wire(media, self.target, &mut approximated),
            // only the user shows things
            Role::Assistant | Role::System | Role::Developer => Err(media::marked(media)),
        };
        match said {
            Ok(source) => {
                if approximated {
                    self.losses.approximated(place.to_string());
                }
                Wire::Media { media, source }
            }
            Err(marked) => {
                if marked.points {
                    self.losses.approximated(place.to_string());
                } else {
                    self.losses.dropped(place.to_string());
                }
                Wire::Text {
                    text: marked.text.into(),
                    citations: Vec::new(),
                }
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
        let seal = self.own_seal(block.seal.as_ref());
        // some guests want their thinking back though they seal none of it
        let unsealed = block.seal.is_none()
            && !reasoning.parts.is_empty()
            && self.target.reasoning_replay != ReasoningReplay::Never;
        let wire = match seal {
            _ if role != Role::Assistant => None,
            Some(seal) if reasoning.redacted => Some(Wire::Redacted(seal.into())),
            Some(seal) => Some(Wire::Thinking {
                text: words(reasoning),
                signature: Some(seal.into()),
            }),
            None if unsealed => Some(Wire::Thinking {
                text: words(reasoning),
                signature: None,
            }),
            None => None,
        };
        if wire.is_none() {
            self.losses.dropped(place.to_string());
        }
        wire
    }

    /// The payload, if it is the target's to read.
    fn own_seal(&self, seal: Option<&'a Seal>) -> Option<&'a str> {
        seal.filter(|seal| self.target.family.as_ref() == Some(&seal.issuer.family))
            .map(|seal| seal.payload.as_str())
    }

    fn call(
        &mut self,
        call: &'a ToolCall,
        block: &'a Block,
        role: Role,
        place: Place,
    ) -> Option<Wire<'a>> {
        let own = crate::ir::own(&block.ext, FORMAT);
        let sayable = match call.runs {
            Runs::Client => true,
            // the type says which of the provider's ways it is, and only this format knows
            Runs::Server => {
                own.is_some_and(|ext| ext.contains("type")) && !search::is_ours(&call.id.id)
            }
        };
        if role != Role::Assistant || !sayable {
            self.losses.dropped(place.to_string());
            return None;
        }
        let (input, exact) = input(&call.input);
        if !exact {
            self.losses.approximated(place.fact("input"));
        }
        let name = match call.runs {
            Runs::Client => self.name(&call.name),
            Runs::Server => Cow::Borrowed(call.name.as_str()),
        };
        Some(Wire::Call {
            id: self.target.call_ids.fit(&call.id.id),
            name,
            input,
        })
    }

    fn result(&mut self, result: &'a ToolResult, role: Role, place: Place) -> Option<Wire<'a>> {
        let (Role::User, Place::Turn(turn, at)) = (role, place) else {
            self.losses.dropped(place.to_string());
            return None;
        };
        let content = result
            .content
            .iter()
            .enumerate()
            .filter_map(|(inner, block)| {
                let place = Place::Inner(turn, at, inner);
                self.block(block, Role::User, place)
            });
        Some(Wire::Result {
            content: content.collect(),
            call: self.target.call_ids.fit(&result.call.id),
            bare: result.bare,
            is_error: result.is_error,
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
pub(super) fn input(input: &Input) -> (Raw, bool) {
    let wrapped = |value: Raw| RawObject::from_iter([(Str::new(FREEFORM_MEMBER), value)]).to_raw();
    match input {
        Input::Json(raw) if raw.kind() == byokey_types::JsonKind::Object => (raw.clone(), true),
        Input::Json(raw) => (wrapped(raw.clone()), false),
        // a custom tool is a function with this one member here, so nothing is lost
        Input::Text(text) => (wrapped(Raw::string(text)), true),
        Input::Malformed(text) => (wrapped(Raw::string(text)), false),
    }
}

/// Whether a cache mark is of the one kind there is.
pub(super) fn is_mark(mark: &Raw) -> bool {
    mark.object().is_ok_and(|mark| {
        mark.get("type")
            .is_some_and(|tag| tag.as_str() == "\"ephemeral\"")
    })
}

/// Whether it is what a search found that another provider ran; this one would miss its own marks in it.
fn is_made_up(value: &Raw) -> bool {
    let object = value.object().unwrap_or_default();
    let call = object.get("tool_use_id").and_then(|id| id.text().ok());
    call.is_some_and(|id| search::is_ours(&id))
}
