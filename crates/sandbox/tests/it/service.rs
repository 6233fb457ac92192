//! Keys, lists, headers, wrong paths and inspection.

use byokey_sandbox::{Outcome, SandboxConfig};
use http::Method;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{ANTHROPIC, JSON, Stage, request};

fn body() -> Value {
    json!({"model": "echo", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]})
}

#[tokio::test]
async fn a_key_is_checked_when_there_is_one() {
    let stage = Stage::with(SandboxConfig {
        api_key: Some("k-1".to_owned()),
        ..SandboxConfig::default()
    })
    .await;
    let cases = [
        (
            "/v1/chat/completions",
            "authorization",
            "Bearer k-1",
            200,
            "",
        ),
        (
            "/v1/chat/completions",
            "authorization",
            "Bearer k-2",
            401,
            "Incorrect API key provided: sk-****.",
        ),
        (
            "/v1/chat/completions",
            "x-api-key",
            "k-1",
            401,
            "You didn't provide an API key.",
        ),
        ("/v1/messages", "x-api-key", "k-1", 200, ""),
        ("/v1/messages", "authorization", "bearer k-1", 200, ""),
        ("/v1/messages", "x-api-key", "k-2", 401, "invalid x-api-key"),
        (
            "/v1/messages",
            "authorization",
            "Bearer k-2",
            401,
            "Invalid bearer token",
        ),
        (
            "/v1/messages",
            "x-other",
            "k-1",
            401,
            "x-api-key header is required",
        ),
    ];
    for (path, header, key, status, message) in cases {
        let common = if path == "/v1/messages" {
            ANTHROPIC
        } else {
            JSON
        };
        let headers = [common, &[(header, key)]].concat();
        let answer = stage
            .ask(request(Method::POST, path, &headers, body().to_string()))
            .await;
        let said = if status == 200 {
            String::new()
        } else {
            answer.message()
        };
        assert_eq!(
            (answer.status, said.starts_with(message)),
            (status, true),
            "{path} {header} {said}"
        );
    }
    assert_eq!(stage.get("/v1/models", &[]).await.status, 401);
}

#[tokio::test]
async fn models_are_listed_in_the_caller_s_shape() {
    let stage = Stage::open().await;
    let list = stage.get("/v1/models", &[]).await.ok();
    assert_eq!(
        (&list["object"], &list["data"][0]),
        (
            &json!("list"),
            &json!({"id": "echo", "object": "model", "created": 1_760_000_000, "owned_by": "sandbox"})
        )
    );
    let page = stage
        .get("/v1/models?limit=2&after_id=lorem", ANTHROPIC)
        .await
        .ok();
    let ids: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        (ids, &page["first_id"], &page["last_id"], &page["has_more"]),
        (
            vec!["lorem-1000", "lorem-1000-50"],
            &json!("lorem-1000"),
            &json!("lorem-1000-50"),
            &json!(true)
        )
    );
    assert_eq!(page["data"][0]["created_at"], "2025-10-09T08:53:20Z");
    let all = stage.get("/v1/models?limit=1000", ANTHROPIC).await.ok();
    assert_eq!(
        (all["data"].as_array().unwrap().len(), &all["has_more"]),
        (list["data"].as_array().unwrap().len(), &json!(false))
    );
    assert_eq!(
        stage.get("/v1/models/lorem-7", &[]).await.ok()["id"],
        "lorem-7"
    );
    assert_eq!(
        stage.get("/v1/models/lorem-7", ANTHROPIC).await.ok()["display_name"],
        "Sandbox lorem-7"
    );
    assert_eq!(
        stage.get("/v1/models/nope", ANTHROPIC).await.message(),
        "model: nope"
    );
    assert_eq!(stage.get("/v1/models/nope", &[]).await.status, 404);
}

#[tokio::test]
async fn answers_carry_the_provider_s_headers() {
    let stage = Stage::open().await;
    let names = |answer: crate::client::Answer| {
        let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(
        names(stage.chat(&body()).await),
        "content-length content-type date openai-organization openai-processing-ms openai-version x-ratelimit-limit-requests \
         x-ratelimit-limit-tokens x-ratelimit-remaining-requests x-ratelimit-remaining-tokens x-ratelimit-reset-requests \
         x-ratelimit-reset-tokens x-request-id"
    );
    assert_eq!(
        names(stage.messages(&body()).await),
        "anthropic-organization-id anthropic-ratelimit-input-tokens-limit anthropic-ratelimit-input-tokens-remaining \
         anthropic-ratelimit-input-tokens-reset anthropic-ratelimit-output-tokens-limit \
         anthropic-ratelimit-output-tokens-remaining anthropic-ratelimit-output-tokens-reset \
         anthropic-ratelimit-requests-limit anthropic-ratelimit-requests-remaining anthropic-ratelimit-requests-reset \
         anthropic-ratelimit-tokens-limit anthropic-ratelimit-tokens-remaining anthropic-ratelimit-tokens-reset \
         content-length content-type date request-id"
    );
}

#[tokio::test]
async fn wrong_paths_and_methods_are_told() {
    let stage = Stage::open().await;
    let lost = stage
        .ask(request(Method::POST, "/v1/nowhere", JSON, ""))
        .await;
    assert_eq!(
        (lost.status, lost.message()),
        (404, "Invalid URL (POST /v1/nowhere)".to_owned())
    );
    let wrong = stage.get("/v1/messages", ANTHROPIC).await;
    assert_eq!(
        (wrong.status, wrong.headers["allow"].to_str().unwrap()),
        (405, "POST")
    );
}

#[tokio::test]
async fn requests_are_recorded_byte_for_byte() {
    let stage = Stage::open().await;
    let spelled = "{ \"model\" : \"echo\",\t\"messages\":[{\"role\":\"user\",\"content\":\"\\u00e9\"}], \"seed\":12345678901234567890123 }";
    stage
        .ask(request(
            Method::POST,
            "/v1/chat/completions?a=b%2F",
            JSON,
            spelled,
        ))
        .await
        .ok();
    let seen = stage.sandbox.requests();
    assert_eq!(
        (
            seen.len(),
            seen[0].target.as_str(),
            &seen[0].body[..],
            seen[0].outcome,
            seen[0].headers["content-type"].to_str().unwrap()
        ),
        (
            1,
            "/v1/chat/completions?a=b%2F",
            spelled.as_bytes(),
            Outcome::Completed,
            "application/json"
        )
    );
    let shown = stage.get("/_sandbox/requests", &[]).await.ok();
    assert_eq!(
        (
            &shown[0]["method"],
            &shown[0]["path"],
            &shown[0]["body"],
            &shown[0]["outcome"],
            &shown[0]["status"]
        ),
        (
            &json!("POST"),
            &json!("/v1/chat/completions?a=b%2F"),
            &json!(spelled),
            &json!("completed"),
            &json!(200)
        )
    );
    stage
        .ask(request(Method::DELETE, "/_sandbox/requests", &[], ""))
        .await
        .ok();
    assert_eq!(stage.get("/_sandbox/requests", &[]).await.ok(), json!([]));
}

#[tokio::test]
async fn without_a_record_nothing_is_kept() {
    let stage = Stage::with(SandboxConfig {
        record: false,
        ..SandboxConfig::default()
    })
    .await;
    stage.chat(&body()).await.ok();
    assert_eq!(
        (
            stage.sandbox.requests().len(),
            stage.sandbox.gauges().received
        ),
        (0, 1)
    );
    assert_eq!(stage.get("/_sandbox/requests", &[]).await.status, 404);
}

#[tokio::test]
async fn the_record_is_bounded() {
    let stage = Stage::open().await;
    for _ in 0..260 {
        stage.get("/v1/models/echo", &[]).await.ok();
    }
    let seen = stage.sandbox.take_requests();
    assert_eq!(
        (seen.len(), seen[0].number, seen[255].number),
        (256, 5, 260)
    );
    assert_eq!(stage.sandbox.requests().len(), 0);
}
