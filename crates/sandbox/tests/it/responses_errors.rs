//! How Responses spells its errors, and what it does with seals and items that it does not know.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{JSON, Stage, patched, request};

#[tokio::test]
async fn an_error_has_the_api_s_shape() {
    let stage = Stage::open().await;
    let shape = |message: &str, param: Value, code: Value| json!({"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}});
    let call = json!({"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"});
    let part = json!({"role": "assistant", "content": [{"type": "input_text", "text": "x"}]});
    let cases = [
        (
            json!({"model": "gpt-9", "input": "x"}),
            shape(
                "The requested model 'gpt-9' does not exist.",
                json!("model"),
                json!("model_not_found"),
            ),
        ),
        (
            json!({"model": "ds-echo", "input": "x"}),
            shape(
                "The requested model 'ds-echo' does not exist.",
                json!("model"),
                json!("model_not_found"),
            ),
        ),
        (
            json!({"model": "echo", "input": "x", "foo": 1}),
            shape(
                "Unknown parameter: 'foo'.",
                json!("foo"),
                json!("unknown_parameter"),
            ),
        ),
        (
            json!({"model": "echo", "input": [call]}),
            shape(
                "No tool output found for function call c1.",
                json!("input"),
                Value::Null,
            ),
        ),
        (
            json!({"model": "echo", "input": [part]}),
            shape(
                "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
                json!("input[0].content[0]"),
                json!("invalid_value"),
            ),
        ),
        (
            json!({"model": "echo", "input": "x", "previous_response_id": "resp_nope"}),
            shape(
                "Previous response with id 'resp_nope' not found.",
                json!("previous_response_id"),
                json!("previous_response_not_found"),
            ),
        ),
    ];
    for (body, error) in cases {
        let refused = stage.responses(&body).await;
        assert_eq!((refused.status, refused.json()), (400, error), "{body}");
        assert_eq!(refused.headers["content-type"], "application/json");
        assert!(refused.headers.contains_key("x-request-id"));
    }
    for (path, method, status) in [
        ("/v1/responses", http::Method::GET, 405),
        ("/v1/responses/compact", http::Method::GET, 405),
        ("/v1/responses/resp_1", http::Method::PUT, 405),
        ("/v1/responses/a/b/c", http::Method::GET, 404),
        ("/v1/responsesx", http::Method::GET, 404),
    ] {
        let refused = stage.ask(request(method, path, JSON, "")).await;
        assert_eq!(refused.status, status, "{path} {}", refused.text());
    }
    for body in ["", "[]", "{\"model\":"] {
        let refused = stage
            .ask(request(http::Method::POST, "/v1/responses", JSON, body))
            .await;
        assert_eq!(
            (refused.status, &refused.message()[..49]),
            (400, "We could not parse the JSON body of your request.")
        );
    }
}

#[tokio::test]
async fn failures_are_spelled_as_the_api_does() {
    let stage = Stage::open().await;
    let expected = [
        (401, "invalid_request_error", json!("invalid_api_key")),
        (404, "invalid_request_error", json!("model_not_found")),
        (429, "requests", json!("rate_limit_exceeded")),
        (500, "server_error", Value::Null),
        (503, "server_error", Value::Null),
    ];
    for (status, kind, code) in expected {
        let failed = stage
            .responses(&json!({"model": format!("fail-{status}"), "input": "x", "stream": true}))
            .await;
        let error = failed.json()["error"].clone();
        assert_eq!(
            (failed.status, &error["type"], &error["code"]),
            (status, &json!(kind), &code)
        );
        assert_eq!(failed.headers.contains_key("retry-after"), status == 429);
    }
    let flaky = json!({"model": "flaky", "input": "x"});
    let statuses = [
        stage.responses(&flaky).await.status,
        stage.responses(&flaky).await.status,
    ];
    assert_eq!(statuses, [503, 200]);
}

async fn sealed(stage: &Stage) -> Vec<Value> {
    let body = json!({"model": "think-tools", "store": false, "input": "go", "include": ["reasoning.encrypted_content"],
                      "tools": [{"type": "function", "name": "f"}]});
    let output = stage.responses(&body).await.ok()["output"].clone();
    serde_json::from_value(output).unwrap()
}

fn replay(output: &[Value]) -> Value {
    let mut input = vec![json!({"role": "user", "content": "go"})];
    input.extend_from_slice(output);
    for call in output.iter().filter(|item| item["type"] == "function_call") {
        input.push(
            json!({"type": "function_call_output", "call_id": call["call_id"], "output": "done"}),
        );
    }
    json!({"model": "think-tools", "store": false, "input": input})
}

#[tokio::test]
async fn a_seal_is_taken_back_whole_only() {
    let stage = Stage::open().await;
    let output = sealed(&stage).await;
    let said = stage.responses(&replay(&output)).await.ok();
    assert_eq!(
        said["output"][0]["content"][0]["text"],
        "The tools said: “done”."
    );
    let id = output[0]["id"].as_str().unwrap();
    let reason = |id: &str, reason: &str| {
        format!(
            "The encrypted content for item {id} could not be verified. Reason: Encrypted content {reason}."
        )
    };
    let unreadable = "could not be decrypted or parsed";
    let mut tampered = output[0]["encrypted_content"].as_str().unwrap().to_owned();
    tampered.replace_range(40..41, if &tampered[40..41] == "A" { "B" } else { "A" });
    let anthropic = stage
        .messages(&json!({"model": "think", "max_tokens": 100, "messages": [{"role": "user", "content": "x"}]}))
        .await
        .ok()["content"][0]["signature"]
        .clone();
    let cases = [
        (
            json!({"encrypted_content": tampered}),
            reason(id, unreadable),
        ),
        (
            json!({"encrypted_content": anthropic}),
            reason(id, unreadable),
        ),
        (
            json!({"encrypted_content": "RkFLRS1FTkM="}),
            reason(id, unreadable),
        ),
        (
            json!({"id": "rs_other"}),
            reason("rs_other", "item_id did not match the target item id"),
        ),
    ];
    for (patch, message) in cases {
        let mut changed = output.clone();
        changed[0] = patched(&output[0], &patch);
        let refused = stage.responses(&replay(&changed)).await;
        assert_eq!(
            refused.json(),
            json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": "invalid_encrypted_content"}})
        );
    }
    let mut nameless = output.clone();
    nameless[0] = patched(&output[0], &json!({"id": null}));
    assert_eq!(stage.responses(&replay(&nameless)).await.status, 200);
    let other = [JSON[0], ("openai-organization", "org-other")];
    let body = replay(&output).to_string();
    let refused = stage
        .ask(request(http::Method::POST, "/v1/responses", &other, body))
        .await;
    let message = reason(id, "organization_id did not match the target organization");
    assert_eq!((refused.status, refused.message()), (400, message));
}

#[tokio::test]
async fn reasoning_needs_what_it_led_to() {
    let stage = Stage::open().await;
    let output = sealed(&stage).await;
    let id = output[0]["id"].as_str().unwrap();
    let orphaned = format!(
        "Item '{id}' of type 'reasoning' was provided without its required following item."
    );
    let user = json!({"role": "user", "content": "and?"});
    for alone in [vec![output[0].clone()], vec![output[0].clone(), user]] {
        let refused = stage.responses(&replay(&alone)).await;
        assert_eq!((refused.status, refused.message()), (400, orphaned.clone()));
    }
    let bare = patched(&output[0], &json!({"encrypted_content": null}));
    let refused = stage.responses(&replay(&[bare, output[1].clone()])).await;
    assert_eq!(
        (refused.status, refused.message()),
        (
            404,
            format!(
                "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again \
                       with `store` set to true, or remove this item from your input."
            )
        )
    );
    let summaryless = patched(&output[0], &json!({"summary": null}));
    let refused = stage
        .responses(&replay(&[summaryless, output[1].clone()]))
        .await;
    assert_eq!(
        refused.message(),
        "Missing required parameter: 'input[1].summary'."
    );
}
