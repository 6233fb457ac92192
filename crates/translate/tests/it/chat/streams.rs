//! Streams, read and written, by the conformance rows.

use byokey_translate::{
    Event,
    event::{Delta, Head},
    fold::fold,
    ir::{Block, CallId, Input, Kind, Response, Runs, Stop, StopReason, ToolCall},
    unfold::unfold,
};
use byokey_types::Raw;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{chunks, deltas, ending, events, reply, written};

fn read(deltas_of: &[&str], word: &str) -> Vec<Event> {
    let stream = format!("{}{}", deltas(deltas_of), ending(word));
    events(&[stream.as_bytes()])
}

fn folded(deltas_of: &[&str], word: &str) -> Response {
    fold(read(deltas_of, word)).unwrap().0
}

fn kinds(response: Response) -> Vec<Kind> {
    response
        .blocks
        .into_iter()
        .map(|block| block.kind)
        .collect()
}

fn text(text: &str) -> Kind {
    Block::text(text).kind
}

fn call(id: &str, name: &str, input: &str) -> Kind {
    Kind::ToolCall(ToolCall {
        id: CallId::new(id),
        name: name.into(),
        input: Input::Json(Raw::parse(input.to_owned()).unwrap()),
        runs: Runs::Client,
    })
}

fn fragment(index: &str, id: &str, name: &str, arguments: &str) -> String {
    let arguments = Raw::string(arguments);
    format!(
        r#"{{"tool_calls":[{{"index":{index},"id":{id},"function":{{"name":{name},"arguments":{}}}}}]}}"#,
        arguments.as_str()
    )
}

fn calls_of(fragments: &[(&str, &str, &str, &str)]) -> Vec<Kind> {
    let fragments: Vec<String> = fragments
        .iter()
        .map(|(index, id, name, arguments)| fragment(index, id, name, arguments))
        .collect();
    let fragments: Vec<&str> = fragments.iter().map(String::as_str).collect();
    kinds(folded(&fragments, "tool_calls"))
}

#[test]
fn s01_s03_s06_fragments_find_their_call() {
    let two = [call("a", "f", r#"{"x":1}"#), call("b", "g", r#"{"y":2}"#)];
    // S01: interleaved by index
    let interleaved = calls_of(&[
        ("0", "\"a\"", "\"f\"", ""),
        ("1", "\"b\"", "\"g\"", "{\"y\""),
        ("0", "null", "null", "{\"x\":"),
        ("1", "\"\"", "\"\"", ":2}"),
        ("0", "null", "null", "1}"),
    ]);
    assert_eq!(interleaved, two);
    // S03: a later name, null or empty or repeated, does not overwrite
    let renamed = calls_of(&[
        ("0", "\"a\"", "\"f\"", "{\"x\""),
        ("0", "\"a\"", "\"f\"", ":1"),
        ("0", "null", "\"\"", "}"),
    ]);
    assert_eq!(renamed, two[..1]);
    // no index: by id
    let by_id = calls_of(&[
        ("null", "\"a\"", "\"f\"", "{\"x\":"),
        ("null", "\"b\"", "\"g\"", "{\"y\":2}"),
        ("null", "\"a\"", "null", "1}"),
    ]);
    assert_eq!(by_id, two);
    // no index, no id on the rest
    let by_order = calls_of(&[
        ("null", "\"a\"", "\"f\"", "{\"x\":"),
        ("null", "null", "null", "1}"),
        ("null", "\"b\"", "\"g\"", "{\"y\":2}"),
    ]);
    assert_eq!(by_order, two);
    // a new id and name on the same index begins a new call
    let reused = calls_of(&[
        ("0", "\"a\"", "\"f\"", "{\"x\":1}"),
        ("0", "\"b\"", "\"g\"", "{\"y\":2}"),
    ]);
    assert_eq!(reused, two);
    // a new id alone does not
    let restless = calls_of(&[
        ("0", "\"a\"", "\"f\"", "{\"x\":"),
        ("0", "\"zzz\"", "null", "1}"),
    ]);
    assert_eq!(restless, two[..1]);
    // S06: derived, and the same in a whole answer
    let nameless = calls_of(&[
        ("0", "null", "\"f\"", "{\"x\""),
        ("0", "null", "null", ":1}"),
    ]);
    let whole = super::said(
        r#"{"content":null,"tool_calls":[{"type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
        "\"tool_calls\"",
    );
    assert_eq!(nameless, kinds(whole));
    // input that comes before its name is held
    let late = calls_of(&[
        ("0", "\"a\"", "null", "{\"x\""),
        ("0", "null", "\"f\"", ":1}"),
    ]);
    assert_eq!(late, two[..1]);
}

#[test]
fn s07_s09_s10_p01_the_end_comes_once_and_with_its_usage() {
    let usage = r#"{"prompt_tokens":3,"completion_tokens":1}"#;
    let finish = |more: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}]{more}}}\n\n"
        )
    };
    let counted = format!(",\"usage\":{usage}");
    let head = deltas(&[r#"{"content":"a"}"#]);
    let separate = format!("data: {{\"choices\":[],\"usage\":{usage}}}\n\n");
    let null = "data: {\"choices\":[],\"usage\":null}\n\n";
    let done = "data: [DONE]\n\n";
    let late = deltas(&[r#"{"content":"late"}"#]);
    let streams = [
        format!("{head}{}{}{done}", finish(""), finish(&counted)),
        format!("{head}{}{separate}{done}", finish("")),
        format!("{head}{}{separate}{done}{late}{done}", finish("")),
        format!("{head}{}{separate}", finish("")),
        format!("{head}{}{null}{done}", finish(&counted)),
        format!("{head}{}{done}", finish(&counted)),
        format!("{head}{separate}{separate}{}{done}", finish("")),
    ];
    for stream in &streams {
        let events = events(&[stream.as_bytes()]);
        let tail: Vec<&Event> = events.iter().rev().take(2).collect();
        assert_eq!(
            tail,
            [
                &Event::End,
                &Event::Stop(Stop::new(StopReason::EndTurn, "stop"))
            ]
        );
        let usages = events
            .iter()
            .filter(|it| matches!(it, Event::Usage(_)))
            .count();
        let response = fold(events).unwrap().0;
        let counts = response.usage.as_ref().map(|it| (it.fresh, it.output));
        assert_eq!((usages, counts), (1, Some((Some(3), Some(1)))), "{stream}");
        assert_eq!(response.blocks, [Block::text("a")], "{stream}");
    }
    // `[DONE]` without a finish reason is an end, too
    let events = events(&[format!("{head}{done}").as_bytes()]);
    assert_eq!(events.last(), Some(&Event::End));
    assert!(events.contains(&Event::Stop(Stop::bare(StopReason::EndTurn))));
}

#[test]
fn s14_reasoning_is_told_from_text_however_it_is_spelled() {
    let thought = |text: &str| {
        Kind::Reasoning(byokey_translate::ir::Reasoning {
            parts: vec![byokey_translate::ir::ReasoningPart::Full(text.to_owned())],
            redacted: false,
        })
    };
    let expected = vec![thought("hm so"), text("42")];
    for deltas in [
        [
            r#"{"reasoning_content":"hm"}"#,
            r#"{"reasoning_content":" so","content":""}"#,
            r#"{"content":"42"}"#,
        ],
        [
            r#"{"reasoning":"hm","content":null}"#,
            r#"{"reasoning":" so"}"#,
            r#"{"content":"42"}"#,
        ],
        [
            r#"{"reasoning":"hm","reasoning_content":"hm"}"#,
            r#"{"reasoning_content":" so"}"#,
            r#"{"content":"42"}"#,
        ],
        [
            r#"{"content":"<think>hm"}"#,
            r#"{"content":" so</thi"}"#,
            r#"{"content":"nk>\n42"}"#,
        ],
    ] {
        let events = read(&deltas, "stop");
        let closed = events
            .iter()
            .position(|it| *it == Event::Close { index: 0 });
        let opened = events.iter().position(|it| {
            matches!(
                it,
                Event::Open {
                    index: 1,
                    head: Head::Text,
                    ..
                }
            )
        });
        assert!(closed < opened, "{events:?}");
        assert_eq!(kinds(fold(events).unwrap().0), expected);
    }
    // a client that is another one of us repeats all of a thought with its seal
    let repeated = folded(
        &[
            r#"{"reasoning_content":"hm"}"#,
            r#"{"reasoning_content":" so"}"#,
            r#"{"reasoning_details":[{"type":"reasoning.text","text":"hm so","signature":"s","index":0}]}"#,
            r#"{"content":"42"}"#,
        ],
        "stop",
    );
    assert_eq!(repeated.blocks[0].seal.as_ref().unwrap().payload, "s");
    assert_eq!(kinds(repeated), expected);
}

#[test]
fn s15_text_behind_a_call_is_a_block_of_its_own() {
    let first = fragment("0", "\"a\"", "\"f\"", "{\"x\":1}");
    let events = read(
        &[r#"{"content":"one"}"#, &first, r#"{"content":"two"}"#],
        "stop",
    );
    let shape: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            Event::Open { index, .. } => Some(format!("open {index}")),
            Event::Close { index } => Some(format!("close {index}")),
            _ => None,
        })
        .collect();
    assert_eq!(
        shape,
        [
            "open 0", "close 0", "open 1", "close 1", "open 2", "close 2"
        ]
    );
    let stop = Event::Stop(Stop::new(StopReason::ToolCall, "stop"));
    assert!(
        events.contains(&stop),
        "the stop reason agrees with the blocks"
    );
    assert_eq!(
        kinds(fold(events).unwrap().0),
        [text("one"), call("a", "f", r#"{"x":1}"#), text("two")]
    );
}

#[test]
fn s18_no_arguments_are_an_empty_object() {
    let events = read(&[&fragment("0", "\"a\"", "\"f\"", "")], "tool_calls");
    let no_input = |it: &Event| {
        !matches!(
            it,
            Event::Delta {
                delta: Delta::Input(_),
                ..
            }
        )
    };
    assert!(events.iter().all(no_input));
    assert_eq!(
        kinds(fold(events.clone()).unwrap().0),
        [call("a", "f", "{}")]
    );
    let arguments: String = chunks(&written(&events, &reply()))
        .iter()
        .filter_map(|chunk| {
            let call = &chunk["choices"][0]["delta"]["tool_calls"][0];
            Some(call["function"]["arguments"].as_str()?.to_owned())
        })
        .collect();
    assert_eq!(arguments, "{}");
}

#[test]
fn other_choices_and_chunks_about_the_request_do_not_leak_in() {
    let stream = include_str!("../../fixtures/chat/azure/stream.sse");
    let response = fold(events(&[stream.as_bytes()])).unwrap().0;
    assert_eq!(
        (response.id.as_deref(), response.model.as_deref()),
        (Some("chatcmpl-1"), Some("m-1-0901"))
    );
    assert_eq!(response.stop, Some(Stop::new(StopReason::EndTurn, "stop")));
    assert_eq!(response.usage.as_ref().and_then(|it| it.reasoning), Some(5));
    assert_eq!(kinds(response), [text("Hi")]);
}

#[test]
fn h02_bytes_that_are_no_text_do_not_stall_a_stream() {
    let mut stream = deltas(&[r#"{"content":"a?b"}"#]).into_bytes();
    let at = stream.iter().position(|byte| *byte == b'?').unwrap();
    stream[at] = 0xff;
    stream.extend_from_slice(ending("stop").as_bytes());
    assert_eq!(
        kinds(fold(events(&[&stream])).unwrap().0),
        [text("a\u{fffd}b")]
    );
}

#[test]
fn a_written_stream_is_what_libraries_expect() {
    let mut response = super::said(
        r#"{"content":"Hé","reasoning_content":"hm","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"custom","custom":{"name":"g","input":"raw"}}]}"#,
        "\"tool_calls\"",
    );
    response.id = Some("msg_1".into());
    response.usage = Some(byokey_types::Usage {
        fresh: Some(3),
        output: Some(1),
        ..byokey_types::Usage::default()
    });
    let stream = written(&unfold(response.clone()), &reply());
    let delta = |delta: Value, finish: Value| {
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "m-1-0901",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]})
    };
    let of_call = |call: Value| delta(json!({"tool_calls": [call]}), Value::Null);
    let mut usage = delta(Value::Null, Value::Null);
    usage["choices"] = json!([]);
    usage["usage"] = json!({"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4});
    let expected = [
        delta(json!({"role": "assistant", "content": ""}), Value::Null),
        delta(json!({"reasoning_content": "hm"}), Value::Null),
        delta(json!({"content": "Hé"}), Value::Null),
        of_call(
            json!({"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}),
        ),
        of_call(json!({"index": 0, "function": {"arguments": "{\"x\":1}"}})),
        of_call(
            json!({"index": 1, "id": "b", "type": "custom", "custom": {"name": "g", "input": ""}}),
        ),
        of_call(json!({"index": 1, "custom": {"input": "raw"}})),
        delta(json!({}), json!("tool_calls")),
        usage,
    ];
    assert_eq!(chunks(&stream), expected);
    assert!(stream.ends_with("\n\ndata: [DONE]\n\n"));
    // and without usage for those who did not ask
    let quiet = byokey_translate::Reply {
        include_usage: false,
        ..reply()
    };
    assert_eq!(chunks(&written(&unfold(response), &quiet)), expected[..8]);
}

#[test]
fn what_the_provider_ran_itself_is_not_shown() {
    let server = |index: u32| Event::Open {
        index,
        head: Head::ToolCall {
            id: CallId::new("srv"),
            name: "web_search".into(),
            freeform: false,
            runs: Runs::Server,
        },
        ext: None,
    };
    let sentence = [
        Event::Start(byokey_translate::event::Start::default()),
        server(0),
        Event::Delta {
            index: 0,
            delta: Delta::Input("{}".to_owned()),
        },
        Event::Close { index: 0 },
        Event::Stop(Stop::bare(StopReason::EndTurn)),
        Event::End,
    ];
    let seen = chunks(&written(&sentence, &reply()));
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1]["choices"][0]["finish_reason"], json!("stop"));
}
