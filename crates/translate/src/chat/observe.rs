//! A look at the frames of a stream that is passed on verbatim.

use byokey_types::{Frame, RawObject};

use super::{error, usage};
use crate::observe::{Observation, has};

/// Notes what a frame shows. Deltas, the bulk of a stream, are searched and not parsed.
pub(super) fn frame(frame: &Frame, seen: &mut Observation) {
    let data = &frame.data;
    if data.trim_ascii() == b"[DONE]" {
        seen.ended = true;
        return;
    }
    if has(data, b"\"finish_reason\":\"") || has(data, b"\"finish_reason\": \"") {
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
