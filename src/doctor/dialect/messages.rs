//! Anthropic Messages. Source: Claude API reference, "Messages" and "List Models"; anthropic-python's types.

mod stream;

use serde_json::{Value, json};

use super::{
    Ask, Call, Fault, Heard, PNG, Read, Stop, Tool, ToolResult, Turn, Usage, strict::Seen,
};

pub(super) use self::stream::stream;

/// The API demands a limit.
const LIMIT: u64 = 4096;
const THINKING: u64 = 2048;

pub(super) fn body(ask: &Ask) -> Value {
    let mut messages: Vec<Value> = Vec::new();
    for turn in &ask.turns {
        match turn {
            Turn::User(text) => messages.push(json!({"role": "user", "content": text})),
            Turn::Picture(text) => messages.push(json!({"role": "user", "content": [
                picture(), {"type": "text", "text": text},
            ]})),
            Turn::Assistant(text) => messages.push(json!({"role": "assistant", "content": text})),
            Turn::Echo(echo) => messages.extend(echo.iter().cloned()),
            Turn::Results(results) => {
                let results: Vec<_> = results.iter().map(result).collect();
                messages.push(json!({"role": "user", "content": results}));
            }
        }
    }
    let mut body =
        json!({"model": ask.model, "max_tokens": ask.limit.unwrap_or(LIMIT), "messages": messages});
    if ask.stream {
        body["stream"] = true.into();
    }
    if let Some(system) = ask.system {
        body["system"] = system.into();
    }
    if !ask.tools.is_empty() {
        body["tools"] = ask.tools.iter().map(tool).collect();
    }
    if let Some(stop) = ask.stop {
        body["stop_sequences"] = json!([stop]);
    }
    if let Some(schema) = &ask.schema {
        body["output_config"] = json!({"format": {"type": "json_schema", "schema": schema}});
    }
    if ask.think {
        body["thinking"] = json!({"type": "enabled", "budget_tokens": THINKING});
    }
    body
}

fn picture() -> Value {
    json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}})
}

fn tool(tool: &Tool) -> Value {
    json!({"name": tool.name, "description": "A tool.", "input_schema": tool.schema()})
}

fn result(result: &ToolResult) -> Value {
    let mut content = vec![json!({"type": "text", "text": result.text})];
    content.extend(result.picture.then(picture));
    json!({"type": "tool_result", "tool_use_id": result.call.id, "content": content})
}

pub(super) fn whole(seen: &Seen<'_>) -> Read<Heard> {
    head(seen)?;
    let mut heard = Heard {
        stop: Some(stop(seen)?),
        usage: usage(&seen.object("usage")?)?,
        ..Heard::default()
    };
    let blocks = seen.list("content")?;
    for block in &blocks {
        take(&mut heard, block)?;
    }
    agree(&heard)?;
    let content: Vec<Value> = blocks.iter().map(|block| block.value.clone()).collect();
    heard.echo = echo(&content);
    Ok(heard)
}

/// What every message has.
fn head(message: &Seen<'_>) -> Read<()> {
    message.text("id")?;
    message.text("model")?;
    message.says("type", "message")?;
    message.says("role", "assistant")?;
    message.has("stop_reason")?;
    message.has("stop_sequence")
}

/// Takes a complete block.
fn take(heard: &mut Heard, block: &Seen<'_>) -> Read<()> {
    match block.text("type")? {
        "text" => {
            heard.text.push_str(block.text("text")?);
            block.list_if_any("citations")?;
        }
        "thinking" => {
            heard.thoughts.push_str(block.text("thinking")?);
            block.text("signature")?;
        }
        "redacted_thinking" => {
            block.text("data")?;
        }
        "tool_use" => heard.calls.push(Call {
            id: block.text("id")?.to_owned(),
            name: block.text("name")?.to_owned(),
            arguments: block.object("input")?.value.clone(),
        }),
        other => return Err(format!("nobody asked for a block of the type `{other}`")),
    }
    Ok(())
}

fn echo(content: &[Value]) -> Vec<Value> {
    vec![json!({"role": "assistant", "content": content})]
}

fn stop(seen: &Seen<'_>) -> Read<Stop> {
    let sequence = seen.text_if_any("stop_sequence")?;
    Ok(match (seen.text("stop_reason")?, sequence) {
        ("end_turn", None) => Stop::End,
        ("stop_sequence", Some(_)) => Stop::Sequence,
        ("max_tokens", None) => Stop::Limit,
        ("tool_use", None) => Stop::Tools,
        ("refusal", None) => Stop::Declined,
        (other, sequence) => {
            return Err(format!(
                "there is no `stop_reason` `{other}` with {sequence:?}"
            ));
        }
    })
}

fn agree(heard: &Heard) -> Read<()> {
    match (heard.stop, heard.calls.is_empty()) {
        (Some(Stop::Tools), true) => Err("`stop_reason` is `tool_use` without a call".to_owned()),
        (Some(Stop::End), false) => Err("`stop_reason` is `end_turn` beside calls".to_owned()),
        _ => Ok(()),
    }
}

/// What is read from a cache and written to one is not in `input_tokens`.
fn usage(seen: &Seen<'_>) -> Read<Usage> {
    let cached = seen.count_if_any("cache_read_input_tokens")?.unwrap_or(0);
    let written = seen
        .count_if_any("cache_creation_input_tokens")?
        .unwrap_or(0);
    Ok(Usage {
        input: seen.count("input_tokens")? + cached + written,
        cached: Some(cached),
        output: seen.count("output_tokens")?,
        reasoning: None,
    })
}

pub(super) fn fault(seen: &Seen<'_>) -> Read<Fault> {
    seen.says("type", "error")?;
    seen.text("request_id")?;
    error(seen)
}

/// The part that a stream tells, too.
fn error(seen: &Seen<'_>) -> Read<Fault> {
    let error = seen.object("error")?;
    Ok(Fault {
        kind: error.text("type")?.to_owned(),
        message: error.text("message")?.to_owned(),
    })
}

pub(super) fn models(seen: &Seen<'_>) -> Read<Vec<String>> {
    let found: Vec<String> = seen
        .list("data")?
        .iter()
        .map(|model| {
            model.says("type", "model")?;
            model.text("display_name")?;
            model.text("created_at")?;
            Ok(model.text("id")?.to_owned())
        })
        .collect::<Read<_>>()?;
    if !seen.need("has_more")?.value.is_boolean() {
        return Err("`has_more` must be a boolean".to_owned());
    }
    for (name, id) in [("first_id", found.first()), ("last_id", found.last())] {
        seen.has(name)?;
        if seen.text_if_any(name)? != id.map(String::as_str) {
            return Err(format!("`{name}` must be {id:?}"));
        }
    }
    Ok(found)
}
