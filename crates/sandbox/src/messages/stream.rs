//! A message as events.

use bytes::Bytes;
use serde::Serialize;

use super::{
    MessagesVoice, fault,
    reply::{self, Block, Cited, Message, StopDetails, Usage},
};
use crate::{
    fault::Fault,
    reel::Reel,
    scene::{self, Scene},
    seal, tokens,
};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event<'a> {
    MessageStart {
        message: Message<'a>,
    },
    ContentBlockStart {
        index: usize,
        content_block: Block<'a>,
    },
    Ping,
    ContentBlockDelta {
        index: usize,
        delta: Delta<'a>,
    },
    ContentBlockStop {
        index: usize,
    },
    MessageDelta {
        delta: Ending<'a>,
        usage: Usage,
    },
    MessageStop,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Delta<'a> {
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: &'a str },
    #[serde(rename = "citations_delta")]
    Citations { citation: Cited<'a> },
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the API's own names")]
struct Ending<'a> {
    stop_reason: &'static str,
    stop_sequence: Option<&'a str>,
    stop_details: Option<StopDetails>,
}

/// Characters of a text delta.
const TEXT: usize = 5;
/// Characters of an input delta.
const INPUT: usize = 9;

pub(super) fn events(voice: &MessagesVoice, scene: &Scene) -> Vec<Bytes> {
    let mut reel = Reel::default();
    start(&mut reel, voice, scene);
    for (index, block) in scene.blocks.iter().enumerate() {
        say(&mut reel, scene, index, block);
    }
    end(&mut reel, scene);
    reel.frames()
}

pub(super) fn text(text: &str) -> Bytes {
    let mut reel = Reel::default();
    delta(&mut reel, 0, Delta::Text { text });
    reel.frames().pop().unwrap_or_default()
}

pub(super) fn around(voice: &MessagesVoice, scene: &Scene) -> (Vec<Bytes>, Vec<Bytes>) {
    let (mut before, mut after) = (Reel::default(), Reel::default());
    start(&mut before, voice, scene);
    open(&mut before, 0, empty_text());
    event(&mut after, &Event::ContentBlockStop { index: 0 });
    end(&mut after, scene);
    (before.frames(), after.frames())
}

pub(super) fn error() -> Bytes {
    let fault = Fault::new(529, "Overloaded");
    let mut reel = Reel::default();
    reel.event(Some("error"), &fault::envelope(&fault));
    reel.frames().pop().unwrap_or_default()
}

fn start(reel: &mut Reel, voice: &MessagesVoice, scene: &Scene) {
    let message = Message {
        id: &voice.id,
        kind: "message",
        role: "assistant",
        model: &voice.model,
        content: Vec::new(),
        stop_reason: None,
        stop_sequence: None,
        stop_details: None,
        usage: reply::first_usage(scene),
    };
    event(reel, &Event::MessageStart { message });
}

fn say<'a>(reel: &mut Reel, scene: &'a Scene, index: usize, block: &'a scene::Block) {
    match block {
        scene::Block::Thinking { text, omitted } => {
            let thinking = if *omitted { "" } else { text.as_str() };
            let empty = Block::Thinking {
                thinking: "",
                signature: String::new(),
            };
            open(reel, index, empty);
            for thinking in tokens::fragments(thinking, TEXT) {
                delta(reel, index, Delta::Thinking { thinking });
            }
            let signature = seal::sign(thinking);
            delta(reel, index, Delta::Signature { signature });
        }
        scene::Block::Redacted => {
            let data = seal::redacted();
            open(reel, index, Block::RedactedThinking { data });
        }
        scene::Block::Text { text, citations } if citations.is_empty() => {
            open(reel, index, empty_text());
            say_text(reel, index, text);
        }
        scene::Block::Text { text, citations } => {
            let empty = Block::Text {
                text: "",
                citations: Some(Vec::new()),
            };
            open(reel, index, empty);
            for citation in reply::cited(citations) {
                delta(reel, index, Delta::Citations { citation });
            }
            say_text(reel, index, text);
        }
        scene::Block::Refusal { text } => {
            open(reel, index, empty_text());
            say_text(reel, index, text);
        }
        scene::Block::Call { name, arguments } => {
            let call = Block::ToolUse {
                id: reply::call_id(scene, index),
                name,
                input: serde_json::Value::Object(serde_json::Map::new()),
            };
            open(reel, index, call);
            // the API sends an empty piece first
            delta(reel, index, Delta::InputJson { partial_json: "" });
            for partial_json in tokens::fragments(arguments, INPUT) {
                delta(reel, index, Delta::InputJson { partial_json });
            }
        }
    }
    event(reel, &Event::ContentBlockStop { index });
}

fn end(reel: &mut Reel, scene: &Scene) {
    let (stop_reason, stop_sequence) = reply::stop(&scene.stop);
    let delta = Ending {
        stop_reason,
        stop_sequence,
        stop_details: reply::stop_details(&scene.stop),
    };
    let usage = reply::usage(&scene.usage);
    event(reel, &Event::MessageDelta { delta, usage });
    event(reel, &Event::MessageStop);
}

fn empty_text() -> Block<'static> {
    Block::Text {
        text: "",
        citations: None,
    }
}

fn say_text(reel: &mut Reel, index: usize, text: &str) {
    for text in tokens::fragments(text, TEXT) {
        delta(reel, index, Delta::Text { text });
    }
}

/// Opens a block; after the first one the API sends a ping.
fn open(reel: &mut Reel, index: usize, content_block: Block<'_>) {
    event(
        reel,
        &Event::ContentBlockStart {
            index,
            content_block,
        },
    );
    if index == 0 {
        event(reel, &Event::Ping);
    }
}

fn delta(reel: &mut Reel, index: usize, delta: Delta<'_>) {
    event(reel, &Event::ContentBlockDelta { index, delta });
}

fn event(reel: &mut Reel, event: &Event<'_>) {
    let name = match event {
        Event::MessageStart { .. } => "message_start",
        Event::ContentBlockStart { .. } => "content_block_start",
        Event::Ping => "ping",
        Event::ContentBlockDelta { .. } => "content_block_delta",
        Event::ContentBlockStop { .. } => "content_block_stop",
        Event::MessageDelta { .. } => "message_delta",
        Event::MessageStop => "message_stop",
    };
    reel.event(Some(name), event);
}
