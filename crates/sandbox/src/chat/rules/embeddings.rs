//! What `POST /v1/embeddings` refuses (<https://platform.openai.com/docs/api-reference/embeddings/create>).

use serde_json::{Map, Value};

use super::field;
use crate::fault::Fault;

/// A request that has passed.
pub(in crate::chat) struct Embeddings {
    pub(in crate::chat) inputs: Vec<String>,
    pub(in crate::chat) dimensions: Option<usize>,
    /// Whether vectors are to be base64 rather than numbers.
    pub(in crate::chat) base64: bool,
}

const TOP: &[&str] = &["dimensions", "encoding_format", "input", "model", "user"];
const MOST_INPUTS: usize = 2048;
/// Numbers of a vector, unless fewer are asked for.
pub(in crate::chat) const DIMENSIONS: usize = 1536;

/// Refuses what the API would refuse.
pub(in crate::chat) fn check(body: &Value) -> Result<Embeddings, Fault> {
    let top = super::top(body)?;
    if let Some(unknown) = top.keys().find(|key| !TOP.contains(&key.as_str())) {
        let message = format!("Unrecognized request argument supplied: {unknown}");
        return Err(Fault::bad(message));
    }
    field::one_of(top, "encoding_format", &["float", "base64"])?;
    let most = u64::try_from(DIMENSIONS).unwrap_or(u64::MAX);
    let dimensions = field::integer(top, "dimensions", 1, most)?;
    Ok(Embeddings {
        inputs: inputs(top)?,
        dimensions: dimensions.and_then(|size| usize::try_from(size).ok()),
        base64: top.get("encoding_format").and_then(Value::as_str) == Some("base64"),
    })
}

fn inputs(top: &Map<String, Value>) -> Result<Vec<String>, Fault> {
    let inputs = super::prompts(top, "input").filter(|inputs| {
        let fits = |input: &String| !input.is_empty();
        (1..=MOST_INPUTS).contains(&inputs.len()) && inputs.iter().all(fits)
    });
    inputs.ok_or_else(|| {
        Fault::bad(
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
        )
    })
}
