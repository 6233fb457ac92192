//! The checker of the event grammar refuses each thing that is no sentence.

use byokey_translate::{
    Event,
    event::{Delta, Head, Start, StreamFault},
    grammar::{Checker, Violation},
    ir::{CallId, Issuer, Runs, Seal, Stop, StopReason},
};
use byokey_types::{Format, Kind as ErrorKind, Raw, Usage};
use pretty_assertions::assert_eq;

#[test]
fn what_is_no_sentence_is_refused() {
    let rows: Vec<(Vec<Event>, Result<(), Violation>)> = vec![
        (vec![start(), stop(), Event::End], Ok(())),
        (vec![error()], Ok(())),
        (vec![start(), open(0, Head::Text), error()], Ok(())),
        (vec![start(), stop(), error()], Ok(())),
        (
            vec![
                start(),
                usage(),
                open(0, call()),
                open(1, Head::Text),
                delta(1, Delta::Text("x".to_owned())),
                delta(0, Delta::Input("{}".to_owned())),
                delta(0, seal()),
                Event::Close { index: 1 },
                usage(),
                Event::Close { index: 0 },
                stop(),
                Event::End,
            ],
            Ok(()),
        ),
        (
            vec![open(0, Head::Text)],
            Err(Violation::NotStarted("open")),
        ),
        (vec![Event::End], Err(Violation::NotStarted("end"))),
        (vec![start(), start()], Err(Violation::StartedTwice)),
        (vec![start(), stop(), start()], Err(Violation::StartedTwice)),
        (
            vec![start(), stop(), Event::End, usage()],
            Err(Violation::Ended("usage")),
        ),
        (
            vec![start(), stop(), Event::End, error()],
            Err(Violation::Ended("error")),
        ),
        (vec![error(), error()], Err(Violation::Ended("error"))),
        (
            vec![start(), stop(), usage()],
            Err(Violation::Stopped("usage")),
        ),
        (
            vec![start(), stop(), stop()],
            Err(Violation::Stopped("stop")),
        ),
        (
            vec![start(), open(1, Head::Text)],
            Err(Violation::OutOfOrder {
                expected: 0,
                found: 1,
            }),
        ),
        (
            vec![start(), open(0, Head::Text), open(0, Head::Text)],
            Err(Violation::OutOfOrder {
                expected: 1,
                found: 0,
            }),
        ),
        (
            vec![start(), delta(0, Delta::Text("x".to_owned()))],
            Err(Violation::NotOpen {
                what: "delta",
                index: 0,
            }),
        ),
        (
            vec![
                start(),
                open(0, Head::Text),
                Event::Close { index: 0 },
                Event::Close { index: 0 },
            ],
            Err(Violation::NotOpen {
                what: "close",
                index: 0,
            }),
        ),
        (
            vec![start(), open(0, Head::Text), stop()],
            Err(Violation::StillOpen(0)),
        ),
        (vec![start(), Event::End], Err(Violation::NoStop)),
        (vec![], Err(Violation::Unfinished)),
        (vec![start()], Err(Violation::Unfinished)),
        (vec![start(), stop()], Err(Violation::Unfinished)),
    ];
    for (events, expected) in rows {
        assert_eq!(verdict(&events), expected, "{events:?}");
    }
}

#[test]
fn each_delta_fits_its_own_blocks_only() {
    let heads = [
        ("text", Head::Text),
        ("reasoning", Head::Reasoning { redacted: false }),
        ("tool call", call()),
        ("refusal", Head::Refusal),
        (
            "native",
            Head::Native {
                format: Format::Gemini,
                tag: "x".into(),
                value: Raw::EMPTY_OBJECT,
            },
        ),
    ];
    let deltas: [(&'static str, Delta, &[&str]); 7] = [
        ("text", Delta::Text("x".to_owned()), &["text", "refusal"]),
        (
            "reasoning",
            Delta::Reasoning("x".to_owned()),
            &["reasoning"],
        ),
        (
            "summary",
            Delta::Summary {
                part: 0,
                text: "x".to_owned(),
            },
            &["reasoning"],
        ),
        ("input", Delta::Input("x".to_owned()), &["tool call"]),
        ("annotation", annotation(), &["text"]),
        (
            "seal",
            seal(),
            &["text", "reasoning", "tool call", "refusal", "native"],
        ),
        ("native", Delta::Native(Raw::NULL), &["native"]),
    ];
    for (name, piece, homes) in deltas {
        for (head, opened) in heads.clone() {
            let events = [
                start(),
                open(0, opened),
                delta(0, piece.clone()),
                Event::Close { index: 0 },
                stop(),
                Event::End,
            ];
            let expected = if homes.contains(&head) {
                Ok(())
            } else {
                Err(Violation::WrongDelta { delta: name, head })
            };
            assert_eq!(verdict(&events), expected, "{name} in {head}");
        }
    }
}

fn verdict(events: &[Event]) -> Result<(), Violation> {
    let mut checker = Checker::default();
    events.iter().try_for_each(|event| checker.check(event))?;
    checker.finish()
}

fn start() -> Event {
    Event::Start(Start::default())
}

fn stop() -> Event {
    Event::Stop(Stop::bare(StopReason::EndTurn))
}

fn error() -> Event {
    Event::Error(StreamFault::new(ErrorKind::BadUpstream, "broken"))
}

fn usage() -> Event {
    Event::Usage(Usage::default())
}

fn open(index: u32, head: Head) -> Event {
    Event::Open {
        index,
        head,
        ext: None,
    }
}

fn delta(index: u32, delta: Delta) -> Event {
    Event::Delta { index, delta }
}

fn call() -> Head {
    Head::ToolCall {
        id: CallId::new("call"),
        name: "read".into(),
        freeform: false,
        runs: Runs::Client,
    }
}

fn seal() -> Delta {
    Delta::Seal(Seal {
        issuer: Issuer::family("anthropic"),
        payload: "sig".to_owned(),
    })
}

fn annotation() -> Delta {
    Delta::Annotation(byokey_translate::ir::Annotation {
        span: None,
        source: byokey_translate::ir::AnnotationSource::Other,
        title: None,
        quoted: None,
        format: Format::AnthropicMessages,
        native: Raw::NULL,
    })
}
