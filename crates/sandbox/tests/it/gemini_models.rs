//! Every model on generateContent: what it says, and that its streams say the same.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    client::{Stage, patched},
    gemini_fold::{array, events, fold},
};

pub(crate) const ECHOED: &str = "Grüße — 日本 🦀 \"quoted\"\nand a second line";
const PNG: &str = "iVBORw0KGgo=";

pub(crate) fn body() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": ECHOED}]}]})
}

pub(crate) fn config(config: &Value) -> Value {
    json!({"generationConfig": config})
}

pub(crate) fn text(text: &str) -> Value {
    json!([{"text": text}])
}

/// The answer, which all three ways of asking agree on.
pub(crate) async fn three_ways(stage: &Stage, model: &str, body: &Value) -> Value {
    let whole = stage
        .gemini(&format!("{model}:generateContent"), body)
        .await
        .ok();
    let stream = format!("{model}:streamGenerateContent");
    let streamed = stage.gemini(&format!("{stream}?alt=sse"), body).await;
    assert_eq!(fold(&events(&streamed)), whole, "{model} {body}");
    let streamed = stage.gemini(&stream, body).await;
    assert_eq!(fold(&array(&streamed)), whole, "{model} {body}");
    whole
}

/// Signatures are opaque: only whether there is one is told.
pub(crate) fn unsigned(mut parts: Value) -> Value {
    for part in parts.as_array_mut().unwrap() {
        if let Some(signature) = part.get_mut("thoughtSignature") {
            assert!(signature.as_str().unwrap().starts_with("Ci"));
            *signature = json!("signed");
        }
    }
    parts
}

#[tokio::test]
async fn a_response_in_full() {
    let stage = Stage::open().await;
    let mut whole = three_ways(&stage, "echo", &body()).await;
    assert_eq!(whole["responseId"].take().as_str().unwrap().len(), 22);
    assert_eq!(
        whole,
        json!({
            "candidates": [{"content": {"parts": [{"text": ECHOED}], "role": "model"}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20,
                              "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 10}]},
            "modelVersion": "echo", "responseId": null
        })
    );
}

#[tokio::test]
async fn every_model_says_the_same_in_all_three_ways() {
    let stage = Stage::open().await;
    let schema =
        json!({"type": "OBJECT", "properties": {"ok": {"type": "BOOLEAN"}}, "required": ["ok"]});
    let json_mode = |schema: Value| {
        config(&json!({"responseMimeType": "application/json", "responseSchema": schema}))
    };
    let cases = [
        ("echo", json!({}), text(ECHOED), "STOP"),
        ("slow-start-1", json!({}), text(ECHOED), "STOP"),
        (
            "echo",
            config(&json!({"max_output_tokens": 2})),
            text("Grüße — "),
            "MAX_TOKENS",
        ),
        (
            "echo",
            config(&json!({"stopSequences": ["quoted", "🦀"]})),
            text("Grüße — 日本 "),
            "STOP",
        ),
        (
            "stop",
            config(&json!({"stopSequences": ["END"]})),
            text(&format!("{ECHOED} ")),
            "STOP",
        ),
        (
            "long",
            config(&json!({"maxOutputTokens": 3})),
            text("and on and o"),
            "MAX_TOKENS",
        ),
        (
            "vision",
            json!({}),
            text("I see no image and no document."),
            "STOP",
        ),
        (
            "filter",
            json!({}),
            text("The first half of something"),
            "SAFETY",
        ),
        (
            "recite",
            json!({}),
            text("The first half of something"),
            "RECITATION",
        ),
        (
            "refuse",
            json!({}),
            text("I can’t help with that."),
            "PROHIBITED_CONTENT",
        ),
        (
            "structured",
            json_mode(schema),
            text("{\"ok\":true}"),
            "STOP",
        ),
        (
            "code",
            json!({}),
            json!([{"executableCode": {"language": "PYTHON", "code": "print(6 * 7)  # 日本\n"}},
                   {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42\n"}}, {"text": ECHOED}]),
            "STOP",
        ),
        (
            "g3-echo",
            json!({}),
            json!([{"text": ECHOED, "thoughtSignature": "signed"}]),
            "STOP",
        ),
    ];
    for (model, patch, parts, finish) in cases {
        let said = three_ways(&stage, model, &patched(&body(), &patch)).await;
        let candidate = &said["candidates"][0];
        assert_eq!(
            (
                unsigned(candidate["content"]["parts"].clone()),
                &candidate["finishReason"]
            ),
            (parts, &json!(finish)),
            "{model}"
        );
    }
}

#[tokio::test]
async fn lorem_is_paced_word_by_word() {
    let stage = Stage::open().await;
    for (limit, said, finish) in [
        (9, "lorem ipsum dolor ", "STOP"),
        (2, "lorem ipsum ", "MAX_TOKENS"),
    ] {
        let body = patched(&body(), &config(&json!({"maxOutputTokens": limit})));
        let said = json!([{"content": {"parts": text(said), "role": "model"}, "finishReason": finish, "index": 0}]);
        assert_eq!(
            three_ways(&stage, "lorem-3", &body).await["candidates"],
            said
        );
    }
}

#[tokio::test]
async fn a_blocked_prompt_has_no_candidate_and_a_malformed_call_no_content() {
    let stage = Stage::open().await;
    let mut blocked = three_ways(&stage, "blocked", &body()).await;
    blocked["responseId"].take();
    assert_eq!(
        blocked,
        json!({
            "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "safetyRatings": [
                {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": true}]},
            "usageMetadata": {"promptTokenCount": 10, "totalTokenCount": 10,
                              "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 10}]},
            "modelVersion": "blocked", "responseId": null
        })
    );
    assert_eq!(
        three_ways(&stage, "malformed", &body()).await["candidates"],
        json!([{"content": {}, "finishReason": "MALFORMED_FUNCTION_CALL",
                "finishMessage": "Malformed function call: print(default_api.weather(city=\"日本\"", "index": 0}])
    );
}

#[tokio::test]
async fn media_are_seen_and_counted_by_modality() {
    let stage = Stage::open().await;
    let parts = json!([{"text": "look"}, {"inlineData": {"mimeType": "image/png", "data": PNG}},
                       {"file_data": {"mime_type": "application/pdf", "file_uri": "https://example.com/x.pdf"}}]);
    let body = json!({"contents": [{"parts": parts}]});
    let said = three_ways(&stage, "vision", &body).await;
    assert_eq!(
        (
            &said["candidates"][0]["content"]["parts"],
            &said["usageMetadata"]["promptTokensDetails"]
        ),
        (
            &text("I see: image image/png 8 bytes; document https://example.com/x.pdf."),
            &json!([{"modality": "TEXT", "tokenCount": 1}, {"modality": "IMAGE", "tokenCount": 340},
                    {"modality": "DOCUMENT", "tokenCount": 340}])
        )
    );
    let answered = json!({"contents": [
        {"role": "user", "parts": [{"text": "look"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "see"}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "see", "response": {"a": 1, "b": 2}, "parts": [
            {"inlineData": {"mimeType": "image/png", "data": PNG}}]}}]}
    ]});
    assert_eq!(
        three_ways(&stage, "echo", &answered).await["candidates"][0]["content"]["parts"],
        text("{\"a\":1,\"b\":2}\n[image image/png 8 bytes]")
    );
}

#[tokio::test]
async fn citations_are_grounded_in_bytes() {
    let stage = Stage::open().await;
    let said = three_ways(&stage, "cite", &body()).await;
    let candidate = &said["candidates"][0];
    let all: String = candidate["content"]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["text"].as_str().unwrap())
        .collect();
    assert_eq!(all, "Laut dem Dokument — das Gras ist grün und 空は青い.");
    let metadata = &candidate["groundingMetadata"];
    assert_eq!(
        metadata["groundingChunks"],
        json!([{"retrievedContext": {"title": "My Document — ünïcødé", "text": "The grass is green."}},
               {"web": {"uri": "https://example.com/sky", "title": "The sky 🦀"}}])
    );
    for support in metadata["groundingSupports"].as_array().unwrap() {
        let at = |name: &str| usize::try_from(support["segment"][name].as_u64().unwrap()).unwrap();
        assert_eq!(
            all[at("startIndex")..at("endIndex")],
            support["segment"]["text"]
        );
    }
    let recited = three_ways(&stage, "recite", &body()).await;
    assert_eq!(
        recited["candidates"][0]["citationMetadata"],
        json!({"citationSources": [{"endIndex": 14, "uri": "https://example.com/sky", "license": "mit"}]})
    );
}

#[tokio::test]
async fn several_candidates_are_told_apart() {
    let stage = Stage::open().await;
    let body = patched(&body(), &config(&json!({"candidateCount": 2})));
    let said = three_ways(&stage, "echo", &body).await;
    let candidate = |index: u32| json!({"content": {"parts": text(ECHOED), "role": "model"}, "finishReason": "STOP", "index": index});
    assert_eq!(said["candidates"], json!([candidate(0), candidate(1)]));
}

#[tokio::test]
async fn long_prompts_are_cached_of_themselves() {
    let stage = Stage::open().await;
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "x".repeat(4 * 1030)}]}]});
    let said = stage.gemini("vision:generateContent", &body).await.ok();
    assert_eq!(
        said["usageMetadata"],
        json!({"promptTokenCount": 1030, "candidatesTokenCount": 8, "totalTokenCount": 1038, "cachedContentTokenCount": 1024,
               "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1030}],
               "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 1024}]})
    );
}
