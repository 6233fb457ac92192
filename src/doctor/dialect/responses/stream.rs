//! A stream of numbered events. Source: OpenAI API reference, "Streaming events" of Responses.

use serde_json::{Value, json};

use super::{
    super::{Fault, Heard, Read, sse::Event, strict::Seen},
    finish, head, take,
};

/// What has come so far.
#[derive(Default)]
struct Response {
    heard: Heard,
    events: usize,
    last: Option<u64>,
    id: String,
    items: Vec<Value>,
    open: Option<Open>,
    ended: bool,
}

/// The item that is open.
struct Open {
    id: String,
    kind: String,
    /// Complete parts: of the content, or of the summary.
    parts: Vec<Value>,
    /// The part that is open: its kind and its text.
    part: Option<(String, String)>,
    /// Deltas of arguments, and whether they were declared done.
    arguments: (String, bool),
}

pub(in super::super) fn stream(events: &[Event<'_>]) -> Read<Heard> {
    let mut response = Response::default();
    for event in events {
        if response.ended {
            return Err(format!("an event follows the end: `{}`", event.data));
        }
        let (value, kind) = event.named()?;
        response.take(&kind, &Seen::new(&value))?;
    }
    if !response.ended {
        return Err("the stream ended without a terminal event".to_owned());
    }
    Ok(response.heard)
}

impl Response {
    fn take(&mut self, kind: &str, event: &Seen<'_>) -> Read<()> {
        let number = event.count("sequence_number")?;
        if self.last.is_some_and(|last| number <= last) {
            return Err(format!("`sequence_number` {number} does not ascend"));
        }
        self.last = Some(number);
        self.events += 1;
        match (kind, self.events) {
            ("error", _) => {
                self.ended = true;
                event.has("code")?;
                event.has("param")?;
                return self.fail(event);
            }
            ("response.created", 1) | ("response.in_progress", 2) => {
                let response = event.object("response")?;
                head(&response)?;
                response.says("status", "in_progress")?;
                response.text("id")?.clone_into(&mut self.id);
                return Ok(());
            }
            (_, 1) | ("response.created" | "response.in_progress", _) => {
                return Err(format!("`{kind}` is event {} of the stream", self.events));
            }
            _ => {}
        }
        match kind {
            "response.completed" | "response.incomplete" => self.finish(kind, event),
            "response.failed" => {
                self.ended = true;
                let response = event.object("response")?;
                response.says("status", "failed")?;
                response.says("id", &self.id)?;
                self.fail(&response.object("error")?)
            }
            "response.output_item.added" => self.added(event),
            "response.output_item.done" => self.done(event),
            _inside_an_item => self.inside(kind, event),
        }
    }

    fn fail(&mut self, error: &Seen<'_>) -> Read<()> {
        self.heard.fault = Some(Fault {
            kind: error.text_if_any("code")?.unwrap_or_default().to_owned(),
            message: error.text("message")?.to_owned(),
        });
        Ok(())
    }

    fn index(&self, event: &Seen<'_>) -> Read<()> {
        let index = event.count("output_index")?;
        if usize::try_from(index) == Ok(self.items.len()) {
            Ok(())
        } else {
            Err(format!(
                "`output_index` must be {}, not {index}",
                self.items.len()
            ))
        }
    }

    fn added(&mut self, event: &Seen<'_>) -> Read<()> {
        self.index(event)?;
        if self.open.is_some() {
            return Err("an item is added while another is open".to_owned());
        }
        let item = event.object("item")?;
        let kind = item.text("type")?;
        match kind {
            "message" if !item.list("content")?.is_empty() => {
                return Err("a message is added with empty `content`".to_owned());
            }
            "reasoning" if !item.list("summary")?.is_empty() => {
                return Err("reasoning is added with an empty `summary`".to_owned());
            }
            "function_call" => {
                item.says("arguments", "")?;
                item.text("call_id")?;
                item.text("name")?;
            }
            _ => {}
        }
        self.open = Some(Open {
            id: item.text("id")?.to_owned(),
            kind: kind.to_owned(),
            parts: Vec::new(),
            part: None,
            arguments: (String::new(), false),
        });
        Ok(())
    }

    fn inside(&mut self, kind: &str, event: &Seen<'_>) -> Read<()> {
        self.index(event)?;
        let Some(open) = &mut self.open else {
            return Err(format!("`{kind}` comes while no item is open"));
        };
        event.says("item_id", &open.id)?;
        open.take(kind, event)
    }

    fn done(&mut self, event: &Seen<'_>) -> Read<()> {
        self.index(event)?;
        let Some(open) = self.open.take() else {
            return Err("an item is done that was not added".to_owned());
        };
        let item = event.object("item")?;
        item.says("id", &open.id)?;
        item.says("type", &open.kind)?;
        open.matches(&item)?;
        take(&mut self.heard, &item)?;
        self.items.push(item.value.clone());
        Ok(())
    }

    fn finish(&mut self, kind: &str, event: &Seen<'_>) -> Read<()> {
        self.ended = true;
        if self.open.is_some() {
            return Err("the response ends while an item is open".to_owned());
        }
        let response = event.object("response")?;
        head(&response)?;
        response.says("id", &self.id)?;
        response.says("status", kind.trim_start_matches("response."))?;
        if response.value["output"] != Value::from(self.items.clone()) {
            return Err(format!(
                "`response.output` is not what was done: {}",
                response.value["output"]
            ));
        }
        finish(&mut self.heard, &response)?;
        self.heard.echo = std::mem::take(&mut self.items);
        Ok(())
    }
}

impl Open {
    fn take(&mut self, kind: &str, event: &Seen<'_>) -> Read<()> {
        let kind = kind.trim_start_matches("response.");
        match (self.kind.as_str(), kind) {
            ("function_call", "function_call_arguments.delta") if !self.arguments.1 => {
                self.arguments.0.push_str(event.text("delta")?);
                Ok(())
            }
            ("function_call", "function_call_arguments.done") if !self.arguments.1 => {
                self.arguments.1 = true;
                event.says("arguments", &self.arguments.0)
            }
            ("message", "content_part.added" | "content_part.done") => {
                self.part("content_index", kind, event)
            }
            ("message", "output_text.delta" | "output_text.done") => {
                self.text("output_text", "text", kind, event)
            }
            ("message", "refusal.delta" | "refusal.done") => {
                self.text("refusal", "refusal", kind, event)
            }
            ("reasoning", "reasoning_summary_part.added" | "reasoning_summary_part.done") => {
                self.part("summary_index", kind, event)
            }
            ("reasoning", "reasoning_summary_text.delta" | "reasoning_summary_text.done") => {
                self.text("summary_text", "text", kind, event)
            }
            // repeated in the part; the open models' own words have no part to be added
            ("message", "output_text.annotation.added")
            | ("reasoning", "reasoning_text.delta" | "reasoning_text.done") => Ok(()),
            (item, kind) => Err(format!("`{kind}` in an item of the type `{item}`")),
        }
    }

    fn part(&mut self, index: &str, kind: &str, event: &Seen<'_>) -> Read<()> {
        if usize::try_from(event.count(index)?) != Ok(self.parts.len()) {
            return Err(format!(
                "`{index}` must be {}: {}",
                self.parts.len(),
                event.shown()
            ));
        }
        let part = event.object("part")?;
        let of = part.text("type")?.to_owned();
        if action(kind) == "added" {
            if self.part.replace((of, String::new())).is_some() {
                return Err("a part is added while another is open".to_owned());
            }
            return Ok(());
        }
        let (open, text) = self
            .part
            .take()
            .ok_or("a part is done that was not added")?;
        part.says("type", &open)?;
        part.says(if of == "refusal" { "refusal" } else { "text" }, &text)?;
        self.parts.push(part.value.clone());
        Ok(())
    }

    fn text(&mut self, of: &str, member: &str, kind: &str, event: &Seen<'_>) -> Read<()> {
        match &mut self.part {
            Some((open, text)) if open == of => {
                if action(kind) == "delta" {
                    text.push_str(event.text("delta")?);
                    Ok(())
                } else {
                    event.says(member, text)
                }
            }
            _ => Err(format!("`{kind}` while no such part is open")),
        }
    }

    /// Compares what the item says with what its events have said.
    fn matches(&self, item: &Seen<'_>) -> Read<()> {
        if self.part.is_some() {
            return Err("the item is done while a part is open".to_owned());
        }
        match self.kind.as_str() {
            "function_call" if self.arguments.1 => item.says("arguments", &self.arguments.0),
            "function_call" => Err("arguments were never done".to_owned()),
            "message" | "reasoning" => {
                let name = if self.kind == "message" {
                    "content"
                } else {
                    "summary"
                };
                let said: Vec<Value> = item
                    .list(name)?
                    .iter()
                    .map(|part| bare(part.value))
                    .collect();
                let parts: Vec<Value> = self.parts.iter().map(bare).collect();
                if said == parts {
                    Ok(())
                } else {
                    Err(format!(
                        "`item.{name}` is not what its events said: {}",
                        item.shown()
                    ))
                }
            }
            _ => Ok(()),
        }
    }
}

/// A part without what its own events need not repeat.
fn bare(part: &Value) -> Value {
    let text = part.get("text").or_else(|| part.get("refusal"));
    json!([part["type"], text])
}

/// What an event says of its part: `added`, `delta` or `done`.
fn action(kind: &str) -> &str {
    kind.rsplit('.').next().unwrap_or_default()
}
