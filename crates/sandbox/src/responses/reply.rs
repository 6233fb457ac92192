//! The response object in each of its states.

use serde::Serialize;

use super::{echo::Echo, item::Item, voice::ResponsesVoice};
use crate::{
    reel,
    scene::{Scene, Stop},
    timestamp::CREATED,
};

#[derive(Serialize)]
pub(super) struct Response<'a> {
    id: &'a str,
    object: &'static str,
    created_at: u64,
    status: &'static str,
    background: bool,
    completed_at: Option<u64>,
    error: Option<Error>,
    incomplete_details: Option<Incomplete>,
    model: &'a str,
    output: &'a [Item],
    #[serde(flatten)]
    echo: &'a Echo,
    service_tier: &'a str,
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Error {
    code: &'static str,
    message: &'static str,
}

#[derive(Serialize)]
struct Incomplete {
    reason: &'static str,
}

#[derive(Serialize)]
pub(super) struct Usage {
    input_tokens: u64,
    input_tokens_details: InputDetails,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    total_tokens: u64,
}

#[derive(Serialize)]
struct InputDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Serialize)]
struct OutputDetails {
    reasoning_tokens: u64,
}

/// How a response ended, as its terminal event calls it.
pub(super) fn terminal(scene: &Scene) -> &'static str {
    match scene.stop {
        Stop::Limit | Stop::Filter => "response.incomplete",
        Stop::End | Stop::Tools | Stop::Sequence(_) | Stop::Refusal => "response.completed",
    }
}

/// A response that waits or is being made.
pub(super) fn pending<'a>(voice: &'a ResponsesVoice, status: &'static str) -> Response<'a> {
    Response {
        id: &voice.id,
        object: "response",
        created_at: CREATED,
        status,
        background: voice.background,
        completed_at: None,
        error: None,
        incomplete_details: None,
        model: &voice.model,
        output: &[],
        echo: &voice.echo,
        service_tier: "auto",
        usage: None,
    }
}

/// A response that has said everything.
pub(super) fn full<'a>(
    voice: &'a ResponsesVoice,
    scene: &Scene,
    output: &'a [Item],
) -> Response<'a> {
    let reason = match scene.stop {
        Stop::Limit => Some("max_output_tokens"),
        Stop::Filter => Some("content_filter"),
        Stop::End | Stop::Tools | Stop::Sequence(_) | Stop::Refusal => None,
    };
    Response {
        completed_at: reason.is_none().then_some(CREATED),
        incomplete_details: reason.map(|reason| Incomplete { reason }),
        output,
        service_tier: &voice.tier,
        usage: Some(usage(scene)),
        ..pending(
            voice,
            if reason.is_some() {
                "incomplete"
            } else {
                "completed"
            },
        )
    }
}

/// A response that went wrong half-way.
pub(super) fn failed(voice: &ResponsesVoice) -> Response<'_> {
    let error = Error {
        code: "server_error",
        message: "The server had an error while processing your request. Sorry about that!",
    };
    Response {
        error: Some(error),
        service_tier: &voice.tier,
        ..pending(voice, "failed")
    }
}

/// [`full`] as a body.
pub(super) fn ended(voice: &ResponsesVoice, scene: &Scene, output: &[Item]) -> Vec<u8> {
    reel::json(&full(voice, scene, output))
}

/// The first answer to a request that is worked on in the background.
pub(super) fn queued(voice: &ResponsesVoice) -> Vec<u8> {
    reel::json(&pending(voice, "queued"))
}

pub(super) fn usage(scene: &Scene) -> Usage {
    let input = scene.usage.prompt.total();
    Usage {
        input_tokens: input,
        input_tokens_details: InputDetails {
            cached_tokens: scene.usage.prompt.cache_read,
            cache_write_tokens: 0,
        },
        output_tokens: scene.usage.output,
        output_tokens_details: OutputDetails {
            reasoning_tokens: scene.usage.reasoning,
        },
        total_tokens: input + scene.usage.output,
    }
}
