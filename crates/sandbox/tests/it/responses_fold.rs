//! A Responses stream put together again, and its grammar checked on the way.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

/// A stream as one response object would have said it: everything from the pieces, and what the terminal event says
/// must be the same.
pub(crate) fn fold(events: &[Value]) -> Value {
    let output = pieces(events);
    let last = events.last().unwrap();
    let kind = last["type"].as_str().unwrap();
    assert!(
        ["response.completed", "response.incomplete"].contains(&kind),
        "{kind}"
    );
    let response = last["response"].clone();
    assert_eq!(
        kind,
        format!("response.{}", response["status"].as_str().unwrap())
    );
    assert_eq!(response["output"], json!(output));
    response
}

/// The items that the pieces of a stream make, in the order of their indexes.
pub(crate) fn pieces(events: &[Value]) -> Vec<Value> {
    let mut output: Vec<Value> = Vec::new();
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number, "{event}");
        let kind = event["type"].as_str().unwrap();
        if let Some(at) = event["output_index"].as_u64() {
            let at = usize::try_from(at).unwrap();
            if kind == "response.output_item.added" {
                assert_eq!(at, output.len());
                output.push(event["item"].clone());
            } else {
                apply(&mut output[at], kind, event);
            }
        }
    }
    output
}

fn apply(item: &mut Value, kind: &str, event: &Value) {
    if let Some(id) = event.get("item_id") {
        assert_eq!(id, &item["id"]);
    }
    let (list, index) = match event.get("summary_index") {
        Some(index) => ("summary", index),
        None => ("content", &event["content_index"]),
    };
    let index = index.as_u64().map(|index| usize::try_from(index).unwrap());
    match kind {
        "response.content_part.added" | "response.reasoning_summary_part.added" => {
            let parts = item[list].as_array_mut().unwrap();
            assert_eq!(index, Some(parts.len()));
            parts.push(event["part"].clone());
        }
        "response.content_part.done" | "response.reasoning_summary_part.done" => {
            assert_eq!(item[list][index.unwrap()], event["part"]);
        }
        "response.output_text.delta" | "response.reasoning_summary_text.delta" => {
            append(&mut item[list][index.unwrap()]["text"], event);
        }
        "response.output_text.done" | "response.reasoning_summary_text.done" => {
            assert_eq!(item[list][index.unwrap()]["text"], event["text"]);
        }
        "response.refusal.delta" => append(&mut item[list][index.unwrap()]["refusal"], event),
        "response.refusal.done" => {
            assert_eq!(item[list][index.unwrap()]["refusal"], event["refusal"]);
        }
        "response.output_text.annotation.added" => {
            let annotations = item[list][index.unwrap()]["annotations"].as_array_mut();
            let annotations = annotations.unwrap();
            assert_eq!(event["annotation_index"], annotations.len());
            annotations.push(event["annotation"].clone());
        }
        "response.function_call_arguments.delta" => append(&mut item["arguments"], event),
        "response.function_call_arguments.done" => {
            assert_eq!(item["arguments"], event["arguments"]);
        }
        "response.custom_tool_call_input.delta" => append(&mut item["input"], event),
        "response.custom_tool_call_input.done" => assert_eq!(item["input"], event["input"]),
        "response.web_search_call.in_progress"
        | "response.web_search_call.searching"
        | "response.web_search_call.completed"
        | "response.compaction.compacting" => {}
        "response.output_item.done" => {
            let done = &event["item"];
            for (name, value) in item.as_object().unwrap() {
                if name != "status" {
                    assert_eq!(&done[name], value, "{name} of {done}");
                }
            }
            *item = done.clone();
        }
        other => panic!("unexpected {other}"),
    }
}

fn append(text: &mut Value, event: &Value) {
    *text = json!(text.as_str().unwrap().to_owned() + event["delta"].as_str().unwrap());
}

/// Ids come from the body, which differs by `stream`.
pub(crate) fn without_ids(mut response: Value) -> Value {
    response["id"] = json!("an id");
    for item in response["output"].as_array_mut().unwrap() {
        let id = item["id"].as_str().unwrap().to_owned();
        let prefix = id.split('_').next().unwrap();
        assert_eq!(id.len(), prefix.len() + 51);
        item["id"] = json!(prefix);
        for name in ["call_id", "encrypted_content"] {
            if let Some(value) = item.get_mut(name) {
                assert!(value.as_str().unwrap().len() > 20);
                *value = json!(name);
            }
        }
    }
    response
}
