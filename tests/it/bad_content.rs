//! Bodies whose shape is right and whose content is odd: deep, beyond every number, no text, calls that do not pair.

use http::Method;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    client::{Client, JSON, contains, plain_body, request},
    stage::Stage,
};

const INVALID: &str = "invalid_request_error";

fn deep(open: &str, close: &str) -> String {
    format!("{}1{}", open.repeat(10_000), close.repeat(10_000))
}

/// 10,000 levels: passed on where nobody looks, refused with its place where somebody does, never a stack that overflows.
#[tokio::test]
async fn nesting_costs_no_stack() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        for nest in [deep("[", "]"), deep("{\"a\":", "}")] {
            let with = |model: &str, from: &str| {
                let body = plain_body(model, &json!({"DEEP": "HERE"})).to_string();
                body.replace(from, &nest)
            };
            // verbatim: the upstream judges; this one refuses
            let body = with(&format!("{}/echo", client.home()), "\"HERE\"");
            let answer = stage.byokey.ask(client.ask(body.clone())).await;
            assert_eq!(client.fault(&answer).0, 400);
            let heard = stage.upstream.only_request().body;
            assert!(heard == body.replace(&format!("{}/echo", client.home()), "echo"));
            // translated, a member that is not known
            let body = with(&format!("{}/echo", client.abroad()), "\"HERE\"");
            let answer = stage.byokey.ask(client.ask(body)).await;
            assert_eq!(client.text(&answer.ok()), "hi there");
            assert!(answer.header("x-byokey-losses").contains("DEEP=dropped"));
            stage.upstream.only_request();
            // translated, a member that is
            let body = with(&format!("{}/echo", client.abroad()), "\"hi there\"");
            let answer = stage.byokey.ask(client.ask(body)).await;
            let (status, kind, message) = client.fault(&answer);
            assert_eq!((status, kind.as_str()), (400, INVALID), "{message}");
            assert!(message.contains("`messages.0.content"), "{message}");
            assert_eq!(stage.upstream.sandbox.take_requests().len(), 0);
        }
    }
    stage.byokey.serves().await;
}

#[tokio::test]
async fn numbers_beyond_every_type() {
    let stage = Stage::open().await;
    let big = "12345678901234567890123";
    for client in Client::ALL {
        // in a place that carries anything, its digits arrive
        let schema = json!({"type": "object", "maxProperties": "BIG", "properties": {}});
        let tool = match client {
            Client::Chat => {
                json!({"type": "function", "function": {"name": "f", "parameters": schema}})
            }
            Client::Messages => json!({"name": "f", "input_schema": schema}),
        };
        let model = format!("{}/echo", client.abroad());
        let body = plain_body(&model, &json!({"tools": [tool]})).to_string();
        stage
            .byokey
            .ask(client.ask(body.replace("\"BIG\"", big)))
            .await
            .ok();
        let heard = stage.upstream.only_request().body;
        assert!(
            contains(&heard, &format!("\"maxProperties\":{big}")),
            "{heard:?}"
        );
        // where a count of tokens is wanted, it is none
        let body = plain_body(&model, &json!({"max_tokens": "BIG"})).to_string();
        let answer = stage
            .byokey
            .ask(client.ask(body.replace("\"BIG\"", big)))
            .await;
        let (status, kind, message) = client.fault(&answer);
        assert_eq!((status, kind.as_str()), (400, INVALID));
        assert!(message.contains("`max_tokens`"), "{message}");
        assert_eq!(stage.upstream.sandbox.take_requests().len(), 0);
    }
}

#[tokio::test]
async fn lone_surrogates_are_replaced_and_declared() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        let model = format!("{}/echo", client.abroad());
        let body = plain_body(&model, &json!({})).to_string();
        let body = body.replace("hi there", r"a\ud800b\udc00c\ud83d\ude00");
        let answer = stage.byokey.ask(client.ask(body)).await;
        assert_eq!(client.text(&answer.ok()), "a\u{fffd}b\u{fffd}c😀");
        let losses = answer.header("x-byokey-losses");
        assert!(losses.starts_with("1; messages.0.content"), "{losses}");
        assert!(losses.ends_with("=approximated"), "{losses}");
    }
}

/// Calls and results that do not pair are repaired as declared, refused in strict mode, and the upstream's own rules hold.
#[tokio::test]
async fn calls_and_results_that_do_not_pair() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        let call = match client {
            Client::Chat => {
                json!({"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]})
            }
            Client::Messages => {
                json!({"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {}}]})
            }
        };
        let result = match client {
            Client::Chat => json!({"role": "tool", "tool_call_id": "c1", "content": "42 degrees"}),
            Client::Messages => {
                json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "42 degrees"}]})
            }
        };
        let user = |text: &str| json!({"role": "user", "content": text});
        let tool = match client {
            Client::Chat => {
                json!({"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}})
            }
            Client::Messages => {
                json!({"name": "f", "input_schema": {"type": "object", "properties": {}}})
            }
        };
        let rows: [(Value, &str); 2] = [
            (json!([user("a"), call, user("and now?")]), "synthesised"),
            (json!([user("a"), result]), "approximated"),
        ];
        for (messages, kind) in rows {
            let body = |model: String| {
                let more = json!({"messages": messages, "tools": [tool]});
                plain_body(&model, &more).to_string()
            };
            let abroad = body(format!("{}/echo", client.abroad()));
            let answer = stage.byokey.ask(client.ask(abroad.clone())).await;
            answer.ok();
            assert!(
                answer.header("x-byokey-losses").contains(kind),
                "{:?}",
                answer.headers
            );
            let strict = [JSON, ("x-byokey-strict", "true")];
            let strictly = request(Method::POST, client.path(), &strict, abroad);
            assert_eq!(client.fault(&stage.byokey.ask(strictly).await).0, 422);
            // verbatim: the upstream's own words, once
            stage.upstream.sandbox.take_requests();
            let home = body(format!("{}/echo", client.home()));
            let answer = stage.byokey.ask(client.ask(home)).await;
            assert_eq!(
                (answer.status, answer.json()["error"]["type"].as_str()),
                (400, Some(INVALID))
            );
            stage.upstream.only_request();
        }
    }
}
