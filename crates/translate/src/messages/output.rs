//! The shape of the answer: `output_config`, its older spelling, and the hidden tool for models without either.

use byokey_types::{Effort, Format, JsonError, Raw, RawObject, Str};

use super::{schema, tool::Hidden};
use crate::write::Object;
use crate::{
    fields::Fields,
    ir::{OutputFormat, Request, own},
    loss::Losses,
    target::Target,
};

/// The tool whose input is the answer; a request that has one by this name gets a longer one.
const HIDDEN: &str = "respond";

/// How the shape is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Not at all.
    Free,
    /// In the API's own way.
    Native(Raw),
    /// By a tool.
    Hidden(Hidden),
}

/// Reads `output_config` and gives what is left of it.
///
/// # Errors
/// A [`JsonError`] with its path below the object.
pub(super) fn read_config(
    raw: &Raw,
) -> Result<(Option<Effort>, Option<OutputFormat>, RawObject), JsonError> {
    let mut fields = Fields::open(raw)?;
    let effort = fields
        .peek("effort")
        .and_then(|raw| raw.text().ok()?.parse().ok());
    if effort.is_some() {
        fields.take("effort");
    }
    let format = match fields.take("format") {
        None => None,
        Some(raw) => {
            let (format, rest) = read_format(&raw).map_err(|error| error.under("format"))?;
            if !rest.is_empty() {
                fields.put_back("format", rest.to_raw());
            }
            format
        }
    };
    Ok((effort, format, fields.into_object()))
}

/// Reads a format and gives what is left of it; of a type that is not known, all.
///
/// # Errors
/// A [`JsonError`] with its path below the object.
pub(super) fn read_format(raw: &Raw) -> Result<(Option<OutputFormat>, RawObject), JsonError> {
    let mut object = raw.object()?;
    let is_schema = object
        .get("type")
        .is_some_and(|tag| tag.as_str() == "\"json_schema\"");
    if !is_schema {
        return Ok((None, object));
    }
    let schema = object
        .take("schema")
        .ok_or_else(|| crate::fields::missing("schema"))?;
    object.take("type");
    let format = OutputFormat::JsonSchema {
        name: None,
        description: None,
        schema,
        strict: None,
    };
    Ok((Some(format), object))
}

/// Decides how the shape is asked for.
pub(super) fn shape(request: &Request, target: &Target, losses: &mut Losses) -> Shape {
    match &request.output {
        None | Some(OutputFormat::Text) => Shape::Free,
        Some(OutputFormat::JsonObject) => {
            losses.approximated("output_format");
            let (schema, _) = schema::normalise(None);
            Shape::Hidden(Hidden {
                name: free_name(request),
                description: None,
                schema,
            })
        }
        Some(OutputFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        }) => {
            if target.structured_output {
                for (fact, is_said) in [
                    ("output_format.name", name.is_some()),
                    ("output_format.description", description.is_some()),
                    ("output_format.strict", *strict == Some(false)),
                ] {
                    if is_said {
                        losses.dropped(fact);
                    }
                }
                let (schema, is_exact) = schema::closed(schema);
                if !is_exact {
                    losses.approximated("output_format.schema");
                }
                return Shape::Native(schema);
            }
            losses.approximated("output_format");
            Shape::Hidden(Hidden {
                name: free_name(request),
                description: description.clone(),
                schema: schema::normalise(Some(schema)).0,
            })
        }
    }
}

/// Writes `output_config` (and the older `output_format`, when the client wrote it so), what is not modelled included.
pub(super) fn write(
    body: &mut Object<'_>,
    request: &Request,
    shape: &Shape,
    effort: Option<Effort>,
) {
    let own = own(&request.ext, Format::AnthropicMessages);
    let own = |key: &str| own.and_then(|ext| ext.get(key));
    let rest = own("output_config").and_then(|raw| raw.object().ok());
    let older = own("output_format");
    let schema = match shape {
        Shape::Native(schema) => Some(schema),
        Shape::Free | Shape::Hidden(_) => None,
    };
    if let Some(older) = older {
        let members = older.object().ok();
        if schema.is_some() || members.is_some() {
            write_format(body.object("output_format"), schema, members.as_ref());
        }
    }
    let here = schema.filter(|_| older.is_none());
    if here.is_none() && effort.is_none() && rest.is_none() {
        return;
    }
    let mut config = body.object("output_config");
    let mut written = Vec::new();
    if let Some(effort) = effort {
        config.text("effort", effort.name());
        written.push("effort");
    }
    if let Some(schema) = here {
        let members = rest
            .as_ref()
            .and_then(|rest| rest.get("format")?.object().ok());
        write_format(config.object("format"), Some(schema), members.as_ref());
        written.push("format");
    }
    config.members_but(rest.as_ref(), &written);
    config.end();
}

fn write_format(mut format: Object<'_>, schema: Option<&Raw>, rest: Option<&RawObject>) {
    if let Some(schema) = schema {
        format.text("type", "json_schema");
        format.raw("schema", schema);
    }
    format.members_but(rest, &[]);
    format.end();
}

fn free_name(request: &Request) -> Str {
    let mut name = HIDDEN.to_owned();
    while request
        .tools()
        .iter()
        .any(|tool| tool.name().is_some_and(|taken| *taken == name))
    {
        name.push('_');
    }
    name.into()
}
