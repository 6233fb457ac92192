//! Token counts.
//!
//! Source: Gemini API, `UsageMetadata`: `promptTokenCount` includes what was read from a cache, `candidatesTokenCount` excludes
//! thoughts, the prompts of the provider's own tools are counted apart.

use byokey_types::{Raw, RawObject, Usage};

use super::spelling::camel_cased;
use crate::{loss::Losses, write::Object};

/// Reads the counts; one that is no count is absent, since billing must not fail for it.
pub(super) fn read(raw: &Raw) -> Option<Usage> {
    Some(of(raw.object().ok()?))
}

fn of(object: RawObject) -> Usage {
    let object = camel_cased(object);
    let count = |key: &str| object.get(key).and_then(|raw| raw.whole().ok());
    let prompt = count("promptTokenCount");
    let cached = count("cachedContentTokenCount");
    let tools = count("toolUsePromptTokenCount");
    let thoughts = count("thoughtsTokenCount");
    let candidates = count("candidatesTokenCount");
    let plus = |one: Option<u64>, two: Option<u64>| match (one, two) {
        (None, None) => None,
        (one, two) => Some(one.unwrap_or(0).saturating_add(two.unwrap_or(0))),
    };
    Usage {
        fresh: plus(prompt.map(|n| n.saturating_sub(cached.unwrap_or(0))), tools),
        cache_read: cached,
        cache_write: None,
        output: plus(candidates, thoughts),
        reasoning: thoughts,
        raw: Some(object),
    }
}

/// Writes the counts: the upstream's own object where it is of this format and says the same. What was written to a cache is
/// counted as fresh, for want of a word.
pub(super) fn write(body: &mut Object<'_>, usage: &Usage, losses: &mut Losses) {
    let own = usage
        .raw
        .as_ref()
        .filter(|raw| raw.contains("promptTokenCount") && of((*raw).clone()) == *usage);
    if let Some(own) = own {
        own.write(body.key("usageMetadata"));
        return;
    }
    if usage.cache_write.is_some() {
        losses.dropped("usage.cache_write");
    }
    let mut object = body.object("usageMetadata");
    object.number("promptTokenCount", usage.input());
    if let Some(read) = usage.cache_read {
        object.number("cachedContentTokenCount", read);
    }
    if let Some(output) = usage.output {
        let thoughts = usage.reasoning.unwrap_or(0);
        object.number("candidatesTokenCount", output.saturating_sub(thoughts));
    }
    if let Some(thoughts) = usage.reasoning {
        object.number("thoughtsTokenCount", thoughts);
    }
    object.number("totalTokenCount", usage.total());
    object.end();
}
