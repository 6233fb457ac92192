//! A stream of named events. Source: Claude API, "Streaming messages".

use serde_json::{Value, json};

use super::{
    super::{
        Heard, Read,
        sse::Event,
        strict::{Seen, arguments},
    },
    agree, echo, error, head, stop, take, usage,
};

/// What has come so far.
#[derive(Default)]
struct Message {
    heard: Heard,
    begun: bool,
    ended: bool,
    blocks: Vec<Value>,
    /// The block that is open, and its arguments so far.
    open: Option<(Value, String)>,
}

pub(in super::super) fn stream(events: &[Event<'_>]) -> Read<Heard> {
    let mut message = Message::default();
    for event in events {
        if message.ended || message.heard.fault.is_some() {
            return Err(format!("an event follows the end: `{}`", event.data));
        }
        let (value, kind) = event.named()?;
        message.take(&kind, &Seen::new(&value))?;
    }
    message.end()
}

impl Message {
    fn take(&mut self, kind: &str, event: &Seen<'_>) -> Read<()> {
        match kind {
            "ping" => return Ok(()),
            "error" => {
                self.heard.fault = Some(error(event)?);
                return Ok(());
            }
            "message_start" => {
                if std::mem::replace(&mut self.begun, true) {
                    return Err("the message starts twice".to_owned());
                }
                let message = event.object("message")?;
                head(&message)?;
                if !message.list("content")?.is_empty() {
                    return Err("a message starts with empty `content`".to_owned());
                }
                let told = usage(&message.object("usage")?)?;
                self.heard.usage = told;
                return Ok(());
            }
            _ if !self.begun => return Err(format!("`{kind}` comes before `message_start`")),
            _ => {}
        }
        match (kind, self.open.is_some(), self.heard.stop.is_some()) {
            ("content_block_start", false, false) => self.start(event),
            ("content_block_delta", true, _) => self.delta(event),
            ("content_block_stop", true, _) => self.stop(event),
            ("message_delta", false, false) => self.finish(event),
            ("message_stop", false, true) => {
                self.ended = true;
                Ok(())
            }
            _ => Err(format!("`{kind}` comes out of order: {}", event.shown())),
        }
    }

    fn index(&self, event: &Seen<'_>) -> Read<()> {
        let index = event.count("index")?;
        if usize::try_from(index) == Ok(self.blocks.len()) {
            Ok(())
        } else {
            Err(format!(
                "the index of a block must be {}, not {index}",
                self.blocks.len()
            ))
        }
    }

    fn start(&mut self, event: &Seen<'_>) -> Read<()> {
        self.index(event)?;
        let block = event.object("content_block")?;
        // each kind starts empty, with all of its members
        match block.text("type")? {
            "text" => block.says("text", "")?,
            "thinking" => {
                block.says("thinking", "")?;
                block.says("signature", "")?;
            }
            "tool_use" => {
                if block.object("input")?.value != &json!({}) {
                    return Err("`input` starts as `{}`".to_owned());
                }
                block.text("id")?;
                block.text("name")?;
            }
            _others_are_whole => {}
        }
        self.open = Some((block.value.clone(), String::new()));
        Ok(())
    }

    fn delta(&mut self, event: &Seen<'_>) -> Read<()> {
        self.index(event)?;
        let delta = event.object("delta")?;
        let Some((block, input)) = &mut self.open else {
            return Err("no block is open".to_owned());
        };
        let kind = block["type"].as_str().unwrap_or_default().to_owned();
        let mut add = |name: &str, more: &str| {
            let sum = [block[name].as_str().unwrap_or_default(), more].concat();
            block[name] = sum.into();
        };
        match (delta.text("type")?, kind.as_str()) {
            ("text_delta", "text") => add("text", delta.text("text")?),
            ("thinking_delta", "thinking") => add("thinking", delta.text("thinking")?),
            ("signature_delta", "thinking") => add("signature", delta.text("signature")?),
            ("input_json_delta", "tool_use") => input.push_str(delta.text("partial_json")?),
            ("citations_delta", "text") => {
                delta.object("citation")?;
            }
            (delta, block) => return Err(format!("a `{delta}` in a block of the type `{block}`")),
        }
        Ok(())
    }

    fn stop(&mut self, event: &Seen<'_>) -> Read<()> {
        self.index(event)?;
        let Some((mut block, input)) = self.open.take() else {
            return Err("no block is open".to_owned());
        };
        if block["type"] == "tool_use" && !input.is_empty() {
            block["input"] = arguments(&input)?;
        }
        take(&mut self.heard, &Seen::new(&block))?;
        self.blocks.push(block);
        Ok(())
    }

    fn finish(&mut self, event: &Seen<'_>) -> Read<()> {
        let delta = event.object("delta")?;
        delta.has("stop_sequence")?;
        self.heard.stop = Some(stop(&delta)?);
        // cumulative; what is not told again holds
        let told = event.object("usage")?;
        self.heard.usage.output = told.count("output_tokens")?;
        if told.get("input_tokens").is_some() {
            self.heard.usage = usage(&told)?;
        }
        Ok(())
    }

    fn end(mut self) -> Read<Heard> {
        if self.heard.fault.is_some() {
            return Ok(self.heard);
        }
        if !self.ended {
            return Err("the stream ended without `message_stop`".to_owned());
        }
        agree(&self.heard)?;
        self.heard.echo = echo(&self.blocks);
        Ok(self.heard)
    }
}
