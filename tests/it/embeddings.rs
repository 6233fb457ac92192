//! Embeddings: bytes through, to a provider that has them.

use byokey_sandbox::RawReply;
use http::{Method, Request};
use http_body_util::Full;
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::{
    byokey::Launch,
    client::{Client, JSON, request, soon},
    stage::{CHAT_KEY, Stage, Upstream},
};

fn ask(body: impl Into<bytes::Bytes>) -> Request<Full<bytes::Bytes>> {
    request(Method::POST, "/v1/embeddings", &[JSON], body)
}

#[tokio::test]
async fn the_body_goes_as_it_came() {
    let stage = Stage::open().await;
    let odd = "{ \"input\":[\"a\\u00e9\",\"b\"],\"model\" : \"MODEL\",\"encoding_format\":\"float\", \"dimensions\":2 }";
    let answer = stage
        .byokey
        .ask(ask(odd.replace("MODEL", "up-chat/embed")))
        .await;
    let seen = stage.upstream.only_request();
    assert_eq!(seen.target, "/v1/embeddings");
    assert_eq!(seen.body, odd.replace("MODEL", "embed"));
    assert_eq!(seen.headers["authorization"], format!("Bearer {CHAT_KEY}"));
    assert_eq!(answer.status, 200);
    let lengths: Vec<usize> = answer.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["embedding"].as_array().unwrap().len())
        .collect();
    assert_eq!(lengths, [2, 2]);
}

#[tokio::test]
async fn the_answer_comes_as_it_was_given() {
    let upstream = Upstream::open().await;
    let given = "{\"object\":\"list\", \"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[1.0e-3,-0.0]}],\"model\":\"e\",\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}\n";
    let reply = RawReply::new(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-ratelimit-remaining-requests: 9\r\ncontent-length: {}\r\n\r\n{given}",
        given.len()
    ));
    let server = upstream.raw(vec![reply]).await;
    // the same API has these also for providers of Responses
    for protocol in ["openai", "openai-responses"] {
        let provider = json!({"protocol": protocol, "base_url": server.url(), "api_key": "k"});
        let config = upstream.config(&json!({"providers": {"vectors": provider}}));
        let mut byokey = Launch::serve(&config).start().await;
        for path in ["/v1/embeddings", "/embeddings"] {
            // a stream is nothing that embeddings know
            let body = r#"{"model":"vectors/e","input":"x","stream":true}"#;
            let answer = byokey.ask(request(Method::POST, path, &[JSON], body)).await;
            assert_eq!((answer.status, &answer.body[..]), (200, given.as_bytes()));
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(answer.header("x-ratelimit-remaining-requests"), "9");
            assert_eq!(answer.header("x-byokey-model"), "e");
        }
        byokey.signal("TERM");
        assert_eq!(soon(byokey.exited()).await, Some(0));
        let log = byokey.stderr.text();
        assert_eq!(log.matches("input=7").count(), 2, "{log}");
    }
}

#[tokio::test]
async fn providers_without_them_are_told_apart() {
    let stage = Stage::open().await;
    let answer = stage
        .byokey
        .ask(ask(r#"{"model":"up-msg/echo","input":"x"}"#))
        .await;
    let (status, kind, message) = Client::Chat.fault(&answer);
    assert_eq!((status, kind.as_str()), (400, "invalid_request_error"));
    assert_eq!(
        message,
        "`/v1/embeddings` needs a provider with an OpenAI-compatible endpoint, and none that serves `up-msg/echo` has one; \
         send `<provider>/<model>` with one of `up-both`, `up-chat`"
    );
    assert_eq!(answer.json()["error"]["param"], "model");
    for (body, says) in [
        ("", "the request body is empty"),
        ("[]", "must be an object"),
        (r#"{"input":"x"}"#, "`model` is required"),
    ] {
        let answer = stage.byokey.ask(ask(body)).await;
        let (status, _, message) = Client::Chat.fault(&answer);
        assert_eq!(status, 400);
        assert!(message.contains(says), "{message}");
    }
    let answer = stage.byokey.get("/v1/embeddings", &[]).await;
    assert_eq!(Client::Chat.fault(&answer).0, 405);
    assert!(stage.upstream.sandbox.take_requests().is_empty());
}
