//! Google generateContent, as the developer API and the enterprise platform have it.
//!
//! Messages are those of Google's own clients (google-ai-generativelanguage 0.12.1, google-genai 3.4.0); rules, limits and
//! error texts are from the API reference and from what the API answered in 2025 and 2026.

pub(crate) mod address;
mod embed;
mod fault;
mod models;
mod proto;
mod reply;
mod rules;
mod signature;
mod stream;
mod usage;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use serde_json::Value;

use crate::{
    ask::Ask,
    base62,
    fault::Fault,
    format::{Format, Voice},
    model::{Kind, Model, Oddity},
    scene::Scene,
};
use address::Action;

pub(crate) use models::models;

/// The format.
pub(crate) struct Gemini;

/// One answer.
pub(crate) struct GeminiVoice {
    id: String,
    model: String,
    generation3: bool,
    call_ids: bool,
    oddity: Option<Oddity>,
    /// Candidates asked for.
    candidates: u32,
    include_thoughts: bool,
    /// Media of the prompt by modality.
    media: usage::Media,
    /// Whether a stream is one JSON array rather than events.
    array: bool,
}

impl Format for Gemini {
    type Voice = GeminiVoice;

    const OVERLOADED: u16 = 503;

    fn authorise(headers: &HeaderMap, key: &str) -> Result<(), Fault> {
        fault::authorise(headers, None, key)
    }

    fn authorise_at(uri: &Uri, headers: &HeaderMap, key: &str) -> Result<(), Fault> {
        fault::authorise(headers, address::parameter(uri, "key"), key)
    }

    /// Google's front end takes any body for JSON.
    fn admit(_headers: &HeaderMap) -> Result<(), Fault> {
        Ok(())
    }

    fn not_json(error: &serde_json::Error) -> Fault {
        fault::not_json(error)
    }

    fn model<'a>(uri: &'a Uri, _body: &'a Value) -> Result<&'a str, Fault> {
        let address = address::Address::read(uri.path());
        address
            .map(|address| address.model)
            .ok_or_else(|| fault::no_model(""))
    }

    fn no_model(name: &str) -> Fault {
        fault::no_model(name)
    }

    fn check<'a>(
        body: &'a Value,
        _headers: &HeaderMap,
        model: &Model<'_>,
    ) -> Result<Ask<'a>, Fault> {
        rules::check(body, model)
    }

    fn voice(body: &Value, model: &Model<'_>, seed: u64) -> GeminiVoice {
        let config = body.as_object();
        let config = config.and_then(|top| proto::object(top, "generation_config"));
        let candidates = config.and_then(|config| proto::integer(config, "candidate_count"));
        let thinking = config.and_then(|config| proto::object(config, "thinking_config"));
        let told = thinking.and_then(|thinking| proto::get(thinking, "include_thoughts"));
        GeminiVoice {
            id: base62::id("", 22, seed, 0),
            model: model.name.to_owned(),
            generation3: model.generation3,
            call_ids: model.call_ids,
            oddity: match model.kind {
                Kind::Odd(oddity) => Some(oddity),
                _every_other_kind => None,
            },
            candidates: candidates
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or(1),
            include_thoughts: told == Some(&Value::Bool(true)),
            media: usage::Media::of(body),
            array: false,
        }
    }

    fn failure(status: u16, model: &str) -> Fault {
        fault::failure(status, model)
    }

    fn streams_at(uri: &Uri) -> bool {
        is_stream(uri)
    }

    fn voice_at(uri: &Uri, voice: GeminiVoice) -> GeminiVoice {
        GeminiVoice {
            array: is_array(uri),
            ..voice
        }
    }

    fn refusal_at(uri: &Uri, fault: &Fault, _request_id: &str) -> Vec<u8> {
        fault::body(fault, is_array(uri))
    }

    fn headers(_request_id: &str, _status: u16) -> HeaderMap {
        fault::headers()
    }

    fn refusal(fault: &Fault, _request_id: &str) -> Vec<u8> {
        fault::body(fault, false)
    }
}

impl Voice for GeminiVoice {
    fn stream_type(&self) -> &'static str {
        if self.array {
            "application/json; charset=UTF-8"
        } else {
            "text/event-stream"
        }
    }

    fn whole(&self, scene: &Scene) -> Vec<u8> {
        reply::whole(self, scene)
    }

    fn events(&self, scene: &Scene) -> Vec<Bytes> {
        stream::events(self, scene)
    }

    fn text(&self, text: &str) -> Bytes {
        stream::text(self, text)
    }

    fn around(&self, scene: &Scene) -> (Vec<Bytes>, Vec<Bytes>) {
        stream::around(self, scene)
    }

    fn error(&self) -> Bytes {
        stream::error(self)
    }
}

/// The answer of `:countTokens`.
pub(crate) fn count(body: &Value, model: &Model<'_>) -> Result<Vec<u8>, Fault> {
    let ask = rules::check_count(body, model)?;
    Ok(usage::count(&ask.prompt, &usage::Media::of(body)))
}

/// The answer of `:embedContent` and `:batchEmbedContents`.
pub(crate) fn embed(body: &Value, action: Action) -> Result<Vec<u8>, Fault> {
    let batch = action == Action::BatchEmbedContents;
    let texts = rules::check_embed(body, batch)?;
    Ok(embed::reply(&texts, batch))
}

fn is_stream(uri: &Uri) -> bool {
    let address = address::Address::read(uri.path());
    address.is_some_and(|address| address.action == Action::StreamGenerateContent)
}

fn is_array(uri: &Uri) -> bool {
    is_stream(uri) && !address::wants_events(uri)
}
