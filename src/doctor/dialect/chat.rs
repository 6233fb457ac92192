//! OpenAI Chat Completions. Source: OpenAI API reference, "Chat" and "Models"; openai-python's types.

mod stream;

use serde_json::{Map, Value, json};

use super::{
    Ask, Call, Fault, Heard, Read, Stop, Tool, ToolResult, Turn, Usage, data_url,
    strict::{Seen, arguments},
};

pub(super) use self::stream::stream;

pub(super) fn body(ask: &Ask) -> Value {
    let mut messages: Vec<Value> = Vec::new();
    if let Some(system) = ask.system {
        messages.push(json!({"role": "system", "content": system}));
    }
    for turn in &ask.turns {
        match turn {
            Turn::User(text) => messages.push(json!({"role": "user", "content": text})),
            Turn::Picture(text) => messages.push(json!({"role": "user", "content": [
                {"type": "text", "text": text},
                {"type": "image_url", "image_url": {"url": data_url()}},
            ]})),
            Turn::Assistant(text) => messages.push(json!({"role": "assistant", "content": text})),
            Turn::Echo(echo) => messages.extend(echo.iter().cloned()),
            Turn::Results(results) => messages.extend(results.iter().map(result)),
        }
    }
    let mut body = json!({"model": ask.model, "messages": messages});
    if ask.stream {
        body["stream"] = true.into();
        body["stream_options"] = json!({"include_usage": true});
    }
    if !ask.tools.is_empty() {
        body["tools"] = ask.tools.iter().map(tool).collect();
    }
    if let Some(limit) = ask.limit {
        body["max_completion_tokens"] = limit.into();
    }
    if let Some(stop) = ask.stop {
        body["stop"] = stop.into();
    }
    if let Some(schema) = &ask.schema {
        body["response_format"] = json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": true}});
    }
    if ask.think {
        body["reasoning_effort"] = "high".into();
    }
    body
}

fn tool(tool: &Tool) -> Value {
    json!({"type": "function", "function": {"name": tool.name, "description": "A tool.", "parameters": tool.schema()}})
}

fn result(result: &ToolResult) -> Value {
    let content = if result.picture {
        json!([{"type": "text", "text": result.text}, {"type": "image_url", "image_url": {"url": data_url()}}])
    } else {
        json!(result.text)
    };
    json!({"role": "tool", "tool_call_id": result.call.id, "content": content})
}

pub(super) fn whole(seen: &Seen<'_>) -> Read<Heard> {
    seen.text("id")?;
    seen.text("model")?;
    seen.count("created")?;
    seen.says("object", "chat.completion")?;
    let choices = seen.list("choices")?;
    let [choice] = &choices[..] else {
        return Err(format!(
            "`choices` must hold one choice, not {}",
            choices.len()
        ));
    };
    choice.count("index")?;
    let message = choice.object("message")?;
    message.says("role", "assistant")?;
    message.has("content")?;
    let mut heard = Heard {
        text: message
            .text_if_any("content")?
            .unwrap_or_default()
            .to_owned(),
        refusal: message
            .text_if_any("refusal")?
            .unwrap_or_default()
            .to_owned(),
        thoughts: thoughts(&message)?.to_owned(),
        stop: Some(stop(choice.text("finish_reason")?)?),
        usage: usage(&seen.object("usage")?)?,
        echo: vec![message.value.clone()],
        ..Heard::default()
    };
    for call in message.list_if_any("tool_calls")? {
        call.says("type", "function")?;
        let function = call.object("function")?;
        heard.calls.push(Call {
            id: call.text("id")?.to_owned(),
            name: function.text("name")?.to_owned(),
            arguments: arguments(function.text("arguments")?)?,
        });
    }
    agree(&heard)?;
    Ok(heard)
}

/// The reasoning, under either of its common names.
fn thoughts<'a>(message: &Seen<'a>) -> Read<&'a str> {
    let named = message.text_if_any("reasoning_content")?;
    Ok(match named {
        Some(text) => text,
        None => message.text_if_any("reasoning")?.unwrap_or_default(),
    })
}

fn stop(reason: &str) -> Read<Stop> {
    Ok(match reason {
        "stop" => Stop::End,
        "length" => Stop::Limit,
        "tool_calls" => Stop::Tools,
        "content_filter" => Stop::Declined,
        other => return Err(format!("there is no `finish_reason` `{other}`")),
    })
}

fn agree(heard: &Heard) -> Read<()> {
    match (heard.stop, heard.calls.is_empty()) {
        (Some(Stop::Tools), true) => {
            Err("`finish_reason` is `tool_calls` without a call".to_owned())
        }
        (Some(Stop::End), false) => Err("`finish_reason` is `stop` beside calls".to_owned()),
        _ => Ok(()),
    }
}

fn usage(seen: &Seen<'_>) -> Read<Usage> {
    let detail = |of: &str, name: &str| {
        seen.get(of)
            .map_or(Ok(None), |details| details.count_if_any(name))
    };
    let usage = Usage {
        input: seen.count("prompt_tokens")?,
        output: seen.count("completion_tokens")?,
        cached: Some(detail("prompt_tokens_details", "cached_tokens")?.unwrap_or(0)),
        reasoning: Some(detail("completion_tokens_details", "reasoning_tokens")?.unwrap_or(0)),
    };
    if seen.count("total_tokens")? != usage.input + usage.output {
        return Err(format!("`total_tokens` is not the sum: {}", seen.shown()));
    }
    Ok(usage)
}

/// What the official SDKs read of an error.
pub(super) fn fault(seen: &Seen<'_>) -> Read<Fault> {
    let error = seen.object("error")?;
    for name in ["code", "param"] {
        error.has(name)?;
    }
    Ok(Fault {
        kind: error.text("type")?.to_owned(),
        message: error.text("message")?.to_owned(),
    })
}

pub(super) fn models(seen: &Seen<'_>) -> Read<Vec<String>> {
    seen.says("object", "list")?;
    let data = seen.list("data")?;
    data.iter()
        .map(|model| {
            model.says("object", "model")?;
            model.count("created")?;
            model.text("owned_by")?;
            Ok(model.text("id")?.to_owned())
        })
        .collect()
}

/// A message with nothing but what the API reference names.
pub(super) fn forgetful(message: &Value) -> Value {
    let only = |value: &Value, names: &[&str]| -> Map<String, Value> {
        let members = value.as_object().into_iter().flatten();
        members
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    let mut kept = only(message, &["role", "content"]);
    if let Some(calls) = message.get("tool_calls").and_then(Value::as_array) {
        let calls = calls
            .iter()
            .map(|call| Value::from(only(call, &["id", "type", "function"])));
        kept.insert("tool_calls".to_owned(), calls.collect());
    }
    kept.into()
}
