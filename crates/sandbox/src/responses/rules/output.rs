//! The form of the answer: `text`.

use serde_json::{Map, Value};

use crate::{
    ask::Output,
    chat::rules::{field, tools},
    fault::Fault,
    json_path::At,
};

const LONGEST_NAME: usize = 64;

/// Checks `text`.
pub(super) fn check(top: &Map<String, Value>) -> Result<Output<'_>, Fault> {
    let at = At::ROOT.field("text");
    let text = match field::given(top, "text") {
        None => return Ok(Output::Text),
        Some(Value::Object(text)) => text,
        Some(other) => return Err(field::wrong_type(&at, "an object", other)),
    };
    field::only(text, &at, &["format", "verbosity"])?;
    match field::given(text, "verbosity") {
        None => {}
        Some(Value::String(word)) if ["low", "medium", "high"].contains(&word.as_str()) => {}
        Some(other) => {
            let got = other.as_str().unwrap_or_default();
            let words = ["low", "medium", "high"];
            return Err(field::unsupported_value(
                &at.field("verbosity"),
                got,
                &words,
            ));
        }
    }
    let at = at.field("format");
    match field::given(text, "format") {
        None => Ok(Output::Text),
        Some(Value::Object(format)) => form(format, &at),
        Some(other) => Err(field::wrong_type(&at, "an object", other)),
    }
}

fn form<'a>(format: &'a Map<String, Value>, at: &At<'_>) -> Result<Output<'a>, Fault> {
    match field::string(format, at, "type")? {
        "text" => field::only(format, at, &["type"]).map(|()| Output::Text),
        "json_object" => field::only(format, at, &["type"]).map(|()| Output::Json),
        "json_schema" => schema(format, at),
        other => {
            let supported = ["text", "json_object", "json_schema"];
            Err(field::unsupported_value(
                &at.field("type"),
                other,
                &supported,
            ))
        }
    }
}

fn schema<'a>(format: &'a Map<String, Value>, at: &At<'_>) -> Result<Output<'a>, Fault> {
    let known = ["type", "name", "description", "schema", "strict"];
    field::only(format, at, &known)?;
    let name = field::string(format, at, "name")?;
    field::name(name, &at.field("name"), LONGEST_NAME)?;
    field::object(format, at, "schema")?;
    let schema = format.get("schema").unwrap_or(&Value::Null);
    if field::given(format, "strict") == Some(&Value::Bool(true)) {
        let at = at.field("schema");
        tools::strict_schema(schema, &format!("response_format '{name}'"), &at)?;
    }
    Ok(Output::Schema(schema))
}
