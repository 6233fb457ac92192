//! The conversation: items in their order.

use std::{borrow::Cow, collections::HashSet};

use serde_json::{Map, Value};

use super::{
    Asked, Before, Context, content,
    kinds::Kind,
    pairing::{Family, Pairing},
    tools,
};
use crate::{ask::Output, chat::rules::field, fault::Fault, json_path::At, responses::fault, seal};

const ROLES: &[&str] = &["assistant", "system", "developer", "user"];
const LONGEST_CALL_ID: usize = 64;
const LONGEST_NAME: usize = 128;

/// Checks `input`, fills in what the conversation says, and counts its characters.
pub(super) fn check<'a>(
    top: &'a Map<String, Value>,
    context: &Context<'_>,
    before: &'a Before,
    asked: &mut Asked<'a>,
) -> Result<usize, Fault> {
    let mut walk = Walk {
        context,
        before,
        asked,
        store: top.get("store") != Some(&Value::Bool(false)),
        pairing: Pairing::default(),
        ids: HashSet::new(),
        thought: None,
        chars: 0,
        json: false,
    };
    for item in &before.history {
        walk.known(item)?;
    }
    let at = At::ROOT.field("input");
    match field::given(top, "input") {
        None if before.history.is_empty() => return Err(nothing()),
        None => {}
        Some(Value::String(text)) => walk.user(Cow::Borrowed(text)),
        Some(Value::Array(items)) if items.is_empty() && before.history.is_empty() => {
            return Err(nothing());
        }
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                walk.item(item, &at.index(index))?;
            }
        }
        Some(other) => {
            let expected = "one of a string or array of input items";
            return Err(field::wrong_type(&at, expected, other));
        }
    }
    walk.finish()
}

struct Walk<'a, 'c> {
    context: &'c Context<'c>,
    before: &'a Before,
    asked: &'c mut Asked<'a>,
    store: bool,
    pairing: Pairing<'a>,
    ids: HashSet<&'a str>,
    /// Reasoning that waits for what it led to.
    thought: Option<&'a str>,
    chars: usize,
    /// Whether the word has been said.
    json: bool,
}

impl<'a> Walk<'a, '_> {
    /// An item that has been checked before, or was made here.
    fn known(&mut self, item: &'a Value) -> Result<(), Fault> {
        let at = At::ROOT.field("previous_response_id");
        let Some(item) = item.as_object() else {
            return Ok(());
        };
        let kind = Kind::of(item, &at)?;
        if kind.tag == "reasoning" {
            return Ok(());
        }
        self.meaning(kind, item, &at)
    }

    fn item(&mut self, value: &'a Value, at: &At<'_>) -> Result<(), Fault> {
        let item = value
            .as_object()
            .ok_or_else(|| field::wrong_type(at, "an object", value))?;
        let kind = Kind::of(item, at)?;
        let id = kind.frame(item, at)?;
        if let Some(id) = id
            && !self.ids.insert(id)
        {
            return Err(Fault::bad(format!(
                "Duplicate item found with id {id}. Remove duplicate items from your input and try again."
            ))
            .param("input"));
        }
        self.follows(kind, item)?;
        match (kind.tag, id) {
            ("reasoning", id) => self.reasoning(item, id, at),
            ("item_reference", Some(id)) => match self.before.kept.get(id) {
                Some(kept) => self.known(kept),
                None => Err(fault::item_not_found(id, self.store)),
            },
            ("item_reference", None) => Err(field::missing(&at.field("id"))),
            _any_other => self.meaning(kind, item, at),
        }
    }

    /// Reasoning must be followed by what it led to.
    fn follows(&mut self, kind: &Kind, item: &Map<String, Value>) -> Result<(), Fault> {
        let led_to = match kind.tag {
            "message" => item.get("role").and_then(Value::as_str) == Some("assistant"),
            "compaction_trigger" | "additional_tools" | "configuration_update" => false,
            tag => !tag.ends_with("_output"),
        };
        if led_to {
            if kind.tag != "reasoning" {
                self.thought = None;
            }
            return Ok(());
        }
        self.orphaned()
    }

    fn orphaned(&self) -> Result<(), Fault> {
        match self.thought {
            None => Ok(()),
            Some(id) => Err(Fault::bad(format!(
                "Item '{id}' of type 'reasoning' was provided without its required following item."
            ))
            .param("input")),
        }
    }

    fn reasoning(
        &mut self,
        item: &'a Map<String, Value>,
        id: Option<&'a str>,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let summary_at = at.field("summary");
        let summary = match item.get("summary") {
            None => return Err(field::missing(&summary_at)),
            Some(Value::Array(summary)) => summary,
            Some(other) => {
                return Err(field::wrong_type(&summary_at, "an array of objects", other));
            }
        };
        for (index, part) in summary.iter().enumerate() {
            self.chars += thought(part, &summary_at.index(index), "summary_text")?;
        }
        match field::given(item, "content") {
            None => {}
            Some(Value::Array(parts)) => {
                for (index, part) in parts.iter().enumerate() {
                    thought(part, &at.field("content").index(index), "reasoning_text")?;
                }
            }
            Some(other) => {
                return Err(field::wrong_type(
                    &at.field("content"),
                    "an array of objects",
                    other,
                ));
            }
        }
        match (field::given(item, "encrypted_content"), id) {
            (Some(Value::String(sealed)), id) => self.unseal(sealed, id)?,
            (Some(other), _) => {
                return Err(field::wrong_type(
                    &at.field("encrypted_content"),
                    "a string",
                    other,
                ));
            }
            (None, None) => return Err(field::missing(&at.field("id"))),
            (None, Some(id)) if self.before.kept.contains_key(id) => {}
            (None, Some(id)) => return Err(fault::item_not_found(id, self.store)),
        }
        self.thought = Some(id.unwrap_or("rs_"));
        Ok(())
    }

    fn unseal(&self, sealed: &str, id: Option<&str>) -> Result<(), Fault> {
        let reason = match seal::open(sealed, id, self.context.owner) {
            seal::Opened::Whole => return Ok(()),
            seal::Opened::Unreadable => "could not be decrypted or parsed",
            seal::Opened::OtherItem => "item_id did not match the target item id",
            seal::Opened::OtherOwner => "organization_id did not match the target organization",
        };
        let of = match id {
            Some(id) => format!("for item {id}"),
            None => abbreviated(sealed),
        };
        Err(Fault::bad(format!(
            "The encrypted content {of} could not be verified. Reason: Encrypted content {reason}."
        ))
        .code("invalid_encrypted_content"))
    }

    /// What an item says.
    fn meaning(
        &mut self,
        kind: &Kind,
        item: &'a Map<String, Value>,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        self.asked.compaction = kind.tag == "compaction_trigger";
        if let Some((family, output)) = Family::of(kind.tag) {
            return if output {
                self.output(family, item, at)
            } else {
                self.call(family, item, at)
            };
        }
        match kind.tag {
            "message" => self.message(item, at),
            "compaction" => {
                let sealed = field::string(item, at, "encrypted_content")?;
                self.unseal(sealed, item.get("id").and_then(Value::as_str))
            }
            "additional_tools" => {
                if field::string(item, at, "role")? != "developer" {
                    let got = field::string(item, at, "role")?;
                    return Err(field::unsupported_value(
                        &at.field("role"),
                        got,
                        &["developer"],
                    ));
                }
                self.chars += tools::more(item, at, self.asked)?;
                Ok(())
            }
            _nothing_said => Ok(()),
        }
    }

    fn message(&mut self, item: &'a Map<String, Value>, at: &At<'_>) -> Result<(), Fault> {
        let role = field::string(item, at, "role")?;
        if !ROLES.contains(&role) {
            return Err(field::unsupported_value(at, role, ROLES));
        }
        let assistant = role == "assistant";
        let text = content::check(item, "content", at, assistant, &mut self.asked.ask)?;
        match role {
            "user" => self.user(text),
            "assistant" => {
                self.hear(&text);
                self.asked.ask.results.clear();
            }
            _system_or_developer => self.hear(&text),
        }
        Ok(())
    }

    fn user(&mut self, text: Cow<'a, str>) {
        self.hear(&text);
        self.asked.ask.text = text;
        self.asked.ask.results.clear();
    }

    fn hear(&mut self, text: &str) {
        self.chars += text.chars().count();
        if matches!(self.asked.ask.output, Output::Json) {
            self.json = self.json || text.to_ascii_lowercase().contains("json");
        }
    }

    fn call(
        &mut self,
        family: Family,
        item: &'a Map<String, Value>,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let id = match (family, field::given(item, "call_id")) {
            // the provider searches by itself
            (Family::ToolSearch, None) => return Ok(()),
            _a_client_s_call => field::string(item, at, "call_id")?,
        };
        call_id(id, at)?;
        let written = match family {
            Family::Function => Some("arguments"),
            Family::Custom => Some("input"),
            Family::ToolSearch | Family::Computer | Family::Shell | Family::ApplyPatch => None,
        };
        if let Some(written) = written {
            let name = field::string(item, at, "name")?;
            field::name(name, &at.field("name"), LONGEST_NAME)?;
            self.chars += name.len() + field::string(item, at, written)?.chars().count();
        }
        self.asked.ask.results.clear();
        self.pairing.call(family, id, at)
    }

    fn output(
        &mut self,
        family: Family,
        item: &'a Map<String, Value>,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        if family == Family::ToolSearch {
            self.chars += tools::more(item, at, self.asked)?;
            if field::given(item, "call_id").is_none() {
                return Ok(());
            }
        }
        let id = field::string(item, at, "call_id")?;
        call_id(id, at)?;
        if matches!(family, Family::Function | Family::Custom) {
            let text = content::check(item, "output", at, false, &mut self.asked.ask)?;
            self.chars += text.chars().count();
            self.asked.ask.results.push(text.into_owned());
        }
        self.pairing.answer(family, id, at)
    }

    fn finish(self) -> Result<usize, Fault> {
        self.orphaned()?;
        self.pairing.settle()?;
        if matches!(self.asked.ask.output, Output::Json) && !self.json {
            let message = "Response input messages must contain the word 'json' in some form to use 'text.format' of \
                           type 'json_object'.";
            return Err(Fault::bad(message).param("input"));
        }
        Ok(self.chars)
    }
}

fn nothing() -> Fault {
    Fault::bad(
        "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
    )
    .param("input")
    .code("missing_required_parameter")
}

fn call_id(id: &str, at: &At<'_>) -> Result<(), Fault> {
    let at = at.field("call_id");
    if id.is_empty() {
        let path = at.bracketed();
        return Err(Fault::bad(format!(
            "Invalid '{path}': empty string. Expected a string with minimum length 1, but got an empty string instead."
        ))
        .param(path)
        .code("empty_string"));
    }
    field::short(id, &at, LONGEST_CALL_ID)
}

fn thought(part: &Value, at: &At<'_>, tag: &'static str) -> Result<usize, Fault> {
    let part = part
        .as_object()
        .ok_or_else(|| field::wrong_type(at, "an object", part))?;
    let got = field::string(part, at, "type")?;
    if got != tag {
        return Err(field::unsupported_value(at, got, &[tag]));
    }
    field::only(part, at, &["type", "text"])?;
    field::string(part, at, "text").map(|text| text.chars().count())
}

/// `gAAA...Rg==`, as the API abbreviates.
fn abbreviated(sealed: &str) -> String {
    let chars: Vec<char> = sealed.chars().collect();
    let start: String = chars.iter().take(4).collect();
    let end: String = chars[chars.len().saturating_sub(4)..].iter().collect();
    format!("{start}...{end}")
}
