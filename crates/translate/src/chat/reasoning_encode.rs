//! Reasoning in messages, written.

use byokey_types::Raw;

use super::{
    reasoning::{DETAILS, ENTRIES},
    spelling::{ALSO_CONTENT, ALSO_REASONING, FORMAT, REASONING, SIGNED, WORDLESS, spelled},
};
use crate::{
    ir::{Block, Reasoning, ReasoningPart, own},
    write::{Array, Object},
};

/// Reasoning to be said, and how.
#[derive(Debug)]
pub(super) enum Said<'a> {
    /// As text.
    Text(&'a Block, &'a Reasoning),
    /// As entries, with the text that goes into their slot for a seal.
    Details(&'a Block, &'a Reasoning, Option<String>),
    /// An entry of a kind that is not modelled.
    Native(&'a Raw),
    /// Nothing: the member must be there all the same.
    Empty,
}

/// Writes the reasoning members of a message.
pub(super) fn write(message: &mut Object<'_>, said: &[Said<'_>]) {
    let mut detailed = false;
    let mut content = String::new();
    let mut plain = String::new();
    for said in said {
        detailed |= said.detailed();
        let (in_content, in_plain) = said.spelled();
        let text = words(said.parts());
        if in_content {
            push_paragraph(&mut content, &text);
        }
        if in_plain {
            push_paragraph(&mut plain, &text);
        }
    }
    if said.iter().any(|said| said.spelled().0) {
        message.text("reasoning_content", &content);
    }
    if said.iter().any(|said| said.spelled().1) {
        message.text("reasoning", &plain);
    }
    if detailed {
        let mut array = message.array(DETAILS);
        for (position, said) in said.iter().enumerate() {
            said.write_details(position, &mut array);
        }
        array.end();
    }
}

impl Said<'_> {
    fn parts(&self) -> &[ReasoningPart] {
        match self {
            Self::Text(_, reasoning) | Self::Details(_, reasoning, _) => &reasoning.parts,
            Self::Native(_) | Self::Empty => &[],
        }
    }

    const fn detailed(&self) -> bool {
        matches!(self, Self::Details(..) | Self::Native(_))
    }

    /// Whether the text stands in `reasoning_content`, and whether in `reasoning`.
    fn spelled(&self) -> (bool, bool) {
        match self {
            Self::Text(block, _) => {
                let plain = spelled(&block.ext, REASONING);
                (!plain, plain)
            }
            Self::Details(block, ..) => (
                spelled(&block.ext, ALSO_CONTENT),
                spelled(&block.ext, ALSO_REASONING),
            ),
            Self::Native(_) => (false, false),
            Self::Empty => (true, false),
        }
    }

    fn write_details(&self, position: usize, array: &mut Array<'_>) {
        let (block, reasoning, seal) = match self {
            Self::Details(block, reasoning, seal) => (block, reasoning, seal.as_deref()),
            Self::Native(raw) => {
                array.item().extend_from_slice(raw.bytes());
                return;
            }
            Self::Text(..) | Self::Empty => return,
        };
        let entries = own(&block.ext, FORMAT)
            .and_then(|ext| ext.get(ENTRIES)?.array().ok())
            .unwrap_or_default();
        if entries.is_empty() {
            write_new(position, reasoning, seal, array);
            return;
        }
        let mut parts = reasoning.parts.iter();
        for entry in entries {
            write_entry(&entry, &mut parts, seal, array);
        }
    }
}

/// Writes entries for reasoning of another origin: the seal in the last one.
pub(super) fn write_new(
    position: usize,
    reasoning: &Reasoning,
    seal: Option<&str>,
    array: &mut Array<'_>,
) {
    let id = format!("reasoning_{position}");
    let several = reasoning.parts.len() > 1;
    for (at, part) in reasoning.parts.iter().enumerate() {
        let mut entry = array.object();
        match part {
            ReasoningPart::Full(text) => {
                entry.text("type", "reasoning.text");
                entry.text("text", text);
            }
            ReasoningPart::Summary(text) => {
                entry.text("type", "reasoning.summary");
                entry.text("summary", text);
            }
        }
        if at + 1 == reasoning.parts.len() {
            entry.text_some("signature", seal);
        }
        entry.text_some("id", several.then_some(id.as_str()));
        entry.number("index", position as u64);
        entry.end();
    }
    if let (true, Some(seal)) = (reasoning.parts.is_empty(), seal) {
        let mut entry = array.object();
        // words that are not shown are not withheld: their maker tells one from the other
        let (kind, slot) = if reasoning.redacted {
            ("reasoning.encrypted", "data")
        } else {
            ("reasoning.text", "signature")
        };
        entry.text("type", kind);
        entry.text(slot, seal);
        entry.number("index", position as u64);
        entry.end();
    }
}

/// Several parts become paragraphs.
pub(super) fn words(parts: &[ReasoningPart]) -> String {
    let mut out = String::new();
    for part in parts {
        push_paragraph(&mut out, part.text());
    }
    out
}

fn push_paragraph(out: &mut String, text: &str) {
    if !out.is_empty() && !text.is_empty() {
        out.push_str("\n\n");
    }
    out.push_str(text);
}

fn write_entry<'p>(
    entry: &Raw,
    parts: &mut impl Iterator<Item = &'p ReasoningPart>,
    seal: Option<&str>,
    array: &mut Array<'_>,
) {
    let Ok(fields) = entry.object() else {
        return;
    };
    let tag = fields.get("type").and_then(|tag| tag.text().ok());
    let encrypted = tag.as_deref() == Some("reasoning.encrypted");
    let signed = fields.contains(SIGNED);
    if encrypted && seal.is_none() {
        return;
    }
    let mut out = array.object();
    out.members(Some(&fields), |key| (!key.starts_with('~')).then_some(key));
    if encrypted {
        out.text_some("data", seal);
    } else {
        let slot = if tag.as_deref() == Some("reasoning.summary") {
            "summary"
        } else {
            "text"
        };
        if !fields.contains(WORDLESS) {
            out.text_some(slot, parts.next().map(ReasoningPart::text));
        }
        if signed {
            out.text_some("signature", seal);
        }
    }
    out.end();
}
