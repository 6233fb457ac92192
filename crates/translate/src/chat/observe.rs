//! A look at the frames of a stream that is passed on verbatim.

use byokey_types::{Frame, RawObject};
use memchr::memmem;

use super::{error, usage};
use crate::observe::{Observation, has};

/// Notes what a frame shows. Deltas, the bulk of a stream, are searched and not parsed.
pub(super) fn frame(frame: &Frame, seen: &mut Observation) {
    let data = &frame.data;
    if data.trim_ascii() == b"[DONE]" {
        seen.ended = true;
        return;
    }
    if gives_reason(data) {
        // some upstreams close behind it, without `[DONE]`
        seen.stopped = true;
    }
    let failed = has(data, b"\"error\"") || frame.event.as_deref() == Some("error");
    let counted = has(data, b"\"usage\"") && !has(data, b"\"usage\":null");
    if !(failed || counted) {
        return;
    }
    let Ok(object) = RawObject::parse(data.clone()) else {
        return;
    };
    if let Some(usage) = object.get("usage").and_then(usage::read) {
        seen.count(usage);
    }
    if let Some(raw) = object.get("error").filter(|raw| !raw.is_null()) {
        seen.fault = Some(error::read(raw));
    }
}

/// Whether a finish reason is given, however the colon is spaced; `null` is none.
fn gives_reason(data: &[u8]) -> bool {
    const NAME: &[u8] = b"\"finish_reason\"";
    memmem::find_iter(data, NAME).any(|at| {
        let rest = data[at + NAME.len()..].trim_ascii_start();
        rest.strip_prefix(b":")
            .is_some_and(|value| value.trim_ascii_start().starts_with(b"\""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_seen_however_it_is_spelled() {
        let rows = [
            (r#"{"choices":[{"finish_reason":"stop"}]}"#, true),
            (r#"{"choices":[{"finish_reason" : "stop"}]}"#, true),
            (r#"{"choices":[{"finish_reason":null}]}"#, false),
            (
                r#"{"choices":[{"finish_reason":null},{"finish_reason":"length"}]}"#,
                true,
            ),
            (
                r#"{"choices":[{"delta":{"content":"finish_reason"}}]}"#,
                false,
            ),
        ];
        for (data, expected) in rows {
            assert_eq!(gives_reason(data.as_bytes()), expected, "{data}");
        }
    }
}
