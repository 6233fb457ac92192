//! Cache marks, and the running length of the prompt.

use serde_json::Value;

use super::field;
use crate::{fault::Fault, json_path::At};

const MOST_MARKS: usize = 4;

/// Counts the prompt as it is walked, and notes where it is marked.
#[derive(Default)]
pub(super) struct Ledger {
    chars: usize,
    marks: Vec<Mark>,
}

/// One `cache_control`.
pub(super) struct Mark {
    /// Characters of the prompt up to here.
    pub(super) chars: usize,
    /// Whether it lasts an hour instead of five minutes.
    pub(super) hour: bool,
}

impl Ledger {
    pub(super) fn text(&mut self, text: &str) {
        self.chars += text.chars().count();
    }

    pub(super) fn json(&mut self, value: &Value) {
        self.chars += value.to_string().len();
    }

    pub(super) fn chars(&self) -> usize {
        self.chars
    }

    /// Notes a mark at the present length; `null` is none.
    pub(super) fn mark(&mut self, value: &Value, at: &At<'_>) -> Result<(), Fault> {
        if value.is_null() {
            return Ok(());
        }
        let control = value
            .as_object()
            .ok_or_else(|| field::wrong(at, "dictionary"))?;
        let kind = field::string(control, at, "type")?;
        if kind != "ephemeral" {
            return Err(field::unknown_tag(at, kind, ["ephemeral"]));
        }
        let at = at.field("ephemeral");
        field::only(control, &at, &["type", "ttl", "scope"])?;
        let hour = match control.get("ttl") {
            None | Some(Value::Null) => false,
            Some(Value::String(ttl)) if ttl == "5m" => false,
            Some(Value::String(ttl)) if ttl == "1h" => true,
            Some(_) => return Err(field::not_one_of(&at.field("ttl"), &["5m", "1h"])),
        };
        if hour && self.marks.iter().any(|mark| !mark.hour) {
            return Err(Fault::bad(format!(
                "{}: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks \
                 are processed in the following order: `tools`, `system`, `messages`.",
                at.field("ttl").dotted()
            )));
        }
        self.marks.push(Mark {
            chars: self.chars,
            hour,
        });
        Ok(())
    }

    /// All marks in order.
    pub(super) fn marks(&self) -> Result<&[Mark], Fault> {
        let found = self.marks.len();
        if found > MOST_MARKS {
            let message = format!(
                "A maximum of {MOST_MARKS} blocks with cache_control may be provided. Found {found}."
            );
            return Err(Fault::bad(message));
        }
        Ok(&self.marks)
    }
}
