//! Usage: `prompt_tokens` counts all input, cached or not; `completion_tokens` all output, reasoning included.
//!
//! Sources: Chat Completions API; DeepSeek's API (`prompt_cache_hit_tokens`); OpenRouter's guide to prompt caching
//! (`prompt_tokens_details.cache_write_tokens`); Moonshot's API (`cached_tokens`).

use byokey_types::{Raw, RawObject, Usage};

use crate::write::Object;

/// Where cached input is counted, the standard place first.
const READ: [&[&str]; 4] = [
    &["prompt_tokens_details", "cached_tokens"],
    &["prompt_cache_hit_tokens"],
    &["cached_tokens"],
    &["cache_read_input_tokens"],
];

/// Where input written to a cache is counted.
const WRITTEN: [&[&str]; 5] = [
    &["prompt_tokens_details", "cache_write_tokens"],
    &["prompt_tokens_details", "cache_creation_tokens"],
    &["prompt_tokens_details", "cache_creation_input_tokens"],
    &["cache_creation_input_tokens"],
    &["cache_creation_tokens"],
];

/// Reads a usage object; `None` when it is none. Counts of a wrong shape are absent.
pub(super) fn read(raw: &Raw) -> Option<Usage> {
    let object = raw.object().ok()?;
    let first = |places: &[&[&str]]| places.iter().find_map(|path| count(&object, path));
    let (cache_read, cache_write) = (first(&READ), first(&WRITTEN));
    let cached = cache_read
        .unwrap_or(0)
        .saturating_add(cache_write.unwrap_or(0));
    Some(Usage {
        fresh: count(&object, &["prompt_tokens"]).map(|prompt| prompt.saturating_sub(cached)),
        cache_read,
        cache_write,
        output: count(&object, &["completion_tokens"]),
        reasoning: count(&object, &["completion_tokens_details", "reasoning_tokens"]),
        raw: Some(object),
    })
}

/// Writes a usage object: the upstream's own when it was of this format.
pub(super) fn write(usage: &Usage, key: &str, outer: &mut Object<'_>) {
    let own = |raw: &&RawObject| {
        ["prompt_tokens", "completion_tokens"]
            .iter()
            .all(|key| count(raw, &[key]).is_some())
    };
    if let Some(raw) = usage.raw.as_ref().filter(own) {
        outer.raw(key, &raw.to_raw());
        return;
    }
    let mut object = outer.object(key);
    object.number("prompt_tokens", usage.input());
    object.number("completion_tokens", usage.output.unwrap_or(0));
    object.number("total_tokens", usage.total());
    if usage.cache_read.is_some() || usage.cache_write.is_some() {
        let mut details = object.object("prompt_tokens_details");
        details.number("cached_tokens", usage.cache_read.unwrap_or(0));
        if let Some(written) = usage.cache_write {
            details.number("cache_write_tokens", written);
        }
        details.end();
    }
    if let Some(reasoning) = usage.reasoning {
        let mut details = object.object("completion_tokens_details");
        details.number("reasoning_tokens", reasoning);
        details.end();
    }
    object.end();
}

fn count(object: &RawObject, path: &[&str]) -> Option<u64> {
    let (key, rest) = path.split_first()?;
    let value = object.get(key)?;
    if rest.is_empty() {
        return value.whole().ok();
    }
    count(&value.object().ok()?, rest)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn counts_are_read_wherever_they_stand() {
        let rows = [
            // U03: clamped
            (
                r#"{"prompt_tokens":100,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":80,"cache_write_tokens":50}}"#,
                (Some(0), Some(80), Some(50), Some(4), None),
            ),
            (
                r#"{"prompt_tokens":100,"cache_creation_input_tokens":50,"cache_read_input_tokens":10}"#,
                (Some(40), Some(10), Some(50), None, None),
            ),
            // U04: the standard place wins
            (
                r#"{"prompt_tokens":10,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}"#,
                (Some(4), Some(6), None, None, None),
            ),
            (
                r#"{"prompt_tokens":10,"prompt_cache_hit_tokens":6,"prompt_tokens_details":{"cached_tokens":3}}"#,
                (Some(7), Some(3), None, None, None),
            ),
            // U06
            (
                r#"{"prompt_tokens":"10","completion_tokens":null,"prompt_tokens_details":7}"#,
                (None, None, None, None, None),
            ),
            (
                r#"{"prompt_tokens":1,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":5}}"#,
                (Some(1), None, None, Some(9), Some(5)),
            ),
        ];
        for (text, expected) in rows {
            let usage = read(&Raw::parse(text).unwrap()).unwrap();
            let found = (
                usage.fresh,
                usage.cache_read,
                usage.cache_write,
                usage.output,
                usage.reasoning,
            );
            assert_eq!(found, expected, "{text}");
        }
        for text in ["null", "[]", "\"5\""] {
            assert_eq!(read(&Raw::parse(text).unwrap()), None, "{text}");
        }
    }
}
