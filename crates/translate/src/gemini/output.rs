//! The shape of the answer: the API's own way, or a hidden tool where the model has none.
//!
//! Source: Gemini API, "Structured output": `responseMimeType` with `responseJsonSchema` or the older `responseSchema`.

use byokey_types::{Raw, RawObject};

use super::{
    schema::lift,
    spelling::{self, FORMAT, is_marked},
    tool::{self, Hidden},
};
use crate::{
    Target,
    ir::{OutputFormat, Request, Tool},
    loss::Losses,
    write::Object,
};

/// The hidden tool's name, unless a tool of the client has it.
const HIDDEN: &str = "respond";

/// How the shape is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    /// Not at all.
    Free,
    /// Text, explicitly.
    Text,
    /// JSON of any shape.
    Json,
    /// JSON of one shape.
    Schema(&'a Raw),
    /// By a tool.
    Hidden(Hidden),
}

/// Decides how the shape is asked for.
pub(super) fn shape<'a>(request: &'a Request, target: &Target, losses: &mut Losses) -> Shape<'a> {
    // the older models refuse JSON beside tools
    let excluded = !target.structured_with_tools && target.tool_call && has_tools(request);
    match &request.output {
        None => Shape::Free,
        Some(OutputFormat::Text) => Shape::Text,
        Some(OutputFormat::JsonObject) if excluded => {
            losses.dropped("output_format");
            Shape::Free
        }
        Some(OutputFormat::JsonObject) => Shape::Json,
        Some(OutputFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        }) => {
            if !target.structured_output || excluded {
                losses.approximated("output_format");
                return Shape::Hidden(Hidden {
                    name: tool::free_name(request.tools(), HIDDEN),
                    description: description.clone(),
                    schema: tool::lowered(schema).0,
                });
            }
            for (fact, is_said) in [
                ("output_format.name", name.is_some()),
                ("output_format.description", description.is_some()),
                ("output_format.strict", *strict == Some(false)),
            ] {
                if is_said {
                    losses.dropped(fact);
                }
            }
            Shape::Schema(schema)
        }
    }
}

/// Whether there are tools that this format can say.
fn has_tools(request: &Request) -> bool {
    request.tools().iter().any(|tool| match tool {
        Tool::Function { .. } | Tool::Custom { .. } => true,
        Tool::Hosted { format, .. } => *format == FORMAT,
    })
}

/// Writes `responseMimeType` and the schema.
pub(super) fn write(config: &mut Object<'_>, shape: &Shape<'_>, own: Option<&RawObject>) {
    let is = |marker| is_marked(own, marker);
    let media_type = match shape {
        Shape::Free | Shape::Hidden(_) => None,
        Shape::Text => Some("text/plain"),
        Shape::Json | Shape::Schema(_) => Some("application/json"),
    };
    if !is("generationConfig.responseMimeType") {
        config.text_some("responseMimeType", media_type);
    }
    let Shape::Schema(schema) = shape else {
        return;
    };
    let kept = spelling::members(own, "generationConfig").any(|(key, _)| key == "responseSchema");
    if is("generationConfig.responseSchema") {
        config.raw("responseSchema", schema);
    } else if is("generationConfig.responseSchema.lifted") {
        config.raw("responseSchema", &lift::lower(schema));
    } else if !kept {
        config.raw("responseJsonSchema", schema);
    }
}
