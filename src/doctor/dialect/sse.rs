//! Server-sent events, read as browsers and SDKs read them (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use serde_json::Value;

use super::Read;

/// One event.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) data: String,
}

impl Event<'_> {
    pub(super) fn json(&self) -> Read<Value> {
        serde_json::from_str(&self.data)
            .map_err(|error| format!("an event must be JSON: {error}: `{}`", self.data))
    }

    /// The JSON of an event whose name must be its `type`: SDKs dispatch on either.
    pub(super) fn named(&self) -> Read<(Value, String)> {
        let value = self.json()?;
        let kind = value.get("type").and_then(Value::as_str).map(str::to_owned);
        match kind {
            Some(kind) if self.name == Some(kind.as_str()) => Ok((value, kind)),
            kind => Err(format!(
                "an event is named {:?} and has the type {kind:?}",
                self.name
            )),
        }
    }
}

/// All events of a stream; comments are left out.
pub(super) fn events(body: &[u8]) -> Read<Vec<Event<'_>>> {
    let text =
        std::str::from_utf8(body).map_err(|error| format!("the stream must be UTF-8: {error}"))?;
    let mut events = Vec::new();
    let (mut name, mut data) = (None, None::<String>);
    for line in text.split_terminator('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            if let Some(data) = data.take() {
                events.push(Event { name, data });
            }
            name = None;
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = Some(value),
            "data" => match &mut data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => data = Some(value.to_owned()),
            },
            // `""` is a comment
            "" | "id" | "retry" => {}
            other => return Err(format!("a stream has no field `{other}`")),
        }
    }
    match data {
        Some(data) => Err(format!(
            "the last event must end with a blank line: `{data}`"
        )),
        None => Ok(events),
    }
}
