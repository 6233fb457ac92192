//! The choice among the tools.
//!
//! Source: Gemini API, `FunctionCallingConfig`.

use std::borrow::Cow;

use byokey_types::{JsonError, Raw, RawObject};

use super::{
    lower::Lowering,
    spelling::{self, FORMAT, take_name},
    tool::{Hidden, Wired},
};
use crate::{ir::Choice, write::Object};

/// Reads `functionCallingConfig`; what the neutral form has no word for is kept whole.
///
/// # Errors
/// A [`JsonError`] with its path below the object.
pub(super) fn decode(raw: &Raw) -> Result<Choice, JsonError> {
    let mut fields = spelling::open(raw)?;
    let mode = take_name(&mut fields, "mode")?;
    let names = match fields.peek("allowedFunctionNames") {
        Some(_) => fields.array("allowedFunctionNames")?,
        None => None,
    };
    let rest_is_empty = fields.into_object().is_empty();
    let choice = match (mode.as_deref(), names.as_deref()) {
        (Some("AUTO"), None) => Some(Choice::Auto),
        (Some("NONE"), None) => Some(Choice::None),
        (Some("ANY"), None) => Some(Choice::Required),
        (Some("ANY"), Some([name])) => {
            let name = name.text().map_err(|e| e.under("allowedFunctionNames.0"))?;
            (!name.is_empty()).then(|| Choice::Tool(name.into()))
        }
        (Some(_) | None, _) => None,
    };
    Ok(choice.filter(|_| rest_is_empty).unwrap_or(Choice::Native {
        format: FORMAT,
        value: raw.clone(),
    }))
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

/// Fits the choice to the tools that are left.
pub(super) fn choose<'a>(
    choice: Option<&'a Choice>,
    tools: &[Wired<'a>],
    hidden: Option<&'a Hidden>,
    lowering: &mut Lowering<'a>,
) -> Option<Chosen<'a>> {
    let calls = tools.iter().any(|tool| !tool.is_hosted());
    let chosen = match choice {
        None => None,
        Some(Choice::Native { format, value }) => {
            (*format == FORMAT).then_some(Chosen::Native(value))
        }
        Some(_) if !calls => None,
        Some(Choice::Auto) => Some(Chosen::Auto),
        Some(Choice::None) => Some(Chosen::None),
        Some(Choice::Required) => Some(Chosen::Any),
        Some(Choice::Tool(name)) => {
            let fitted = super::tool::fit(lowering.target.tool_names, name);
            tools
                .iter()
                .any(|tool| tool.is_named(&fitted))
                .then_some(Chosen::Tool(fitted))
        }
    };
    // where there is nothing else to call, the hidden tool is no call of the client's
    let is_moot = hidden.is_some() && choice == Some(&Choice::None);
    if chosen.is_none() && choice.is_some() && !is_moot {
        lowering.losses.dropped("tool_choice");
    }
    let Some(hidden) = hidden else {
        return chosen;
    };
    match chosen {
        Some(Chosen::Tool(_) | Chosen::Native(_)) => chosen,
        Some(Chosen::Auto | Chosen::Any) | None if calls => Some(Chosen::Any),
        Some(Chosen::None | Chosen::Auto | Chosen::Any) | None => {
            Some(Chosen::Tool(hidden.name.as_str().into()))
        }
    }
}

/// Writes `toolConfig`.
pub(super) fn write(body: &mut Object<'_>, chosen: Option<&Chosen<'_>>, own: Option<&RawObject>) {
    let mut rest = spelling::members(own, "toolConfig").peekable();
    if chosen.is_none() && rest.peek().is_none() {
        return;
    }
    let mut config = body.object("toolConfig");
    if let Some(chosen) = chosen {
        write_chosen(&mut config, chosen);
    }
    for (key, value) in rest {
        config.raw(key, value);
    }
    config.end();
}

fn write_chosen(config: &mut Object<'_>, chosen: &Chosen<'_>) {
    let mode = match chosen {
        Chosen::Native(value) => {
            config.raw("functionCallingConfig", value);
            return;
        }
        Chosen::Auto => "AUTO",
        Chosen::None => "NONE",
        Chosen::Any | Chosen::Tool(_) => "ANY",
    };
    let mut object = config.object("functionCallingConfig");
    object.text("mode", mode);
    if let Chosen::Tool(name) = chosen {
        let mut names = object.array("allowedFunctionNames");
        crate::write::string(name, names.item());
        names.end();
    }
    object.end();
}
