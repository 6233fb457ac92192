//! The choice among the tools.
//!
//! Source: Messages API, `tool_choice`, which is also where parallel calls are forbidden.

use std::borrow::Cow;

use byokey_types::{Format, JsonError, JsonKind, Raw, RawObject};

use super::{
    lower::Lowering,
    tool::{Hidden, Wired},
};
use crate::write::Object;
use crate::{fields::Fields, ir::Choice, search};

const FORMAT: Format = Format::AnthropicMessages;

/// What `tool_choice` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) choice: Choice,
    pub(super) parallel: Option<bool>,
    /// Members that are not modelled.
    pub(super) rest: RawObject,
}

/// Reads `tool_choice`.
///
/// # Errors
/// A [`JsonError`] with its path below the choice.
pub(super) fn decode(raw: &Raw) -> Result<Said, JsonError> {
    let mut fields = Fields::open(raw)?;
    let tag = fields.required_name("type")?;
    let choice = match tag.as_str() {
        "auto" => Choice::Auto,
        "any" => Choice::Required,
        "none" => Choice::None,
        "tool" => Choice::Tool(fields.required_name("name")?),
        _ => {
            return Ok(Said {
                choice: Choice::Native {
                    format: FORMAT,
                    value: raw.clone(),
                },
                parallel: None,
                rest: RawObject::new(),
            });
        }
    };
    let parallel = match fields.peek("disable_parallel_tool_use") {
        Some(_) => fields.boolean("disable_parallel_tool_use")?,
        None => None,
    };
    Ok(Said {
        choice,
        parallel: parallel.map(|disabled| !disabled),
        rest: fields.into_object(),
    })
}

/// The choice in the words of this format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chosen<'a> {
    Auto,
    None,
    Any,
    Tool(Cow<'a, str>),
    Native(&'a Raw),
}

impl Chosen<'_> {
    /// Whether the model must call a tool.
    pub(super) const fn is_forced(&self) -> bool {
        matches!(self, Self::Any | Self::Tool(_))
    }
}

/// Fits the choice to the tools that are left.
pub(super) fn choose<'a>(
    choice: Option<&'a Choice>,
    tools: &[Wired<'a>],
    hidden: Option<&'a Hidden>,
    lowering: &mut Lowering<'a>,
) -> Option<Chosen<'a>> {
    if tools.is_empty() && hidden.is_none() {
        if choice.is_some() {
            lowering.losses.dropped("tool_choice");
        }
        return None;
    }
    let chosen = match choice {
        None => None,
        Some(Choice::Auto) => Some(Chosen::Auto),
        Some(Choice::None) => Some(Chosen::None),
        Some(Choice::Required) => Some(Chosen::Any),
        Some(Choice::Tool(name)) => {
            let fitted = lowering.target.tool_names.fit(name);
            tools
                .iter()
                .any(|tool| tool.may_be(&fitted))
                .then_some(Chosen::Tool(fitted))
        }
        Some(Choice::Native { format, value })
            if search::is_choice(*format, value) && tools.iter().any(Wired::is_search) =>
        {
            Some(Chosen::Tool(Cow::Borrowed(search::NAME)))
        }
        Some(Choice::Native { format, value }) => {
            (*format == FORMAT).then_some(Chosen::Native(value))
        }
    };
    if chosen.is_none() && choice.is_some() {
        lowering.losses.dropped("tool_choice");
    }
    let Some(hidden) = hidden else {
        return chosen;
    };
    if matches!(chosen, Some(Chosen::Auto))
        || (matches!(chosen, Some(Chosen::Any)) && tools.is_empty())
    {
        lowering.losses.approximated("tool_choice");
    }
    match chosen {
        Some(Chosen::Tool(_) | Chosen::Native(_)) => chosen,
        Some(Chosen::Auto | Chosen::Any) | None if !tools.is_empty() => Some(Chosen::Any),
        Some(Chosen::None | Chosen::Auto | Chosen::Any) | None => {
            Some(Chosen::Tool(hidden.name.as_str().into()))
        }
    }
}

/// Writes `tool_choice`, which is also where parallel calls are forbidden.
pub(super) fn write(
    body: &mut Object<'_>,
    chosen: Option<&Chosen<'_>>,
    parallel: Option<bool>,
    rest: Option<&Raw>,
) {
    let chosen = match (chosen, parallel) {
        (Some(Chosen::Native(value)), _) => {
            body.raw("tool_choice", value);
            return;
        }
        (Some(chosen), _) => chosen,
        (None, Some(false)) => &Chosen::Auto,
        (None, Some(true) | None) => return,
    };
    let mut object = body.object("tool_choice");
    let tag = match chosen {
        Chosen::Auto | Chosen::Native(_) => "auto",
        Chosen::None => "none",
        Chosen::Any => "any",
        Chosen::Tool(_) => "tool",
    };
    object.text("type", tag);
    if let Chosen::Tool(name) = chosen {
        object.text("name", name);
    }
    if let Some(parallel) = parallel.filter(|_| *chosen != Chosen::None) {
        object.raw("disable_parallel_tool_use", &Raw::bool(!parallel));
    }
    let rest = rest.filter(|rest| rest.kind() == JsonKind::Object);
    let rest = rest.and_then(|rest| rest.object().ok());
    object.members_but(
        rest.as_ref(),
        &["type", "name", "disable_parallel_tool_use"],
    );
    object.end();
}
