//! Tokens of an answer, by kind and by modality.

use serde::Serialize;
use serde_json::Value;

use super::{GeminiVoice, proto};
use crate::{ask::Prompt, reel, scene, tokens};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Usage {
    prompt_token_count: u64,
    #[serde(skip_serializing_if = "is_zero")]
    candidates_token_count: u64,
    total_token_count: u64,
    #[serde(skip_serializing_if = "is_zero")]
    cached_content_token_count: u64,
    prompt_tokens_details: Vec<ModalityCount>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cache_tokens_details: Vec<ModalityCount>,
    #[serde(skip_serializing_if = "is_zero")]
    thoughts_token_count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModalityCount {
    modality: &'static str,
    token_count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the API's own names")]
struct Count {
    total_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    cached_content_token_count: u64,
    prompt_tokens_details: Vec<ModalityCount>,
}

/// How many images, films, recordings and documents a prompt has.
#[derive(Default)]
pub(super) struct Media([(&'static str, u64); 4]);

pub(super) fn usage(voice: &GeminiVoice, usage: &scene::Usage) -> Usage {
    let prompt = usage.prompt.total();
    let cached = usage.prompt.cache_read;
    Usage {
        prompt_token_count: prompt,
        candidates_token_count: usage.output - usage.reasoning,
        total_token_count: prompt + usage.output,
        cached_content_token_count: cached,
        prompt_tokens_details: voice.media.details(prompt),
        cache_tokens_details: if cached == 0 {
            Vec::new()
        } else {
            vec![ModalityCount {
                modality: "TEXT",
                token_count: cached,
            }]
        },
        thoughts_token_count: usage.reasoning,
    }
}

pub(super) fn count(prompt: &Prompt, media: &Media) -> Vec<u8> {
    reel::json(&Count {
        total_tokens: prompt.total(),
        cached_content_token_count: 0,
        prompt_tokens_details: media.details(prompt.total()),
    })
}

impl Media {
    /// Counts media wherever a content or a function response has them.
    pub(super) fn of(body: &Value) -> Self {
        let mut media = Self([("IMAGE", 0), ("VIDEO", 0), ("AUDIO", 0), ("DOCUMENT", 0)]);
        media.add(body);
        media
    }

    fn add(&mut self, value: &Value) {
        let inner = match value {
            Value::Array(items) => return items.iter().for_each(|item| self.add(item)),
            Value::Object(inner) => inner,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
        };
        for name in ["inline_data", "file_data"] {
            let Some(source) = proto::object(inner, name) else {
                continue;
            };
            let media_type = proto::text(source, "mime_type").unwrap_or_default();
            let modality = match media_type.split('/').next() {
                Some("image") => 0,
                Some("video") => 1,
                Some("audio") => 2,
                Some(_) | None => 3,
            };
            self.0[modality].1 += 1;
        }
        for name in [
            "generate_content_request",
            "contents",
            "parts",
            "function_response",
        ] {
            if let Some(value) = proto::get(inner, name) {
                self.add(value);
            }
        }
    }

    fn details(&self, total: u64) -> Vec<ModalityCount> {
        let counts = self.0.iter().filter(|(_, count)| *count > 0);
        let media: Vec<_> = counts
            .map(|(modality, count)| ModalityCount {
                modality,
                token_count: count * tokens::MEDIA,
            })
            .collect();
        let spent: u64 = media.iter().map(|count| count.token_count).sum();
        let text = ModalityCount {
            modality: "TEXT",
            token_count: total.saturating_sub(spent),
        };
        std::iter::once(text).chain(media).collect()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
