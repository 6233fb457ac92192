//! A completion as chunks.

use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::{
    ChatVoice, fault,
    reply::{self, Annotation, FINGERPRINT, Usage},
};
use crate::{
    fault::Fault,
    model::Dialect,
    reel::Reel,
    scene::{Block, Scene},
    timestamp::CREATED,
    tokens,
};

/// A field that may be there without a value.
#[derive(Default)]
enum Field<T> {
    #[default]
    Absent,
    Null,
    Is(T),
}

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    service_tier: &'static str,
    system_fingerprint: &'static str,
    choices: &'a [Choice<'a>],
    /// Absent unless usage was asked for, then `null` in all chunks but the last.
    #[serde(skip_serializing_if = "Field::is_absent")]
    usage: Field<Usage>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    delta: Delta<'a>,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    content: Field<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    refusal: Field<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[CallDelta<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Vec<Annotation>>,
}

#[derive(Serialize)]
struct CallDelta<'a> {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<FunctionDelta<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom: Option<CustomDelta<'a>>,
}

#[derive(Serialize)]
struct FunctionDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    arguments: &'a str,
}

#[derive(Serialize)]
struct CustomDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    input: &'a str,
}

impl<'a> CallDelta<'a> {
    /// The beginning of a call has an id and a name.
    fn new(index: usize, begins: Option<(String, &'a str)>, piece: &'a str, custom: bool) -> Self {
        let (id, name) = begins.unzip();
        Self {
            index,
            kind: id
                .as_ref()
                .map(|_| if custom { "custom" } else { "function" }),
            id,
            function: (!custom).then_some(FunctionDelta {
                name,
                arguments: piece,
            }),
            custom: custom.then_some(CustomDelta { name, input: piece }),
        }
    }
}

/// Characters of a text delta.
const TEXT: usize = 5;
/// Characters of an arguments delta.
const ARGUMENTS: usize = 9;

pub(super) fn events(voice: &ChatVoice, scene: &Scene) -> Vec<Bytes> {
    let mut reel = Reel::default();
    for choice in 0..voice.choices {
        open(&mut reel, voice, scene, choice);
    }
    for choice in 0..voice.choices {
        say(&mut reel, voice, scene, choice);
    }
    close(&mut reel, voice, scene);
    reel.frames()
}

pub(super) fn text(voice: &ChatVoice, text: &str) -> Bytes {
    let mut reel = Reel::default();
    content(&mut reel, voice, 0, text);
    reel.frames().pop().unwrap_or_default()
}

pub(super) fn around(voice: &ChatVoice, scene: &Scene) -> (Vec<Bytes>, Vec<Bytes>) {
    let (mut before, mut after) = (Reel::default(), Reel::default());
    open(&mut before, voice, scene, 0);
    finish(&mut after, voice, scene, 0);
    close(&mut after, voice, scene);
    (before.frames(), after.frames())
}

pub(super) fn error(voice: &ChatVoice) -> Bytes {
    let fault = match voice.dialect {
        Dialect::Strict | Dialect::Codex => Fault::new(
            500,
            "The server had an error while processing your request. Sorry about that!",
        ),
        Dialect::DeepSeek => Fault::new(
            503,
            "The engine is currently overloaded, please try again later",
        ),
    };
    let mut event = b"data: ".to_vec();
    event.extend_from_slice(&fault::body(&fault.kind("server_error")));
    event.extend_from_slice(b"\n\n");
    event.into()
}

impl<T> Field<T> {
    fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Is(value) => value.serialize(serializer),
        }
    }
}

fn open(reel: &mut Reel, voice: &ChatVoice, scene: &Scene, choice: u32) {
    if voice.dialect == Dialect::DeepSeek && choice == 0 {
        reel.literal(b": keep-alive\n\n");
    }
    let silent = scene
        .blocks
        .iter()
        .any(|block| matches!(block, Block::Call { .. }));
    let delta = Delta {
        role: Some("assistant"),
        content: if silent { Field::Null } else { Field::Is("") },
        refusal: Field::Null,
        ..Delta::default()
    };
    chunk(reel, voice, choice, delta, None);
}

fn say(reel: &mut Reel, voice: &ChatVoice, scene: &Scene, choice: u32) {
    let mut calls = Vec::new();
    for block in &scene.blocks {
        match block {
            Block::Thinking { text, .. } => {
                for piece in tokens::fragments(text, TEXT) {
                    let delta = Delta {
                        reasoning_content: Some(piece),
                        ..Delta::default()
                    };
                    chunk(reel, voice, choice, delta, None);
                }
            }
            // Chat has no word for it
            Block::Redacted => {}
            Block::Text { text, .. } => {
                tokens::fragments(text, TEXT).for_each(|piece| content(reel, voice, choice, piece));
            }
            Block::Refusal { text } => {
                for piece in tokens::fragments(text, TEXT) {
                    let delta = Delta {
                        refusal: Field::Is(piece),
                        ..Delta::default()
                    };
                    chunk(reel, voice, choice, delta, None);
                }
            }
            Block::Call { name, arguments } => calls.push((name.as_str(), arguments.as_str())),
        }
    }
    interleave(reel, voice, scene, choice, &calls);
    let annotations = reply::annotations(scene);
    if !annotations.is_empty() {
        let delta = Delta {
            annotations: Some(annotations),
            ..Delta::default()
        };
        chunk(reel, voice, choice, delta, None);
    }
    finish(reel, voice, scene, choice);
}

/// All calls are announced, then take turns with a piece of their arguments each.
fn interleave(
    reel: &mut Reel,
    voice: &ChatVoice,
    scene: &Scene,
    choice: u32,
    calls: &[(&str, &str)],
) {
    let inputs: Vec<_> = calls
        .iter()
        .map(|(name, arguments)| voice.input(name, arguments))
        .collect();
    for (index, ((name, _), input)) in calls.iter().zip(&inputs).enumerate() {
        let id = reply::call_id(scene, choice, index);
        let head = CallDelta::new(index, Some((id, name)), "", input.is_some());
        call(reel, voice, choice, head);
    }
    let mut pieces: Vec<_> = calls
        .iter()
        .zip(&inputs)
        .map(|((_, arguments), input)| {
            tokens::fragments(input.as_deref().unwrap_or(arguments), ARGUMENTS)
        })
        .collect();
    loop {
        let mut silent = true;
        for (index, pieces) in pieces.iter_mut().enumerate() {
            if let Some(piece) = pieces.next() {
                silent = false;
                let piece = CallDelta::new(index, None, piece, inputs[index].is_some());
                call(reel, voice, choice, piece);
            }
        }
        if silent {
            return;
        }
    }
}

fn finish(reel: &mut Reel, voice: &ChatVoice, scene: &Scene, choice: u32) {
    let reason = reply::finish_reason(&scene.stop);
    chunk(reel, voice, choice, Delta::default(), Some(reason));
}

fn close(reel: &mut Reel, voice: &ChatVoice, scene: &Scene) {
    if voice.include_usage {
        write(reel, voice, &[], Field::Is(reply::usage(voice, scene)));
    }
    reel.literal(b"data: [DONE]\n\n");
}

fn content(reel: &mut Reel, voice: &ChatVoice, choice: u32, text: &str) {
    let delta = Delta {
        content: Field::Is(text),
        ..Delta::default()
    };
    chunk(reel, voice, choice, delta, None);
}

fn call(reel: &mut Reel, voice: &ChatVoice, choice: u32, call: CallDelta<'_>) {
    let delta = Delta {
        tool_calls: Some([call]),
        ..Delta::default()
    };
    chunk(reel, voice, choice, delta, None);
}

fn chunk(
    reel: &mut Reel,
    voice: &ChatVoice,
    index: u32,
    delta: Delta<'_>,
    finish_reason: Option<&'static str>,
) {
    let choice = Choice {
        index,
        delta,
        logprobs: None,
        finish_reason,
    };
    let usage = if voice.include_usage {
        Field::Null
    } else {
        Field::Absent
    };
    write(reel, voice, &[choice], usage);
}

fn write(reel: &mut Reel, voice: &ChatVoice, choices: &[Choice<'_>], usage: Field<Usage>) {
    let chunk = Chunk {
        id: &voice.id,
        object: "chat.completion.chunk",
        created: CREATED,
        model: &voice.model,
        service_tier: "default",
        system_fingerprint: FINGERPRINT,
        choices,
        usage,
    };
    reel.event(None, &chunk);
}
