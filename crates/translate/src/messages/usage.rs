//! Token counts.
//!
//! Source: Messages API, `usage`: `input_tokens` excludes what was read from and written to the prompt cache;
//! `output_tokens` includes thinking.

use byokey_types::{Raw, RawObject, Usage};

use crate::loss::Losses;
use crate::write::Object;

/// Members that are replayed when the upstream wrote them.
const REPLAYED: [&str; 4] = [
    "cache_creation",
    "server_tool_use",
    "service_tier",
    "inference_geo",
];

/// Reads the counts; one that is no count is absent, since billing must not fail for it.
pub(super) fn read(raw: &Raw) -> Option<Usage> {
    let object = raw.object().ok()?;
    let count = |key: &str| object.get(key).and_then(|raw| raw.whole().ok());
    Some(Usage {
        fresh: count("input_tokens"),
        cache_read: count("cache_read_input_tokens"),
        cache_write: count("cache_creation_input_tokens"),
        output: count("output_tokens"),
        reasoning: None,
        raw: Some(object),
    })
}

/// Writes the counts of a whole answer; the two that clients cannot do without are 0 when they are not known.
pub(super) fn write(
    body: &mut Object<'_>,
    usage: Option<&Usage>,
    searches: u64,
    losses: &mut Losses,
) {
    let usage = usage.cloned().unwrap_or_default();
    if usage.reasoning.is_some() {
        losses.dropped("usage.reasoning");
    }
    let mut object = body.object("usage");
    object.number("input_tokens", usage.fresh.unwrap_or(0));
    write_known(&mut object, &usage);
    object.number("output_tokens", usage.output.unwrap_or(0));
    write_searches(searches, &mut object);
    object.end();
}

/// Writes the counts at the end of a stream: those that are known, and the output.
pub(super) fn write_final(body: &mut Object<'_>, usage: &Usage, searches: u64) {
    let mut object = body.object("usage");
    if let Some(fresh) = usage.fresh {
        object.number("input_tokens", fresh);
    }
    write_known(&mut object, usage);
    object.number("output_tokens", usage.output.unwrap_or(0));
    write_searches(searches, &mut object);
    object.end();
}

/// Counts the searches of another provider; its own are in what is replayed.
fn write_searches(searches: u64, object: &mut Object<'_>) {
    if searches > 0 {
        let mut tools = object.object("server_tool_use");
        tools.number("web_search_requests", searches);
        tools.end();
    }
}

fn write_known(object: &mut Object<'_>, usage: &Usage) {
    let raw = usage.raw.as_ref();
    for (key, count) in [
        ("cache_creation_input_tokens", usage.cache_write),
        ("cache_read_input_tokens", usage.cache_read),
    ] {
        let null = raw.and_then(|raw| raw.get(key)).filter(|raw| raw.is_null());
        match (count, null) {
            (Some(count), _) => object.number(key, count),
            (None, Some(null)) => object.raw(key, null),
            (None, None) => {}
        }
    }
    for key in REPLAYED {
        object.raw_some(key, raw.and_then(|raw: &RawObject| raw.get(key)));
    }
}
