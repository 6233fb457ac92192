//! What reaches the caller, whatever the chunks of the upstream.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::Arc;

use byokey_translate::codec::codec;
use byokey_types::{Format, Secret, Token};
use pretty_assertions::assert_eq;

use super::*;

const KEY: &str = "sk-the-key-of-the-user";
const CONTENT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
const STOP: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn hush() -> Hush {
    Hush::new(Some(Arc::new(Token::api_key(Secret::new(KEY)))))
}

fn verbatim(withhold_usage: bool) -> Pipe {
    let answering = Answering::Verbatim {
        codec: codec(Format::OpenAiChat),
        source: Source::default(),
        withhold_usage,
        json_array: false,
    };
    Pipe::new(answering, hush())
}

fn translated() -> Pipe {
    let answering = Answering::Translated {
        client: codec(Format::AnthropicMessages),
        upstream: codec(Format::OpenAiChat),
        source: Source::default(),
        reply: Reply::default(),
        memory: None,
    };
    Pipe::new(answering, hush())
}

/// What the caller has got when all chunks have come, and the upstream has closed.
fn whole(pipe: &mut Pipe, chunks: &[&[u8]]) -> String {
    let mut out = VecDeque::new();
    for chunk in chunks {
        pipe.push(Bytes::copy_from_slice(chunk), &mut out);
    }
    pipe.finish(&mut out);
    text(out)
}

fn text(out: VecDeque<Bytes>) -> String {
    String::from_utf8(Vec::from(out).concat()).unwrap()
}

fn frames(text: &str) -> Vec<Frame> {
    let mut decoder = sse::Decoder::default();
    let mut frames = Vec::new();
    let pushed = decoder.push(&Bytes::copy_from_slice(text.as_bytes()), &mut frames);
    pushed.unwrap();
    decoder.finish(&mut frames).unwrap();
    frames
}

/// (prompt tokens, completion tokens) that were counted.
fn counted(pipe: &mut Pipe) -> Option<(u64, Option<u64>)> {
    let usage = pipe.take_usage()?;
    Some((usage.input(), usage.output))
}

#[test]
fn the_usage_chunk_is_withheld_however_it_comes() {
    for line_end in ["\n", "\r\n", "\r"] {
        // the last two: an upstream that ends with usage, and one that does not even end its last line
        let rows = [
            [CONTENT, STOP, USAGE, DONE].concat(),
            [CONTENT, STOP, USAGE].concat(),
            [CONTENT, STOP, USAGE.trim_end()].concat(),
        ];
        for upstream in rows {
            let expected = upstream.replace(USAGE.trim_end(), "");
            let upstream = upstream.replace('\n', line_end);
            for cut in 0..upstream.len() {
                let (first, second) = upstream.as_bytes().split_at(cut);
                let mut pipe = verbatim(true);
                let seen = whole(&mut pipe, &[first, second]);
                assert_eq!(
                    frames(&seen),
                    frames(&expected),
                    "{upstream:?} cut at {cut}"
                );
                assert_eq!(counted(&mut pipe), Some((5, Some(7))));
                assert!(pipe.seen().ended && pipe.seen().fault.is_none());
            }
        }
    }
}

#[test]
fn usage_beside_content_is_passed_on_and_no_usage_is_none() {
    let beside = STOP.replace(
        "}]}",
        "}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}",
    );
    for (upstream, expected) in [
        ([CONTENT, &beside, DONE].concat(), Some((5, Some(7)))),
        ([CONTENT, STOP, DONE].concat(), None),
    ] {
        let mut pipe = verbatim(true);
        assert_eq!(whole(&mut pipe, &[upstream.as_bytes()]), upstream);
        assert_eq!(counted(&mut pipe), expected);
        assert!(pipe.seen().ended && pipe.seen().fault.is_none());
    }
}

#[test]
fn an_error_is_never_withheld() {
    let both = USAGE.replace("}}\n", "},\"error\":{\"message\":\"broken\"}}\n");
    let mut pipe = verbatim(true);
    assert_eq!(
        whole(&mut pipe, &[CONTENT.as_bytes(), both.as_bytes()]),
        [CONTENT, &both].concat()
    );
    let fault = pipe.seen().fault.as_ref().map(|fault| &fault.message[..]);
    assert_eq!(fault, Some("broken"));
}

/// Lines that are longer than the scan allows: nothing is lost, moved or added.
#[test]
fn what_is_too_long_to_look_at_keeps_its_place() {
    let long = format!("data: {{\"x\":\"{}\"}}\n\n", "y".repeat(2 << 20));
    let longer = format!("data: {{\"x\":\"{}\"}}\n\n", "y".repeat(5 << 20));
    for long in [long, longer] {
        let upstream = [CONTENT, &long, CONTENT, STOP, DONE].concat();
        for withhold in [false, true] {
            // the first cut falls into the event behind the long one
            for cut in [CONTENT.len() + long.len() + 9, 40] {
                let mut pipe = verbatim(withhold);
                let (first, second) = upstream.as_bytes().split_at(cut);
                let (second, third) = second.split_at(second.len() / 2);
                let seen = whole(&mut pipe, &[first, second, third]);
                assert!(seen == upstream, "withhold {withhold}, cut {cut}");
                assert!(pipe.seen().ended && pipe.seen().fault.is_none());
            }
        }
    }
}

#[test]
fn a_break_inside_an_event_that_is_not_looked_at_ends_it_first() {
    let long = format!("data: {{\"x\":\"{}", "y".repeat(5 << 20));
    for withhold in [false, true] {
        let mut pipe = verbatim(withhold);
        let mut out = VecDeque::new();
        pipe.push(Bytes::from([CONTENT, &long].concat()), &mut out);
        pipe.push(Bytes::from_static(b"\n\n"), &mut out);
        assert!(pipe.at_boundary());
        pipe.push(Bytes::from_static(b"more"), &mut out);
        assert!(!pipe.at_boundary());
        pipe.break_off(StreamFault::new(Kind::Timeout, "silence"), &mut out);
        let seen = text(out);
        let (before, fault) = seen.split_once("more").expect("all bytes are there");
        assert_eq!(before.len(), CONTENT.len() + long.len() + 2);
        assert!(fault.starts_with("\n\ndata: {\"error\":"), "{fault}");
    }
}

#[test]
fn no_fault_repeats_the_key() {
    let error = format!("data: {{\"error\":{{\"message\":\"bad key {KEY}\"}}}}\n\n");
    let hidden = error.replace(KEY, "***");
    for withhold in [false, true] {
        let mut pipe = verbatim(withhold);
        let seen = whole(&mut pipe, &[CONTENT.as_bytes(), error.as_bytes()]);
        assert_eq!(seen, [CONTENT, &hidden].concat());
        assert_eq!(pipe.seen().fault.as_ref().unwrap().message, "bad key ***");
    }
    let mut pipe = translated();
    let seen = whole(&mut pipe, &[CONTENT.as_bytes(), error.as_bytes()]);
    assert!(
        seen.contains("bad key ***") && !seen.contains(KEY),
        "{seen}"
    );
    assert_eq!(pipe.seen().fault.as_ref().unwrap().message, "bad key ***");
}

#[test]
fn a_translated_stream_ends_once() {
    let upstream = [CONTENT, STOP, DONE].concat();
    let mut once = translated();
    let expected = whole(&mut once, &[upstream.as_bytes()]);
    assert_eq!(expected.matches("event: message_stop\n").count(), 1);
    let mut pipe = translated();
    let twice = [&upstream, &upstream, CONTENT];
    let chunks: Vec<&[u8]> = twice.iter().map(|text| text.as_bytes()).collect();
    assert_eq!(whole(&mut pipe, &chunks), expected);
    let mut out = VecDeque::new();
    pipe.break_off(StreamFault::new(Kind::Timeout, "silence"), &mut out);
    assert!(out.is_empty());
}

#[test]
fn a_stream_that_stops_without_an_end_is_told() {
    for mut pipe in [verbatim(false), verbatim(true), translated()] {
        let seen = whole(&mut pipe, &[CONTENT.as_bytes(), &STOP.as_bytes()[..20]]);
        assert_eq!(seen.matches("\"error\":{").count(), 1, "{seen}");
        let kind = pipe.seen().fault.as_ref().map(|fault| fault.kind);
        assert_eq!(kind, Some(Kind::Truncated));
    }
}

fn array() -> Pipe {
    let answering = Answering::Verbatim {
        codec: codec(Format::Gemini),
        source: Source::default(),
        withhold_usage: false,
        json_array: true,
    };
    Pipe::new(answering, hush())
}

#[test]
fn an_array_holds_the_very_data_of_the_events() {
    let first = r#"{"candidates":[{"content":{"parts":[{"text":"é 1e3"}]}}],"n":1.0}"#;
    let last = r#"{"candidates":[{"finishReason":"STOP"}]}"#;
    let stream = format!("data: {first}\n\ndata: {last}\r\n\r\n");
    let expected = format!("[{first},\r\n{last}]");
    for cut in 0..=stream.len() {
        let (a, b) = stream.as_bytes().split_at(cut);
        assert_eq!(whole(&mut array(), &[a, b]), expected, "cut at {cut}");
    }
}

#[test]
fn an_array_that_breaks_off_ends_in_an_error_and_a_bracket() {
    let first = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#;
    let event = format!("data: {first}\n\n");
    let leak =
        format!(r#"{{"error":{{"code":500,"message":"bad key {KEY}","status":"INTERNAL"}}}}"#);
    let rows = [
        (event.clone(), r#"{"error":{"code":502"#),
        (
            format!("{event}data: {{\"candid"),
            r#"{"error":{"code":502"#,
        ),
        (
            format!("{event}data: {leak}\n\n"),
            r#"{"error":{"code":500,"message":"bad key "#,
        ),
    ];
    for (stream, error) in rows {
        let seen = whole(&mut array(), &[stream.as_bytes()]);
        let items: Vec<serde_json::Value> = serde_json::from_str(&seen).unwrap();
        assert_eq!(items.len(), 2, "{seen}");
        assert!(seen.starts_with(&format!("[{first},\r\n{error}")), "{seen}");
        assert!(!seen.contains(KEY), "{seen}");
    }
    assert!(whole(&mut array(), &[]).starts_with("[{\"error\":"));
}

#[test]
fn a_guests_seal_is_wrapped_and_nothing_else_is_touched() {
    let before = "event: content_block_delta\ndata: { \"type\":\"content_block_delta\", \"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"1e3\"}}\n\n";
    let sealed = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2VhbA\"}}\n\n";
    let after = ": comment\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    let stream = [before, sealed, after].concat();
    let guest = |family: &str| {
        let source = Source {
            family: Some(family.into()),
            account: Some("work".into()),
            seed: "req".into(),
        };
        Pipe::new(
            Answering::Verbatim {
                codec: codec(Format::AnthropicMessages),
                source,
                withhold_usage: false,
                json_array: false,
            },
            hush(),
        )
    };
    let seal = byokey_translate::ir::Seal {
        issuer: byokey_translate::ir::Issuer {
            family: "visitor".into(),
            account: Some("work".into()),
        },
        payload: "c2VhbA".to_owned(),
    };
    let envelope =
        byokey_translate::carrier::wrap(&seal, byokey_translate::carrier::Placement::Here);
    let expected = [before, &sealed.replace("c2VhbA", &envelope), after].concat();
    for cut in 0..=stream.len() {
        let (a, b) = stream.as_bytes().split_at(cut);
        assert_eq!(
            whole(&mut guest("visitor"), &[a, b]),
            expected,
            "cut at {cut}"
        );
        assert_eq!(
            whole(&mut guest("anthropic"), &[a, b]),
            stream,
            "cut at {cut}"
        );
    }
}
