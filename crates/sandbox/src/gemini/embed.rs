//! Embeddings in Google's spelling.

use serde::Serialize;

use crate::{reel, vector};

/// Numbers of a vector unless fewer are asked for, and the most there are (<https://ai.google.dev/gemini-api/docs/embeddings>).
pub(super) const MOST: usize = 3072;

#[derive(Serialize)]
struct One {
    embedding: Embedding,
}

#[derive(Serialize)]
struct Batch {
    embeddings: Vec<Embedding>,
}

#[derive(Serialize)]
struct Embedding {
    values: Vec<f32>,
}

/// The vectors of these texts, each as long as was asked for.
pub(super) fn reply(texts: &[(String, Option<usize>)], batch: bool) -> Vec<u8> {
    let mut embeddings = texts.iter().map(|(text, size)| Embedding {
        values: vector::of(text, size.unwrap_or(MOST)),
    });
    if batch {
        let embeddings = embeddings.collect();
        return reel::json(&Batch { embeddings });
    }
    let embedding = embeddings
        .next()
        .unwrap_or(Embedding { values: Vec::new() });
    reel::json(&One { embedding })
}
