//! Phase 2: word the request for its upstream, verbatim or translated.

use byokey_provider::{Candidate, Operation};
use byokey_translate::{
    Codec, Plan, Reply, Target,
    codec::{Source, codec},
    loss::Losses,
    plan,
};
use byokey_types::{ByokError, Format, Kind, ModelRow, Result, Str, peek};
use bytes::Bytes;

use super::{Inbound, inbound, session};

/// A request as it goes out, and what reading its answer takes.
pub struct Prepared {
    /// What is asked for.
    pub operation: Operation,
    /// The format in which it goes out.
    pub format: Format,
    /// The body, in pieces.
    pub body: Vec<Bytes>,
    /// How the answer is read.
    pub answer: Answering,
    /// What could not be said.
    pub losses: Losses,
}

/// How an answer reaches the caller.
pub enum Answering {
    /// As the bytes that arrive.
    Verbatim {
        /// The format on both sides.
        codec: &'static dyn Codec,
        /// How a look at the answer reads it.
        source: Source,
        /// Whether the caller must not see the usage chunk that was asked for behind his back.
        withhold_usage: bool,
    },
    /// Through the neutral form.
    Translated {
        /// The caller's format.
        client: &'static dyn Codec,
        /// The upstream's format.
        upstream: &'static dyn Codec,
        /// How the answer is read.
        source: Source,
        /// What the answer needs to know about the question.
        reply: Reply,
    },
}

/// Words a request for a candidate.
///
/// # Errors
/// [`Kind::InvalidRequest`] when the body cannot be read, [`Kind::WouldLose`] when something would be lost and must not be.
pub fn prepare(inbound: &Inbound, candidate: &Candidate) -> Result<Prepared> {
    let formats: Vec<Format> = candidate
        .endpoints()
        .iter()
        .map(byokey_provider::Endpoint::protocol)
        .collect();
    let planned =
        plan(inbound.format, &formats, &inbound.body).ok_or_else(|| no_endpoint(candidate))?;
    let source = Source {
        family: Some(candidate.provider.family.clone()),
        account: Some(candidate.account.id.label.clone()),
        seed: inbound.id.clone(),
    };
    match planned {
        Plan::Verbatim { .. } if candidate.effort.is_none() => {
            let (splices, withhold_usage) = inbound::splices(inbound, &candidate.model);
            Ok(Prepared {
                operation: Operation::Generate,
                format: inbound.format,
                body: peek::splice(&inbound.body, splices),
                answer: Answering::Verbatim {
                    codec: codec(inbound.format),
                    source,
                    withhold_usage,
                },
                losses: Losses::default(),
            })
        }
        Plan::Verbatim { .. } => translate(inbound, candidate, inbound.format, source),
        Plan::Translate { format, .. } => translate(inbound, candidate, format, source),
    }
}

fn translate(
    inbound: &Inbound,
    candidate: &Candidate,
    format: Format,
    source: Source,
) -> Result<Prepared> {
    let client = codec(inbound.format);
    let upstream = codec(format);
    let decoded = client.decode_request(&inbound.body)?;
    let mut request = decoded.value;
    if let Some(effort) = candidate.effort {
        // the suffix is the last word: it stands where the user typed the model
        request.reasoning.effort = None;
        request.reasoning.ask = Some(effort);
    }
    let mut target = target(
        format,
        &candidate.row,
        source.family.clone(),
        &candidate.model,
    );
    target.session = Some(session::name(inbound, &request));
    let encoded = upstream.encode_request(&request, &target)?;
    let mut losses = decoded.losses;
    losses.absorb(encoded.losses);
    if !losses.is_empty() && (inbound.strict || candidate.provider.strict) {
        return Err(would_lose(&losses));
    }
    let reply = Reply {
        model: inbound.model.asked().clone(),
        seed: inbound.id.clone(),
        now: inbound.at.seconds(),
        ..encoded.reply
    };
    Ok(Prepared {
        operation: Operation::Generate,
        format,
        body: vec![encoded.body],
        answer: Answering::Translated {
            client,
            upstream,
            source,
            reply,
        },
        losses,
    })
}

fn target(format: Format, row: &ModelRow, family: Option<Str>, model: &Str) -> Target {
    let mut target = match format {
        Format::AnthropicMessages => Target::messages(row, family),
        Format::OpenAiChat => Target::chat(row, family),
        Format::OpenAiResponses => Target::responses(row, family),
        Format::Gemini => Target::gemini(row, family),
    };
    target.model = model.clone();
    target
}

fn no_endpoint(candidate: &Candidate) -> ByokError {
    ByokError::new(
        Kind::Internal,
        format!(
            "provider `{}` has no endpoint; give it a `base_url`",
            candidate.provider.id
        ),
    )
}

fn would_lose(losses: &Losses) -> ByokError {
    ByokError::new(
        Kind::WouldLose,
        format!(
            "strict mode: the provider's format cannot say all of this request: {}",
            losses.summary(4096)
        ),
    )
}
