//! What an upstream of the Responses format says: two items in a row, or two calls whose arguments come in turns.

use serde_json::{Value, json};

use super::{ARGUMENTS, INPUT, NAMES, Said, TEXT, THOUGHTS, halves, id, named};

pub(super) fn response(status: &str, output: &Value) -> Value {
    let usage = json!({
        "input_tokens": 100, "output_tokens": 50, "total_tokens": 150,
        "input_tokens_details": {"cached_tokens": 40}, "output_tokens_details": {"reasoning_tokens": 20},
    });
    json!({
        "id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m", "output": output,
        "error": null, "incomplete_details": null, "instructions": null, "metadata": {}, "temperature": 1, "top_p": 1,
        "tools": [], "tool_choice": "auto", "parallel_tool_calls": true,
        "usage": if status == "completed" { usage } else { Value::Null },
    })
}

pub(super) fn items(said: &Said) -> Value {
    match said {
        Said::Text => json!([
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": THOUGHTS}]},
            {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
             "content": [{"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}]},
        ]),
        Said::Calls => {
            let call = |at: usize| {
                json!({"type": "function_call", "id": format!("fc_{at}"), "status": "completed",
                    "call_id": id(at), "name": NAMES[at], "arguments": INPUT[at]})
            };
            json!([call(0), call(1)])
        }
    }
}

pub(super) fn stream(said: &Said) -> String {
    let done = items(said);
    let mut events = vec![
        json!({"type": "response.created", "response": response("in_progress", &json!([]))}),
        json!({"type": "response.in_progress", "response": response("in_progress", &json!([]))}),
    ];
    let mut push = |kind: &str, at: usize, more: Value| {
        let mut event = json!({"type": format!("response.{kind}"), "output_index": at});
        event
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        events.push(event);
    };
    match said {
        Said::Text => {
            let empty =
                |text: &str| json!({"type": text, "text": "", "annotations": [], "logprobs": []});
            push(
                "output_item.added",
                0,
                json!({"item": {"type": "reasoning", "id": "rs_1", "summary": []}}),
            );
            let part = |more: Value| with(json!({"item_id": "rs_1", "summary_index": 0}), &more);
            push(
                "reasoning_summary_part.added",
                0,
                part(json!({"part": {"type": "summary_text", "text": ""}})),
            );
            for text in halves(THOUGHTS) {
                push(
                    "reasoning_summary_text.delta",
                    0,
                    part(json!({"delta": text})),
                );
            }
            push(
                "reasoning_summary_text.done",
                0,
                part(json!({"text": THOUGHTS})),
            );
            push(
                "reasoning_summary_part.done",
                0,
                part(json!({"part": done[0]["summary"][0]})),
            );
            push("output_item.done", 0, json!({"item": done[0]}));
            let mut item = done[1].clone();
            (item["content"], item["status"]) = (json!([]), "in_progress".into());
            push("output_item.added", 1, json!({"item": item}));
            let part = |more: Value| with(json!({"item_id": "msg_1", "content_index": 0}), &more);
            push(
                "content_part.added",
                1,
                part(json!({"part": empty("output_text")})),
            );
            for text in halves(TEXT) {
                push(
                    "output_text.delta",
                    1,
                    part(json!({"delta": text, "logprobs": []})),
                );
            }
            push(
                "output_text.done",
                1,
                part(json!({"text": TEXT, "logprobs": []})),
            );
            push(
                "content_part.done",
                1,
                part(json!({"part": done[1]["content"][0]})),
            );
            push("output_item.done", 1, json!({"item": done[1]}));
        }
        Said::Calls => {
            for at in [0, 1] {
                let mut item = done[at].clone();
                (item["arguments"], item["status"]) = ("".into(), "in_progress".into());
                push("output_item.added", at, json!({"item": item}));
            }
            for piece in 0..3 {
                for (at, pieces) in ARGUMENTS.iter().enumerate() {
                    push(
                        "function_call_arguments.delta",
                        at,
                        json!({"item_id": format!("fc_{at}"), "delta": pieces[piece]}),
                    );
                }
            }
            for at in [0, 1] {
                push(
                    "function_call_arguments.done",
                    at,
                    json!({"item_id": format!("fc_{at}"), "arguments": INPUT[at]}),
                );
                push("output_item.done", at, json!({"item": done[at]}));
            }
        }
    }
    events.push(json!({"type": "response.completed", "response": response("completed", &done)}));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    named(&events)
}

fn with(mut value: Value, more: &Value) -> Value {
    value
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    value
}
