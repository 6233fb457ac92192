//! A Chat stream put together again.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

/// A streamed completion as one message would have said it.
pub(crate) fn fold(events: &[Value]) -> Value {
    assert_eq!(events.last(), Some(&json!("[DONE]")));
    let mut message = json!({"role": null, "content": null, "refusal": null, "annotations": []});
    let (mut finish, mut usage) = (Value::Null, Value::Null);
    for chunk in &events[..events.len() - 1] {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        if chunk["choices"] == json!([]) {
            usage = chunk["usage"].clone();
            continue;
        }
        assert_eq!(
            (finish.clone(), chunk.get("usage")),
            (Value::Null, Some(&Value::Null))
        );
        finish = chunk["choices"][0]["finish_reason"].clone();
        for (field, value) in chunk["choices"][0]["delta"].as_object().unwrap() {
            match (field.as_str(), value) {
                ("tool_calls", calls) => add_call(&mut message, &calls[0]),
                ("role" | "annotations", _) => message[field] = value.clone(),
                (_, Value::String(text)) => {
                    message[field] =
                        json!(message[field].as_str().unwrap_or_default().to_owned() + text);
                }
                (_, other) => assert_eq!(other, &Value::Null),
            }
        }
    }
    json!({"message": message, "finish_reason": finish, "usage": usage})
}

fn add_call(message: &mut Value, delta: &Value) {
    let index = usize::try_from(delta["index"].as_u64().unwrap()).unwrap();
    if delta.get("id").is_some() {
        if message.get("tool_calls").is_none() {
            message["tool_calls"] = json!([]);
        }
        let mut call = delta.clone();
        call.as_object_mut().unwrap().remove("index");
        message["tool_calls"].as_array_mut().unwrap().push(call);
        return;
    }
    let (kind, member) = match delta.get("custom") {
        Some(_) => ("custom", "input"),
        None => ("function", "arguments"),
    };
    let given = &mut message["tool_calls"][index][kind][member];
    *given = json!(given.as_str().unwrap().to_owned() + delta[kind][member].as_str().unwrap());
}

/// Ids come from the body, which differs by `stream`.
pub(crate) fn without_ids(mut said: Value) -> Value {
    for call in said["message"]
        .get_mut("tool_calls")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        assert_eq!(call["id"].as_str().unwrap().len(), 29);
        call["id"] = json!("an id");
    }
    // an empty first delta is as good as none
    if said["message"]["content"] == "" {
        said["message"]["content"] = Value::Null;
    }
    said
}
