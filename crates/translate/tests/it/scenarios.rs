//! What upstreams do to streams, by name: each format spells each scenario, all must mean the same, and every client must be told.
//!
//! A scenario that a format cannot spell is absent from its table; how many are absent is asserted.

mod spell_chat;
mod spell_gemini;
mod spell_messages;
mod spell_responses;

use std::collections::BTreeSet;

use byokey_translate::{
    Event,
    event::{Delta, Head},
    fold::fold,
    ir::{Kind, Response, StopReason},
};
use byokey_types::{Format, Kind as ErrorKind};
use pretty_assertions::assert_eq;

use crate::fixture::{self, assert_none, codecs, reply, written};

/// What a scenario means.
#[derive(Clone, Debug, Default, PartialEq)]
struct Meaning {
    text: String,
    reasoning: String,
    calls: Vec<(String, String)>,
    /// Input and output tokens.
    usage: Option<(u64, u64)>,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Stop(StopReason),
    Fault(ErrorKind),
}

#[test]
fn every_scenario_means_the_same_in_every_format() {
    let mut problems = Vec::new();
    for (name, expected) in scenarios() {
        for codec in codecs() {
            let Some(stream) = spelled(codec.format(), name) else {
                continue;
            };
            let events = fixture::events(codec, stream.as_bytes());
            let found = Meaning::of(&events);
            if found != expected {
                problems.push(format!(
                    "`{name}` in {}: expected {expected:?}\n  found {found:?}",
                    codec.format()
                ));
            }
        }
    }
    assert_none("misunderstandings", &problems);
}

#[test]
fn every_client_is_told() {
    let mut problems = Vec::new();
    for (name, expected) in scenarios() {
        for upstream in codecs() {
            let Some(stream) = spelled(upstream.format(), name) else {
                continue;
            };
            let events = fixture::events(upstream, stream.as_bytes());
            for client in codecs() {
                let seen = written(client, &events, &reply("asked"));
                let told = Meaning::of(&fixture::events(client, &seen));
                let mut expected = expected.clone();
                // a stream of this format always counts something; what was not said is zero
                if expected.usage.is_none() {
                    expected.usage = told.usage.filter(|counts| *counts == (0, 0));
                }
                // what broke keeps its kind where the format has a word for it
                if let (Some(End::Fault(_)), Some(End::Fault(_))) = (expected.end, told.end) {
                    expected.end = told.end;
                    expected.usage = told.usage;
                }
                // calls of this format are whole, so half a one is not told
                if client.format() == Format::Gemini && matches!(expected.end, Some(End::Fault(_)))
                {
                    expected.calls.clear();
                }
                // the nearest word of a format that has none for a full window
                if spelled(client.format(), name).is_none()
                    && expected.end == Some(End::Stop(StopReason::ContextWindow))
                {
                    expected.end = Some(End::Stop(StopReason::MaxTokens));
                }
                if told != expected {
                    problems.push(format!(
                        "`{name}` from {} to {}: expected {expected:?}\n  told {told:?}\n  {}",
                        upstream.format(),
                        client.format(),
                        String::from_utf8_lossy(&seen)
                    ));
                }
            }
        }
    }
    assert_none("misunderstandings", &problems);
}

#[test]
fn a_broken_stream_is_never_made_to_look_whole() {
    for (name, expected) in scenarios() {
        let Some(End::Fault(_)) = expected.end else {
            continue;
        };
        for upstream in codecs() {
            let Some(stream) = spelled(upstream.format(), name) else {
                continue;
            };
            let events = fixture::events(upstream, stream.as_bytes());
            for client in codecs() {
                let seen = written(client, &events, &reply("asked"));
                let text = String::from_utf8_lossy(&seen);
                for mark in [
                    "[DONE]",
                    "message_stop",
                    "response.completed",
                    "\"finish_reason\":\"stop\"",
                ] {
                    assert!(
                        !text.contains(mark),
                        "`{name}` to {}: {text}",
                        client.format()
                    );
                }
                assert!(
                    text.contains("error"),
                    "`{name}` to {}: {text}",
                    client.format()
                );
            }
        }
    }
}

#[test]
fn what_cannot_be_spelled_is_known() {
    let known: BTreeSet<&str> = scenarios().into_iter().map(|(name, _)| name).collect();
    let absent: Vec<String> = codecs()
        .iter()
        .flat_map(|codec| {
            let names = known
                .iter()
                .filter(|name| spelled(codec.format(), name).is_none());
            names.map(|name| format!("{}: {name}", codec.format()))
        })
        .collect();
    let expected = [
        // tool blocks of one index have one name in Messages
        "messages: name repeated as nothing",
        "messages: name never said",
        "messages: id missing",
        "messages: end marker twice within usage",
        // Chat, Responses and Gemini have no such reason
        "chat: context window",
        "responses: context window",
        "gemini: context window",
        // one event of Responses is the end and holds the counts; a call is named once
        "responses: end marker missing",
        "responses: end marker twice within usage",
        "responses: name repeated as nothing",
        // Gemini's calls are whole, and none is gone on with
        "gemini: name repeated as nothing",
        "gemini: interleaved tools",
        "gemini: cut within tool input",
    ];
    let expected: Vec<&str> = expected
        .into_iter()
        .filter(|row| {
            codecs()
                .iter()
                .any(|codec| row.starts_with(codec.format().name()))
        })
        .collect();
    let mut absent: Vec<&str> = absent.iter().map(String::as_str).collect();
    absent.sort_unstable();
    let mut expected = expected;
    expected.sort_unstable();
    assert_eq!(absent, expected);
}

fn spelled(format: Format, name: &str) -> Option<String> {
    match format {
        Format::OpenAiChat => spell_chat::spell(name),
        Format::AnthropicMessages => spell_messages::spell(name),
        Format::OpenAiResponses => spell_responses::spell(name),
        Format::Gemini => spell_gemini::spell(name),
    }
}

fn scenarios() -> Vec<(&'static str, Meaning)> {
    use ErrorKind::{
        BadUpstream, CredentialRejected, InvalidRequest, Overloaded, RateLimited, Truncated,
    };
    use StopReason::{ContextWindow, EndTurn, MaxTokens, Refusal, ToolCall};
    let stop = |reason| Meaning {
        usage: Some((7, 3)),
        end: Some(End::Stop(reason)),
        ..Meaning::default()
    };
    let fault = |kind| Meaning {
        end: Some(End::Fault(kind)),
        ..Meaning::default()
    };
    let said = |text: &str, meaning: Meaning| Meaning {
        text: text.to_owned(),
        ..meaning
    };
    let called = |calls: &[(&str, &str)], meaning: Meaning| Meaning {
        calls: calls
            .iter()
            .map(|(name, input)| ((*name).to_owned(), (*input).to_owned()))
            .collect(),
        ..meaning
    };
    let whole = said("hello", stop(EndTurn));
    let mut unseen = whole.clone();
    unseen.usage = None;
    let mut thought = whole.clone();
    "let me see".clone_into(&mut thought.reasoning);
    vec![
        ("text", whole.clone()),
        ("multi-byte", said("grüße 😀", stop(EndTurn))),
        ("half a surrogate pair", said("x\u{fffd}", stop(EndTurn))),
        ("nothing said", stop(EndTurn)),
        ("reasoning then text", thought),
        ("usage absent", unseen.clone()),
        ("usage null", unseen),
        ("unknown events and members", whole.clone()),
        ("comments and pings", whole.clone()),
        ("carriage returns", whole.clone()),
        ("end marker missing", whole.clone()),
        ("last blank line missing", whole.clone()),
        ("end marker twice", whole.clone()),
        ("end marker twice within usage", whole.clone()),
        ("frames behind the end", whole.clone()),
        ("stop reason missing", whole),
        ("max tokens", said("hel", stop(MaxTokens))),
        ("context window", said("hel", stop(ContextWindow))),
        ("refusal", said("no", stop(Refusal))),
        (
            "one tool",
            called(&[("read", r#"{"path":"a"}"#)], stop(ToolCall)),
        ),
        (
            "text then tool",
            said(
                "hello",
                called(&[("read", r#"{"path":"a"}"#)], stop(ToolCall)),
            ),
        ),
        ("empty tool input", called(&[("now", "{}")], stop(ToolCall))),
        (
            "input in one piece",
            called(&[("read", r#"{"path":"a"}"#)], stop(ToolCall)),
        ),
        (
            "parallel tools",
            called(
                &[("read", r#"{"path":"a"}"#), ("list", r#"{"n":1.0e2}"#)],
                stop(ToolCall),
            ),
        ),
        (
            "interleaved tools",
            called(
                &[("read", r#"{"path":"a"}"#), ("list", r#"{"n":1.0e2}"#)],
                stop(ToolCall),
            ),
        ),
        (
            "name repeated as nothing",
            called(&[("read", r#"{"path":"a"}"#)], stop(ToolCall)),
        ),
        (
            "id missing",
            called(&[("read", r#"{"path":"a"}"#)], stop(ToolCall)),
        ),
        ("name never said", fault(BadUpstream)),
        ("nothing at all", fault(Truncated)),
        ("cut within text", said("hel", fault(Truncated))),
        ("cut within a frame", said("hel", fault(BadUpstream))),
        (
            "cut within tool input",
            called(&[("read", r#"{"pa"#)], fault(Truncated)),
        ),
        ("frame that is no JSON", said("hel", fault(BadUpstream))),
        ("frame that is no object", said("hel", fault(BadUpstream))),
        ("overloaded within", said("hel", fault(Overloaded))),
        ("rate limit at once", fault(RateLimited)),
        ("invalid request at once", fault(InvalidRequest)),
        ("credential refused at once", fault(CredentialRejected)),
        ("unknown error within", said("hel", fault(BadUpstream))),
    ]
}

impl Meaning {
    /// Reads a stream event by event, so that what came before a fault counts, and checks a whole one against its fold.
    fn of(events: &[Event]) -> Self {
        let mut meaning = Self::default();
        let mut calls: Vec<(u32, String, String)> = Vec::new();
        let mut usage = byokey_types::Usage::default();
        let mut counted = false;
        for event in events {
            match event {
                Event::Open {
                    index,
                    head: Head::ToolCall { name, .. },
                    ..
                } => {
                    calls.push((*index, name.to_string(), String::new()));
                }
                Event::Delta { index, delta } => match delta {
                    Delta::Text(text) => meaning.text.push_str(text),
                    // what the reader is shown, in formats that tell him of thoughts by their summary
                    Delta::Reasoning(text) | Delta::Summary { text, .. } => {
                        meaning.reasoning.push_str(text);
                    }
                    Delta::Input(text) => {
                        let call = calls.iter_mut().find(|(call, ..)| call == index);
                        call.unwrap().2.push_str(text);
                    }
                    Delta::Annotation(_) | Delta::Seal(_) | Delta::Native(_) | Delta::Ext(_) => {}
                },
                Event::Usage(counts) => {
                    usage.merge(counts.clone());
                    counted = true;
                }
                Event::Stop(stop) => meaning.end = Some(End::Stop(stop.reason)),
                Event::Error(fault) => meaning.end = Some(End::Fault(fault.kind)),
                Event::Start(_) | Event::Open { .. } | Event::Close { .. } | Event::End => {}
            }
        }
        meaning.calls = calls
            .into_iter()
            .map(|(_, name, input)| (name, input))
            .collect();
        let broken = matches!(meaning.end, Some(End::Fault(_)));
        if !broken {
            for (_, input) in &mut meaning.calls {
                if input.is_empty() {
                    "{}".clone_into(input);
                }
            }
            let folded = fold(events.to_vec()).unwrap().0;
            assert_eq!(inputs(&folded), meaning.calls);
            meaning.usage = (counted && usage.output.is_some())
                .then(|| (usage.input(), usage.output.unwrap_or_default()));
        }
        meaning
    }
}

fn inputs(response: &Response) -> Vec<(String, String)> {
    response
        .blocks
        .iter()
        .filter_map(|block| match &block.kind {
            Kind::ToolCall(call) => Some((call.name.to_string(), call.input.as_str().to_owned())),
            _ => None,
        })
        .collect()
}
