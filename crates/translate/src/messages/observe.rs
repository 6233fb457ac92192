//! A look at the frames of a stream that is passed on verbatim.

use byokey_types::{Frame, RawObject};

use super::{error, usage};
use crate::observe::{Observation, has};

/// Notes what a frame shows. Deltas, the bulk of a stream, are searched and not parsed.
pub(super) fn frame(frame: &Frame, seen: &mut Observation) {
    let data = &frame.data;
    let of_interest =
        has(data, b"message_stop") || has(data, b"\"usage\"") || has(data, b"\"error\"");
    if !of_interest {
        return;
    }
    let Ok(mut object) = RawObject::parse(data.clone()) else {
        return;
    };
    let kind = object.get("type").and_then(|kind| kind.text().ok());
    let usage = match kind.as_deref() {
        Some("message_start") => object
            .take("message")
            .and_then(|message| message.object().ok()?.take("usage")),
        Some("message_delta") => {
            // some upstreams close behind it
            seen.stopped = true;
            object.take("usage")
        }
        Some("message_stop") => {
            seen.ended = true;
            None
        }
        Some("error") => {
            seen.fault = Some(error::fault(&object));
            None
        }
        None if object.contains("error") => {
            seen.fault = Some(error::fault(&object));
            None
        }
        Some(_) | None => None,
    };
    if let Some(usage) = usage.and_then(|raw| usage::read(&raw)) {
        seen.count(usage);
    }
}
