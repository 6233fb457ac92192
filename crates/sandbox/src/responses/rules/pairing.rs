//! Calls and their outputs belong together.

use std::collections::HashMap;

use crate::{fault::Fault, json_path::At};

/// What a call is called in a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Function,
    Custom,
    ToolSearch,
    Computer,
    Shell,
    ApplyPatch,
}

/// The calls of a conversation.
#[derive(Default)]
pub(super) struct Pairing<'a> {
    calls: Vec<Call<'a>>,
    by_id: HashMap<&'a str, usize>,
}

struct Call<'a> {
    family: Family,
    id: &'a str,
    answered: bool,
}

impl Family {
    /// The family of a call or of an output, and which of the two it is.
    pub(super) fn of(tag: &str) -> Option<(Self, bool)> {
        let (call, output) = match tag.strip_suffix("_output") {
            Some(call) => (call, true),
            None => (tag, false),
        };
        let family = match call {
            "function_call" => Self::Function,
            "custom_tool_call" => Self::Custom,
            "tool_search_call" | "tool_search" => Self::ToolSearch,
            "computer_call" => Self::Computer,
            "shell_call" => Self::Shell,
            "apply_patch_call" => Self::ApplyPatch,
            _nothing_to_pair => return None,
        };
        Some((family, output))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Function => "function call",
            Self::Custom => "custom tool call",
            Self::ToolSearch => "tool search call",
            Self::Computer => "computer call",
            Self::Shell => "shell call",
            Self::ApplyPatch => "apply patch call",
        }
    }
}

impl<'a> Pairing<'a> {
    pub(super) fn call(&mut self, family: Family, id: &'a str, at: &At<'_>) -> Result<(), Fault> {
        if self.by_id.insert(id, self.calls.len()).is_some() {
            let path = at.field("call_id").bracketed();
            return Err(Fault::bad(format!("Duplicate value for '{path}': '{id}'."))
                .param(path)
                .code("invalid_value"));
        }
        self.calls.push(Call {
            family,
            id,
            answered: false,
        });
        Ok(())
    }

    pub(super) fn answer(&mut self, family: Family, id: &str, at: &At<'_>) -> Result<(), Fault> {
        let name = family.name();
        let call = self.by_id.get(id).and_then(|at| self.calls.get_mut(*at));
        let Some(call) = call.filter(|call| call.family == family) else {
            return Err(Fault::bad(format!(
                "No tool call found for {name} output with call_id {id}."
            ))
            .param("input"));
        };
        if call.answered {
            let path = at.field("call_id").bracketed();
            return Err(Fault::bad(format!("Duplicate value for '{path}': '{id}'."))
                .param(path)
                .code("invalid_value"));
        }
        call.answered = true;
        Ok(())
    }

    /// Every call must have its output by now.
    pub(super) fn settle(&self) -> Result<(), Fault> {
        match self.calls.iter().find(|call| !call.answered) {
            None => Ok(()),
            Some(Call { family, id, .. }) => {
                let name = family.name();
                Err(Fault::bad(format!("No tool output found for {name} {id}.")).param("input"))
            }
        }
    }
}
