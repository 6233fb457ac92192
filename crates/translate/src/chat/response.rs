//! Whole answers, read.

use byokey_types::{JsonError, JsonKind, Raw, RawObject, Str};
use bytes::Bytes;

use super::{
    annotation,
    place::Place,
    reasoning,
    seal::{Writer, take_extra},
    spelling::{FORMAT, flatten},
    stop, think, tool, usage,
};
use crate::{
    codec::{Decoded, Source},
    fields::{Fields, missing},
    ir::{Block, Input, Kind, Reasoning, ReasoningPart, Response, StopReason},
    loss::Losses,
};

/// Reads an answer.
///
/// # Errors
/// A [`JsonError`] naming the field.
pub(super) fn decode(body: &Bytes, source: &Source) -> Result<Decoded<Response>, JsonError> {
    let mut losses = Losses::default();
    let mut fields = Fields::of(RawObject::parse(body.clone())?);
    let choices = fields.array("choices")?.ok_or_else(|| missing("choices"))?;
    if choices.len() > 1 {
        losses.dropped("choices");
    }
    let choice = choices.first().ok_or_else(|| JsonError::Invalid {
        path: "choices".to_owned(),
        what: "must not be empty".to_owned(),
    })?;
    let mut response = Response {
        id: named(&mut fields, "id"),
        model: named(&mut fields, "model"),
        created: created(&mut fields),
        ..Response::default()
    };
    if fields
        .peek("object")
        .is_some_and(|it| it.as_str() == "\"chat.completion\"")
    {
        fields.take("object");
    }
    response.usage = fields.take_said("usage").and_then(|raw| usage::read(&raw));
    Reader {
        source,
        losses: &mut losses,
        response: &mut response,
        outer: &mut fields,
    }
    .choice(choice)
    .map_err(|error| error.under("choices.0"))?;
    drop_nulls(&mut fields);
    response.ext = fields.rest(FORMAT);
    Ok(Decoded {
        value: response,
        losses,
    })
}

/// Takes a short string; an empty one names nothing.
pub(super) fn named(fields: &mut Fields, key: &str) -> Option<Str> {
    let text = fields.peek(key)?.text().ok()?;
    fields.take(key);
    (!text.is_empty()).then(|| Str::from(text))
}

/// Takes the time; zero is what some upstreams say when they do not know it.
pub(super) fn created(fields: &mut Fields) -> Option<i64> {
    let seconds = fields.take("created")?.whole().ok()?;
    i64::try_from(seconds).ok().filter(|seconds| *seconds > 0)
}

/// Drops members that say nothing, of which answers have many.
pub(super) fn drop_nulls(fields: &mut Fields) {
    let object = std::mem::replace(fields, Fields::of(RawObject::new())).into_object();
    let said = object.into_iter().filter(|(_, value)| !value.is_null());
    *fields = Fields::of(said.collect());
}

/// The text blocks of a content, reasoning at its head told apart.
pub(super) fn told_apart(content: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for part in think::split(content) {
        match part {
            think::Part::Reasoning(text) => blocks.push(thought(text)),
            think::Part::Text(text) => blocks.push(Block::text(text)),
        }
    }
    blocks
}

struct Reader<'a> {
    source: &'a Source,
    losses: &'a mut Losses,
    response: &'a mut Response,
    outer: &'a mut Fields,
}

impl Reader<'_> {
    fn choice(mut self, raw: &Raw) -> Result<(), JsonError> {
        let mut choice = Fields::open(raw)?;
        choice.take("index");
        let word = choice.name("finish_reason")?;
        if self.response.usage.is_none() {
            self.response.usage = choice.take("usage").and_then(|raw| usage::read(&raw));
        }
        let message = choice
            .object("message")?
            .ok_or_else(|| missing("message"))?;
        self.message(message)
            .map_err(|error| error.under("message"))?;
        let blocks = &mut self.response.blocks;
        let has_calls = blocks.iter().any(|it| matches!(it.kind, Kind::ToolCall(_)));
        self.response.stop = word.map(|word| stop::read(&word, has_calls));
        let cut = self.response.stop.as_ref().is_some_and(|stop| {
            matches!(
                stop.reason,
                StopReason::MaxTokens | StopReason::ContextWindow
            )
        });
        for (at, block) in blocks.iter_mut().enumerate().filter(|_| cut) {
            if let Kind::ToolCall(call) = &mut block.kind
                && matches!(call.input, Input::Malformed(_))
            {
                // nobody can run half a call; an answer that was cut says so in its stop reason
                self.losses.dropped(Place::Answer(at).fact("input"));
                call.input = Input::Json(Raw::EMPTY_OBJECT);
            }
        }
        drop_nulls(&mut choice);
        flatten(self.outer, "choice", choice);
        Ok(())
    }

    fn message(&mut self, mut message: Fields) -> Result<(), JsonError> {
        message.take("role");
        let writer = Writer::Upstream(self.source);
        let mut lost = Losses::default();
        let mut blocks = reasoning::take(&mut message, writer, &mut lost)?;
        if !lost.is_empty() {
            self.losses.dropped(Place::Answer(0).fact("seal"));
        }
        // spellings matter in histories only
        for block in &mut blocks {
            block.ext = None;
        }
        if let Some(raw) = message.take("content") {
            let content = content(&raw, !blocks.is_empty());
            blocks.extend(content.map_err(|error| error.under("content"))?);
        }
        self.annotations(&mut message, &mut blocks)?;
        if let Some(raw) = message.take("refusal") {
            let text = raw.text().map_err(|error| error.under("refusal"))?;
            if !text.is_empty() {
                blocks.push(Block::new(Kind::Refusal { text }));
            }
        }
        self.calls(&mut message, &mut blocks)?;
        if let Some(seal) = take_extra(&mut message, writer) {
            let words = blocks.iter_mut().rfind(|block| block.as_text().is_some());
            match words {
                Some(block) => block.seal = Some(seal),
                None => self.losses.dropped("extra_content"),
            }
        }
        if let Some(value) = message.take("audio") {
            blocks.push(Block::new(Kind::Native {
                format: FORMAT,
                tag: Str::new("audio"),
                value,
            }));
        }
        drop_nulls(&mut message);
        flatten(self.outer, "message", message);
        self.response.blocks = blocks;
        Ok(())
    }

    fn calls(&mut self, message: &mut Fields, blocks: &mut Vec<Block>) -> Result<(), JsonError> {
        let writer = Writer::Upstream(self.source);
        for (position, raw) in message.array("tool_calls")?.iter().flatten().enumerate() {
            let place = Place::Answer(blocks.len());
            let id = || Some(tool::derived_id(&self.source.seed, position));
            let call = tool::call(raw, writer, id, place, self.losses)
                .map_err(|error| error.under(&format!("tool_calls.{position}")))?;
            blocks.push(plain_call(call));
        }
        if let Some(raw) = message.take("function_call") {
            let id = tool::derived_id(&self.source.seed, 0);
            let call = tool::legacy_call(&raw, id, self.losses)
                .map_err(|error| error.under("function_call"))?;
            blocks.push(plain_call(call));
        }
        Ok(())
    }

    fn annotations(&mut self, message: &mut Fields, blocks: &mut [Block]) -> Result<(), JsonError> {
        let Some(items) = message.array("annotations")? else {
            return Ok(());
        };
        let read = items.iter().filter_map(annotation::read);
        let text = blocks
            .iter_mut()
            .rev()
            .find_map(|block| match &mut block.kind {
                Kind::Text { annotations, .. } => Some(annotations),
                _ => None,
            });
        match text {
            Some(annotations) => annotations.extend(read),
            None if items.is_empty() => {}
            None => self.losses.dropped("annotations"),
        }
        Ok(())
    }
}

/// Spellings matter in histories only; of an answer the stream, too, says nothing of them.
fn plain_call(mut call: Block) -> Block {
    let rest = call.ext.take().map(|ext| ext.fields).unwrap_or_default();
    let said = rest.into_iter().filter(|(key, _)| {
        !key.starts_with('~') && !matches!(key.as_str(), "index" | "function.index")
    });
    call.ext = crate::ir::rest(FORMAT, said.collect());
    call
}

fn thought(text: String) -> Block {
    Block::new(Kind::Reasoning(Reasoning {
        parts: vec![ReasoningPart::Full(text)],
        redacted: false,
    }))
}

/// Content of an answer: a string, or the parts that some upstreams send (Mistral's `thinking` among them).
fn content(raw: &Raw, has_reasoning: bool) -> Result<Vec<Block>, JsonError> {
    if raw.kind() == JsonKind::String {
        let text = raw.text()?;
        if text.is_empty() {
            return Ok(Vec::new());
        }
        return Ok(if has_reasoning {
            vec![Block::text(text)]
        } else {
            told_apart(&text)
        });
    }
    let mut blocks = Vec::new();
    for (at, raw) in raw.array()?.iter().enumerate() {
        let part = words(raw).map_err(|error| error.under(&at.to_string()))?;
        match part {
            Some(think::Part::Reasoning(text)) => blocks.push(thought(text)),
            Some(think::Part::Text(text)) => blocks.push(Block::text(text)),
            None => blocks.push(Block::new(Kind::Native {
                format: FORMAT,
                tag: Str::new("part"),
                value: raw.clone(),
            })),
        }
    }
    Ok(blocks)
}

/// The words of a part of an answer's content; `None` when it holds something else.
///
/// # Errors
/// A [`JsonError`] with its path below the part.
pub(super) fn words(raw: &Raw) -> Result<Option<think::Part>, JsonError> {
    let mut part = Fields::open(raw)?;
    let tag = part.name("type")?;
    let mut lost = Losses::default();
    Ok(match tag.as_deref() {
        Some("text") => part.text("text", &mut lost)?.map(think::Part::Text),
        Some("thinking") => Some(think::Part::Reasoning(thinking(&mut part)?)),
        Some(_) | None => None,
    })
}

/// The text of a `thinking` part: a string, or a list of text parts.
fn thinking(part: &mut Fields) -> Result<String, JsonError> {
    let Some(raw) = part.take("thinking") else {
        return Ok(String::new());
    };
    if raw.kind() == JsonKind::String {
        return raw.text();
    }
    let items = raw.array().map_err(|error| error.under("thinking"))?;
    Ok(items
        .iter()
        .filter_map(|item| item.object().ok()?.get("text")?.text().ok())
        .collect())
}
