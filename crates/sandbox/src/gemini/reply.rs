//! An answer as one body.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    GeminiVoice, signature,
    usage::{self, Usage},
};
use crate::{
    base62,
    model::Oddity,
    reel,
    scene::{Block, Citation, Scene, Stop},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the API's own names")]
pub(super) struct Response<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) candidates: Vec<Candidate<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prompt_feedback: Option<PromptFeedback>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usage_metadata: Option<Usage>,
    pub(super) model_version: &'a str,
    pub(super) response_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate<'a> {
    pub(super) content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) finish_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) finish_message: Option<&'static str>,
    pub(super) index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) safety_ratings: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) citation_metadata: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grounding_metadata: Option<Value>,
}

#[derive(Default, Serialize)]
pub(super) struct Content<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<Part<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<&'static str>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function_call: Option<FunctionCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) executable_code: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code_execution_result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thought: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thought_signature: Option<String>,
}

#[derive(Serialize)]
pub(super) struct FunctionCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: &'a str,
    args: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PromptFeedback {
    block_reason: &'static str,
    safety_ratings: Value,
}

const TITLE_OF_SEARCH: &str = "the sky";

pub(super) fn whole(voice: &GeminiVoice, scene: &Scene) -> Vec<u8> {
    let candidate = |index| {
        let mut parts = parts(voice, scene, index);
        if let Some(last) = parts.last_mut()
            && last.thought_signature.is_none()
        {
            last.thought_signature = closing_signature(voice, scene, index);
        }
        finished(voice, scene, index, parts)
    };
    let candidates = match voice.oddity {
        Some(Oddity::Blocked) => Vec::new(),
        Some(Oddity::Recite | Oddity::Malformed | Oddity::Code) | None => {
            (0..voice.candidates).map(candidate).collect()
        }
    };
    reel::json(&Response {
        candidates,
        ..response(voice, Some(usage::usage(voice, &scene.usage)))
    })
}

/// A response without candidates.
pub(super) fn response(voice: &GeminiVoice, usage: Option<Usage>) -> Response<'_> {
    let blocked = voice.oddity == Some(Oddity::Blocked);
    Response {
        candidates: Vec::new(),
        prompt_feedback: blocked.then(|| PromptFeedback {
            block_reason: "PROHIBITED_CONTENT",
            safety_ratings: ratings("HIGH"),
        }),
        usage_metadata: usage,
        model_version: &voice.model,
        response_id: &voice.id,
    }
}

/// A candidate in the middle of its content.
pub(super) fn unfinished(index: u32, parts: Vec<Part<'_>>) -> Candidate<'_> {
    Candidate {
        content: Content {
            parts,
            role: Some("model"),
        },
        finish_reason: None,
        finish_message: None,
        index,
        safety_ratings: None,
        citation_metadata: None,
        grounding_metadata: None,
    }
}

/// A candidate's end, and all that is told only there.
pub(super) fn finished<'a>(
    voice: &GeminiVoice,
    scene: &Scene,
    index: u32,
    parts: Vec<Part<'a>>,
) -> Candidate<'a> {
    let malformed = voice.oddity == Some(Oddity::Malformed);
    let mut candidate = unfinished(index, parts);
    if malformed {
        candidate.content = Content::default();
        candidate.finish_message =
            Some("Malformed function call: print(default_api.weather(city=\"日本\"");
    }
    candidate.finish_reason = Some(finish_reason(voice, &scene.stop));
    candidate.safety_ratings = (scene.stop == Stop::Filter).then(|| ratings("HIGH"));
    candidate.citation_metadata = (voice.oddity == Some(Oddity::Recite)).then(|| {
        json!({"citationSources": [{"endIndex": 14, "uri": "https://example.com/sky", "license": "mit"}]})
    });
    candidate.grounding_metadata = grounding(scene);
    candidate
}

/// Everything a candidate says, the last part not yet signed.
pub(super) fn parts<'a>(voice: &GeminiVoice, scene: &'a Scene, index: u32) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    if voice.oddity == Some(Oddity::Code) {
        parts.extend(code());
    }
    let mut calls = 0;
    for block in &scene.blocks {
        match block {
            Block::Thinking { text, .. } if voice.include_thoughts => parts.push(Part {
                text: Some(Cow::Borrowed(text)),
                thought: Some(true),
                ..Part::default()
            }),
            // thoughts are told on request only, and sealed ones have no part of their own
            Block::Thinking { .. } | Block::Redacted => {}
            Block::Text { text, .. } | Block::Refusal { text } => say(&mut parts, text),
            Block::Call { name, arguments } => {
                let salt = u64::from(index) << 32 | (calls + 1);
                parts.push(Part {
                    function_call: Some(FunctionCall {
                        id: voice
                            .call_ids
                            .then(|| base62::id("", 8, scene.seed, salt).to_lowercase()),
                        name,
                        // our own arguments are always JSON
                        args: serde_json::from_str(arguments).unwrap_or_default(),
                    }),
                    thought_signature: (calls == 0 && signs(voice, scene))
                        .then(|| signature::sign(name, scene.seed ^ salt)),
                    ..Part::default()
                });
                calls += 1;
            }
        }
    }
    parts
}

/// The signature of an answer without calls, which is beside its last part.
pub(super) fn closing_signature(voice: &GeminiVoice, scene: &Scene, index: u32) -> Option<String> {
    let calls = scene
        .blocks
        .iter()
        .any(|block| matches!(block, Block::Call { .. }));
    (signs(voice, scene) && !calls && !scene.blocks.is_empty())
        .then(|| signature::sign("", scene.seed ^ u64::from(index)))
}

/// Adds text to the text part that is being said, if one is.
fn say<'a>(parts: &mut Vec<Part<'a>>, text: &'a str) {
    if text.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(Part {
            text: Some(said),
            thought: None,
            ..
        }) => said.to_mut().push_str(text),
        Some(_) | None => parts.push(Part {
            text: Some(Cow::Borrowed(text)),
            ..Part::default()
        }),
    }
}

/// Whether the answer is signed: the third generation always signs, others what they thought about.
fn signs(voice: &GeminiVoice, scene: &Scene) -> bool {
    let thought = |block: &Block| matches!(block, Block::Thinking { .. });
    voice.generation3 || scene.blocks.iter().any(thought)
}

fn finish_reason(voice: &GeminiVoice, stop: &Stop) -> &'static str {
    match (voice.oddity, stop) {
        (Some(Oddity::Recite), _) => "RECITATION",
        (Some(Oddity::Malformed), _) => "MALFORMED_FUNCTION_CALL",
        (_, Stop::End | Stop::Tools | Stop::Sequence(_)) => "STOP",
        (_, Stop::Limit) => "MAX_TOKENS",
        (_, Stop::Refusal) => "PROHIBITED_CONTENT",
        (_, Stop::Filter) => "SAFETY",
    }
}

fn code<'a>() -> [Part<'a>; 2] {
    [
        Part {
            executable_code: Some(json!({"language": "PYTHON", "code": "print(6 * 7)  # 日本\n"})),
            ..Part::default()
        },
        Part {
            code_execution_result: Some(json!({"outcome": "OUTCOME_OK", "output": "42\n"})),
            ..Part::default()
        },
    ]
}

fn ratings(probability: &str) -> Value {
    json!([{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": probability, "blocked": true}])
}

/// Citations with their place in the whole text, counted in bytes; zeros are left out, as protobuf does.
fn grounding(scene: &Scene) -> Option<Value> {
    let (mut chunks, mut supports) = (Vec::new(), Vec::new());
    let mut start = 0;
    for block in &scene.blocks {
        let Block::Text { text, citations } = block else {
            continue;
        };
        let end = start + text.len();
        for citation in citations {
            let mut segment = json!({"startIndex": start, "endIndex": end, "text": text});
            if start == 0
                && let Some(segment) = segment.as_object_mut()
            {
                segment.remove("startIndex");
            }
            supports.push(json!({"segment": segment, "groundingChunkIndices": [chunks.len()]}));
            chunks.push(match citation {
                Citation::Document { quoted, title, .. } => {
                    json!({"retrievedContext": {"title": title, "text": quoted}})
                }
                Citation::Web { title, url, .. } => json!({"web": {"uri": url, "title": title}}),
            });
        }
        start = end;
    }
    (!chunks.is_empty()).then(|| {
        json!({
            "searchEntryPoint": {"renderedContent": "<div>🦀</div>"},
            "groundingChunks": chunks,
            "groundingSupports": supports,
            "webSearchQueries": [TITLE_OF_SEARCH],
        })
    })
}
