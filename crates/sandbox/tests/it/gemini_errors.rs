//! How generateContent spells its errors.

use byokey_sandbox::SandboxConfig;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{Stage, gemini, request};
use http::Method;
use http_body_util::BodyExt as _;

fn body() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})
}

#[tokio::test]
async fn the_reader_tells_every_place() {
    let stage = Stage::open().await;
    let wrong = json!({"contents": [{"role": "user", "parts": [{"text": "hi", "cache_control": {}}]}], "max_tokens": 5});
    let refused = stage.gemini("echo:generateContent", &wrong).await;
    let part = "Invalid JSON payload received. Unknown name \"cache_control\" at 'contents[0].parts[0]': Cannot find field.";
    let top = "Invalid JSON payload received. Unknown name \"max_tokens\": Cannot find field.";
    assert_eq!(
        (refused.status, refused.json()),
        (
            400,
            json!({"error": {"code": 400, "message": format!("{part}\n{top}"), "status": "INVALID_ARGUMENT", "details": [
                {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [
                    {"field": "contents[0].parts[0]", "description": part}, {"description": top}]}]}})
        )
    );
}

#[tokio::test]
async fn each_status_has_its_word() {
    let stage = Stage::open().await;
    let word = async |status: u16| {
        let call = format!("fail-{status}:generateContent");
        let refused = stage.gemini(&call, &body()).await;
        assert_eq!(refused.status, status);
        assert_eq!(refused.json()["error"]["code"], status);
        refused.json()["error"]["status"].clone()
    };
    let words = [
        (400, "FAILED_PRECONDITION"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
    ];
    for (status, expected) in words {
        assert_eq!(word(status).await, expected);
    }
    let busy = stage.gemini("flaky:generateContent", &body()).await;
    assert_eq!(
        busy.json(),
        json!({"error": {"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"}})
    );
}

#[tokio::test]
async fn a_quota_names_itself_and_the_time_to_wait() {
    let stage = Stage::open().await;
    let refused = stage.gemini("fail-429:generateContent", &body()).await;
    assert_eq!(refused.headers.get("retry-after"), None);
    assert_eq!(
        refused.json()["error"]["details"],
        json!([
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [
                {"quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
                 "quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
                 "quotaDimensions": {"location": "global", "model": "fail-429"}, "quotaValue": "3"}]},
            {"@type": "type.googleapis.com/google.rpc.Help", "links": [
                {"description": "Learn more about Gemini API quotas",
                 "url": "https://ai.google.dev/gemini-api/docs/rate-limits"}]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
        ])
    );
}

#[tokio::test]
async fn an_array_is_refused_with_an_array() {
    let stage = Stage::open().await;
    for (call, as_array) in [
        ("fail-500:streamGenerateContent", true),
        ("fail-500:streamGenerateContent?alt=sse", false),
        ("fail-500:generateContent", false),
    ] {
        let refused = stage.gemini(call, &body()).await.json();
        assert_eq!(refused.is_array(), as_array, "{call}");
    }
}

#[tokio::test]
async fn an_error_in_a_stream_is_its_last_response() {
    let stage = Stage::open().await;
    let error = json!({"error": {"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"}});
    let events = stage
        .gemini("error-mid:streamGenerateContent?alt=sse", &body())
        .await;
    let events = crate::gemini_fold::events(&events);
    assert_eq!((events.last(), events.len() > 1), (Some(&error), true));
    let array = stage
        .gemini("error-mid:streamGenerateContent", &body())
        .await;
    assert_eq!(crate::gemini_fold::array(&array).last(), Some(&error));
    let whole = stage.gemini("error-mid:generateContent", &body()).await;
    assert_eq!(whole.status, 500);
}

#[tokio::test]
async fn keys_come_in_three_ways() {
    let config = SandboxConfig {
        api_key: Some("the-key".to_owned()),
        ..SandboxConfig::default()
    };
    let stage = Stage::with(config).await;
    let ask = async |query: &str, headers: &[(&str, &str)]| {
        let path = format!("/v1beta/models/echo:generateContent{query}");
        let asked = request(Method::POST, &path, headers, body().to_string());
        let answer = stage.ask(asked).await;
        let error = answer.json()["error"].take();
        (
            answer.status,
            error["status"].clone(),
            error["details"][0]["reason"].clone(),
        )
    };
    let fine = (200, Value::Null, Value::Null);
    let wrong = (400, json!("INVALID_ARGUMENT"), json!("API_KEY_INVALID"));
    assert_eq!(ask("", &[("x-goog-api-key", "the-key")]).await, fine);
    assert_eq!(ask("?key=the-key", &[]).await, fine);
    assert_eq!(ask("", &[("authorization", "Bearer the-key")]).await, fine);
    assert_eq!(ask("", &[("x-goog-api-key", "other")]).await, wrong);
    assert_eq!(ask("?alt=sse&key=other", &[]).await, wrong);
    assert_eq!(
        ask("", &[]).await,
        (403, json!("PERMISSION_DENIED"), Value::Null)
    );
    assert_eq!(
        ask("", &[("authorization", "Bearer other")]).await,
        (401, json!("UNAUTHENTICATED"), Value::Null)
    );
}

#[tokio::test]
async fn bodies_and_addresses_that_nobody_serves() {
    let stage = Stage::open().await;
    for body in ["", "{", "nonsense"] {
        let asked = request(
            Method::POST,
            "/v1beta/models/echo:generateContent",
            &[],
            body,
        );
        let refused = stage.ask(asked).await;
        assert_eq!(refused.status, 400);
        assert!(
            refused
                .message()
                .starts_with("Invalid JSON payload received. "),
            "{body}"
        );
    }
    let unknown = stage.gemini("gemini-9:generateContent", &body()).await;
    assert_eq!(
        (unknown.status, unknown.message()),
        (
            404,
            "models/gemini-9 is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.".to_owned()
        )
    );
    for call in ["echo:predict", "embed:generateContent", "echo:embedContent"] {
        assert_eq!(stage.gemini(call, &body()).await.status, 404, "{call}");
    }
}

#[tokio::test]
async fn a_refusal_is_short_however_much_is_wrong() {
    let stage = Stage::open().await;
    let wrong = json!({"contents": vec!["x".repeat(1000); 1000]});
    let refused = stage.gemini("echo:generateContent", &wrong).await;
    let message = refused.message();
    assert_eq!((refused.status, message.lines().count()), (400, 64));
    assert!(message.lines().all(|line| line.len() < 400));
}

#[tokio::test]
async fn a_cut_leaves_half_an_array_and_a_stall_leaves_nothing() {
    let stage = Stage::open().await;
    let cut = stage
        .send(gemini("cut:streamGenerateContent", &body()))
        .await
        .unwrap();
    let mut said = Vec::new();
    let mut frames = cut.into_body();
    let broken = loop {
        match frames.frame().await {
            Some(Ok(frame)) => said.extend_from_slice(&frame.into_data().unwrap()),
            end => break end,
        }
    };
    assert!(broken.is_some_and(|end| end.is_err()));
    let said = String::from_utf8(said).unwrap();
    assert!(
        said.starts_with("[{\"candidates\":") && said.ends_with("}\n,\r\n"),
        "{said}"
    );
    let stalled = stage
        .send(gemini("stall:streamGenerateContent?alt=sse", &body()))
        .await
        .unwrap();
    assert_eq!(stalled.status(), 200);
    drop(stalled);
    stage.sandbox.disconnected().await;
}
