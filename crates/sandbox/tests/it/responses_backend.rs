//! The ChatGPT backend: what it demands, refuses and says otherwise.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    client::{JSON, Stage, patched, request},
    responses_fold::pieces,
};

fn base() -> Value {
    json!({"model": "codex-think", "instructions": "", "store": false, "stream": true, "reasoning": {"summary": "auto"},
           "include": ["reasoning.encrypted_content"], "client_metadata": {"a": "b"},
           "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}]})
}

#[tokio::test]
async fn it_demands_and_refuses_in_its_own_words() {
    let stage = Stage::open().await;
    let cases = [
        (json!({"store": null}), "Store must be set to false"),
        (json!({"store": true}), "Store must be set to false"),
        (json!({"stream": false}), "Stream must be set to true"),
        (json!({"instructions": null}), "Instructions are required"),
        (json!({"input": "hi"}), "Input must be a list"),
        (
            json!({"model": "codex-nope"}),
            "The 'codex-nope' model is not supported when using Codex with a ChatGPT account.",
        ),
        (
            json!({"max_output_tokens": 100}),
            "Unsupported parameter: max_output_tokens",
        ),
        (
            json!({"temperature": 1}),
            "Unsupported parameter: temperature",
        ),
        (json!({"top_p": 1}), "Unsupported parameter: top_p"),
        (json!({"user": "u"}), "Unsupported parameter: user"),
        (
            json!({"truncation": "auto"}),
            "Unsupported parameter: truncation",
        ),
        (
            json!({"prompt_cache_retention": "24h"}),
            "Unsupported parameter: prompt_cache_retention",
        ),
        (
            json!({"safety_identifier": "s"}),
            "Unsupported parameter: safety_identifier",
        ),
        (
            json!({"stream_options": {"include_obfuscation": false}}),
            "Unsupported parameter: stream_options",
        ),
        (
            json!({"previous_response_id": "resp_1"}),
            "Unsupported parameter: previous_response_id",
        ),
        (
            json!({"generate": false}),
            "Unsupported parameter: generate",
        ),
    ];
    for (patch, detail) in cases {
        let body = patched(&base(), &patch);
        let refused = stage.responses(&body).await;
        assert_eq!(
            (refused.status, refused.json()),
            (400, json!({"detail": detail})),
            "{patch}"
        );
    }
    let own_client = [JSON[0], ("originator", "codex_cli_rs")];
    let body = patched(&base(), &json!({"instructions": null})).to_string();
    let taken = stage
        .ask(request(
            http::Method::POST,
            "/v1/responses",
            &own_client,
            body,
        ))
        .await;
    assert_eq!(taken.status, 200, "{}", taken.text());
}

#[tokio::test]
async fn its_stream_ends_with_an_empty_output() {
    let stage = Stage::open().await;
    for (model, path) in [
        ("codex-think", "/v1/responses"),
        ("think", "/backend-api/codex/responses"),
    ] {
        let body = patched(&base(), &json!({"model": model})).to_string();
        let answer = stage
            .ask(request(http::Method::POST, path, JSON, body))
            .await;
        assert_eq!(
            answer.headers.contains_key("x-codex-primary-used-percent"),
            path.starts_with("/backend-api")
        );
        let mut events = answer.events();
        assert_eq!(events.remove(0)["type"], "codex.rate_limits");
        let output = pieces(&events);
        let last = events.last().unwrap();
        assert_eq!(
            (
                &last["type"],
                &last["response"]["output"],
                &last["response"]["store"]
            ),
            (&json!("response.completed"), &json!([]), &json!(false))
        );
        let kinds: Vec<_> = output.iter().map(|item| &item["type"]).collect();
        assert_eq!(kinds, ["reasoning", "message"]);
        assert!(!answer.text().contains("obfuscation"));
    }
}

#[tokio::test]
async fn its_failures_are_its_own() {
    let stage = Stage::open().await;
    let failing = |model: &str| patched(&base(), &json!({"model": model}));
    let limited = stage.responses(&failing("codex-fail-429")).await;
    let mut error = limited.json()["error"].clone();
    assert!(error["resets_at"].take().as_u64().unwrap() > 1_760_000_000);
    assert_eq!(
        (limited.status, error),
        (
            429,
            json!({"type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus",
                     "resets_at": null, "resets_in_seconds": 7})
        )
    );
    let overloaded = stage.responses(&failing("codex-fail-503")).await;
    assert_eq!(
        (overloaded.status, &overloaded.json()["error"]["code"]),
        (503, &json!("server_is_overloaded"))
    );
    let broken = stage.responses(&failing("codex-error-mid")).await.events();
    assert_eq!(
        broken.last().unwrap(),
        &json!({"type": "error", "sequence_number": broken.len() - 2, "code": "server_error", "param": null,
                "message": "The server had an error while processing your request. Sorry about that!"})
    );
}
