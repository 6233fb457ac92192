//! `count_tokens`: the upstream's own count where it has one, else one made here; never an error because it has none.

use byokey_sandbox::RawReply;
use http::{Method, Request};
use http_body_util::Full;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    byokey::Launch,
    client::{Answer, Client, JSON, request, soon},
    stage::{MESSAGES_KEY, Stage, Upstream},
};

const PATH: &str = "/v1/messages/count_tokens";

fn ask(body: &Value) -> Request<Full<bytes::Bytes>> {
    request(Method::POST, PATH, &[JSON], body.to_string())
}

fn body(model: &str, content: &Value) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": content}]})
}

fn tokens(answer: &Answer) -> u64 {
    let answer = answer.ok();
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
    answer["input_tokens"].as_u64().unwrap()
}

#[tokio::test]
async fn an_upstream_that_can_tell_is_asked() {
    let stage = Stage::open().await;
    let odd =
        "{ \"messages\":[{\"role\":\"user\",\"content\":\"a\\u00e9\"}],\"model\" : \"MODEL\" }";
    let headers = [
        JSON,
        ("anthropic-version", "2023-06-01"),
        ("anthropic-beta", "token-counting-2024-11-01"),
        ("authorization", "Bearer of-the-client"),
        ("user-agent", "claude-cli/2.1.197 (external, sdk-cli)"),
    ];
    let asked = odd.replace("MODEL", "up-msg/echo(high)");
    let path = "/v1/messages/count_tokens?beta=true";
    let answer = stage
        .byokey
        .ask(request(Method::POST, path, &headers, asked))
        .await;
    let seen = stage.upstream.only_request();
    assert_eq!(seen.target, path);
    assert_eq!(seen.body, odd.replace("MODEL", "echo"));
    let told = |name: &str| seen.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(told("x-api-key"), Some(MESSAGES_KEY));
    assert_eq!(told("authorization"), None);
    assert_eq!(told("anthropic-beta"), Some("token-counting-2024-11-01"));
    assert_eq!(told("user-agent"), Some(headers[4].1));
    // what the sandbox counts, not what byokey would
    assert!(tokens(&answer) > 0);
    assert_eq!(answer.header("x-byokey-provider"), "up-msg");
    assert_eq!(answer.header("x-byokey-model"), "echo");
    assert!(answer.header("x-byokey-request-id").starts_with("req_"));
}

/// 4 tokens a turn and 3 a request surround a text of 2.
const HELLO: u64 = 2 + 4 + 3;

#[tokio::test]
async fn h08_where_nobody_can_tell_it_is_counted_here() {
    let upstream = Upstream::open().await;
    let reply = |status: &str, body: &str| {
        RawReply::new(format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    };
    let not_found = r#"{"type":"error","error":{"type":"not_found_error","message":"no"}}"#;
    let rows = [
        ("without", reply("404 Not Found", not_found)),
        ("page", reply("404 Not Found", "<html>")),
        ("wrong-method", reply("405 Method Not Allowed", "{}")),
        ("not-yet", reply("501 Not Implemented", "")),
        ("odd", reply("200 OK", "{\"input_tokens\":\"many\"}")),
        ("silly", reply("200 OK", "<html>ok</html>")),
    ];
    let mut providers = serde_json::Map::new();
    let mut models = vec!["up-chat/echo".to_owned()];
    for (name, reply) in rows {
        let url = upstream.raw(vec![reply]).await.url();
        providers.insert(
            name.to_owned(),
            json!({"protocol": "anthropic", "base_url": url, "api_key": "k"}),
        );
        models.push(format!("{name}/m"));
    }
    let config = upstream.config(&json!({"providers": providers}));
    let byokey = Launch::serve(&config).start().await;
    for model in &models {
        // more than once: it is no reason to leave the provider alone
        for _ in 0..2 {
            let answer = byokey.ask(ask(&body(model, &json!("hello world")))).await;
            assert_eq!(tokens(&answer), HELLO, "{model}");
            assert_eq!(
                answer.header("x-byokey-provider"),
                model.split_once('/').unwrap().0
            );
        }
    }
    assert!(upstream.sandbox.take_requests().is_empty());
}

#[tokio::test]
async fn what_an_upstream_refuses_is_told() {
    let upstream = Upstream::open().await;
    let refusal = r#"{"type":"error","error":{"type":"rate_limit_error","message":"so it is"}}"#;
    let head = "content-type: application/json\r\nretry-after: 7";
    let reply = RawReply::new(format!(
        "HTTP/1.1 429 Too Many Requests\r\n{head}\r\ncontent-length: {}\r\n\r\n{refusal}",
        refusal.len()
    ));
    let server = upstream.raw(vec![reply]).await;
    let busy = json!({"protocol": "anthropic", "base_url": server.url(), "api_key": "k"});
    let config = upstream.config(&json!({"providers": {"busy": busy}}));
    let byokey = Launch::serve(&config).start().await;
    let answer = byokey.ask(ask(&body("busy/m", &json!("x")))).await;
    assert_eq!((answer.status, &answer.body[..]), (429, refusal.as_bytes()));
    assert_eq!(answer.header("retry-after"), "7");
    assert_eq!(answer.header("x-byokey-provider"), "busy");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn bad_requests_are_told_in_this_format() {
    let stage = Stage::open().await;
    let rows = [
        (json!({"model": "up-chat/echo"}), 400, "messages"),
        (
            body("up-chat/echo", &json!([{"type": "text"}])),
            400,
            "messages.0.content.0.text",
        ),
        (
            body("nobody-knows-this", &json!("x")),
            404,
            "nobody-knows-this",
        ),
        (
            body("claude/claude-opus-4-6", &json!("x")),
            401,
            "ANTHROPIC_API_KEY",
        ),
    ];
    for (body, status, says) in rows {
        let answer = stage.byokey.ask(ask(&body)).await;
        let (told, _, message) = Client::Messages.fault(&answer);
        assert_eq!(told, status, "{message}");
        assert!(message.contains(says), "{message}");
    }
    let answer = stage.byokey.get(PATH, &[]).await;
    assert_eq!(Client::Messages.fault(&answer).0, 405);
    assert_eq!(answer.header("allow"), "POST");
    assert!(stage.upstream.sandbox.take_requests().is_empty());
}

#[tokio::test]
async fn media_are_no_text_and_long_bodies_hold_nobody_up() {
    let stage = Stage::open().await;
    let image = json!([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUFB".repeat(1 << 20)}}]);
    let answer = stage.byokey.ask(ask(&body("up-chat/echo", &image))).await;
    assert_eq!(tokens(&answer), 1600 + 4 + 3);
    // hostile to a tokenizer: one word, and one gap, of four megabytes
    for text in ["a", " "] {
        let long = stage
            .byokey
            .open(ask(&body("up-chat/echo", &json!(text.repeat(4 << 20)))));
        let (long, ()) = tokio::join!(long, async {
            for _ in 0..8 {
                assert_eq!(stage.byokey.get("/healthz", &[]).await.status, 200);
            }
        });
        assert!(tokens(&long.whole().await) > 10_000);
    }
}

#[tokio::test]
async fn counts_cost_nothing() {
    let mut stage = Stage::open().await;
    for provider in ["up-msg", "up-chat"] {
        let answer = stage
            .byokey
            .ask(ask(&body(&format!("{provider}/echo"), &json!("x"))))
            .await;
        assert_eq!(answer.status, 200);
    }
    stage.byokey.signal("TERM");
    assert_eq!(soon(stage.byokey.exited()).await, Some(0));
    assert!(!stage.byokey.stderr.text().contains("served"));
}
