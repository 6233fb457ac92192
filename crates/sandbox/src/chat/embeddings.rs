//! The answer of `POST /v1/embeddings`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::Value;

use super::rules::embeddings::{self as rules, DIMENSIONS};
use crate::{fault::Fault, model::Model, reel, tokens, vector};

#[derive(Serialize)]
struct Listing<'a> {
    object: &'static str,
    data: Vec<Embedding>,
    model: &'a str,
    usage: Usage,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the API's own names")]
struct Embedding {
    object: &'static str,
    index: usize,
    embedding: Vector,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector {
    Numbers(Vec<f32>),
    /// Of little-endian 32-bit numbers.
    Base64(String),
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// One vector for each input.
pub(super) fn reply(body: &Value, model: &Model<'_>) -> Result<Vec<u8>, Fault> {
    let asked = rules::check(body)?;
    let spent = asked
        .inputs
        .iter()
        .map(|input| tokens::of_text(input))
        .sum();
    let embedding = |(index, input): (usize, &String)| {
        let numbers = vector::of(input, asked.dimensions.unwrap_or(DIMENSIONS));
        let embedding = if asked.base64 {
            let bytes: Vec<u8> = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
            Vector::Base64(STANDARD.encode(bytes))
        } else {
            Vector::Numbers(numbers)
        };
        Embedding {
            object: "embedding",
            index,
            embedding,
        }
    };
    Ok(reel::json(&Listing {
        object: "list",
        data: asked.inputs.iter().enumerate().map(embedding).collect(),
        model: model.name,
        usage: Usage {
            prompt_tokens: spent,
            total_tokens: spent,
        },
    }))
}
