//! A completion as one body, and the list of models.

use serde::Serialize;

use super::ChatVoice;
use crate::{
    base62,
    model::{Dialect, LISTED, Model},
    reel,
    scene::{Block, Citation, Scene, Stop},
    timestamp::CREATED,
};

#[derive(Serialize)]
struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<Choice<'a>>,
    usage: Usage,
    service_tier: &'static str,
    system_fingerprint: &'static str,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    message: Message<'a>,
    logprobs: Option<()>,
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    refusal: Option<&'a str>,
    annotations: Vec<Annotation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall<'a>>,
}

#[derive(Serialize)]
struct ToolCall<'a> {
    id: String,
    #[serde(flatten)]
    called: Called<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Called<'a> {
    Function { function: Function<'a> },
    Custom { custom: Custom<'a> },
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct Custom<'a> {
    name: &'a str,
    input: String,
}

#[derive(Serialize)]
pub(super) struct Annotation {
    #[serde(rename = "type")]
    kind: &'static str,
    url_citation: UrlCitation,
}

#[derive(Serialize)]
struct UrlCitation {
    end_index: usize,
    start_index: usize,
    title: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
pub(super) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: CompletionDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_hit_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_miss_tokens: Option<u64>,
}

#[derive(Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    audio_tokens: u64,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the API's own names")]
struct CompletionDetails {
    reasoning_tokens: u64,
    audio_tokens: u64,
    accepted_prediction_tokens: u64,
    rejected_prediction_tokens: u64,
}

#[derive(Serialize)]
struct Listing {
    object: &'static str,
    data: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

pub(super) fn whole(voice: &ChatVoice, scene: &Scene) -> Vec<u8> {
    let choice = |index| Choice {
        index,
        message: message(voice, scene, index),
        logprobs: None,
        finish_reason: finish_reason(&scene.stop),
    };
    reel::json(&Completion {
        id: &voice.id,
        object: "chat.completion",
        created: CREATED,
        model: &voice.model,
        choices: (0..voice.choices).map(choice).collect(),
        usage: usage(voice, scene),
        service_tier: "default",
        system_fingerprint: FINGERPRINT,
    })
}

pub(super) fn models(only: Option<&str>) -> Option<Vec<u8>> {
    let entry = |id: &str| Entry {
        id: id.to_owned(),
        object: "model",
        created: CREATED,
        owned_by: "sandbox",
    };
    match only {
        Some(name) => Model::parse(name).map(|model| reel::json(&entry(model.name))),
        None => Some(reel::json(&Listing {
            object: "list",
            data: LISTED.iter().map(|name| entry(name)).collect(),
        })),
    }
}

pub(super) const FINGERPRINT: &str = "fp_sandbox";

pub(super) fn finish_reason(stop: &Stop) -> &'static str {
    match stop {
        // a refusal ends as any answer does; `message.refusal` tells it apart
        Stop::End | Stop::Sequence(_) | Stop::Refusal => "stop",
        Stop::Tools => "tool_calls",
        Stop::Limit => "length",
        Stop::Filter => "content_filter",
    }
}

pub(super) fn usage(voice: &ChatVoice, scene: &Scene) -> Usage {
    let prompt = scene.usage.prompt.total();
    let cached = scene.usage.prompt.cache_read;
    let deepseek = voice.dialect == Dialect::DeepSeek;
    Usage {
        prompt_tokens: prompt,
        completion_tokens: scene.usage.output,
        total_tokens: prompt + scene.usage.output,
        prompt_tokens_details: (!deepseek).then_some(PromptDetails {
            cached_tokens: cached,
            audio_tokens: 0,
        }),
        completion_tokens_details: CompletionDetails {
            reasoning_tokens: scene.usage.reasoning,
            audio_tokens: 0,
            accepted_prediction_tokens: 0,
            rejected_prediction_tokens: 0,
        },
        prompt_cache_hit_tokens: deepseek.then_some(cached),
        prompt_cache_miss_tokens: deepseek.then_some(prompt - cached),
    }
}

pub(super) fn call_id(scene: &Scene, choice: u32, call: usize) -> String {
    let salt = u64::from(choice) << 32 | u64::try_from(call).unwrap_or(0);
    base62::id("call_", 24, scene.seed, salt + 1)
}

/// Citations with their place in the whole text, counted in characters.
pub(super) fn annotations(scene: &Scene) -> Vec<Annotation> {
    let mut annotations = Vec::new();
    let mut start_index = 0;
    for block in &scene.blocks {
        let Block::Text { text, citations } = block else {
            continue;
        };
        let end_index = start_index + text.chars().count();
        annotations.extend(citations.iter().filter_map(|citation| match citation {
            // Chat has no word for a passage of a document
            Citation::Document { .. } => None,
            Citation::Web { title, url, .. } => Some(Annotation {
                kind: "url_citation",
                url_citation: UrlCitation {
                    end_index,
                    start_index,
                    title,
                    url,
                },
            }),
        }));
        start_index = end_index;
    }
    annotations
}

fn message<'a>(voice: &ChatVoice, scene: &'a Scene, choice: u32) -> Message<'a> {
    let mut message = Message {
        role: "assistant",
        content: None,
        reasoning_content: None,
        refusal: None,
        annotations: annotations(scene),
        tool_calls: Vec::new(),
    };
    for block in &scene.blocks {
        match block {
            Block::Thinking { text, .. } => message.reasoning_content = Some(text),
            // Chat has no word for it
            Block::Redacted => {}
            Block::Text { text, .. } => message.content.get_or_insert_default().push_str(text),
            Block::Refusal { text } => message.refusal = Some(text),
            Block::Call { name, arguments } => {
                let call = ToolCall {
                    id: call_id(scene, choice, message.tool_calls.len()),
                    called: match voice.input(name, arguments) {
                        Some(input) => Called::Custom {
                            custom: Custom { name, input },
                        },
                        None => Called::Function {
                            function: Function { name, arguments },
                        },
                    },
                };
                message.tool_calls.push(call);
            }
        }
    }
    message
}
