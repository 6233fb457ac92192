//! Whole answers, written.

use byokey_types::{Raw, RawObject, Str};
use bytes::{Bytes, BytesMut};

use super::{
    annotation,
    place::Place,
    reasoning, reasoning_encode, seal,
    spelling::{FORMAT, inner, outer, replayed},
    stop, usage,
};
use crate::{
    Reply,
    carrier::{self, Placement},
    ids,
    ir::{
        Annotation, Block, Input, Kind, Reasoning, ReasoningPart, Response, Runs, Seal, ToolCall,
    },
    loss::Losses,
    write::{Array, Object, strings},
};

/// What the parts of an answer become in its one message.
#[derive(Default)]
struct Message<'a> {
    content: Vec<&'a str>,
    /// How many characters `content` has.
    length: u64,
    annotations: Vec<(&'a Annotation, (u64, u64))>,
    refusal: Vec<&'a str>,
    reasoning: Vec<(&'a Reasoning, Option<String>)>,
    calls: Vec<(&'a ToolCall, &'a Block)>,
    seal: Option<(&'a Seal, Place)>,
    audio: Option<&'a Raw>,
}

/// Writes an answer for a client.
pub(super) fn encode(response: &Response, reply: &Reply) -> (Bytes, Losses) {
    let mut losses = Losses::default();
    let ext = replayed(&response.ext, str::to_owned, &mut losses);
    let mut message = Message::default();
    for (at, block) in response.blocks.iter().enumerate() {
        message.add(block, Place::Answer(at), &mut losses);
    }
    let mut out = BytesMut::with_capacity(1024);
    let mut body = Object::begin(&mut out);
    let id = response_id(response.id.as_ref(), reply);
    body.text("id", &id);
    if !ext.is_some_and(|ext| ext.contains("object")) {
        body.text("object", "chat.completion");
    }
    body.raw("created", &Raw::of(&response.created.unwrap_or(reply.now)));
    body.text("model", &reply.model);
    let mut choices = body.array("choices");
    let mut choice = choices.object();
    choice.number("index", 0);
    message.write(&mut choice, ext);
    if !ext.is_some_and(|ext| ext.contains("choice.logprobs")) {
        choice.raw("logprobs", &Raw::NULL);
    }
    let has_calls = !message.calls.is_empty();
    let word = match &response.stop {
        Some(stop) => stop::word(stop.reason, has_calls),
        None => stop::word(stop::unsaid(has_calls).reason, has_calls),
    };
    choice.text("finish_reason", word);
    choice.members(ext, |key| inner(key, "choice"));
    choice.end();
    choices.end();
    if let Some(counts) = &response.usage {
        usage::write(counts, "usage", &mut body);
    }
    body.members(ext, |key| outer(key, &["choice", "message"]));
    body.end();
    (out.freeze(), losses)
}

/// The id for a client: the upstream's, in this format's dress when it wears another one.
pub(super) fn response_id(id: Option<&Str>, reply: &Reply) -> Str {
    let Some(id) = id else {
        return ids::derived("chatcmpl-", &reply.seed, 0);
    };
    let foreign = ["msg_", "resp_"];
    match foreign.iter().find_map(|prefix| id.strip_prefix(prefix)) {
        Some(tail) => ids::repeatable(&format!("chatcmpl-{tail}")),
        None => ids::repeatable(id),
    }
}

/// Writes the reasoning entry that carries a seal.
pub(super) fn write_sealed(
    position: usize,
    reasoning: &Reasoning,
    seal: &str,
    array: &mut Array<'_>,
) {
    reasoning_encode::write_new(position, reasoning, Some(seal), array);
}

/// Writes the head of a call: its id, type and name.
pub(super) fn write_call_head(
    id: &str,
    name: &str,
    is_custom: bool,
    input: &str,
    object: &mut Object<'_>,
) {
    object.text("id", id);
    let (kind, member) = if is_custom {
        ("custom", "input")
    } else {
        ("function", "arguments")
    };
    object.text("type", kind);
    let mut inside = object.object(kind);
    inside.text("name", name);
    inside.text(member, input);
    inside.end();
}

impl<'a> Message<'a> {
    fn add(&mut self, block: &'a Block, place: Place, losses: &mut Losses) {
        match &block.kind {
            Kind::Text { text, annotations } => {
                let start = self.length;
                self.length += text.chars().count() as u64;
                self.content.push(text);
                let sayable = annotations.iter().filter(|it| annotation::is_sayable(it));
                let before = self.annotations.len();
                let span = (start, self.length);
                self.annotations.extend(sayable.map(|it| (it, span)));
                if self.annotations.len() - before < annotations.len() {
                    losses.dropped(place.fact("annotations"));
                }
                if let Some(seal) = &block.seal {
                    // one message has one slot; the last seal is the one that stands for the whole of it
                    if let Some((_, before)) = self.seal.replace((seal, place)) {
                        losses.dropped(before.fact("seal"));
                    }
                }
            }
            Kind::Refusal { text } => self.refusal.push(text),
            Kind::Reasoning(reasoning) => {
                let seal = block.seal.as_ref();
                let text = seal.map(|seal| carrier::text_for(FORMAT, seal, Placement::Here));
                if text.is_none() && reasoning.parts.is_empty() {
                    losses.dropped(place.to_string());
                }
                self.reasoning.push((reasoning, text));
                return;
            }
            Kind::ToolCall(call) if call.runs == Runs::Client => {
                self.calls.push((call, block));
                return;
            }
            Kind::Native { format, tag, value } if *format == FORMAT && tag == "audio" => {
                self.audio = Some(value);
            }
            // what the provider's own tools did, and media, have no place in a message of this format
            Kind::ToolCall(_) | Kind::ToolResult(_) | Kind::Media(_) | Kind::Native { .. } => {
                losses.dropped(place.to_string());
                return;
            }
        }
        let ext_place = |member: &str| place.fact(&format!("ext.{member}"));
        replayed(&block.ext, ext_place, losses);
        if block.seal.is_some() && block.as_text().is_none() {
            losses.dropped(place.fact("seal"));
        }
    }

    fn write(&self, choice: &mut Object<'_>, ext: Option<&RawObject>) {
        let mut message = choice.object("message");
        message.text("role", "assistant");
        let says_else = !self.calls.is_empty() || !self.refusal.is_empty() || self.audio.is_some();
        if self.content.is_empty() && says_else {
            message.raw("content", &Raw::NULL);
        } else {
            strings(&self.content, message.key("content"));
        }
        self.write_reasoning(&mut message);
        if self.refusal.is_empty() {
            message.raw("refusal", &Raw::NULL);
        } else {
            strings(&self.refusal, message.key("refusal"));
        }
        self.write_annotations(&mut message);
        self.write_calls(&mut message);
        message.raw_some("audio", self.audio);
        seal::write_extra(&mut message, self.seal.map(|(seal, _)| seal), None);
        message.members(ext, |key| inner(key, "message"));
        message.end();
    }

    fn write_reasoning(&self, message: &mut Object<'_>) {
        let parts: Vec<ReasoningPart> = self
            .reasoning
            .iter()
            .flat_map(|(reasoning, _)| reasoning.parts.iter().cloned())
            .collect();
        if !parts.is_empty() {
            message.text("reasoning_content", &reasoning_encode::words(&parts));
        }
        if self.reasoning.iter().all(|(_, seal)| seal.is_none()) {
            return;
        }
        let mut array = message.array(reasoning::DETAILS);
        for (position, (reasoning, seal)) in self.reasoning.iter().enumerate() {
            if let Some(seal) = seal {
                write_sealed(position, reasoning, seal, &mut array);
            }
        }
        array.end();
    }

    fn write_annotations(&self, message: &mut Object<'_>) {
        if self.annotations.is_empty() {
            return;
        }
        let mut array = message.array("annotations");
        for (annotation, block) in &self.annotations {
            annotation::write(annotation, *block, &mut array);
        }
        array.end();
    }

    fn write_calls(&self, message: &mut Object<'_>) {
        if self.calls.is_empty() {
            return;
        }
        let mut array = message.array("tool_calls");
        for (call, block) in &self.calls {
            let mut object = array.object();
            let is_custom = matches!(call.input, Input::Text(_));
            write_call_head(
                &call.id.id,
                &call.name,
                is_custom,
                call.input.as_str(),
                &mut object,
            );
            let ext = crate::ir::own(&block.ext, FORMAT);
            seal::write_extra(&mut object, block.seal.as_ref(), ext);
            object.members(ext, |key| {
                outer(key, &["extra_content", "function", "custom"])
            });
            object.end();
        }
        array.end();
    }
}
