//! A look at the frames of a stream that is passed on verbatim.

use byokey_types::{Frame, RawObject};
use memchr::memmem;

use super::{error, usage};
use crate::observe::{Observation, has};

/// Notes what a frame shows. Deltas, the bulk of a stream, are searched and not parsed.
pub(super) fn frame(frame: &Frame, seen: &mut Observation) {
    let data = &frame.data;
    if let Some(number) = sequence(data) {
        seen.sequence = Some(number);
    }
    let terminal = [
        &b"\"response.completed\""[..],
        b"\"response.done\"",
        b"\"response.incomplete\"",
        b"\"response.failed\"",
    ];
    // the name of the event is also the type in its data, but for guests who say it once
    let named = frame.event.as_deref().is_some_and(|name| {
        name == "error"
            || terminal
                .iter()
                .any(|known| known[1..known.len() - 1] == *name.as_bytes())
    });
    if !named && !terminal.iter().any(|name| has(data, name)) && !has(data, b"\"error\"") {
        return;
    }
    let Ok(object) = RawObject::parse(data.clone()) else {
        return;
    };
    let kind = object.get("type").and_then(|kind| kind.text().ok());
    let kind = kind.or_else(|| frame.event.as_deref().map(str::to_owned));
    let answer = || object.get("response").and_then(|raw| raw.object().ok());
    match kind.as_deref() {
        Some("response.completed" | "response.done" | "response.incomplete") => {
            seen.stopped = true;
            seen.ended = true;
        }
        Some("response.failed") => {
            seen.ended = true;
            let error = answer().and_then(|mut answer| answer.take("error"));
            seen.fault = Some(error::read(&error.unwrap_or(byokey_types::Raw::NULL)));
        }
        Some("error") => {
            let whole = object.to_raw();
            seen.fault = Some(error::read(object.get("error").unwrap_or(&whole)));
            return;
        }
        None if object.contains("error") => {
            seen.fault = object.get("error").map(error::read);
            return;
        }
        Some(_) | None => return,
    }
    let usage = answer().and_then(|mut answer| answer.take("usage"));
    if let Some(usage) = usage.and_then(|raw| usage::read(&raw)) {
        seen.count(usage);
    }
}

/// The number of an event. Within a string its name could stand only with escaped quotes, so a search finds the member.
fn sequence(data: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"\"sequence_number\":";
    let value = data.get(memmem::find(data, NAME)? + NAME.len()..)?;
    let digits = value.trim_ascii_start();
    let end = digits.iter().position(|byte| !byte.is_ascii_digit());
    let digits = &digits[..end.unwrap_or(digits.len())];
    std::str::from_utf8(digits).ok()?.parse().ok()
}
