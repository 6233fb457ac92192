//! A request for a Messages upstream.

use byokey_types::{ByokError, Raw, RawObject, Str};
use bytes::BytesMut;

use super::{
    arrange::{self, Arranged},
    cache, choice,
    lower::Lowering,
    output::{self, Shape},
    piece,
    place::replayed,
    sampling, thinking, tool,
};
use crate::write::{Array, Object};
use crate::{
    Encoded, Reply, Target,
    ir::{Request, Turn},
    loss::Losses,
    pairing,
};

/// Extension members that are not replayed as they are: they complete what is written from the neutral form.
const COMPLETED: [&str; 6] = [
    "max_tokens",
    "metadata",
    "output_config",
    "output_format",
    "thinking",
    "tool_choice",
];

/// Writes a request, once its calls and results are paired.
///
/// # Errors
/// When a web search may not look at pages that the target could not be kept from.
pub(super) fn encode(request: &Request, target: &Target) -> Result<Encoded, ByokError> {
    let mut losses = Losses::default();
    let turns = pairing::repair(&request.turns, &mut losses);
    let mut encoded = encode_turns(request, &turns, target)?;
    losses.absorb(encoded.losses);
    encoded.losses = losses;
    Ok(encoded)
}

/// Writes a request with `turns` as its conversation, in which calls and results are paired.
fn encode_turns(request: &Request, turns: &[Turn], target: &Target) -> Result<Encoded, ByokError> {
    let mut reply = Reply {
        model: Str::from(&request.model),
        include_usage: request.include_usage,
        namespaces: request.namespaces.clone(),
        ..Reply::default()
    };
    let mut lowering = Lowering::new(target);
    let own = replayed(&request.ext, str::to_owned, &mut lowering.losses);
    let shape = output::shape(request, target, &mut lowering.losses);
    let hidden = match &shape {
        Shape::Hidden(hidden) => Some(hidden),
        Shape::Free | Shape::Native(_) => None,
    };
    reply.structured = hidden.map(|hidden| hidden.name.clone());
    let mut tools = tool::lower(request.tools(), &mut lowering, &mut reply)?;
    let chosen = choice::choose(request.choice.as_ref(), &tools, hidden, &mut lowering);
    let has_tools = !tools.is_empty() || hidden.is_some();
    let parallel = request.parallel.filter(|_| has_tools);
    if request.parallel == Some(false) && !has_tools {
        lowering.losses.dropped("parallel_tool_calls");
    }
    let mut arranged = arrange::arrange(request, turns, &mut lowering);
    let mut losses = std::mem::take(&mut lowering.losses);
    cache::limit(&mut tools, &mut arranged, target.cache_marks, &mut losses);
    let forced = chosen.as_ref().is_some_and(choice::Chosen::is_forced);
    let decided = thinking::decide(request, target, forced, &arranged.messages, &mut losses);

    let mut out = BytesMut::with_capacity(4096);
    let mut body = Object::begin(&mut out);
    body.text("model", &target.model);
    sampling::write_max_tokens(&mut body, decided.max_tokens, own);
    write_system(&mut body, &arranged, request.instructions_bare);
    write_messages(&mut body, &arranged);
    let was_empty = request.tools.as_ref().is_some_and(Vec::is_empty);
    tool::write(&mut body, &tools, hidden, was_empty && chosen.is_none());
    let rest = own.and_then(|own| own.get("tool_choice"));
    choice::write(&mut body, chosen.as_ref(), parallel, rest);
    thinking::write(&mut body, request, decided, &mut losses);
    output::write(&mut body, request, &shape, decided.effort);
    let thinks = thinking::is_on(decided.thinking);
    sampling::write(&mut body, &request.sampling, target, thinks, &mut losses);
    write_metadata(&mut body, request, target, own);
    body.raw_some("stream", request.stream.map(Raw::bool).as_ref());
    // a `null` of the client's must not stand beside what was written after all
    let mut written = COMPLETED.to_vec();
    written.extend((!arranged.system.is_empty()).then_some("system"));
    written.extend(has_tools.then_some("tools"));
    body.members_but(own, &written);
    body.end();
    reply.renamed = lowering.names.renamed;
    Ok(Encoded {
        body: out.freeze(),
        losses,
        reply,
    })
}

fn write_system(body: &mut Object<'_>, arranged: &Arranged<'_>, bare: bool) {
    if !arranged.system.is_empty() {
        piece::write_content(&arranged.system, bare, body.key("system"));
    }
}

fn write_messages(body: &mut Object<'_>, arranged: &Arranged<'_>) {
    let mut messages = Array::begin(body.key("messages"));
    for message in &arranged.messages {
        let mut object = messages.object();
        object.text("role", message.role.name());
        piece::write_content(&message.pieces, message.bare, object.key("content"));
        object.members_but(message.ext, &["role", "content"]);
        object.end();
    }
    messages.end();
}

/// The end user: the client's own name, else the session, so that an upstream can tell sessions apart.
fn write_metadata(
    body: &mut Object<'_>,
    request: &Request,
    target: &Target,
    own: Option<&RawObject>,
) {
    let user = request.end_user.as_deref().or(target.session.as_deref());
    let rest = own.and_then(|own| own.get("metadata"));
    if user.is_none() && rest.is_none() {
        return;
    }
    let rest = rest.and_then(|raw| raw.object().ok());
    let mut metadata = body.object("metadata");
    let written: &[&str] = match user {
        Some(user) => {
            metadata.text("user_id", user);
            &["user_id"]
        }
        None => &[],
    };
    metadata.members_but(rest.as_ref(), written);
    metadata.end();
}
