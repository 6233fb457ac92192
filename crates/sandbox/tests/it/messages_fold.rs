//! A Messages stream put together again.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

/// A streamed message as one body would have said it.
pub(crate) fn fold(events: &[Value]) -> Value {
    let mut message = Value::Null;
    let mut input = String::new();
    for (at, event) in events.iter().enumerate() {
        let content = |message: &Value| {
            usize::try_from(event["index"].as_u64().unwrap()).unwrap()
                == message["content"].as_array().unwrap().len()
        };
        match event["type"].as_str().unwrap() {
            "message_start" => {
                assert_eq!(at, 0);
                message = event["message"].clone();
                assert_eq!(
                    (
                        &message["content"],
                        &message["stop_reason"],
                        &message["usage"]["output_tokens"]
                    ),
                    (&json!([]), &Value::Null, &json!(1))
                );
            }
            "content_block_start" => {
                assert!(content(&message));
                message["content"]
                    .as_array_mut()
                    .unwrap()
                    .push(event["content_block"].clone());
                input.clear();
            }
            "content_block_delta" => add(
                message["content"]
                    .as_array_mut()
                    .unwrap()
                    .last_mut()
                    .unwrap(),
                &event["delta"],
                &mut input,
            ),
            "content_block_stop" => {
                let block = message["content"]
                    .as_array_mut()
                    .unwrap()
                    .last_mut()
                    .unwrap();
                if block["type"] == "tool_use" {
                    block["input"] = serde_json::from_str(&input).unwrap();
                }
            }
            "message_delta" => {
                message["stop_reason"] = event["delta"]["stop_reason"].clone();
                message["stop_sequence"] = event["delta"]["stop_sequence"].clone();
                message["stop_details"] = event["delta"]["stop_details"].clone();
                message["usage"] = event["usage"].clone();
            }
            "ping" => {}
            "message_stop" => assert_eq!(at, events.len() - 1),
            other => panic!("unknown event {other}"),
        }
    }
    message
}

fn add(block: &mut Value, delta: &Value, input: &mut String) {
    let text = |name: &str| delta[name].as_str().unwrap().to_owned();
    match delta["type"].as_str().unwrap() {
        "text_delta" => {
            block["text"] = json!(block["text"].as_str().unwrap().to_owned() + &text("text"));
        }
        "thinking_delta" => {
            block["thinking"] =
                json!(block["thinking"].as_str().unwrap().to_owned() + &text("thinking"));
        }
        "signature_delta" => block["signature"] = json!(text("signature")),
        "input_json_delta" => input.push_str(&text("partial_json")),
        "citations_delta" => block["citations"]
            .as_array_mut()
            .unwrap()
            .push(delta["citation"].clone()),
        other => panic!("unknown delta {other}"),
    }
}

/// Ids come from the body, which differs by `stream`.
pub(crate) fn without_ids(mut message: Value) -> Value {
    message["id"] = json!("an id");
    for block in message["content"].as_array_mut().unwrap() {
        if block["type"] == "tool_use" {
            assert_eq!(block["id"].as_str().unwrap().len(), 30);
            block["id"] = json!("an id");
        }
    }
    message
}
