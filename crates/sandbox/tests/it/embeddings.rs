//! `POST /v1/embeddings`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{Stage, patched};

fn body() -> Value {
    json!({"model": "embed", "input": "Grüße 日本", "dimensions": 3})
}

#[tokio::test]
async fn a_vector_has_two_spellings() {
    let stage = Stage::open().await;
    let mut numbers = stage.post("/v1/embeddings", &body()).await.ok();
    let vector: Vec<f64> = serde_json::from_value(numbers["data"][0]["embedding"].take()).unwrap();
    assert_eq!(vector.len(), 3);
    assert_eq!(
        numbers,
        json!({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": null}], "model": "embed",
               "usage": {"prompt_tokens": 2, "total_tokens": 2}})
    );
    let base64 = patched(&body(), &json!({"encoding_format": "base64"}));
    let base64 = stage.post("/v1/embeddings", &base64).await.ok();
    let bytes = STANDARD
        .decode(base64["data"][0]["embedding"].as_str().unwrap())
        .unwrap();
    let decoded: Vec<f64> = bytes
        .chunks(4)
        .map(|chunk| f64::from(f32::from_le_bytes(chunk.try_into().unwrap())))
        .collect();
    let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6;
    assert!(
        decoded.iter().zip(&vector).all(close),
        "{decoded:?} {vector:?}"
    );
}

#[tokio::test]
async fn every_kind_of_input_has_its_vectors() {
    let stage = Stage::open().await;
    for (input, count) in [
        (json!("a"), 1),
        (json!(["a", "b"]), 2),
        (json!([1, 2, 3]), 1),
        (json!([[1, 2], [3]]), 2),
    ] {
        let asked = patched(&body(), &json!({"input": input, "dimensions": null}));
        let said = stage.post("/v1/embeddings", &asked).await.ok();
        let data = said["data"].as_array().unwrap();
        assert_eq!(data.len(), count, "{input}");
        assert_eq!(data[0]["embedding"].as_array().unwrap().len(), 1536);
    }
}

#[tokio::test]
async fn each_rule_refuses_its_violation() {
    let stage = Stage::open().await;
    let invalid = "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.";
    let cases = [
        (json!({"input": null}), 400, invalid),
        (json!({"input": ""}), 400, invalid),
        (json!({"input": []}), 400, invalid),
        (json!({"input": ["a", ""]}), 400, invalid),
        (json!({"input": ["a", 1]}), 400, invalid),
        (json!({"input": vec!["a"; 2049]}), 400, invalid),
        (
            json!({"dimensions": 0}),
            400,
            "Invalid 'dimensions': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            json!({"dimensions": 1537}),
            400,
            "Invalid 'dimensions': integer above maximum value. Expected a value <= 1536, but got 1537 instead.",
        ),
        (
            json!({"encoding_format": "hex"}),
            400,
            "Invalid value: 'hex'. Supported values are: 'float', and 'base64'.",
        ),
        (
            json!({"task": "x"}),
            400,
            "Unrecognized request argument supplied: task",
        ),
        (
            json!({"model": "echo"}),
            403,
            "You are not allowed to generate embeddings from this model",
        ),
        (
            json!({"model": "nope"}),
            404,
            "The model `nope` does not exist or you do not have access to it.",
        ),
        (
            json!({"model": "fail-500"}),
            500,
            "The server had an error while processing your request. Sorry about that!",
        ),
    ];
    for (breaks, status, message) in cases {
        let refused = stage
            .post("/v1/embeddings", &patched(&body(), &breaks))
            .await;
        assert_eq!(
            (refused.status, refused.message()),
            (status, message.to_owned()),
            "{breaks}"
        );
    }
}
