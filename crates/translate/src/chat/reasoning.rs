//! Reasoning in messages: `reasoning_content`, `reasoning`, and the entries of `reasoning_details`.
//!
//! Source: DeepSeek's API (`reasoning_content`), OpenRouter's guide to reasoning tokens (`reasoning`, `reasoning_details`:
//! `reasoning.text` with `signature`, `reasoning.summary`, `reasoning.encrypted` with `data`). Neighbouring entries with the
//! same `id` are parts of one thought.

use byokey_types::{JsonError, Raw, RawObject, Str};

use super::{
    reasoning_encode::words,
    seal::Writer,
    spelling::{ALSO_CONTENT, ALSO_REASONING, FORMAT, REASONING, SIGNED, WORDLESS, remember},
};
use crate::{
    fields::Fields,
    ir::{Block, Kind, Reasoning, ReasoningPart, Seal, rest},
    loss::Losses,
};

/// The member in which entries are kept as an extension: what the neutral form does not say of them.
pub(super) const DETAILS: &str = "reasoning_details";

/// Where the entries are kept that a block was read from: a spelling of this format, no fact of its own.
pub(super) const ENTRIES: &str = "~reasoning_details";

/// One entry of `reasoning_details`.
#[derive(Debug)]
pub(super) struct Detail {
    /// The words.
    pub(super) part: Option<ReasoningPart>,
    /// The seal in the entry, as text.
    pub(super) seal: Option<String>,
    /// Whether it is nothing but a seal.
    pub(super) encrypted: bool,
    /// Which thought it belongs to.
    pub(super) id: Option<Str>,
    /// Its place among the entries, where the upstream says.
    pub(super) index: Option<u64>,
    /// Its kind and what else it has.
    rest: RawObject,
}

/// Takes the reasoning of a message.
///
/// # Errors
/// A [`JsonError`] with its path below the message.
pub(super) fn take(
    fields: &mut Fields,
    writer: Writer<'_>,
    lost: &mut Losses,
) -> Result<Vec<Block>, JsonError> {
    let details = match fields.peek(DETAILS) {
        Some(raw) => raw.array().map_err(|error| error.under(DETAILS))?,
        None => Vec::new(),
    };
    if !details.is_empty() {
        fields.take(DETAILS);
        let mut blocks = blocks(&details, writer, lost)?;
        also(fields, &mut blocks)?;
        return Ok(blocks);
    }
    for (member, spelling) in [("reasoning_content", None), ("reasoning", Some(REASONING))] {
        if fields.peek(member).is_none() {
            continue;
        }
        let Some(text) = fields.text(member, lost)? else {
            continue;
        };
        let mut ext = Fields::of(RawObject::new());
        if let Some(spelling) = spelling {
            remember(&mut ext, spelling);
        }
        let mut block = Block::new(Kind::Reasoning(Reasoning {
            parts: vec![ReasoningPart::Full(text)],
            redacted: false,
        }));
        block.ext = ext.rest(FORMAT);
        return Ok(vec![block]);
    }
    Ok(Vec::new())
}

/// Reads an entry; `None` when it is of an unknown kind.
///
/// # Errors
/// A [`JsonError`] with its path below the entry.
pub(super) fn detail(raw: &Raw) -> Result<Option<Detail>, JsonError> {
    let mut fields = Fields::open(raw)?;
    let mut lost = Losses::default();
    let tag = fields.peek("type").and_then(|tag| tag.text().ok());
    let (part, seal_slot) = match tag.as_deref() {
        Some("reasoning.text") => (
            fields.text("text", &mut lost)?.map(ReasoningPart::Full),
            "signature",
        ),
        Some("reasoning.summary") => (
            fields
                .text("summary", &mut lost)?
                .map(ReasoningPart::Summary),
            "signature",
        ),
        Some("reasoning.encrypted") => (None, "data"),
        Some(_) | None => return Ok(None),
    };
    let seal = fields.text(seal_slot, &mut lost)?;
    if seal.is_some() {
        remember(&mut fields, SIGNED);
    }
    let id = fields.peek("id").and_then(|id| id.text().ok());
    let index = fields.peek("index").and_then(|index| index.whole().ok());
    Ok(Some(Detail {
        encrypted: seal_slot == "data",
        part,
        seal,
        id: id.filter(|id| !id.is_empty()).map(Str::from),
        index,
        rest: fields.into_object(),
    }))
}

/// One block a thought.
fn blocks(details: &[Raw], writer: Writer<'_>, lost: &mut Losses) -> Result<Vec<Block>, JsonError> {
    let mut thoughts: Vec<Thought> = Vec::new();
    let mut blocks = Vec::new();
    for (position, raw) in details.iter().enumerate() {
        let at = format!("{DETAILS}.{position}");
        let Some(mut detail) = detail(raw).map_err(|error| error.under(&at))? else {
            blocks.extend(thoughts.drain(..).filter_map(Thought::block));
            blocks.push(native(raw)?);
            continue;
        };
        if detail.part.is_none() && !detail.encrypted {
            detail.rest.set(WORDLESS, Raw::NULL);
        }
        let seal = detail.seal.take().filter(|seal| !seal.is_empty());
        let read = seal.clone().and_then(|text| writer.seal(text, None));
        if seal.is_some() && read.is_none() {
            lost.dropped("seal");
        }
        let same = |thought: &&mut Thought| thought.id.is_some() && thought.id == detail.id;
        match thoughts.last_mut().filter(same) {
            Some(thought) => thought.add(detail, read),
            None => thoughts.push(Thought::new(detail, read)),
        }
    }
    blocks.extend(thoughts.into_iter().filter_map(Thought::block));
    Ok(blocks)
}

#[derive(Debug)]
struct Thought {
    id: Option<Str>,
    reasoning: Reasoning,
    seal: Option<Seal>,
    entries: Vec<Raw>,
}

impl Thought {
    fn new(detail: Detail, seal: Option<Seal>) -> Self {
        let mut thought = Self {
            id: detail.id.clone(),
            reasoning: Reasoning {
                parts: Vec::new(),
                redacted: detail.encrypted,
            },
            seal: None,
            entries: Vec::new(),
        };
        thought.add(detail, seal);
        thought
    }

    fn add(&mut self, detail: Detail, seal: Option<Seal>) {
        self.reasoning.redacted &= detail.encrypted;
        self.reasoning.parts.extend(detail.part);
        if seal.is_some() {
            self.seal = seal;
        }
        self.entries.push(detail.rest.to_raw());
    }

    /// The block; none when there is nothing that anyone could read.
    fn block(self) -> Option<Block> {
        if self.reasoning.parts.is_empty() && self.seal.is_none() {
            return None;
        }
        let ext = [(Str::new(ENTRIES), Raw::array_of(self.entries))];
        Some(Block {
            kind: Kind::Reasoning(self.reasoning),
            cache: None,
            seal: self.seal,
            ext: rest(FORMAT, ext.into_iter().collect()),
        })
    }
}

fn native(raw: &Raw) -> Result<Block, JsonError> {
    let tag = raw.object()?.get("type").and_then(|tag| tag.text().ok());
    Ok(Block::new(Kind::Native {
        format: FORMAT,
        tag: Str::from(tag.unwrap_or_else(|| DETAILS.to_owned())),
        value: raw.clone(),
    }))
}

/// Texts that only repeat the entries are remembered as such; others stay, as extensions.
fn also(fields: &mut Fields, blocks: &mut [Block]) -> Result<(), JsonError> {
    let mut parts = Vec::new();
    for block in &*blocks {
        if let Kind::Reasoning(reasoning) = &block.kind {
            parts.extend(reasoning.parts.iter().cloned());
        }
    }
    let told = words(&parts);
    for (member, spelling) in [
        ("reasoning_content", ALSO_CONTENT),
        ("reasoning", ALSO_REASONING),
    ] {
        let text = fields.peek(member).map(Raw::text).transpose();
        if text.map_err(|error| error.under(member))?.as_ref() != Some(&told) {
            continue;
        }
        fields.take(member);
        for block in &mut *blocks {
            if let (Kind::Reasoning(_), Some(ext)) = (&block.kind, &mut block.ext) {
                ext.fields.set(spelling, Raw::NULL);
            }
        }
    }
    Ok(())
}
