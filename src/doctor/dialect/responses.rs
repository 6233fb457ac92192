//! OpenAI Responses. Source: OpenAI API reference, "Responses"; openai-python's types.

mod stream;

use serde_json::{Value, json};

use super::{
    Ask, Call, Heard, Read, Stop, Tool, ToolResult, Turn, Usage, data_url,
    strict::{Seen, arguments},
};

pub(super) use self::stream::stream;

pub(super) fn body(ask: &Ask) -> Value {
    let input: Vec<Value> = ask.turns.iter().flat_map(turn).collect();
    let mut body = json!({"model": ask.model, "input": input, "store": false});
    if ask.stream {
        body["stream"] = true.into();
    }
    if let Some(system) = ask.system {
        body["instructions"] = system.into();
    }
    if !ask.tools.is_empty() {
        body["tools"] = ask.tools.iter().map(tool).collect();
    }
    if let Some(limit) = ask.limit {
        body["max_output_tokens"] = limit.into();
    }
    if let Some(schema) = &ask.schema {
        body["text"] = json!({"format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": true}});
    }
    if ask.think {
        body["reasoning"] = json!({"effort": "high", "summary": "auto"});
        body["include"] = json!(["reasoning.encrypted_content"]);
    }
    body
}

fn turn(turn: &Turn) -> Vec<Value> {
    match turn {
        Turn::User(text) => vec![json!({"role": "user", "content": text})],
        Turn::Picture(text) => vec![json!({"role": "user", "content": [
            {"type": "input_text", "text": text},
            {"type": "input_image", "image_url": data_url(), "detail": "auto"},
        ]})],
        Turn::Assistant(text) => vec![json!({"role": "assistant", "content": text})],
        Turn::Echo(echo) => echo.clone(),
        Turn::Results(results) => results.iter().map(result).collect(),
    }
}

fn tool(tool: &Tool) -> Value {
    json!({"type": "function", "name": tool.name, "description": "A tool.", "parameters": tool.schema(), "strict": false})
}

fn result(result: &ToolResult) -> Value {
    let output = if result.picture {
        json!([{"type": "input_text", "text": result.text}, {"type": "input_image", "image_url": data_url(), "detail": "auto"}])
    } else {
        json!(result.text)
    };
    json!({"type": "function_call_output", "call_id": result.call.id, "output": output})
}

pub(super) fn whole(seen: &Seen<'_>) -> Read<Heard> {
    let mut heard = Heard::default();
    head(seen)?;
    for item in seen.list("output")? {
        take(&mut heard, &item)?;
        heard.echo.push(item.value.clone());
    }
    finish(&mut heard, seen)?;
    Ok(heard)
}

/// What every response has, finished or not.
fn head(response: &Seen<'_>) -> Read<()> {
    response.text("id")?;
    response.text("model")?;
    response.says("object", "response")?;
    if !response.need("created_at")?.value.is_number() {
        return Err("`created_at` must be a number".to_owned());
    }
    response.list("tools")?;
    response.need("tool_choice")?;
    if !response.need("parallel_tool_calls")?.value.is_boolean() {
        return Err("`parallel_tool_calls` must be a boolean".to_owned());
    }
    response.list("output")?;
    for name in [
        "error",
        "incomplete_details",
        "instructions",
        "metadata",
        "temperature",
        "top_p",
    ] {
        response.has(name)?;
    }
    Ok(())
}

/// Takes a complete item.
fn take(heard: &mut Heard, item: &Seen<'_>) -> Read<()> {
    match item.text("type")? {
        "message" => {
            item.text("id")?;
            item.text("status")?;
            item.says("role", "assistant")?;
            for part in item.list("content")? {
                match part.text("type")? {
                    "output_text" => {
                        part.list("annotations")?;
                        heard.text.push_str(part.text("text")?);
                    }
                    "refusal" => heard.refusal.push_str(part.text("refusal")?),
                    other => return Err(format!("a message has no part of the type `{other}`")),
                }
            }
        }
        "reasoning" => {
            item.text("id")?;
            for part in item.list("summary")? {
                part.says("type", "summary_text")?;
                heard.thoughts.push_str(part.text("text")?);
            }
            for part in item.list_if_any("content")? {
                part.says("type", "reasoning_text")?;
                heard.thoughts.push_str(part.text("text")?);
            }
        }
        "function_call" => heard.calls.push(Call {
            id: item.text("call_id")?.to_owned(),
            name: item.text("name")?.to_owned(),
            arguments: arguments(item.text("arguments")?)?,
        }),
        other => return Err(format!("nobody asked for an item of the type `{other}`")),
    }
    Ok(())
}

fn finish(heard: &mut Heard, response: &Seen<'_>) -> Read<()> {
    let reason = response
        .get("incomplete_details")
        .map(|details| details.text("reason"))
        .transpose()?;
    heard.stop = Some(match (response.text("status")?, reason) {
        ("completed", None) if !heard.calls.is_empty() => Stop::Tools,
        ("completed", None) => Stop::End,
        ("incomplete", Some("max_output_tokens")) => Stop::Limit,
        ("incomplete", Some("content_filter")) => Stop::Declined,
        (status, reason) => {
            return Err(format!(
                "there is no status `{status}` with the reason {reason:?}"
            ));
        }
    });
    heard.usage = usage(&response.object("usage")?)?;
    Ok(())
}

fn usage(seen: &Seen<'_>) -> Read<Usage> {
    let usage = Usage {
        input: seen.count("input_tokens")?,
        output: seen.count("output_tokens")?,
        cached: Some(
            seen.object("input_tokens_details")?
                .count("cached_tokens")?,
        ),
        reasoning: Some(
            seen.object("output_tokens_details")?
                .count("reasoning_tokens")?,
        ),
    };
    if seen.count("total_tokens")? != usage.input + usage.output {
        return Err(format!("`total_tokens` is not the sum: {}", seen.shown()));
    }
    Ok(usage)
}
