//! `generationConfig`, written.

use byokey_types::{Raw, RawObject};

use super::{
    output::{self, Shape},
    spelling::{self, is_marked},
    thinking,
};
use crate::{Target, ir::Request, loss::Losses, write::Object};

/// The API takes so many stop sequences.
const MOST_STOPS: usize = 5;

/// Writes the configuration, if there is anything to say, or the client said an empty one.
pub(super) fn write(
    body: &mut Object<'_>,
    request: &Request,
    target: &Target,
    shape: &Shape<'_>,
    own: Option<&RawObject>,
    losses: &mut Losses,
) {
    let mut out = bytes::BytesMut::new();
    let mut config = Object::begin(&mut out);
    sampling(&mut config, request, target, own, losses);
    thinking::write(&mut config, request, target, own, losses);
    output::write(&mut config, shape, own);
    let is_hidden = matches!(shape, Shape::Hidden(_));
    for (key, value) in spelling::members(own, "generationConfig") {
        if !(is_hidden && key == "responseSchema") {
            config.raw(key, value);
        }
    }
    config.end();
    if &out[..] != b"{}" || is_marked(own, "generationConfig") {
        body.key("generationConfig").extend_from_slice(&out);
    }
}

fn sampling(
    config: &mut Object<'_>,
    request: &Request,
    target: &Target,
    own: Option<&RawObject>,
    losses: &mut Losses,
) {
    let sampling = &request.sampling;
    for (name, key, value) in [
        ("temperature", "temperature", &sampling.temperature),
        ("top_p", "topP", &sampling.top_p),
        ("top_k", "topK", &sampling.top_k),
        (
            "presence_penalty",
            "presencePenalty",
            &sampling.presence_penalty,
        ),
        (
            "frequency_penalty",
            "frequencyPenalty",
            &sampling.frequency_penalty,
        ),
        ("seed", "seed", &sampling.seed),
    ] {
        match value {
            Some(_) if name != "seed" && !target.temperature => losses.dropped(name),
            Some(value) => config.raw(key, value),
            None => {}
        }
    }
    if let Some(said) = sampling.max_tokens {
        let most = target.max_output.unwrap_or(u64::MAX);
        if said > most {
            losses.approximated("max_tokens");
        }
        config.number("maxOutputTokens", said.min(most));
    }
    let mut stops: Vec<&String> = sampling
        .stop
        .iter()
        .filter(|stop| !stop.is_empty())
        .collect();
    if stops.len() < sampling.stop.len() || stops.len() > MOST_STOPS {
        losses.dropped("stop");
    }
    stops.truncate(MOST_STOPS);
    if !stops.is_empty() || is_marked(own, "generationConfig.stopSequences") {
        config.raw(
            "stopSequences",
            &Raw::array_of(stops.iter().map(|stop| Raw::string(stop))),
        );
    }
}
