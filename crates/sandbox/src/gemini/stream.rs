//! An answer as a stream: server-sent events, or one JSON array.

use bytes::Bytes;
use serde::Serialize;

use super::{
    GeminiVoice, fault,
    reply::{self, Candidate, Part, Response},
    usage,
};
use crate::{
    format::Format as _,
    gemini::Gemini,
    model::Oddity,
    reel,
    scene::{Scene, Usage},
    tokens,
};

/// Characters of a piece of text; Google's are longer, but the more pieces the better the test.
const TEXT: usize = 12;

/// The first frame carries nothing: only the array has an opening.
pub(super) fn events(voice: &GeminiVoice, scene: &Scene) -> Vec<Bytes> {
    let mut frames = vec![opening(voice)];
    if voice.oddity == Some(Oddity::Blocked) {
        let counts = usage::usage(voice, &scene.usage);
        frames.push(frame(voice, &reply::response(voice, Some(counts)), true));
        return frames;
    }
    for index in 0..voice.candidates {
        let mut so_far = Usage {
            prompt: scene.usage.prompt,
            ..Usage::default()
        };
        for part in reply::parts(voice, scene, index) {
            let Some(text) = &part.text else {
                let said = reply::unfinished(index, vec![part]);
                frames.push(chunk(voice, said, &so_far, false));
                continue;
            };
            for piece in tokens::fragments(text, TEXT) {
                let counted = tokens::of_text(piece);
                so_far.output += counted;
                if part.thought.is_some() {
                    so_far.reasoning += counted;
                }
                let piece = Part {
                    text: Some(piece.into()),
                    thought: part.thought,
                    ..Part::default()
                };
                let said = reply::unfinished(index, vec![piece]);
                frames.push(chunk(voice, said, &so_far, false));
            }
        }
        let last = index + 1 == voice.candidates;
        frames.push(finish(voice, scene, index, last));
    }
    frames
}

/// Usage is told at the end only: the same words come in every answer.
pub(super) fn text(voice: &GeminiVoice, text: &str) -> Bytes {
    let part = Part {
        text: Some(text.into()),
        ..Part::default()
    };
    let response = Response {
        candidates: vec![reply::unfinished(0, vec![part])],
        ..reply::response(voice, None)
    };
    frame(voice, &response, false)
}

pub(super) fn around(voice: &GeminiVoice, scene: &Scene) -> (Vec<Bytes>, Vec<Bytes>) {
    (vec![opening(voice)], vec![finish(voice, scene, 0, true)])
}

pub(super) fn error(voice: &GeminiVoice) -> Bytes {
    let fault = Gemini::failure(Gemini::OVERLOADED, &voice.model);
    frame(voice, &fault::envelope(&fault), true)
}

fn opening(voice: &GeminiVoice) -> Bytes {
    if voice.array {
        Bytes::from_static(b"[")
    } else {
        Bytes::new()
    }
}

/// The end of a candidate: an empty text, with the signature that a text is to have.
fn finish(voice: &GeminiVoice, scene: &Scene, index: u32, last: bool) -> Bytes {
    let part = Part {
        text: Some("".into()),
        thought_signature: reply::closing_signature(voice, scene, index),
        ..Part::default()
    };
    let said = reply::finished(voice, scene, index, vec![part]);
    chunk(voice, said, &scene.usage, last)
}

fn chunk(voice: &GeminiVoice, said: Candidate<'_>, counts: &Usage, last: bool) -> Bytes {
    let response = Response {
        candidates: vec![said],
        ..reply::response(voice, Some(usage::usage(voice, counts)))
    };
    frame(voice, &response, last)
}

fn frame(voice: &GeminiVoice, data: &impl Serialize, last: bool) -> Bytes {
    let (before, after): (&[u8], &[u8]) = match (voice.array, last) {
        (false, _) => (b"data: ", b"\r\n\r\n"),
        (true, false) => (b"", b"\n,\r\n"),
        (true, true) => (b"", b"\n]\n"),
    };
    let mut frame = before.to_vec();
    frame.extend_from_slice(&reel::json(data));
    frame.extend_from_slice(after);
    frame.into()
}
