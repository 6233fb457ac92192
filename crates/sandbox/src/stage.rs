//! How an answer is delivered: at once, paced, late, in part or not at all.

use std::time::Duration;

use bytes::Bytes;

use crate::{
    format::Voice,
    model::{Kind, Model},
    playback::Performance,
    scene::Scene,
    script::{Cue, Ending, Step},
};

/// Puts a scene on stage in the way that the model asks for.
pub(crate) fn perform(
    model: &Model<'_>,
    voice: &impl Voice,
    scene: &Scene,
    stream: bool,
) -> Performance {
    let mut performance = if stream {
        streamed(model.kind, voice, scene)
    } else {
        whole(model.kind, voice, scene)
    };
    let content_type = if stream {
        voice.stream_type()
    } else {
        "application/json"
    };
    performance.headers.insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static(content_type),
    );
    if stream {
        performance.headers.insert(
            http::header::CACHE_CONTROL,
            http::HeaderValue::from_static("no-cache"),
        );
    }
    performance
}

/// The time between two tokens, when they are paced.
fn pace(per_second: u32) -> Duration {
    Duration::from_secs(1) / per_second
}

fn streamed(kind: Kind<'_>, voice: &impl Voice, scene: &Scene) -> Performance {
    if let Kind::Lorem { per_second, .. } = kind {
        return lorem(voice, scene, per_second);
    }
    let mut frames = voice.events(scene);
    let half = frames.len() / 2;
    match kind {
        Kind::Stall => play(Vec::new(), Ending::Hang),
        Kind::StallMid => {
            frames.truncate(half);
            play(frames, Ending::Hang)
        }
        Kind::Cut => {
            frames.truncate(half);
            play(frames, Ending::Cut)
        }
        Kind::ErrorMid => {
            frames.truncate(half);
            frames.push(voice.error_after(half));
            play(frames, Ending::Complete)
        }
        Kind::SlowStart(delay) => {
            let content = frames.split_off(1);
            let steps = frames.into_iter().map(Step::Send);
            let late =
                std::iter::once(Step::Wait(delay)).chain(content.into_iter().map(Step::Send));
            Performance::steps(steps.chain(late), Ending::Complete)
        }
        Kind::StallHead => play(frames, Ending::Complete).cue(Cue::Never),
        Kind::CutHead => play(frames, Ending::Complete).cue(Cue::Cut),
        Kind::Echo
        | Kind::Lorem { .. }
        | Kind::Tools
        | Kind::Think { .. }
        | Kind::Agent { .. }
        | Kind::Vision
        | Kind::Refuse
        | Kind::Filter
        | Kind::Cite
        | Kind::Structured
        | Kind::Stop
        | Kind::Long
        | Kind::Fail(_)
        | Kind::Flaky
        | Kind::Odd(_)
        | Kind::Embed
        | Kind::Raw(_) => play(frames, Ending::Complete),
    }
}

fn whole(kind: Kind<'_>, voice: &impl Voice, scene: &Scene) -> Performance {
    let body = Bytes::from(voice.whole(scene));
    let half = body.slice(..body.len() / 2);
    match kind {
        Kind::Stall => play(Vec::new(), Ending::Hang),
        Kind::StallMid => play(vec![half], Ending::Hang),
        Kind::Cut => play(vec![half], Ending::Cut),
        Kind::StallHead => Performance::whole(200, body).cue(Cue::Never),
        Kind::CutHead => Performance::whole(200, body).cue(Cue::Cut),
        Kind::SlowStart(delay) => Performance::whole(200, body).cue(Cue::After(delay)),
        Kind::Lorem {
            tokens,
            per_second: Some(rate),
        } => Performance::whole(200, body).cue(Cue::After(pace(rate) * tokens)),
        // the caller has answered an error where there is no stream to break
        Kind::ErrorMid
        | Kind::Echo
        | Kind::Lorem { .. }
        | Kind::Tools
        | Kind::Think { .. }
        | Kind::Agent { .. }
        | Kind::Vision
        | Kind::Refuse
        | Kind::Filter
        | Kind::Cite
        | Kind::Structured
        | Kind::Stop
        | Kind::Long
        | Kind::Fail(_)
        | Kind::Flaky
        | Kind::Odd(_)
        | Kind::Embed
        | Kind::Raw(_) => Performance::whole(200, body),
    }
}

fn play(frames: Vec<Bytes>, ending: Ending) -> Performance {
    Performance::steps(frames.into_iter().map(Step::Send), ending)
}

/// The words are made as they are played.
fn lorem(voice: &impl Voice, scene: &Scene, per_second: Option<u32>) -> Performance {
    let (before, after) = voice.around(scene);
    let count = usize::try_from(scene.usage.output).unwrap_or(usize::MAX);
    let said = voice.words(count).flat_map(move |word| {
        per_second
            .map(|rate| Step::Wait(pace(rate)))
            .into_iter()
            .chain([Step::Send(word)])
    });
    let before = before.into_iter().map(Step::Send);
    let after = after.into_iter().map(Step::Send);
    Performance::steps(before.chain(said).chain(after), Ending::Complete)
}
