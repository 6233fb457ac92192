//! Text completions: bytes through, whole or as a stream, with the care that every stream gets.

use byokey_sandbox::{RawEnding, RawReply, RawServer, Step};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::{
    byokey::{Byokey, Launch},
    client::{Client, JSON, request, soon},
    stage::{Stage, Upstream},
};

/// Longer than any test waits.
const LONG: &str = "10m";
const BODY: &str = r#"{"model":"old/davinci","prompt":"Once","max_tokens":3}"#;
const STREAM: &str = r#"{"model":"old/davinci","prompt":"Once","max_tokens":3,"stream":true}"#;
const FIRST: &str = "data: {\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"choices\":[{\"text\":\" upon\",\"index\":0,\"finish_reason\":null}]}\r\n\r\n";
const REST: &str = concat!(
    "data: { \"choices\" : [{\"text\":\" a\",\"index\":0,\"finish_reason\":\"length\"}] }\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3}}\n\n",
    "data: [DONE]\n\n",
);

fn ask(body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    request(Method::POST, "/v1/completions", &[JSON], body)
}

fn head(content_type: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n")
}

/// byokey before a provider `old` that says these bytes; silence is broken after as long as `keepalive`.
async fn before(upstream: &Upstream, reply: RawReply, keepalive: &str) -> (Byokey, RawServer) {
    let server = upstream.raw(vec![reply]).await;
    let old = json!({"protocol": "openai", "base_url": server.url(), "api_key": "k"});
    let more = json!({"providers": {"old": old}, "streaming": {"keepalive": keepalive}});
    (Launch::serve(&upstream.config(&more)).start().await, server)
}

#[tokio::test]
async fn the_body_goes_as_it_came() {
    let stage = Stage::open().await;
    // no usage is asked for behind the client's back: not every server of these knows how
    let odd =
        "{ \"prompt\":[1,2,3],\"model\" : \"MODEL\",\"stream\":true, \"suffix\":\"\\u00e9\" }";
    let asked = odd.replace("MODEL", "up-chat/echo");
    let answer = stage.byokey.ask(ask(asked)).await;
    let seen = stage.upstream.only_request();
    assert_eq!(seen.target, "/v1/completions");
    assert_eq!(seen.body, odd.replace("MODEL", "echo"));
    assert_eq!(seen.headers["accept"], "text/event-stream");
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn answers_come_as_they_were_given() {
    let upstream = Upstream::open().await;
    let whole = "{\"object\":\"text_completion\", \"choices\":[{\"text\":\" upon a\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3}}";
    let streamed = [FIRST, REST].concat();
    for (body, content_type, given) in [
        (BODY, "application/json", whole),
        (STREAM, "text/event-stream; charset=utf-8", &streamed),
    ] {
        let reply = RawReply::new(head(content_type) + given);
        let (mut byokey, _) = before(&upstream, reply, LONG).await;
        let answer = byokey.ask(ask(body)).await;
        assert_eq!((answer.status, &answer.body[..]), (200, given.as_bytes()));
        assert_eq!(answer.header("content-type"), content_type);
        assert_eq!(answer.header("x-byokey-provider"), "old");
        byokey.signal("TERM");
        assert_eq!(soon(byokey.exited()).await, Some(0));
        let log = byokey.stderr.text();
        assert!(log.contains("status=200 input=5 output=3"), "{log}");
    }
}

#[tokio::test]
async fn the_first_text_is_not_held_back() {
    let upstream = Upstream::open().await;
    let reply = || RawReply::new(head("text/event-stream") + FIRST).ending(RawEnding::Hang);
    let (byokey, server) = before(&upstream, reply(), LONG).await;
    let mut coming = byokey.open(ask(STREAM)).await;
    coming.until(FIRST).await;
    assert_eq!(coming.status, 200);
    // nobody there any more: the upstream is let go
    drop(coming);
    soon(server.finished(1)).await;
    // silence: a sign of life
    let (byokey, _) = before(&upstream, reply(), "1s").await;
    byokey.open(ask(STREAM)).await.until(": keepalive").await;
}

#[tokio::test]
async fn broken_streams_end_in_an_error() {
    let upstream = Upstream::open().await;
    let steps = |text: &str| RawReply {
        steps: vec![Step::Send(Bytes::from(head("text/event-stream") + text))],
        ..RawReply::new("")
    };
    let (byokey, _) = before(&upstream, steps(FIRST), LONG).await;
    let events = byokey.ask(ask(STREAM)).await.events();
    assert_eq!(Client::Chat.terminals(&events), ["error"]);
    // before any text it is no stream at all
    let (byokey, _) = before(&upstream, steps(": hello\n\n"), LONG).await;
    let answer = byokey.ask(ask(STREAM)).await;
    assert_eq!(Client::Chat.fault(&answer).0, 502);
    // what comes otherwise than it was asked for is not made up into what was
    let (byokey, _) = before(
        &upstream,
        RawReply::new(head("application/json") + "{\"choices\":[]}"),
        LONG,
    )
    .await;
    let answer = byokey.ask(ask(STREAM)).await;
    let (status, _, message) = Client::Chat.fault(&answer);
    assert_eq!(status, 502);
    assert!(
        message.contains("must come as it was asked for"),
        "{message}"
    );
}

#[tokio::test]
async fn providers_without_them_are_told_apart() {
    let stage = Stage::open().await;
    let answer = stage
        .byokey
        .ask(ask(r#"{"model":"up-msg/echo","prompt":"x"}"#))
        .await;
    let (status, _, message) = Client::Chat.fault(&answer);
    assert_eq!(status, 400);
    assert!(
        message.starts_with("`/v1/completions` needs a provider"),
        "{message}"
    );
    assert!(
        message.ends_with("one of `up-both`, `up-chat`"),
        "{message}"
    );
    assert!(stage.upstream.sandbox.take_requests().is_empty());
}
