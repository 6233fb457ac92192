//! State that the API would have kept elsewhere, and the sandbox has none of.

use serde_json::{Map, Value};

use crate::{chat::rules::field, fault::Fault, json_path::At};

pub(super) fn check(top: &Map<String, Value>) -> Result<(), Fault> {
    prompt(top)?;
    management(top)?;
    let at = At::ROOT.field("conversation");
    let id = match field::given(top, "conversation") {
        None => return Ok(()),
        Some(Value::String(id)) => id,
        Some(Value::Object(object)) => {
            field::only(object, &at, &["id"])?;
            field::string(object, &at, "id")?
        }
        Some(other) => return Err(field::wrong_type(&at, "a string or an object", other)),
    };
    if field::given(top, "previous_response_id").is_some() {
        let message = "Mutually exclusive parameters: 'previous_response_id' and 'conversation'.";
        return Err(Fault::bad(message).code("mutually_exclusive_parameters"));
    }
    if !id.starts_with("conv") {
        return Err(Fault::bad(format!(
            "Invalid 'conversation': '{id}'. Expected an ID that begins with 'conv'."
        ))
        .param("conversation")
        .code("invalid_value"));
    }
    Err(Fault::new(
        404,
        format!("Conversation with id '{id}' not found."),
    ))
}

fn prompt(top: &Map<String, Value>) -> Result<(), Fault> {
    let at = At::ROOT.field("prompt");
    match field::given(top, "prompt") {
        None => Ok(()),
        Some(Value::Object(prompt)) => {
            field::only(prompt, &at, &["id", "variables", "version"])?;
            let id = field::string(prompt, &at, "id")?;
            Err(Fault::new(404, format!("Prompt with id '{id}' not found.")))
        }
        Some(other) => Err(field::wrong_type(&at, "an object", other)),
    }
}

fn management(top: &Map<String, Value>) -> Result<(), Fault> {
    let at = At::ROOT.field("context_management");
    let entries = match field::given(top, "context_management") {
        None => return Ok(()),
        Some(Value::Array(entries)) => entries,
        Some(other) => return Err(field::wrong_type(&at, "an array of objects", other)),
    };
    for (index, entry) in entries.iter().enumerate() {
        let at = at.index(index);
        let entry = entry
            .as_object()
            .ok_or_else(|| field::wrong_type(&at, "an object", entry))?;
        field::only(entry, &at, &["type", "compact_threshold"])?;
        let kind = field::string(entry, &at, "type")?;
        if kind != "compaction" {
            return Err(field::unsupported_value(
                &at.field("type"),
                kind,
                &["compaction"],
            ));
        }
    }
    Ok(())
}
