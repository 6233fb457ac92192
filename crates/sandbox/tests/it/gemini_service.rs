//! What generateContent offers beside answers: counts, vectors, models, other addresses.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::Stage;

fn body() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "how many tokens"}]}]})
}

#[tokio::test]
async fn tokens_are_counted_bare_and_wrapped() {
    let stage = Stage::open().await;
    let bare = stage.gemini("echo:countTokens", &body()).await.ok();
    assert_eq!(
        bare,
        json!({"totalTokens": 4, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4}]})
    );
    let mut wrapped = body();
    wrapped["model"] = json!("models/echo");
    wrapped["systemInstruction"] = json!({"parts": [{"text": "0123456789abcdef"}]});
    let wrapped = json!({"generateContentRequest": wrapped});
    let counted = stage.gemini("echo:countTokens", &wrapped).await.ok();
    assert_eq!(counted["totalTokens"], 8);
    let spent = stage.gemini("echo:generateContent", &wrapped["generateContentRequest"]);
    assert_eq!(spent.await.ok()["usageMetadata"]["promptTokenCount"], 8);
    let none = stage.gemini("echo:countTokens", &json!({})).await;
    assert_eq!(
        none.message(),
        "* GenerateContentRequest.contents: contents is not specified\n"
    );
}

#[tokio::test]
async fn vectors_are_equal_for_equal_texts() {
    let stage = Stage::open().await;
    let one =
        |text: &str| json!({"content": {"parts": [{"text": text}]}, "outputDimensionality": 4});
    let single = stage.gemini("embed:embedContent", &one("a")).await.ok();
    let batch = json!({"requests": [one("b"), one("a")]});
    let several = stage.gemini("embed:batchEmbedContents", &batch).await.ok();
    assert_eq!(single["embedding"], several["embeddings"][1]);
    assert_ne!(several["embeddings"][0], several["embeddings"][1]);
    assert_eq!(single["embedding"]["values"].as_array().unwrap().len(), 4);
    let full = json!({"content": {"parts": [{"text": "a"}]}, "taskType": "RETRIEVAL_QUERY"});
    let full = stage.gemini("embed:embedContent", &full).await.ok();
    assert_eq!(full["embedding"]["values"].as_array().unwrap().len(), 3072);
    for (wrong, message) in [
        (
            json!({"content": {"parts": [{"text": ""}]}}),
            "* EmbedContentRequest.content: contents is not specified\n",
        ),
        (
            json!({"input": "a"}),
            "Invalid JSON payload received. Unknown name \"input\": Cannot find field.",
        ),
        (
            json!({"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 9999}),
            "* EmbedContentRequest.output_dimensionality: output_dimensionality must be in the range [1, 3072].\n",
        ),
    ] {
        let refused = stage.gemini("embed:embedContent", &wrong).await;
        assert_eq!(
            (refused.status, refused.message()),
            (400, message.to_owned())
        );
    }
}

#[tokio::test]
async fn models_are_listed_page_by_page() {
    let stage = Stage::open().await;
    let names = |page: &Value| -> Vec<String> {
        let models = page["models"].as_array().unwrap().iter();
        models
            .map(|model| model["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = stage.get("/v1beta/models?pageSize=1000", &[]).await.ok();
    assert_eq!(all.get("nextPageToken"), None);
    let mut paged = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!("/v1beta/models?pageSize=7&pageToken={token}");
        let page = stage.get(&path, &[]).await.ok();
        paged.extend(names(&page));
        match page.get("nextPageToken") {
            Some(next) => token = next.as_str().unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(paged, names(&all));
    assert_eq!(
        stage.get("/v1beta/models/g3-think", &[]).await.ok(),
        json!({"name": "models/g3-think", "version": "001", "displayName": "Sandbox g3-think",
               "description": "A model of the sandbox", "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
               "supportedGenerationMethods": ["generateContent", "countTokens"], "temperature": 1.0, "topP": 0.95,
               "topK": 64, "maxTemperature": 2.0, "thinking": true})
    );
    assert_eq!(stage.get("/v1beta/models/nope", &[]).await.status, 404);
    let shared = async |headers: &[(&str, &str)]| stage.get("/v1/models", headers).await.ok();
    assert_eq!(shared(&[]).await["object"], "list");
    assert_eq!(
        shared(&[("x-goog-api-key", "k")]).await["models"][0]["name"],
        "models/echo"
    );
}

#[tokio::test]
async fn every_address_leads_to_the_same_answer() {
    let stage = Stage::open().await;
    let said = stage.gemini("echo:generateContent", &body()).await.ok();
    for path in [
        "/v1/models/echo:generateContent",
        "/v1beta1/publishers/google/models/echo:generateContent",
        "/v1beta1/projects/p/locations/global/publishers/google/models/echo:generateContent",
        "/v1/projects/p/locations/europe-west4/publishers/google/models/echo:generateContent",
    ] {
        assert_eq!(stage.post(path, &body()).await.ok(), said, "{path}");
    }
}
