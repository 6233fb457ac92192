//! A message as one body, token counts, and the list of models.

use serde::Serialize;

use super::MessagesVoice;
use crate::{
    base62,
    model::{LISTED, Model},
    reel,
    scene::{self, Citation, Scene, Stop},
    seal,
    timestamp::CREATED_RFC3339,
};

#[derive(Serialize)]
pub(super) struct Message<'a> {
    pub(super) id: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) role: &'static str,
    pub(super) model: &'a str,
    pub(super) content: Vec<Block<'a>>,
    pub(super) stop_reason: Option<&'static str>,
    pub(super) stop_sequence: Option<&'a str>,
    pub(super) stop_details: Option<StopDetails>,
    pub(super) usage: Usage,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        citations: Option<Vec<Cited<'a>>>,
    },
    Thinking {
        thinking: &'a str,
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
    ToolUse {
        id: String,
        name: &'a str,
        input: serde_json::Value,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Cited<'a> {
    CharLocation {
        cited_text: &'a str,
        document_index: u32,
        document_title: &'a str,
        end_char_index: u64,
        file_id: Option<&'a str>,
        start_char_index: u64,
    },
    WebSearchResultLocation {
        cited_text: &'a str,
        encrypted_index: String,
        title: &'a str,
        url: &'a str,
    },
}

/// Why a message was refused.
#[derive(Serialize)]
pub(super) struct StopDetails {
    #[serde(rename = "type")]
    kind: &'static str,
    category: Option<&'static str>,
    explanation: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Usage {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    cache_creation: CacheCreation,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    service_tier: &'static str,
}

#[derive(Serialize)]
struct OutputDetails {
    thinking_tokens: u64,
}

#[derive(Serialize)]
struct CacheCreation {
    ephemeral_5m_input_tokens: u64,
    ephemeral_1h_input_tokens: u64,
}

#[derive(Serialize)]
struct Count {
    input_tokens: u64,
}

#[derive(Serialize)]
struct Listing {
    data: Vec<Entry>,
    first_id: Option<String>,
    has_more: bool,
    last_id: Option<String>,
}

#[derive(Serialize)]
struct Entry {
    created_at: &'static str,
    display_name: String,
    id: String,
    max_input_tokens: u64,
    max_tokens: u64,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// Output tokens that any model of the sandbox gives.
pub(super) const MOST_TOKENS: u64 = 128_000;
const CONTEXT: u64 = 200_000;
/// Models on a page, unless the query says otherwise.
const PAGE: usize = 20;

pub(super) fn whole(voice: &MessagesVoice, scene: &Scene) -> Vec<u8> {
    let (stop_reason, stop_sequence) = stop(&scene.stop);
    reel::json(&Message {
        id: &voice.id,
        kind: "message",
        role: "assistant",
        model: &voice.model,
        content: blocks(scene),
        stop_reason: Some(stop_reason),
        stop_sequence,
        stop_details: stop_details(&scene.stop),
        usage: usage(&scene.usage),
    })
}

pub(super) fn count(input_tokens: u64) -> Vec<u8> {
    reel::json(&Count { input_tokens })
}

pub(super) fn models(only: Option<&str>, query: &str) -> Option<Vec<u8>> {
    match only {
        Some(name) => Model::parse(name).map(|model| reel::json(&entry(model.name))),
        None => Some(reel::json(&page(query))),
    }
}

pub(super) fn usage(usage: &scene::Usage) -> Usage {
    let prompt = usage.prompt;
    Usage {
        input_tokens: prompt.fresh,
        cache_creation_input_tokens: prompt.cache_write_5m + prompt.cache_write_1h,
        cache_read_input_tokens: prompt.cache_read,
        cache_creation: CacheCreation {
            ephemeral_5m_input_tokens: prompt.cache_write_5m,
            ephemeral_1h_input_tokens: prompt.cache_write_1h,
        },
        output_tokens: usage.output,
        output_tokens_details: OutputDetails {
            thinking_tokens: usage.reasoning,
        },
        service_tier: "standard",
    }
}

/// The usage of a message that has only begun.
pub(super) fn first_usage(scene: &Scene) -> Usage {
    Usage {
        output_tokens: 1,
        output_tokens_details: OutputDetails { thinking_tokens: 0 },
        ..usage(&scene.usage)
    }
}

pub(super) fn stop(stop: &Stop) -> (&'static str, Option<&str>) {
    match stop {
        Stop::End => ("end_turn", None),
        Stop::Tools => ("tool_use", None),
        Stop::Limit => ("max_tokens", None),
        Stop::Sequence(sequence) => ("stop_sequence", Some(sequence)),
        Stop::Refusal | Stop::Filter => ("refusal", None),
    }
}

pub(super) fn stop_details(stop: &Stop) -> Option<StopDetails> {
    let explanation = match stop {
        Stop::Refusal => "This request may concern general harms.",
        Stop::Filter => "The answer was stopped by a filter.",
        Stop::End | Stop::Tools | Stop::Limit | Stop::Sequence(_) => return None,
    };
    Some(StopDetails {
        kind: "refusal",
        category: (*stop == Stop::Refusal).then_some("general_harms"),
        explanation: Some(explanation),
    })
}

pub(super) fn call_id(scene: &Scene, block: usize) -> String {
    base62::id(
        "toolu_01",
        22,
        scene.seed,
        u64::try_from(block).unwrap_or(0) + 1,
    )
}

pub(super) fn cited(citations: &[Citation]) -> impl Iterator<Item = Cited<'_>> {
    citations.iter().map(|citation| match citation {
        Citation::Document {
            quoted,
            title,
            start,
            end,
        } => Cited::CharLocation {
            cited_text: quoted,
            document_index: 0,
            document_title: title,
            end_char_index: *end,
            file_id: None,
            start_char_index: *start,
        },
        Citation::Web { quoted, title, url } => Cited::WebSearchResultLocation {
            cited_text: quoted,
            encrypted_index: seal::sign(url),
            title,
            url,
        },
    })
}

fn blocks(scene: &Scene) -> Vec<Block<'_>> {
    let block = |(index, block)| match block {
        &scene::Block::Thinking { ref text, omitted } => {
            let thinking = if omitted { "" } else { text.as_str() };
            Block::Thinking {
                thinking,
                signature: seal::sign(thinking),
            }
        }
        scene::Block::Redacted => Block::RedactedThinking {
            data: seal::redacted(),
        },
        scene::Block::Text { text, citations } => Block::Text {
            text,
            citations: (!citations.is_empty()).then(|| cited(citations).collect()),
        },
        // Messages has no word for a refusal but its stop reason
        scene::Block::Refusal { text } => Block::Text {
            text,
            citations: None,
        },
        scene::Block::Call { name, arguments } => Block::ToolUse {
            id: call_id(scene, index),
            name,
            // our own arguments are always JSON
            input: serde_json::from_str(arguments).unwrap_or_default(),
        },
    };
    scene.blocks.iter().enumerate().map(block).collect()
}

fn entry(id: &str) -> Entry {
    Entry {
        created_at: CREATED_RFC3339,
        display_name: format!("Sandbox {id}"),
        id: id.to_owned(),
        max_input_tokens: CONTEXT,
        max_tokens: MOST_TOKENS,
        kind: "model",
    }
}

fn page(query: &str) -> Listing {
    let parameter = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .next_back()
    };
    let limit = parameter("limit")
        .and_then(|limit| limit.parse().ok())
        .unwrap_or(PAGE);
    let start = parameter("after_id")
        .and_then(|id| LISTED.iter().position(|listed| *listed == id))
        .map_or(0, |at| at + 1);
    let rest = &LISTED[start..];
    let shown = &rest[..rest.len().min(limit)];
    Listing {
        data: shown.iter().map(|id| entry(id)).collect(),
        first_id: shown.first().map(|id| (*id).to_owned()),
        has_more: shown.len() < rest.len(),
        last_id: shown.last().map(|id| (*id).to_owned()),
    }
}
