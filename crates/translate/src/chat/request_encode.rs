//! Requests, written.

use byokey_types::Raw;
use bytes::BytesMut;

use super::{
    arrange::arrange,
    effort_encode,
    lower::Lowering,
    message::Message,
    spelling::{
        BARE_STOP, EMPTY_LIST, FORMAT, MAX_COMPLETION_TOKENS, MAX_TOKENS, TOP_K, inner, outer,
        spelled,
    },
    tool_encode::Tools,
};
use crate::{
    Encoded, Reply, Target,
    ir::{OutputFormat, Request, Turn},
    kin::members,
    pairing,
    write::Object,
};

/// The members of a request in which it has inner objects.
const INNER: [&str; 4] = [
    "stream_options",
    "reasoning",
    "response_format",
    "json_schema",
];

/// The most stop texts that the API takes.
const STOPS: usize = 4;

/// Writes a request; what cannot be said is declared.
pub(super) fn encode(request: &Request, target: &Target) -> Encoded {
    let mut lowering = Lowering::new(request, target);
    let turns = pairing::repair(&request.turns, &mut lowering.losses);
    write(request, &turns, lowering)
}

/// Writes a request whose turns are paired.
fn write<'a>(request: &'a Request, turns: &'a [Turn], mut lowering: Lowering<'a>) -> Encoded {
    let messages = arrange(request, turns, &mut lowering);
    let mut tools = Tools::choose(request, &mut lowering);
    let mut out = BytesMut::with_capacity(4096);
    let mut body = Object::begin(&mut out);
    body.text("model", &lowering.target.model);
    write_messages(&messages, &mut body);
    write_output(request, &mut tools, &mut body, &mut lowering);
    write_tools(request, &tools, &mut body, &mut lowering);
    write_sampling(request, &mut body, &mut lowering);
    effort_encode::write(request, &mut body, &mut lowering);
    body.text_some("user", request.end_user.as_deref());
    write_stream(request, &mut body);
    let at_home = lowering.at_home();
    let ext = members::replayed(&request.ext, FORMAT, at_home, &mut lowering.losses);
    if at_home && !ext.contains("prompt_cache_key") {
        body.text_some("prompt_cache_key", lowering.target.session.as_deref());
    }
    body.members(Some(&ext), |key| {
        let streams = key == "stream_options" && request.stream == Some(true);
        outer(key, &INNER).filter(|_| !streams)
    });
    body.end();
    Encoded {
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
    }
}

fn write_messages(messages: &[Message<'_>], body: &mut Object<'_>) {
    let mut array = body.array("messages");
    for message in messages {
        message.write(array.item());
    }
    array.end();
}

fn write_output<'a>(
    request: &'a Request,
    tools: &mut Tools<'a>,
    body: &mut Object<'_>,
    lowering: &mut Lowering<'a>,
) {
    let Some(output) = &request.output else {
        return;
    };
    let shaped = *output != OutputFormat::Text;
    if shaped && !lowering.target.structured_output {
        if tools.hide(output, lowering) {
            lowering.losses.approximated("output_format");
        } else {
            lowering.losses.dropped("output_format");
        }
        return;
    }
    let ext = crate::ir::own(&request.ext, FORMAT);
    let mut object = body.object("response_format");
    match output {
        OutputFormat::Text => object.text("type", "text"),
        OutputFormat::JsonObject => object.text("type", "json_object"),
        OutputFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        } => {
            object.text("type", "json_schema");
            let mut inside = object.object("json_schema");
            // the API wants a name; formats without one leave it to us
            let absent = ext.is_some_and(|ext| ext.contains("json_schema.name"));
            if !absent {
                inside.text("name", name.as_deref().unwrap_or("response"));
            }
            inside.text_some("description", description.as_deref());
            inside.raw("schema", schema);
            inside.raw_some("strict", strict.map(Raw::bool).as_ref());
            inside.members(ext, |key| inner(key, "json_schema"));
            inside.end();
        }
    }
    object.members(ext, |key| inner(key, "response_format"));
    object.end();
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
        if spelled(&request.ext, EMPTY_LIST) {
            body.array("tools").end();
        }
        return;
    }
    if tools.are_legacy() {
        tools.write_legacy(request.choice.as_ref(), body, lowering);
        return;
    }
    let mut array = body.array("tools");
    tools.write(&mut array, lowering);
    array.end();
    tools.write_choice(request.choice.as_ref(), body, lowering);
    if let Some(parallel) = request.parallel {
        body.boolean("parallel_tool_calls", parallel);
    }
}

fn write_sampling(request: &Request, body: &mut Object<'_>, lowering: &mut Lowering<'_>) {
    let sampling = &request.sampling;
    write_limit(request, body, lowering);
    let native_top_k = spelled(&request.ext, TOP_K);
    for (name, value, sayable) in [
        (
            "temperature",
            &sampling.temperature,
            lowering.target.temperature,
        ),
        ("top_p", &sampling.top_p, lowering.target.temperature),
        (
            "top_k",
            &sampling.top_k,
            lowering.target.temperature && native_top_k,
        ),
        ("presence_penalty", &sampling.presence_penalty, true),
        ("frequency_penalty", &sampling.frequency_penalty, true),
        ("seed", &sampling.seed, true),
    ] {
        match value {
            Some(value) if sayable => body.raw(name, value),
            Some(_) => lowering.losses.dropped(name),
            None => {}
        }
    }
    match sampling.stop.as_slice() {
        [] => {}
        [only] if spelled(&request.ext, BARE_STOP) => body.text("stop", only),
        stops => {
            if stops.len() > STOPS {
                lowering.losses.approximated("stop");
            }
            let mut array = body.array("stop");
            for stop in stops.iter().take(STOPS) {
                crate::write::string(stop, array.item());
            }
            array.end();
        }
    }
}

fn write_limit(request: &Request, body: &mut Object<'_>, lowering: &mut Lowering<'_>) {
    let Some(asked) = request.sampling.max_tokens else {
        return;
    };
    let target = lowering.target;
    let limit = target.max_output.map_or(asked, |most| asked.min(most));
    if limit != asked {
        lowering.losses.approximated("max_tokens");
    }
    let usual = if lowering.at_home() && target.reasoning.reasons {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    let field = match target.max_tokens_field.as_deref() {
        Some(field) => field,
        None if spelled(&request.ext, MAX_COMPLETION_TOKENS) => "max_completion_tokens",
        None if spelled(&request.ext, MAX_TOKENS) => "max_tokens",
        None => usual,
    };
    body.number(field, limit);
}

/// Streams report usage always: it must be known what they cost. The answer's encoder keeps it from clients that did not ask.
fn write_stream(request: &Request, body: &mut Object<'_>) {
    let Some(stream) = request.stream else {
        return;
    };
    body.boolean("stream", stream);
    if stream {
        let ext = crate::ir::own(&request.ext, FORMAT);
        let mut options = body.object("stream_options");
        options.boolean("include_usage", true);
        options.members(ext, |key| inner(key, "stream_options"));
        options.end();
    }
}
