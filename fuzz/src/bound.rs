//! What everything that is written must hold: it is JSON, and no longer than its cause allows.

use byokey_translate::loss::Losses;
use byokey_types::{Frame, Raw};
use bytes::Bytes;

/// How many bytes one byte of the input may become.
///
/// The worst honest case: `{"text":""},` is a block of its own, and each block has seven events in a Responses stream.
const FACTOR: usize = 256;
/// What is written of an empty input.
const SPARE: usize = 64 * 1024;

/// Fails when so many bytes cannot come of an input of this size.
pub fn size(what: &str, input: &Bytes, output: usize) {
    let most = input.len() * FACTOR + SPARE;
    assert!(
        output <= most,
        "{what}: {output} bytes of {} bytes",
        input.len()
    );
}

/// Fails when a body is no JSON, or too long.
pub fn body(what: &str, input: &Bytes, body: &Bytes) {
    size(what, input, body.len());
    assert!(
        Raw::parse(body.clone()).is_ok(),
        "{what}: no JSON: {body:?}"
    );
}

/// Fails when the data of a frame is neither JSON nor the end of a Chat stream.
pub fn frame(what: &str, frame: &Frame) {
    assert!(
        frame.data.as_ref() == b"[DONE]" || Raw::parse(frame.data.clone()).is_ok(),
        "{what}: no JSON: {frame:?}"
    );
}

/// Fails when losses take more memory than their cause allows.
pub fn losses(what: &str, input: &Bytes, losses: &Losses) {
    let paths = losses.as_slice().iter().map(|loss| loss.path.len());
    size(what, input, paths.sum());
    let summary = losses.summary(1024);
    assert!(
        summary.len() <= 1024 && summary.is_ascii(),
        "{what}: {summary}"
    );
}
