//! Anthropic's shape, with its pages. Source: Anthropic API reference, "List models".

use byokey_provider::Listed;
use byokey_types::Result;
use serde_json::{Value, json};

use super::{Asked, number, place};

/// The list's default and greatest page.
const PAGE: usize = 20;
const LARGEST_PAGE: usize = 1000;

/// No model says when it was made; a date that is not one would be a lie with a number.
const UNKNOWN_DATE: &str = "1970-01-01T00:00:00Z";

/// One page of the list.
pub(super) fn page(models: &[Listed], asked: &Asked) -> Result<Value> {
    let limit = number(asked, "limit")?
        .unwrap_or(PAGE)
        .clamp(1, LARGEST_PAGE);
    let (data, has_more) = match (asked.get("after_id"), asked.get("before_id")) {
        (_, Some(before)) => {
            let end = place(models, before, "before_id")?;
            let start = end.saturating_sub(limit);
            (&models[start..end], start > 0)
        }
        (Some(after), None) => {
            let start = place(models, after, "after_id")? + 1;
            let end = models.len().min(start + limit);
            (&models[start..end], end < models.len())
        }
        (None, None) => (&models[..models.len().min(limit)], models.len() > limit),
    };
    Ok(json!({
        "data": data.iter().map(entry).collect::<Vec<_>>(),
        "has_more": has_more,
        "first_id": data.first().map(|model| &model.name),
        "last_id": data.last().map(|model| &model.name),
    }))
}

/// One model.
pub(super) fn entry(model: &Listed) -> Value {
    let name = model.row.name.as_deref().unwrap_or(&model.name);
    let mut entry = json!({
        "type": "model",
        "id": model.name,
        "display_name": name,
        "created_at": UNKNOWN_DATE,
    });
    if let Some(context) = model.row.context {
        entry["max_input_tokens"] = context.into();
    }
    if let Some(output) = model.row.output {
        entry["max_tokens"] = output.into();
    }
    entry
}
