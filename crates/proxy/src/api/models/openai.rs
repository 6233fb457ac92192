//! OpenAI's shape. It has no place for limits; those are where other gateways put them.

use byokey_provider::Listed;
use serde_json::{Value, json};

/// The list.
pub(super) fn list(models: &[Listed]) -> Value {
    let data: Vec<Value> = models.iter().map(entry).collect();
    json!({"object": "list", "data": data})
}

/// One model.
pub(super) fn entry(model: &Listed) -> Value {
    let mut entry = json!({
        "id": model.name,
        "object": "model",
        // nobody says when a model was made
        "created": 0,
        "owned_by": model.provider.id,
    });
    if let Some(context) = model.row.context {
        entry["context_window"] = context.into();
        entry["context_length"] = context.into();
    }
    if let Some(output) = model.row.output {
        entry["max_output_tokens"] = output.into();
    }
    entry
}
