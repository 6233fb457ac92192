//! A stream of chunks. Source: OpenAI API reference, "The chat completion chunk object"; openai-python's accumulation.

use serde_json::{Map, Value, json};

use super::{
    super::{Call, Heard, Read, sse::Event, strict::Seen},
    agree, arguments, stop, thoughts, usage,
};

/// What has come so far.
#[derive(Default)]
struct Chunks {
    heard: Heard,
    id: Option<String>,
    calls: Vec<Map<String, Value>>,
    extra: Map<String, Value>,
    usage: bool,
    done: bool,
}

pub(in super::super) fn stream(events: &[Event<'_>]) -> Read<Heard> {
    let mut chunks = Chunks::default();
    for event in events {
        if chunks.done || chunks.heard.fault.is_some() {
            return Err(format!("an event follows the end: `{}`", event.data));
        }
        if event.data == "[DONE]" {
            chunks.done = true;
            continue;
        }
        let value = event.json()?;
        chunks.take(&Seen::new(&value))?;
    }
    chunks.end()
}

impl Chunks {
    fn take(&mut self, chunk: &Seen<'_>) -> Read<()> {
        if chunk.get("error").is_some() {
            let error = chunk.object("error")?;
            self.heard.fault = Some(super::super::Fault {
                kind: error.text_if_any("type")?.unwrap_or_default().to_owned(),
                message: error.text("message")?.to_owned(),
            });
            return Ok(());
        }
        chunk.says("object", "chat.completion.chunk")?;
        chunk.text("model")?;
        chunk.count("created")?;
        let id = chunk.text("id")?;
        if *self.id.get_or_insert_with(|| id.to_owned()) != id {
            return Err(format!("the id of a chunk has changed to `{id}`"));
        }
        if let Some(told) = chunk.get("usage") {
            if self.usage {
                return Err("usage is told twice".to_owned());
            }
            self.usage = true;
            self.heard.usage = usage(&told)?;
        }
        let choices = chunk.list("choices")?;
        if choices.is_empty() && chunk.get("usage").is_none() {
            return Err("a chunk without a choice must hold the usage".to_owned());
        }
        choices.iter().try_for_each(|choice| self.choice(choice))
    }

    fn choice(&mut self, choice: &Seen<'_>) -> Read<()> {
        if choice.count("index")? != 0 {
            return Err("there is one choice, and its index is 0".to_owned());
        }
        if self.heard.stop.is_some() {
            return Err(format!(
                "a delta follows the finish_reason: {}",
                choice.shown()
            ));
        }
        let delta = choice.object("delta")?;
        if delta
            .text_if_any("role")?
            .is_some_and(|role| role != "assistant")
        {
            return Err("the role must be `assistant`".to_owned());
        }
        self.heard
            .text
            .push_str(delta.text_if_any("content")?.unwrap_or_default());
        self.heard
            .refusal
            .push_str(delta.text_if_any("refusal")?.unwrap_or_default());
        self.heard.thoughts.push_str(thoughts(&delta)?);
        for (name, value) in delta.value.as_object().into_iter().flatten() {
            if !["role", "content", "refusal", "tool_calls"].contains(&name.as_str()) {
                add(&mut self.extra, name, value);
            }
        }
        for call in delta.list_if_any("tool_calls")? {
            self.call(&call)?;
        }
        if let Some(reason) = choice.text_if_any("finish_reason")? {
            self.heard.stop = Some(stop(reason)?);
        }
        Ok(())
    }

    fn call(&mut self, call: &Seen<'_>) -> Read<()> {
        let at = usize::try_from(call.count("index")?).unwrap_or(usize::MAX);
        let function = call.object("function")?;
        if at == self.calls.len() {
            call.says("type", "function")?;
            function.text("name")?;
            call.text("id")?;
            self.calls.push(Map::new());
        }
        let Some(known) = self.calls.get_mut(at) else {
            return Err(format!("the index of a call skips to {at}"));
        };
        for (name, value) in call.value.as_object().into_iter().flatten() {
            if name == "index" || value.is_null() {
                continue;
            }
            if name == "function" {
                let inner = known
                    .entry(name.clone())
                    .or_insert_with(|| json!({"name": "", "arguments": ""}));
                for (name, value) in value.as_object().into_iter().flatten() {
                    if let (Some(inner), false) = (inner.as_object_mut(), value.is_null()) {
                        add(inner, name, value);
                    }
                }
            } else {
                known.insert(name.clone(), value.clone());
            }
        }
        Ok(())
    }

    fn end(mut self) -> Read<Heard> {
        if self.heard.fault.is_some() {
            return Ok(self.heard);
        }
        if !self.done {
            return Err("the stream ended without `[DONE]`".to_owned());
        }
        if self.heard.stop.is_none() {
            return Err("the stream ended without a finish_reason".to_owned());
        }
        if !self.usage {
            return Err("usage was asked for and not told".to_owned());
        }
        let mut message = json!({"role": "assistant", "content": null});
        if !self.heard.text.is_empty() {
            message["content"] = self.heard.text.as_str().into();
        }
        if let Some(message) = message.as_object_mut() {
            message.extend(self.extra);
        }
        if !self.calls.is_empty() {
            message["tool_calls"] = self.calls.iter().cloned().map(Value::from).collect();
        }
        for call in self.calls {
            let call = Value::from(call);
            let call = Seen::new(&call);
            let function = call.object("function")?;
            self.heard.calls.push(Call {
                id: call.text("id")?.to_owned(),
                name: function.text("name")?.to_owned(),
                arguments: arguments(function.text("arguments")?)?,
            });
        }
        agree(&self.heard)?;
        self.heard.echo = vec![message];
        Ok(self.heard)
    }
}

/// Texts are continued, lists lengthened, anything else is replaced.
fn add(to: &mut Map<String, Value>, name: &str, more: &Value) {
    match (to.get_mut(name), more) {
        (_, Value::Null) => {}
        (Some(Value::String(text)), Value::String(more)) => text.push_str(more),
        (Some(Value::Array(list)), Value::Array(more)) => list.extend(more.iter().cloned()),
        _ => {
            to.insert(name.to_owned(), more.clone());
        }
    }
}
