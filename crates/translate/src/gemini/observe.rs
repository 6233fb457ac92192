//! A look at the frames of a stream that is passed on verbatim.

use byokey_types::{Frame, RawObject};

use super::{error, response, spelling, usage};
use crate::observe::{Observation, has};

/// Notes what a frame shows. A frame without counts, an end or an error is searched and not parsed.
///
/// No frame of this format says that it is the last one; behind a finish reason the upstream may close.
pub(super) fn frame(frame: &Frame, seen: &mut Observation) {
    let of_interest = [
        &b"sageMetadata\""[..],
        b"usage_metadata\"",
        b"\"finishReason\"",
        b"\"finish_reason\"",
        b"\"error\"",
        b"\"promptFeedback\"",
        b"\"prompt_feedback\"",
    ]
    .iter()
    .any(|word| has(&frame.data, word));
    if !of_interest {
        return;
    }
    let Ok(object) = RawObject::parse(frame.data.clone()) else {
        return;
    };
    if object.contains("error") && !object.contains("candidates") {
        seen.fault = Some(error::fault(&object));
        return;
    }
    let mut fields = spelling::fields(object);
    if let Some(usage) = fields
        .take("usageMetadata")
        .and_then(|raw| usage::read(&raw))
    {
        seen.count(usage);
    }
    let finished = fields
        .peek("candidates")
        .and_then(|raw| raw.array().ok()?.first()?.object().ok())
        .map(spelling::camel_cased)
        .is_some_and(|candidate| {
            candidate
                .get("finishReason")
                .is_some_and(|word| !word.is_null())
        });
    seen.stopped |= finished || response::block_reason(&fields).is_some();
}
