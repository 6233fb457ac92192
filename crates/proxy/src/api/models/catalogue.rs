//! The catalogue that OpenAI's coding agent asks for with `?client_version=`: not names only, but how it shall behave.
//!
//! Source: `ModelInfo` in `codex-rs/protocol/src/openai_models.rs` of openai/codex. Members without a default there must be
//! present, or the agent refuses the whole list; where nothing is known they hold what it takes for a model it does not know.

use byokey_provider::Listed;
use byokey_types::{Effort, Modality};
use serde_json::{Value, json};

/// What the agent tells the model first. It takes this text from the catalogue, and an empty one would leave the model without
/// any; a text of our own says no more than it must.
const INSTRUCTIONS: &str = "You are a coding agent that works in the user's terminal and workspace. Use the tools you are given to read, change and run things, keep to what the user asked for, check your work, and report briefly what you did.";

/// Output of tools longer than this is cut, in bytes.
const TOOL_OUTPUT: u64 = 10_000;

/// The list, best first.
pub(super) fn list(models: &[Listed]) -> Value {
    let models: Vec<Value> = models
        .iter()
        .enumerate()
        .map(|(at, model)| entry(model, at))
        .collect();
    json!({"models": models})
}

fn entry(model: &Listed, priority: usize) -> Value {
    let row = &model.row;
    let levels: Vec<Effort> = row
        .reasoning_levels
        .iter()
        .copied()
        .filter(|effort| is_known(*effort))
        .collect();
    let default = levels
        .iter()
        .find(|effort| **effort == Effort::Medium)
        .or(levels.last());
    let presets: Vec<Value> = levels
        .iter()
        .map(|effort| json!({"effort": effort.name(), "description": describe(*effort)}))
        .collect();
    let mut modalities = vec!["text"];
    if row.modalities.contains(&Modality::Image) {
        modalities.push("image");
    }
    let mut entry = json!({
        "slug": model.name,
        "display_name": row.name.as_deref().unwrap_or(&model.name),
        "description": format!("{} by {}", row.id, model.provider.display_name),
        "supported_reasoning_levels": presets,
        "shell_type": "default",
        "visibility": "list",
        "supported_in_api": true,
        "priority": priority,
        "availability_nux": null,
        "upgrade": null,
        "base_instructions": INSTRUCTIONS,
        "supports_reasoning_summaries": row.reasoning,
        "supports_reasoning_summary_parameter": row.reasoning,
        "support_verbosity": false,
        "default_verbosity": null,
        "apply_patch_tool_type": null,
        "truncation_policy": {"mode": "bytes", "limit": TOOL_OUTPUT},
        "supports_parallel_tool_calls": row.tool_call,
        "experimental_supported_tools": [],
        "input_modalities": modalities,
    });
    if let Some(effort) = default {
        entry["default_reasoning_level"] = effort.name().into();
    }
    if let Some(context) = row.context {
        entry["context_window"] = context.into();
        entry["max_context_window"] = context.into();
    }
    entry
}

/// The levels that every version of the agent can read; one that it cannot would cost the whole list.
const fn is_known(effort: Effort) -> bool {
    match effort {
        Effort::Minimal | Effort::Low | Effort::Medium | Effort::High | Effort::XHigh => true,
        Effort::Max => false,
    }
}

const fn describe(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => "hardly any reasoning",
        Effort::Low => "little reasoning, quick answers",
        Effort::Medium => "as much reasoning as most work needs",
        Effort::High => "much reasoning, for hard work",
        Effort::XHigh => "very much reasoning, for the hardest work",
        Effort::Max => "as much reasoning as the model can do",
    }
}
