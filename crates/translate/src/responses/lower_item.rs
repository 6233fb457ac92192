//! Calls, results and reasoning of a request as items of their own.

use byokey_types::{Raw, RawObject, Str, model::ReasoningReplay};

use super::{
    lower::Lowering,
    output,
    place::Place,
    seal::SLOT,
    spelling::{
        CONTENT, CUSTOM, EMPTY, FORMAT, ID, NO_ARGUMENTS, NO_SUMMARY, STATUS, noted, outer,
    },
};
use crate::{
    ir::{Block, Input, Media, Reasoning, ReasoningPart, Role, ToolCall, ToolResult},
    reply::FREEFORM_MEMBER,
    write::{Array, Object},
};

impl<'a> Lowering<'a> {
    pub(super) fn call(
        &mut self,
        call: &'a ToolCall,
        block: &'a Block,
        place: Place,
        array: &mut Array<'_>,
    ) {
        let ext = self.leftovers(block, place);
        let custom = matches!(call.input, Input::Text(_)) && self.at_home();
        let mut object = array.object();
        let tag = if custom {
            "custom_tool_call"
        } else {
            "function_call"
        };
        object.text("type", tag);
        object.text_some("id", call.id.item.as_deref());
        write_bookkeeping(ext, &mut object);
        object.text("call_id", &self.target.call_ids.fit(&call.id.id));
        if let Some(both) = self.namespaced(&call.name) {
            object.text("namespace", &both.namespace);
            object.text("name", &both.name);
        } else {
            let name = self.name(&call.name);
            object.text("name", &name);
        }
        match &call.input {
            Input::Text(text) if custom => object.text("input", text),
            Input::Text(text) => {
                let wrapped =
                    RawObject::from_iter([(Str::new(FREEFORM_MEMBER), Raw::string(text))]);
                object.text("arguments", wrapped.to_raw().as_str());
            }
            Input::Json(_) if ext.is_some_and(|ext| ext.contains(NO_ARGUMENTS)) => {
                object.text("arguments", "");
            }
            Input::Json(raw) => object.text("arguments", raw.as_str()),
            Input::Malformed(text) => {
                self.losses.approximated(place.fact("input"));
                object.text("arguments", text);
            }
        }
        object.members(ext, |key| outer(key, &[]));
        object.end();
    }

    pub(super) fn result(
        &mut self,
        result: &'a ToolResult,
        block: &'a Block,
        place: Place,
        array: &mut Array<'_>,
    ) {
        let ext = self.leftovers(block, place);
        if result.is_error == Some(true) {
            self.losses.dropped(place.fact("is_error"));
        }
        let custom = self.at_home()
            && (ext.is_some_and(|ext| ext.contains(CUSTOM))
                || self.custom.contains(result.call.id.as_str()));
        let mut object = array.object();
        let tag = if custom {
            "custom_tool_call_output"
        } else {
            "function_call_output"
        };
        object.text("type", tag);
        write_bookkeeping(ext, &mut object);
        object.text("call_id", &self.target.call_ids.fit(&result.call.id));
        let (Place::Turn(turn, at), content) = (place, &result.content) else {
            object.text("output", "");
            object.end();
            return;
        };
        match content.as_slice() {
            [only] if result.bare && only.as_text().is_some() => {
                self.leftovers(only, Place::Inner(turn, at, 0));
                object.text("output", only.as_text().unwrap_or_default());
            }
            [] if !ext.is_some_and(|ext| ext.contains(EMPTY)) => object.text("output", ""),
            blocks => {
                let mut list = object.array("output");
                for (inner, block) in blocks.iter().enumerate() {
                    let place = Place::Inner(turn, at, inner);
                    if Self::is_part(block) {
                        self.part(block, Role::User, place, &mut list);
                    } else {
                        self.losses.dropped(place.to_string());
                    }
                }
                list.end();
            }
        }
        object.members(ext, |key| outer(key, &[]));
        object.end();
    }

    /// Says an image that the provider's own tool made.
    pub(super) fn image(
        &mut self,
        media: &'a Media,
        block: &'a Block,
        place: Place,
        array: &mut Array<'_>,
    ) {
        let ext = self.leftovers(block, place);
        let mut object = array.object();
        object.text("type", "image_generation_call");
        write_bookkeeping(ext, &mut object);
        object.text_some("result", output::image(media).map(|(_, data)| data));
        object.members(ext, |key| outer(key, &[]));
        object.end();
    }

    /// Says reasoning: with the target's own seal, or in words where it wants them back.
    pub(super) fn reasoning(
        &mut self,
        reasoning: &'a Reasoning,
        block: &'a Block,
        place: Place,
        array: &mut Array<'_>,
    ) {
        let family = self.target.family.as_ref();
        let seal = block.seal.as_ref();
        let own_seal = seal.filter(|seal| family == Some(&seal.issuer.family));
        // an item that the upstream keeps needs nothing but its id
        let kept = seal.is_none() && noted(crate::ir::own(&block.ext, FORMAT), ID).is_some();
        let replay =
            self.target.reasoning_replay != ReasoningReplay::Never && !reasoning.parts.is_empty();
        if own_seal.is_none() && !(kept && self.at_home()) && !replay {
            self.losses.dropped(place.to_string());
            return;
        }
        let ext = self.leftovers(block, place);
        if seal.is_some() && own_seal.is_none() {
            self.losses.dropped(place.fact("seal"));
        }
        let with_content = ext.is_some_and(|ext| ext.contains(CONTENT)) || own_seal.is_none();
        let mut object = array.object();
        object.text("type", "reasoning");
        write_bookkeeping(ext, &mut object);
        if !ext.is_some_and(|ext| ext.contains(NO_SUMMARY) || ext.contains("summary")) {
            write_texts(reasoning, false, &mut object);
        }
        let has_full = |part: &ReasoningPart| matches!(part, ReasoningPart::Full(_));
        let full = reasoning.parts.iter().any(has_full);
        if with_content && (full || ext.is_some_and(|ext| ext.contains(CONTENT))) {
            write_texts(reasoning, true, &mut object);
        } else if full {
            // the sealed reasoning is the same, and the words are not looked at
            self.losses.approximated(place.to_string());
        }
        if let Some(seal) = own_seal {
            object.text(SLOT, &seal.payload);
        }
        object.members(ext, |key| outer(key, &[]));
        object.end();
    }
}

/// Writes an item's id and status as they came.
pub(super) fn write_bookkeeping(ext: Option<&RawObject>, object: &mut Object<'_>) {
    object.text_some("id", noted(ext, ID));
    object.text_some("status", noted(ext, STATUS));
}

/// Writes one of the two lists of a reasoning item.
pub(super) fn write_texts(reasoning: &Reasoning, full: bool, object: &mut Object<'_>) {
    let (key, tag) = if full {
        ("content", "reasoning_text")
    } else {
        ("summary", "summary_text")
    };
    let mut list = object.array(key);
    for part in &reasoning.parts {
        if matches!(part, ReasoningPart::Full(_)) == full {
            let mut object = list.object();
            object.text("type", tag);
            object.text("text", part.text());
            object.end();
        }
    }
    list.end();
}
