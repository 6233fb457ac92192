//! Usage: `input_tokens` counts all input, cached or not; `output_tokens` all output, reasoning included.
//!
//! Source: Responses API, `usage`.

use byokey_types::{Raw, RawObject, Usage};

use crate::write::Object;

/// Reads a usage object; `None` when it is none. Counts of a wrong shape are absent.
pub(super) fn read(raw: &Raw) -> Option<Usage> {
    let object = raw.object().ok()?;
    let cache_read = within(&object, "input_tokens_details", "cached_tokens");
    let cache_write = within(&object, "input_tokens_details", "cache_write_tokens");
    let cached = cache_read
        .unwrap_or(0)
        .saturating_add(cache_write.unwrap_or(0));
    Some(Usage {
        fresh: count(&object, "input_tokens").map(|input| input.saturating_sub(cached)),
        cache_read,
        cache_write,
        output: count(&object, "output_tokens"),
        reasoning: within(&object, "output_tokens_details", "reasoning_tokens"),
        raw: Some(object),
    })
}

/// Writes a usage object: the upstream's own when it was of this format.
///
/// Another format has counts of the same names, so the total, which only this one has, tells them apart.
pub(super) fn write(usage: &Usage, outer: &mut Object<'_>) {
    let keys = ["input_tokens", "output_tokens", "total_tokens"];
    let own = |raw: &&RawObject| keys.iter().all(|key| count(raw, key).is_some());
    if let Some(raw) = usage.raw.as_ref().filter(own) {
        outer.raw("usage", &raw.to_raw());
        return;
    }
    let mut object = outer.object("usage");
    object.number("input_tokens", usage.input());
    let mut details = object.object("input_tokens_details");
    details.number("cached_tokens", usage.cache_read.unwrap_or(0));
    if let Some(written) = usage.cache_write {
        details.number("cache_write_tokens", written);
    }
    details.end();
    object.number("output_tokens", usage.output.unwrap_or(0));
    let mut details = object.object("output_tokens_details");
    details.number("reasoning_tokens", usage.reasoning.unwrap_or(0));
    details.end();
    object.number("total_tokens", usage.total());
    object.end();
}

fn count(object: &RawObject, key: &str) -> Option<u64> {
    object.get(key)?.whole().ok()
}

fn within(object: &RawObject, details: &str, key: &str) -> Option<u64> {
    count(&object.get(details)?.object().ok()?, key)
}
