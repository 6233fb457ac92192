//! A response as events.

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;

use super::{
    event::{Data, Numbered},
    item::{Item, Part},
    output,
    reply::{self, Response},
    voice::ResponsesVoice,
};
use crate::{actor::LOREM, model::Dialect, scene::Scene, tokens};

#[derive(Serialize)]
struct Whole<'a> {
    response: Response<'a>,
}

/// Characters of a text delta.
const TEXT: usize = 5;
/// Characters of a delta of arguments or input.
const ARGUMENTS: usize = 9;
/// Characters of a delta of a summary.
const SUMMARY: usize = 7;

const TEXT_DELTA: &str = "response.output_text.delta";

pub(super) fn events(voice: &ResponsesVoice, scene: &Scene) -> Vec<Bytes> {
    let mut events = Numbered::from(voice, 0);
    begin(&mut events, voice);
    let items = voice.items(scene);
    for (index, item) in items.iter().enumerate() {
        say(&mut events, index, item);
    }
    end(&mut events, voice, scene, &items);
    events.frames()
}

/// The events before and after the words of `lorem`.
pub(super) fn around(voice: &ResponsesVoice, scene: &Scene) -> (Vec<Bytes>, Vec<Bytes>) {
    let items = voice.items(scene);
    let mut before = Numbered::from(voice, 0);
    begin(&mut before, voice);
    let words = usize::try_from(scene.usage.output).unwrap_or(usize::MAX);
    let mut after = Numbered::from(voice, before.next() + 2 + words);
    if let [item @ Item::Message { content, .. }] = items.as_slice() {
        announce(&mut before, 0, item);
        for part in content {
            open(&mut before, item, 0, part);
            close(&mut after, item, 0, part);
        }
        complete(&mut after, 0, item);
    }
    end(&mut after, voice, scene, &items);
    (before.frames(), after.frames())
}

/// The words of `lorem`.
pub(super) fn words(
    voice: &ResponsesVoice,
    count: usize,
) -> Box<dyn Iterator<Item = Bytes> + Send> {
    let voice = voice.clone();
    Box::new((0..count).map(move |at| word(&voice, LOREM[at % LOREM.len()], at)))
}

/// One word of `lorem`.
pub(super) fn word(voice: &ResponsesVoice, word: &str, at: usize) -> Bytes {
    let mut events = Numbered::from(voice, first_word(voice) + at);
    let scene_id = output::first_message(voice);
    let data = Data {
        item_id: Some(&scene_id),
        content_index: Some(0),
        logprobs: Some([]),
        ..Data::default()
    };
    events.delta(TEXT_DELTA, &data, word);
    events.frames().pop().unwrap_or_default()
}

/// How a stream ends half-way, after so many events.
pub(super) fn error(voice: &ResponsesVoice, after: usize) -> Bytes {
    let unnumbered = usize::from(voice.dialect == Dialect::Codex);
    let mut events = Numbered::from(voice, after.saturating_sub(unnumbered));
    match voice.dialect {
        Dialect::Codex => events.event(
            "error",
            &json!({"code": "server_error", "param": null,
                    "message": "The server had an error while processing your request. Sorry about that!"}),
        ),
        Dialect::Strict | Dialect::DeepSeek => {
            let response = reply::failed(voice);
            events.event("response.failed", &Whole { response });
        }
    }
    events.frames().pop().unwrap_or_default()
}

fn begin(events: &mut Numbered<'_>, voice: &ResponsesVoice) {
    events.limits();
    for (kind, status) in beginnings(voice) {
        let response = reply::pending(voice, status);
        events.event(kind, &Whole { response });
    }
}

fn beginnings(voice: &ResponsesVoice) -> &'static [(&'static str, &'static str)] {
    if voice.background {
        &[
            ("response.created", "queued"),
            ("response.queued", "queued"),
            ("response.in_progress", "in_progress"),
        ]
    } else {
        &[
            ("response.created", "in_progress"),
            ("response.in_progress", "in_progress"),
        ]
    }
}

/// The number of the first word: an item and a part are announced before it.
fn first_word(voice: &ResponsesVoice) -> usize {
    beginnings(voice).len() + 2
}

fn end(events: &mut Numbered<'_>, voice: &ResponsesVoice, scene: &Scene, items: &[Item]) {
    // the ChatGPT backend tells its items only one by one
    let told = match voice.dialect {
        Dialect::Codex => &[],
        Dialect::Strict | Dialect::DeepSeek => items,
    };
    let response = reply::full(voice, scene, told);
    events.event(reply::terminal(scene), &Whole { response });
}

fn say(events: &mut Numbered<'_>, index: usize, item: &Item) {
    announce(events, index, item);
    let data = || Data {
        item_id: Some(item.id()),
        output_index: index,
        ..Data::default()
    };
    match item {
        Item::Reasoning { summary, .. } => {
            for (at, part) in summary.iter().enumerate() {
                summarise(events, data, at, part);
            }
        }
        Item::Message { content, .. } => {
            for part in content {
                open(events, item, index, part);
                let (kind, text) = match part {
                    Part::OutputText { text, .. } | Part::SummaryText { text } => {
                        (TEXT_DELTA, text)
                    }
                    Part::Refusal { refusal } => ("response.refusal.delta", refusal),
                };
                for piece in tokens::fragments(text, TEXT) {
                    let data = Data {
                        content_index: Some(0),
                        logprobs: (kind == TEXT_DELTA).then_some([]),
                        ..data()
                    };
                    events.delta(kind, &data, piece);
                }
                close(events, item, index, part);
            }
        }
        Item::FunctionCall { arguments, .. } => {
            for piece in tokens::fragments(arguments, ARGUMENTS) {
                events.delta("response.function_call_arguments.delta", &data(), piece);
            }
            let done = Data {
                arguments: Some(arguments),
                ..data()
            };
            events.event("response.function_call_arguments.done", &done);
        }
        Item::CustomToolCall { input, .. } => {
            for piece in tokens::fragments(input, ARGUMENTS) {
                events.delta("response.custom_tool_call_input.delta", &data(), piece);
            }
            let done = Data {
                input: Some(input),
                ..data()
            };
            events.event("response.custom_tool_call_input.done", &done);
        }
        Item::WebSearchCall { .. } => {
            for phase in ["in_progress", "searching", "completed"] {
                events.event(&format!("response.web_search_call.{phase}"), &data());
            }
        }
        Item::ToolSearchCall { .. } => {}
        Item::Compaction { .. } => events.event("response.compaction.compacting", &data()),
    }
    complete(events, index, item);
}

fn announce(events: &mut Numbered<'_>, index: usize, item: &Item) {
    // a compaction is nothing before it is whole
    if matches!(item, Item::Compaction { .. }) {
        return complete_as(events, "response.output_item.added", index, item);
    }
    complete_as(
        events,
        "response.output_item.added",
        index,
        &item.announced(),
    );
}

fn complete(events: &mut Numbered<'_>, index: usize, item: &Item) {
    complete_as(events, "response.output_item.done", index, item);
}

fn complete_as(events: &mut Numbered<'_>, kind: &str, output_index: usize, item: &Item) {
    let data = Data {
        output_index,
        item: Some(item),
        ..Data::default()
    };
    events.event(kind, &data);
}

fn open(events: &mut Numbered<'_>, item: &Item, index: usize, part: &Part) {
    part_event(
        events,
        "response.content_part.added",
        item,
        index,
        &part.announced(),
    );
}

/// The end of a part: its annotations, its whole text, itself.
fn close(events: &mut Numbered<'_>, item: &Item, index: usize, part: &Part) {
    let data = || Data {
        item_id: Some(item.id()),
        output_index: index,
        content_index: Some(0),
        ..Data::default()
    };
    match part {
        Part::OutputText {
            annotations, text, ..
        } => {
            for (at, annotation) in annotations.iter().enumerate() {
                let added = Data {
                    annotation: Some(annotation),
                    annotation_index: Some(at),
                    ..data()
                };
                events.event("response.output_text.annotation.added", &added);
            }
            let done = Data {
                text: Some(text),
                logprobs: Some([]),
                ..data()
            };
            events.event("response.output_text.done", &done);
        }
        Part::Refusal { refusal } => {
            let done = Data {
                refusal: Some(refusal),
                ..data()
            };
            events.event("response.refusal.done", &done);
        }
        Part::SummaryText { .. } => {}
    }
    part_event(events, "response.content_part.done", item, index, part);
}

fn part_event(
    events: &mut Numbered<'_>,
    kind: &str,
    item: &Item,
    output_index: usize,
    part: &Part,
) {
    let data = Data {
        item_id: Some(item.id()),
        output_index,
        content_index: Some(0),
        part: Some(part),
        ..Data::default()
    };
    events.event(kind, &data);
}

fn summarise<'a>(
    events: &mut Numbered<'_>,
    data: impl Fn() -> Data<'a>,
    at: usize,
    part: &'a Part,
) {
    let Part::SummaryText { text } = part else {
        return;
    };
    let of = || Data {
        summary_index: Some(at),
        ..data()
    };
    let announced = part.announced();
    let added = Data {
        part: Some(&announced),
        ..of()
    };
    events.event("response.reasoning_summary_part.added", &added);
    for piece in tokens::fragments(text, SUMMARY) {
        events.delta("response.reasoning_summary_text.delta", &of(), piece);
    }
    let done = Data {
        text: Some(text),
        ..of()
    };
    events.event("response.reasoning_summary_text.done", &done);
    let done = Data {
        part: Some(part),
        ..of()
    };
    events.event("response.reasoning_summary_part.done", &done);
}
