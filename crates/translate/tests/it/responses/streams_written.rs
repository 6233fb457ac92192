//! Streams of other formats, written for clients of this one.

use byokey_translate::{
    Event, Reply,
    event::{Delta, Head, Start, StreamFault},
    ir::{CallId, Issuer, Namespaced, Runs, Seal, Stop, StopReason},
};
use byokey_types::{Format, Kind, Raw, Usage};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{decoded, written};

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

fn call(id: &str, name: &str, freeform: bool) -> Head {
    Head::ToolCall {
        id: CallId::new(id),
        name: name.into(),
        freeform,
        runs: Runs::Client,
    }
}

#[test]
fn p01_p04_p12_p13_p15_a_stream_of_another_format() {
    let mut reply = Reply {
        model: "alias".into(),
        seed: "seed".into(),
        now: 7,
        ..Reply::default()
    };
    let both = Namespaced {
        namespace: "ns".into(),
        name: "wait".into(),
    };
    reply.namespaces.insert("ns__wait".into(), both);
    let text = |text: &str| Delta::Text(text.to_owned());
    let input = |text: &str| Delta::Input(text.to_owned());
    let said = [
        Event::Start(Start {
            id: Some("chatcmpl-9".into()),
            model: Some("real".into()),
            ..Start::default()
        }),
        open(0, Head::Reasoning { redacted: false }),
        delta(0, Delta::Reasoning("hm".to_owned())),
        Event::Close { index: 0 },
        open(
            1,
            Head::Native {
                format: Format::AnthropicMessages,
                tag: "x".into(),
                value: Raw::EMPTY_OBJECT,
            },
        ),
        Event::Close { index: 1 },
        open(2, Head::Text),
        open(3, call("a", "ns__wait", false)),
        delta(3, input("{\"x\":")),
        delta(2, text("hi")),
        open(4, call("b", "patch", true)),
        delta(4, input("***")),
        delta(3, input("1}")),
        Event::Close { index: 2 },
        Event::Close { index: 4 },
        Event::Close { index: 3 },
        Event::Usage(Usage {
            fresh: Some(3),
            output: Some(2),
            ..Usage::default()
        }),
        Event::Stop(Stop::new(StopReason::ToolCall, "tool_calls")),
        Event::End,
    ];
    let frames = written(&said, &reply);
    let names: Vec<&str> = frames
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.reasoning_summary_part.added",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.done",
            "response.reasoning_summary_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.custom_tool_call_input.delta",
            "response.custom_tool_call_input.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let last = &frames.last().unwrap()["response"];
    let id = |at: usize| last["output"][at]["id"].clone();
    let expected = json!([
        {"type": "reasoning", "id": id(0), "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "id": id(1), "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "hi", "annotations": [], "logprobs": []}]},
        {"type": "function_call", "id": id(2), "status": "completed", "call_id": "a", "namespace": "ns", "name": "wait", "arguments": "{\"x\":1}"},
        {"type": "custom_tool_call", "id": id(3), "status": "completed", "call_id": "b", "name": "patch", "input": "***"},
    ]);
    assert_eq!(last["output"], expected);
    for (at, prefix) in ["rs_", "msg_", "fc_", "ctc_"].into_iter().enumerate() {
        assert!(id(at).as_str().unwrap().starts_with(prefix));
    }
    assert_eq!(last["usage"]["total_tokens"], 5);
    for at in [0, 1, frames.len() - 1] {
        let answer = &frames[at]["response"];
        assert_eq!(
            (&answer["model"], &answer["id"], &answer["created_at"]),
            (&json!("alias"), &json!("resp_9"), &json!(7))
        );
        assert!(answer.get("output_text").is_none());
    }
}

#[test]
fn p03_p11_s12_endings_and_withheld_reasoning() {
    let stopped = |reason| {
        let said = [
            Event::Start(Start::default()),
            Event::Stop(Stop::bare(reason)),
            Event::End,
        ];
        let frame = written(&said, &Reply::default()).pop().unwrap();
        json!([
            frame["type"],
            frame["response"]["status"],
            frame["response"]["incomplete_details"]["reason"]
        ])
    };
    for (reason, name, why) in [
        (StopReason::Refusal, "incomplete", json!("content_filter")),
        (
            StopReason::MaxTokens,
            "incomplete",
            json!("max_output_tokens"),
        ),
        (
            StopReason::ContextWindow,
            "incomplete",
            json!("max_output_tokens"),
        ),
        (StopReason::EndTurn, "completed", Value::Null),
        (StopReason::StopSequence, "completed", Value::Null),
    ] {
        assert_eq!(
            stopped(reason),
            json!([format!("response.{name}"), name, why])
        );
    }
    let fault = Event::Error(StreamFault::new(Kind::Overloaded, "busy"));
    let failed = written(
        &[Event::Start(Start::default()), fault.clone(), Event::End],
        &Reply::default(),
    );
    let last = failed.last().unwrap();
    assert_eq!(last["type"], "response.failed");
    assert_eq!(
        last["response"]["error"],
        json!({"code": "server_is_overloaded", "message": "busy"})
    );
    let alone = written(&[fault], &Reply::default());
    assert_eq!(
        alone,
        [
            json!({"type": "error", "sequence_number": 0, "code": "server_is_overloaded", "message": "busy", "param": null})
        ]
    );
    // P11: withheld reasoning is its seal; one without a seal is not shown, and leaves no gap
    let seal = Seal {
        issuer: Issuer::family("anthropic"),
        payload: "c2Vj".to_owned(),
    };
    let said = [
        Event::Start(Start::default()),
        open(0, Head::Reasoning { redacted: true }),
        Event::Close { index: 0 },
        open(1, Head::Reasoning { redacted: true }),
        delta(1, Delta::Seal(seal.clone())),
        Event::Close { index: 1 },
        Event::Stop(Stop::bare(StopReason::EndTurn)),
        Event::End,
    ];
    let frames = written(&said, &Reply::default());
    let output = &frames.last().unwrap()["response"]["output"];
    assert_eq!(output.as_array().unwrap().len(), 1);
    let request = decoded(&json!({"model": "m", "input": [output[0]]}));
    let block = &request.turns[0].blocks[0];
    assert_eq!(block.seal, Some(seal));
    assert!(matches!(&block.kind, byokey_translate::ir::Kind::Reasoning(it) if it.redacted));
}
