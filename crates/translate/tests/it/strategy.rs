//! Generated answers: what any upstream may have said, in the neutral form.

mod ask;
pub(crate) mod request;

use std::collections::BTreeSet;

use byokey_translate::{
    Event,
    event::Delta,
    ir::{
        Annotation, AnnotationSource, Block, CallId, Ext, Extensions, Input, Issuer, Kind, Media,
        MediaKind, MediaSource, Reasoning, ReasoningPart, Response, Runs, Seal, Stop, StopReason,
        ToolCall,
    },
};
use byokey_types::{Format, Raw, RawObject, Str, Usage};
use proptest::{prelude::*, sample::Index};

/// The names of tools that calls draw from, so that renames have something to hit.
pub(crate) const NAMES: [&str; 6] = ["read", "up_read", "patch", "up_patch", "respond", "sum"];

/// Answers that `unfold` can say and `fold` can read.
///
/// Left out, because the grammar has no word for them: a missing stop reason (a stream always ends in one), tool results
/// (answers hold none), two parts of full reasoning in a row (deltas of one text), malformed input that is blank or JSON.
pub(crate) fn response() -> impl Strategy<Value = Response> {
    (
        option_of(name()),
        option_of(name()),
        prop::option::of(any::<i64>()),
        prop::collection::vec(block(), 0..6),
        stop(),
        prop::option::of(usage()),
        ext(),
    )
        .prop_map(|(id, model, created, blocks, stop, usage, ext)| Response {
            id,
            model,
            created,
            blocks,
            stop: Some(stop),
            usage,
            ext,
        })
}

/// A block of an answer.
pub(crate) fn block() -> impl Strategy<Value = Block> {
    (kind(), prop::option::of(seal()), ext()).prop_map(|(kind, seal, ext)| Block {
        kind,
        cache: None,
        seal,
        ext,
    })
}

/// A seal of any family, bound to an account or not.
pub(crate) fn seal() -> impl Strategy<Value = Seal> {
    let family = prop_oneof!["anthropic", "openai", "google", "guest-[a-z]{1,6}"];
    let account = prop::option::of("[a-z0-9-]{1,12}");
    (family, account, "[A-Za-z0-9+/=]{8,40}").prop_map(|(family, account, payload)| Seal {
        issuer: Issuer {
            family: family.into(),
            account: account.map(Str::from),
        },
        payload,
    })
}

/// Cuts every piece of text and input in two, as upstreams do.
pub(crate) fn chunked(events: Vec<Event>, cuts: &[Index]) -> Vec<Event> {
    let mut out = Vec::new();
    let mut cuts = cuts.iter().cycle();
    for event in events {
        let Event::Delta {
            index,
            delta: delta @ (Delta::Text(_) | Delta::Input(_) | Delta::Reasoning(_)),
        } = event
        else {
            out.push(event);
            continue;
        };
        let (text, make): (String, fn(String) -> Delta) = match delta {
            Delta::Text(text) => (text, Delta::Text),
            Delta::Input(text) => (text, Delta::Input),
            Delta::Reasoning(text) => (text, Delta::Reasoning),
            other => panic!("filtered above: {other:?}"),
        };
        let cut = cuts.next().map_or(0, |cut| cut.index(text.len() + 1));
        let cut = (0..=cut).rev().find(|cut| text.is_char_boundary(*cut));
        let (head, tail) = text.split_at(cut.unwrap_or(0));
        for piece in [head, tail].into_iter().filter(|piece| !piece.is_empty()) {
            let delta = make(piece.to_owned());
            out.push(Event::Delta { index, delta });
        }
        if text.is_empty() {
            let delta = make(text);
            out.push(Event::Delta { index, delta });
        }
    }
    out
}

/// Lets blocks speak in turns: each keeps its own order, and they still open in ascending order.
pub(crate) fn interleaved(events: Vec<Event>, choices: &[Index]) -> Vec<Event> {
    let mut blocks: Vec<std::collections::VecDeque<Event>> = Vec::new();
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    for event in events {
        match &event {
            Event::Open { .. } => blocks.push([event].into()),
            Event::Delta { index, .. } | Event::Close { index } => {
                blocks[*index as usize].push_back(event);
            }
            Event::Start(_) => head.push(event),
            Event::Usage(_) | Event::Stop(_) | Event::End | Event::Error(_) => tail.push(event),
        }
    }
    let mut out = head;
    let mut choices = choices.iter().cycle();
    let mut opened = 0;
    loop {
        let eligible: Vec<usize> = (0..blocks.len())
            .filter(|block| *block <= opened && !blocks[*block].is_empty())
            .collect();
        if eligible.is_empty() {
            break;
        }
        let chosen = eligible[choices
            .next()
            .map_or(0, |choice| choice.index(eligible.len()))];
        if chosen == opened {
            opened += 1;
        }
        out.extend(blocks[chosen].pop_front());
    }
    out.extend(tail);
    out
}

/// A set of the names.
pub(crate) fn names() -> impl Strategy<Value = BTreeSet<Str>> {
    prop::sample::subsequence(NAMES.to_vec(), 0..3)
        .prop_map(|names| names.into_iter().map(Str::new).collect())
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => (text(), prop::collection::vec(annotation(), 0..3))
            .prop_map(|(text, annotations)| Kind::Text { text, annotations }),
        2 => reasoning().prop_map(Kind::Reasoning),
        4 => call().prop_map(Kind::ToolCall),
        1 => text().prop_map(|text| Kind::Refusal { text }),
        1 => media().prop_map(Kind::Media),
        1 => (format(), name(), json())
            .prop_map(|(format, tag, value)| Kind::Native { format, tag, value }),
    ]
}

fn call() -> impl Strategy<Value = ToolCall> {
    let id = (name(), option_of(name())).prop_map(|(id, item)| CallId { id, item });
    let runs = prop_oneof![3 => Just(Runs::Client), 1 => Just(Runs::Server)];
    (id, prop::sample::select(NAMES.to_vec()), input(), runs).prop_map(|(id, name, input, runs)| {
        ToolCall {
            id,
            name: name.into(),
            input,
            runs,
        }
    })
}

fn input() -> impl Strategy<Value = Input> {
    let wrapped = text().prop_map(|text| {
        let object: RawObject = [(Str::new("input"), Raw::string(&text))]
            .into_iter()
            .collect();
        Input::Json(object.to_raw())
    });
    prop_oneof![
        3 => json().prop_map(Input::Json),
        2 => wrapped,
        2 => text().prop_map(Input::Text),
        1 => "\\{\"a\": ?[a-z]{0,4}".prop_map(Input::Malformed),
    ]
}

fn reasoning() -> impl Strategy<Value = Reasoning> {
    let part = prop_oneof![
        text().prop_map(ReasoningPart::Full),
        text().prop_map(ReasoningPart::Summary)
    ];
    (prop::collection::vec(part, 0..4), any::<bool>()).prop_map(|(mut parts, redacted)| {
        parts.dedup_by(|later, earlier| {
            matches!(
                (later, earlier),
                (ReasoningPart::Full(_), ReasoningPart::Full(_))
            )
        });
        Reasoning { parts, redacted }
    })
}

fn annotation() -> impl Strategy<Value = Annotation> {
    let source = prop_oneof![
        text().prop_map(AnnotationSource::Url),
        any::<u64>().prop_map(AnnotationSource::Document),
        text().prop_map(AnnotationSource::File),
        Just(AnnotationSource::Other),
    ];
    let span = prop::option::of((any::<u64>(), any::<u64>()));
    (
        span,
        source,
        prop::option::of(text()),
        prop::option::of(text()),
        format(),
        json(),
    )
        .prop_map(|(span, source, title, quoted, format, native)| Annotation {
            span,
            source,
            title,
            quoted,
            format,
            native,
        })
}

fn media() -> impl Strategy<Value = Media> {
    let kind = prop::sample::select(vec![
        MediaKind::Image,
        MediaKind::Document,
        MediaKind::Audio,
        MediaKind::Video,
    ]);
    let source = prop_oneof![
        (option_of(name()), text())
            .prop_map(|(media_type, data)| MediaSource::Inline { media_type, data }),
        text().prop_map(|text| MediaSource::PlainText { text }),
        text().prop_map(|url| MediaSource::Url { url }),
        (format(), text()).prop_map(|(owner, id)| MediaSource::File { owner, id }),
    ];
    (kind, source, prop::option::of(text())).prop_map(|(kind, source, title)| Media {
        kind,
        source,
        title,
    })
}

fn stop() -> impl Strategy<Value = Stop> {
    let reason = prop::sample::select(vec![
        StopReason::EndTurn,
        StopReason::MaxTokens,
        StopReason::ContextWindow,
        StopReason::StopSequence,
        StopReason::ToolCall,
        StopReason::ToolCall,
        StopReason::Refusal,
        StopReason::Pause,
        StopReason::Other,
    ]);
    (reason, option_of(name()), prop::option::of(text())).prop_map(|(reason, raw, sequence)| Stop {
        reason,
        raw,
        sequence,
    })
}

fn usage() -> impl Strategy<Value = Usage> {
    let count = || prop::option::of(any::<u64>());
    (
        count(),
        count(),
        count(),
        count(),
        count(),
        prop::option::of(object()),
    )
        .prop_map(
            |(fresh, cache_read, cache_write, output, reasoning, raw)| Usage {
                fresh,
                cache_read,
                cache_write,
                output,
                reasoning,
                raw,
            },
        )
}

fn ext() -> impl Strategy<Value = Ext> {
    prop::option::weighted(0.2, (format(), object())).prop_map(|ext| {
        let (format, fields) = ext?;
        (!fields.is_empty()).then(|| Box::new(Extensions { format, fields }))
    })
}

fn object() -> impl Strategy<Value = RawObject> {
    prop::collection::btree_map("[a-z]{1,4}", json(), 0..3).prop_map(|members| {
        members
            .into_iter()
            .map(|(key, value)| (Str::from(key), value))
            .collect()
    })
}

fn json() -> impl Strategy<Value = Raw> {
    prop_oneof![
        prop::sample::select(vec![
            "{}",
            "{\"a\": 1.0e2}",
            "[12345678901234567890123, null]",
            "{ \"path\" : \"\\ud83d\\ude00\" }",
            "\"\\ud83d\"",
            "7",
        ])
        .prop_map(|text| Raw::parse(text).unwrap()),
        text().prop_map(|text| Raw::string(&text)),
    ]
}

fn format() -> impl Strategy<Value = Format> {
    prop::sample::select(Format::ALL.to_vec())
}

fn name() -> impl Strategy<Value = Str> {
    "[a-zA-Z0-9_.-]{1,12}".prop_map(Str::from)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[ -~\n]{0,20}", 1 => "\\PC{0,8}"]
}

fn option_of<T: std::fmt::Debug>(
    inner: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    prop::option::of(inner)
}
