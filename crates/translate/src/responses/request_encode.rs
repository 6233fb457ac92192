//! Requests, written.

use byokey_types::{ByokError, Format, Raw, RawObject, ReasoningAsk};
use bytes::BytesMut;

use super::{
    lower::Lowering,
    place::Place,
    spelling::{
        BARE_INPUT, EMPTY_REASONING, EMPTY_TEXT, FORMAT, NO_INPUT, has_inner, inner, outer,
        replayed, spelled,
    },
    tool_encode::Tools,
};
use crate::{
    Encoded, Reply, Target,
    ir::{OutputFormat, Request, Summary, Turn},
    kin::{self, members},
    pairing,
    reasoning::{Settled, settle},
    target::ReasoningFacts,
    write::{Object, string, strings},
};

/// The members of a request in which it has inner objects.
const INNER: [&str; 3] = ["reasoning", "text", "format"];

/// Claude Code's line about itself, which differs from request to request and so defeats prompt caches.
const ATTRIBUTION: &str = "x-anthropic-billing-header:";

/// Writes a request; what cannot be said is declared.
///
/// # Errors
/// When a web search may not look at pages that the target could not be kept from.
pub(super) fn encode(request: &Request, target: &Target) -> Result<Encoded, ByokError> {
    let mut lowering = Lowering::new(request, target);
    if continues(request) {
        // calls may be answered that the upstream keeps
        return write(request, &request.turns, lowering);
    }
    let turns = pairing::repair(&request.turns, &mut lowering.losses);
    write(request, &turns, lowering)
}

/// Whether a part of the conversation is kept by the upstream.
fn continues(request: &Request) -> bool {
    let own = crate::ir::own(&request.ext, FORMAT);
    let said = |key: &str| own.is_some_and(|own| own.get(key).is_some_and(|raw| !raw.is_null()));
    said("previous_response_id")
        || said("conversation")
        || request.turns.iter().any(|turn| {
            turn.blocks.iter().any(|block| {
                matches!(&block.kind, crate::ir::Kind::Native { tag, .. } if tag == "item_reference")
            })
        })
}

/// Writes a request whose turns are paired.
fn write<'a>(
    request: &'a Request,
    turns: &'a [Turn],
    mut lowering: Lowering<'a>,
) -> Result<Encoded, ByokError> {
    let at_home = lowering.at_home();
    let ext = members::replayed(&request.ext, FORMAT, at_home, &mut lowering.losses);
    let mut tools = Tools::choose(request, &mut lowering)?;
    let mut out = BytesMut::with_capacity(4096);
    let mut body = Object::begin(&mut out);
    body.text("model", &lowering.target.model);
    write_instructions(request, &mut body, &mut lowering);
    write_input(request, turns, &mut body, &mut lowering);
    write_text(request, &ext, &mut tools, &mut body, &mut lowering);
    write_tools(request, &tools, &mut body, &mut lowering);
    write_sampling(request, &mut body, &mut lowering);
    write_reasoning(request, &mut body, &mut lowering);
    body.text_some("user", request.end_user.as_deref());
    body.raw_some("stream", request.stream.map(Raw::bool).as_ref());
    write_session(&ext, tools.searches(), &mut body, &lowering);
    body.members(Some(&ext), |key| outer(key, &INNER));
    body.end();
    Ok(Encoded {
        body: out.freeze(),
        reply: Reply {
            model: request.model.as_str().into(),
            include_usage: request.include_usage,
            renamed: lowering.renamed,
            namespaces: request.namespaces.clone(),
            freeform: tools.freeform,
            structured: tools.structured.map(|hidden| hidden.name),
            ..Reply::default()
        },
        losses: lowering.losses,
    })
}

/// What requests of other formats need here: nothing is kept, reasoning comes sealed, a session has one cache.
fn write_session(ext: &RawObject, searches: bool, body: &mut Object<'_>, lowering: &Lowering<'_>) {
    if !ext.contains("prompt_cache_key") {
        body.text_some("prompt_cache_key", lowering.target.session.as_deref());
    }
    if lowering.own || !lowering.at_home() {
        return;
    }
    if !ext.contains("store") {
        body.boolean("store", false);
    }
    let sealed = lowering
        .target
        .reasoning
        .reasons
        .then_some("reasoning.encrypted_content");
    // what was found goes with each search, where the client's format shows it
    let found = searches.then_some("web_search_call.action.sources");
    let include: Vec<Raw> = sealed.into_iter().chain(found).map(Raw::string).collect();
    if !include.is_empty() {
        body.raw("include", &Raw::array_of(include));
    }
}

fn write_instructions(request: &Request, body: &mut Object<'_>, lowering: &mut Lowering<'_>) {
    let mut texts: Vec<&str> = Vec::with_capacity(request.instructions.len() * 2);
    for (at, block) in request.instructions.iter().enumerate() {
        let place = Place::System(at);
        if block.cache.is_some() {
            lowering.losses.dropped(place.fact("cache"));
        }
        let member = |member: &str| place.fact(&format!("ext.{member}"));
        replayed(&block.ext, member, &mut lowering.losses);
        let Some(mut text) = block.as_text() else {
            lowering.losses.dropped(place.to_string());
            continue;
        };
        if at == 0
            && lowering.target.family.as_deref() != Some("anthropic")
            && text.starts_with(ATTRIBUTION)
        {
            lowering.losses.dropped(place.to_string());
            text = text.split_once('\n').map_or("", |(_, rest)| rest);
            if text.is_empty() {
                continue;
            }
        }
        if !texts.is_empty() {
            texts.push("\n");
        }
        texts.push(text);
    }
    if !texts.is_empty() {
        strings(&texts, body.key("instructions"));
    }
}

fn write_input<'a>(
    request: &'a Request,
    turns: &'a [Turn],
    body: &mut Object<'_>,
    lowering: &mut Lowering<'a>,
) {
    if turns.is_empty() && spelled(&request.ext, NO_INPUT) {
        return;
    }
    if let ([only], true) = (turns, spelled(&request.ext, BARE_INPUT))
        && let [block] = only.blocks.as_slice()
        && let Some(text) = block.as_text()
    {
        string(text, body.key("input"));
        return;
    }
    let head = turns
        .iter()
        .take_while(|turn| turn.role.is_system())
        .count();
    let mut array = body.array("input");
    for (at, turn) in turns.iter().enumerate() {
        lowering.turn(turn, at, at < head, &mut array);
    }
    array.end();
}

fn write_text<'a>(
    request: &'a Request,
    ext: &RawObject,
    tools: &mut Tools<'a>,
    body: &mut Object<'_>,
    lowering: &mut Lowering<'a>,
) {
    let mut output = request.output.as_ref();
    if let Some(shape) = output
        && *shape != OutputFormat::Text
        && !lowering.target.structured_output
    {
        if tools.hide(shape, lowering) {
            lowering.losses.approximated("output_format");
        } else {
            lowering.losses.dropped("output_format");
        }
        output = None;
    }
    if output.is_none() && !ext.contains(EMPTY_TEXT) && !has_inner(Some(ext), "text") {
        return;
    }
    let mut text = body.object("text");
    if let Some(output) = output {
        let mut format = text.object("format");
        match output {
            OutputFormat::Text => format.text("type", "text"),
            OutputFormat::JsonObject => format.text("type", "json_object"),
            OutputFormat::JsonSchema {
                name,
                description,
                schema,
                strict,
            } => {
                format.text("type", "json_schema");
                // the API wants a name; formats without one leave it to us
                format.text("name", name.as_deref().unwrap_or("response"));
                format.text_some("description", description.as_deref());
                format.raw("schema", schema);
                format.raw_some("strict", strict.map(Raw::bool).as_ref());
            }
        }
        format.members(Some(ext), |key| inner(key, "format"));
        format.end();
    }
    text.members(Some(ext), |key| inner(key, "text"));
    text.end();
}

fn write_tools<'a>(
    request: &'a Request,
    tools: &Tools<'a>,
    body: &mut Object<'_>,
    lowering: &mut Lowering<'a>,
) {
    if tools.is_empty() {
        if request.choice.is_some() {
            lowering.losses.dropped("tool_choice");
        }
        if request.parallel.is_some() {
            lowering.losses.dropped("parallel_tool_calls");
        }
        if request.tools.as_ref().is_some_and(Vec::is_empty) {
            body.array("tools").end();
        }
        return;
    }
    if tools.has_listed() {
        let mut array = body.array("tools");
        tools.write(&mut array, lowering);
        array.end();
    }
    tools.write_choice(request.choice.as_ref(), body, lowering);
    if let Some(parallel) = request.parallel {
        body.boolean("parallel_tool_calls", parallel);
    }
}

fn write_sampling(request: &Request, body: &mut Object<'_>, lowering: &mut Lowering<'_>) {
    let sampling = &request.sampling;
    let target = lowering.target;
    if let Some(asked) = sampling.max_tokens {
        let limit = target.max_output.map_or(asked, |most| asked.min(most));
        if limit != asked {
            lowering.losses.approximated("max_tokens");
        }
        let field = target.max_tokens_field.as_deref();
        body.number(field.unwrap_or("max_output_tokens"), limit);
    }
    for (name, value) in [
        ("temperature", &sampling.temperature),
        ("top_p", &sampling.top_p),
    ] {
        match value {
            Some(value) if target.temperature => body.raw(name, value),
            Some(_) => lowering.losses.dropped(name),
            None => {}
        }
    }
    // this format has no words for these
    for (name, said) in [
        ("top_k", sampling.top_k.is_some()),
        ("presence_penalty", sampling.presence_penalty.is_some()),
        ("frequency_penalty", sampling.frequency_penalty.is_some()),
        ("seed", sampling.seed.is_some()),
        ("stop", !sampling.stop.is_empty()),
    ] {
        if said {
            lowering.losses.dropped(name);
        }
    }
}

fn write_reasoning(request: &Request, body: &mut Object<'_>, lowering: &mut Lowering<'_>) {
    let facts = &lowering.target.reasoning;
    let asked = request.reasoning;
    // this format has no word for budgets, so the level that stands for one must do
    let by_level = ReasoningFacts {
        budget: None,
        ..facts.clone()
    };
    let mut settled = settle(asked.asked(), &by_level, &mut lowering.losses);
    if let Settled::Budget(tokens) = settled {
        lowering.losses.approximated("reasoning");
        settled = Settled::Effort(crate::reasoning::level(tokens));
    }
    if asked.ask == Some(ReasoningAsk::Off) && asked.effort.is_some() {
        // how hard to try, said beside a switch that is off
        lowering.losses.approximated("reasoning");
    }
    let effort = match settled {
        Settled::Effort(effort) => Some(effort.name()),
        Settled::Off if lowering.at_home() && !facts.levels.is_empty() => Some("none"),
        Settled::Off => {
            lowering.losses.dropped("reasoning");
            None
        }
        Settled::Unsaid | Settled::Auto | Settled::Budget(_) => None,
    };
    // who asks for thinking elsewhere gets to see it
    let shown = match asked.ask {
        Some(ReasoningAsk::Auto | ReasoningAsk::Budget(_)) => true,
        Some(ReasoningAsk::Off) => false,
        Some(ReasoningAsk::Effort(_)) | None => {
            kin::spelling::spelled(&request.ext, Format::OpenAiChat, kin::spelling::SHOWN)
        }
    };
    let summary = match asked.summary {
        Some(Summary::Auto) => Some("auto"),
        Some(Summary::Concise) => Some("concise"),
        Some(Summary::Detailed) => Some("detailed"),
        Some(Summary::None) if lowering.own => Some("none"),
        Some(Summary::None) => None,
        None => shown.then_some("auto"),
    };
    let summary = summary.filter(|_| facts.reasons);
    if !facts.reasons
        && asked
            .summary
            .is_some_and(|summary| summary != Summary::None)
    {
        lowering.losses.dropped("reasoning.summary");
    }
    let ext = crate::ir::own(&request.ext, FORMAT);
    let spelled_empty = spelled(&request.ext, EMPTY_REASONING) && facts.reasons;
    if effort.is_none() && summary.is_none() && !spelled_empty && !has_inner(ext, "reasoning") {
        return;
    }
    let mut object = body.object("reasoning");
    object.text_some("effort", effort);
    object.text_some("summary", summary);
    object.members(ext, |key| inner(key, "reasoning"));
    object.end();
}
