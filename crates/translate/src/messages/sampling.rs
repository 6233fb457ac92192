//! Sampling: what the API takes of it, and what thinking leaves of that.
//!
//! Source: Messages API: `temperature` is at most 1; with thinking on it may only be 1, `top_k` may not be set and `top_p`
//! must lie between 0.95 and 1. Stop sequences of white space only are refused.

use byokey_types::{Raw, RawObject};

use crate::write::Object;
use crate::{ir::Sampling, loss::Losses, target::Target};

/// Writes the sampling members.
pub(super) fn write(
    body: &mut Object<'_>,
    sampling: &Sampling,
    target: &Target,
    thinks: bool,
    losses: &mut Losses,
) {
    for (name, value) in [
        ("presence_penalty", &sampling.presence_penalty),
        ("frequency_penalty", &sampling.frequency_penalty),
        ("seed", &sampling.seed),
    ] {
        if value.is_some() {
            losses.dropped(name);
        }
    }
    for (name, value) in [
        ("temperature", &sampling.temperature),
        ("top_p", &sampling.top_p),
        ("top_k", &sampling.top_k),
    ] {
        let Some(value) = value else {
            continue;
        };
        let number = value.decode::<f64>().unwrap_or(f64::NAN);
        let allowed = match (thinks, name) {
            _ if !target.temperature => false,
            (true, "temperature") => number >= 1.0,
            (true, "top_p") => (0.95..=1.0).contains(&number),
            (true, _) => false,
            (false, _) => true,
        };
        if !allowed {
            losses.dropped(name);
        } else if name == "temperature" && number > 1.0 {
            losses.approximated(name);
            body.raw(name, &Raw::number(1));
        } else {
            body.raw(name, value);
        }
    }
    let stops = || sampling.stop.iter().filter(|stop| !stop.trim().is_empty());
    if stops().count() < sampling.stop.len() {
        losses.dropped("stop");
    }
    if stops().next().is_some() {
        let mut array = body.array("stop_sequences");
        for stop in stops() {
            crate::write::string(stop, array.item());
        }
        array.end();
    }
}

/// Writes `max_tokens`, as the client spelled it where that means the same number.
pub(super) fn write_max_tokens(body: &mut Object<'_>, value: u64, own: Option<&RawObject>) {
    let spelled = own.and_then(|ext| ext.get("max_tokens"));
    match spelled.filter(|raw| raw.whole().is_ok_and(|said| said == value)) {
        Some(raw) => body.raw("max_tokens", raw),
        None => body.number("max_tokens", value),
    }
}
