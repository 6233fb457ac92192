//! Phase 2: word the request for its upstream, verbatim or translated.

use byokey_provider::{Candidate, FieldChange, FieldChangeKind, Operation};
use byokey_translate::{
    Codec, LossKind, Plan, Reply, Target, breakpoints,
    codec::{Source, codec},
    ir,
    loss::Losses,
    plan,
    reply::OwnWords,
};
use byokey_types::{
    ByokError, Format, Kind, ModelRow, Peek, Raw, RawObject, Result, Str, peek,
    provider::CacheBreakpoints,
};
use bytes::Bytes;

use super::{
    Inbound,
    amends::Amends,
    inbound,
    seals::{self, Fit},
    session,
};
use crate::{App, replays::Memory, state};

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
        /// Whether the events of a stream go out as the items of one JSON array.
        json_array: bool,
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
        /// What the answer leaves behind for a client who will not send its seals back.
        memory: Option<Box<Memory>>,
    },
}

/// Words a request for a candidate, as its upstream takes it.
///
/// # Errors
/// [`Kind::InvalidRequest`] when the body cannot be read, [`Kind::WouldLose`] when something would be lost and must not be.
pub fn prepare(
    app: &App,
    inbound: &Inbound,
    candidate: &Candidate,
    amends: Amends,
) -> Result<Prepared> {
    let mut prepared = word(app, inbound, candidate, amends)?;
    let patched = candidate.patch(prepared.format, prepared.body);
    declare(patched.changes, &mut prepared.losses);
    prepared.body = patched.body;
    if let Some(key) = candidate.learned_key(prepared.format) {
        let now = app.ports.clock.now();
        let stripped = app.learned.strip(&key, prepared.body, now);
        declare(stripped.changes, &mut prepared.losses);
        prepared.body = stripped.body;
    }
    if !prepared.losses.is_empty() && (inbound.strict || candidate.provider.strict) {
        return Err(would_lose(&prepared.losses));
    }
    Ok(prepared)
}

fn word(app: &App, inbound: &Inbound, candidate: &Candidate, amends: Amends) -> Result<Prepared> {
    let formats: Vec<Format> = candidate
        .endpoints()
        .iter()
        .map(byokey_provider::Endpoint::protocol)
        .collect();
    let planned = plan(inbound.body_format, &formats).ok_or_else(|| no_endpoint(candidate))?;
    let format = match planned {
        Plan::Verbatim { .. } => inbound.body_format,
        Plan::Translate { format, .. } => format,
    };
    let source = Source {
        family: Some(candidate.provider.issuer(format)),
        account: Some(candidate.account.id.label.clone()),
        seed: inbound.id.clone(),
    };
    let as_it_is = matches!(planned, Plan::Verbatim { .. })
        && candidate.effort.is_none()
        && inbound.body_format == inbound.format;
    let mut losses = Losses::default();
    let sent = if as_it_is {
        verbatim_body(inbound, candidate, &source, amends, &mut losses)
    } else {
        None
    };
    let Some((body, withhold_usage)) = sent else {
        refuse_below(inbound, candidate)?;
        return translate(app, inbound, candidate, source, format, amends);
    };
    Ok(Prepared {
        operation: Operation::Generate,
        format,
        body,
        answer: Answering::Verbatim {
            codec: codec(format),
            source,
            withhold_usage,
            json_array: inbound.json_array,
        },
        losses,
    })
}

/// The body as its upstream gets it, in pieces, and whether usage was added; nothing when a seal in it is not for him.
fn verbatim_body(
    inbound: &Inbound,
    candidate: &Candidate,
    source: &Source,
    amends: Amends,
    losses: &mut Losses,
) -> Option<(Vec<Bytes>, bool)> {
    let format = inbound.body_format;
    let issuer = source.family.as_deref().unwrap_or_default();
    let spliced = |body: &Bytes, peek: &Peek| {
        let counts = inbound.stream && candidate.row.include_usage.unwrap_or(true);
        let (splices, withhold) = inbound::splices(peek, format, counts, &candidate.model);
        (peek::splice(body, splices), withhold)
    };
    let fit = if amends.without_seals {
        let (body, count) = seals::removed(codec(format), &inbound.body);
        if count > 0 {
            losses.dropped("seals");
        }
        Fit::Opened(body)
    } else {
        seals::fit(codec(format), &inbound.body, issuer)
    };
    match fit {
        Fit::AsIs => Some(spliced(&inbound.body, &inbound.peek)),
        Fit::Opened(body) => {
            let peek = Peek::scan(&body).ok()?;
            Some(spliced(&body, &peek))
        }
        Fit::Foreign => None,
    }
}

/// What lies under the path of a format is its own: no other can say it.
fn refuse_below(inbound: &Inbound, candidate: &Candidate) -> Result<()> {
    let Some(path) = inbound.under else {
        return Ok(());
    };
    Err(ByokError::new(
        Kind::InvalidRequest,
        format!(
            "`{path}` needs an upstream that speaks `{}` and gets the request as it is; provider `{}` does not serve it for this model",
            inbound.format.protocol(),
            candidate.provider.id
        ),
    )
    .at("model"))
}

fn translate(
    app: &App,
    inbound: &Inbound,
    candidate: &Candidate,
    source: Source,
    format: Format,
    amends: Amends,
) -> Result<Prepared> {
    let client = codec(inbound.format);
    let upstream = codec(format);
    let decoded = codec(inbound.body_format).decode_request(&inbound.body)?;
    let (mut request, mut losses) = (decoded.value, decoded.losses);
    let echo = echo(app, inbound, format, &mut request);
    if request.stream.unwrap_or(false) != inbound.stream {
        // the path's word goes before the body's
        request.stream = Some(inbound.stream);
    }
    if let Some(effort) = candidate.effort {
        // the suffix is the last word: it stands where the user typed the model
        request.reasoning.effort = None;
        request.reasoning.ask = Some(effort);
    }
    if amends.without_seals {
        remove_seals(&mut request, &mut losses);
    } else {
        let family = source.family.as_deref().unwrap_or_default();
        app.replays
            .put_back(&mut request, &candidate.account.id, family);
    }
    if candidate.provider.cache_breakpoints == CacheBreakpoints::Auto
        && format == Format::AnthropicMessages
    {
        breakpoints::set(&mut request);
    }
    let mut target = target(
        format,
        &candidate.row,
        candidate.provider.family.clone(),
        &candidate.model,
    );
    target.family.clone_from(&source.family);
    target.session = Some(session::name(inbound, &request));
    let encoded = upstream.encode_request(&request, &target)?;
    losses.absorb(encoded.losses);
    let reply = Reply {
        model: inbound.model.asked().clone(),
        seed: inbound.id.clone(),
        now: inbound.at.seconds(),
        json_array: inbound.json_array,
        own: echo.map(|echo| {
            Box::new(OwnWords {
                id: answer_id(&inbound.id),
                echo,
            })
        }),
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
            memory: app.replays.memory(inbound.format, &candidate.account.id),
        },
        losses,
    })
}

fn remove_seals(request: &mut ir::Request, losses: &mut Losses) {
    for (at, turn) in request.turns.iter_mut().enumerate() {
        for (place, block) in turn.blocks.iter_mut().enumerate() {
            if block.seal.take().is_some() {
                losses.dropped(format!("messages.{at}.content.{place}.seal"));
            }
        }
    }
}

fn declare(changes: Vec<FieldChange>, losses: &mut Losses) {
    for FieldChange { path, what } in changes {
        let what = match what {
            FieldChangeKind::Dropped => LossKind::Dropped,
            FieldChangeKind::Approximated => LossKind::Approximated,
        };
        losses.declare(path, what);
    }
}

/// What a client of the Responses API finds again in the answer; nothing where its upstream speaks that API, too.
///
/// State is byokey's own business then, so it is no loss that the upstream hears nothing of it.
fn echo(
    app: &App,
    inbound: &Inbound,
    upstream: Format,
    request: &mut ir::Request,
) -> Option<RawObject> {
    if inbound.body_format != Format::OpenAiResponses || upstream == Format::OpenAiResponses {
        return None;
    }
    if let Some(own) = &mut request.ext {
        for key in ["store", "previous_response_id", "background"] {
            own.fields.take(key);
        }
        if own.fields.is_empty() {
            request.ext = None;
        }
    }
    if inbound.format != Format::OpenAiResponses {
        return None;
    }
    let mut echo = RawObject::new();
    let previous = inbound.thread.previous.as_ref();
    let previous = previous.map_or(Raw::NULL, |previous| Raw::string(&previous.id));
    echo.set("previous_response_id", previous);
    echo.set(
        "store",
        Raw::bool(state::is_stored(&app.ports.responses, inbound)),
    );
    echo.set_some("metadata", inbound.peek.metadata.clone());
    Some(echo)
}

/// The id of an answer under which it is kept: byokey's own, since upstreams of other formats need not make theirs unique.
pub fn answer_id(request: &str) -> Str {
    let digits = request.strip_prefix("req_").unwrap_or(request);
    Str::from(format!("resp_{digits}"))
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
