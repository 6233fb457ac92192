//! The form of the answer: `response_format`.

use serde_json::{Map, Value};

use super::{field, tools};
use crate::{ask::Output, fault::Fault, json_path::At};

const LONGEST_NAME: usize = 64;

/// Checks `response_format`.
pub(super) fn check(top: &Map<String, Value>) -> Result<Output<'_>, Fault> {
    let at = At::ROOT.field("response_format");
    let Some(value) = field::given(top, "response_format") else {
        return Ok(Output::Text);
    };
    let format = value
        .as_object()
        .ok_or_else(|| field::wrong_type(&at, "an object", value))?;
    match field::string(format, &at, "type")? {
        "text" => field::only(format, &at, &["type"]).map(|()| Output::Text),
        "json_object" => field::only(format, &at, &["type"]).map(|()| Output::Json),
        "json_schema" => {
            field::only(format, &at, &["type", "json_schema"])?;
            let declared = field::object(format, &at, "json_schema")?;
            schema(declared, &at.field("json_schema"))
        }
        other => {
            let supported = ["json_object", "json_schema", "text"];
            Err(field::unsupported_value(
                &at.field("type"),
                other,
                &supported,
            ))
        }
    }
}

fn schema<'a>(declared: &'a Map<String, Value>, at: &At<'_>) -> Result<Output<'a>, Fault> {
    field::only(declared, at, &["name", "description", "schema", "strict"])?;
    let name = field::string(declared, at, "name")?;
    field::name(name, &at.field("name"), LONGEST_NAME)?;
    let at = at.field("schema");
    let Some(schema) = field::given(declared, "schema") else {
        return Ok(Output::Text);
    };
    if !schema.is_object() {
        return Err(field::wrong_type(&at, "an object", schema));
    }
    if field::given(declared, "strict") == Some(&Value::Bool(true)) {
        tools::strict_schema(
            schema,
            &format!("response_format '{name}'"),
            &At::ROOT.field("response_format"),
        )?;
    }
    Ok(Output::Schema(schema))
}
