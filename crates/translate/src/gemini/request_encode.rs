//! A request for an upstream of this format. The model and whether to stream belong in the path, so the body has neither.

use byokey_types::{ByokError, RawObject, Str};
use bytes::BytesMut;

use super::{
    arrange::{self, Content},
    choice, config_encode,
    lower::Lowering,
    output::{self, Shape},
    piece::{self, Piece},
    spelling::{self, is_marked, replayed},
    tool,
};
use crate::{
    Encoded, Reply, Target,
    ir::{Request, Turn},
    loss::Losses,
    pairing,
    write::{Array, Object},
};

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
        Shape::Free | Shape::Text | Shape::Json | Shape::Schema(_) => None,
    };
    reply.structured = hidden.map(|hidden| hidden.name.clone());
    let tools = tool::lower(request.tools(), &mut lowering, &mut reply)?;
    let chosen = choice::choose(request.choice.as_ref(), &tools, hidden, &mut lowering);
    if request.parallel == Some(false) {
        lowering.losses.dropped("parallel_tool_calls");
    }
    if request.end_user.is_some() {
        lowering.losses.dropped("user");
    }
    let arranged = arrange::arrange(request, turns, &mut lowering);
    let mut losses = std::mem::take(&mut lowering.losses);

    let mut out = BytesMut::with_capacity(4096);
    let mut body = Object::begin(&mut out);
    write_contents(&mut body, &arranged.contents);
    write_system(&mut body, &arranged.system, own);
    let was_empty = request.tools.as_ref().is_some_and(Vec::is_empty);
    tool::write(&mut body, &tools, hidden, was_empty);
    choice::write(&mut body, chosen.as_ref(), own);
    config_encode::write(&mut body, request, target, &shape, own, &mut losses);
    for (key, value) in spelling::plain(own) {
        body.raw(key, value);
    }
    body.end();
    reply.renamed = lowering.renamed;
    Ok(Encoded {
        body: out.freeze(),
        losses,
        reply,
    })
}

fn write_contents(body: &mut Object<'_>, contents: &[Content<'_>]) {
    let mut array = Array::begin(body.key("contents"));
    for content in contents {
        let mut object = array.object();
        let is = |marker| is_marked(content.ext, marker);
        match content.is_model {
            true => object.text("role", "model"),
            false if is("role.none") => {}
            false if is("role.function") => object.text("role", "function"),
            false => object.text("role", "user"),
        }
        piece::write_parts(&content.pieces, object.key("parts"));
        for (key, value) in spelling::plain(content.ext) {
            object.raw(key, value);
        }
        object.end();
    }
    array.end();
}

fn write_system(body: &mut Object<'_>, system: &[Piece<'_>], own: Option<&RawObject>) {
    if system.is_empty() {
        return;
    }
    // a bare text is what some clients write; the API itself wants a content
    if let ([only], true) = (system, is_marked(own, "systemInstruction.bare"))
        && let Some(text) = only.words()
    {
        body.text("systemInstruction", text);
        return;
    }
    let mut content = body.object("systemInstruction");
    let role = own
        .into_iter()
        .flat_map(RawObject::iter)
        .find_map(|(key, _)| key.strip_prefix("systemInstruction.role."));
    content.text_some("role", role);
    piece::write_parts(system, content.key("parts"));
    for (key, value) in spelling::members(own, "systemInstruction") {
        content.raw(key, value);
    }
    content.end();
}
