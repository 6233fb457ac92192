//! Google's shape, with its pages. Source: Gemini API reference, `models.list` and the resource `Model`.

use byokey_provider::Listed;
use byokey_types::Result;
use serde_json::{Value, json};

use super::{Asked, number, place};

/// The list's default and greatest page.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 1000;

/// One page of the list. The token of the next one is the name of the last model on this one.
pub(super) fn page(models: &[Listed], asked: &Asked) -> Result<Value> {
    // 0 stands for the default
    let size = number(asked, "pageSize")?
        .filter(|size| *size > 0)
        .unwrap_or(PAGE)
        .min(LARGEST_PAGE);
    let start = match asked.get("pageToken").filter(|token| !token.is_empty()) {
        Some(token) => place(models, token, "pageToken")? + 1,
        None => 0,
    };
    let end = models.len().min(start + size);
    let shown = &models[start..end];
    let mut page = json!({"models": shown.iter().map(entry).collect::<Vec<_>>()});
    if let Some(last) = shown.last().filter(|_| end < models.len()) {
        page["nextPageToken"] = last.name.as_str().into();
    }
    Ok(page)
}

/// One model.
pub(super) fn entry(model: &Listed) -> Value {
    let name = model.row.name.as_deref().unwrap_or(&model.name);
    let mut entry = json!({
        "name": format!("models/{}", model.name),
        "displayName": name,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "thinking": model.row.reasoning,
    });
    if let Some(context) = model.row.context {
        entry["inputTokenLimit"] = context.into();
    }
    if let Some(output) = model.row.output {
        entry["outputTokenLimit"] = output.into();
    }
    entry
}
