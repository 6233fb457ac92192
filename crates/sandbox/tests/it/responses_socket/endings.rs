//! How a WebSocket is refused and how it ends.

use byokey_sandbox::{Ending, SandboxConfig, Script};
use futures_util::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use pretty_assertions::assert_eq;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Error, Message, protocol::frame::coding::CloseCode};

use super::{connect, create, open, receive, send};
use crate::client::{JSON, Stage, request, soon};

#[tokio::test]
async fn a_connection_ends_in_every_way() {
    let stage = Stage::open().await;
    // cut, without a goodbye
    let mut line = open(&stage).await;
    send(&mut line, &create("cut", &json!("x"))).await;
    let ended = loop {
        match soon(line.next()).await.unwrap() {
            Ok(Message::Text(_)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(ended, Error::Protocol(_) | Error::Io(_)),
        "{ended:?}"
    );
    // a frame that is too long
    let mut line = open(&stage).await;
    let long = "x".repeat((16 << 20) + 1);
    let _refused_while_sending = line.send(Message::text(long)).await;
    let Some(Ok(Message::Close(Some(frame)))) = soon(line.next()).await else {
        panic!("no close");
    };
    assert_eq!(frame.code, CloseCode::Size);
    // bytes instead of text
    let mut line = open(&stage).await;
    line.send(Message::binary(vec![1, 2])).await.unwrap();
    let Some(Ok(Message::Close(Some(frame)))) = soon(line.next()).await else {
        panic!("no close");
    };
    assert_eq!(frame.code, CloseCode::Unsupported);
    // more requests than may wait
    let mut line = open(&stage).await;
    send(&mut line, &create("stall", &json!("x"))).await;
    for _ in 0..17 {
        send(&mut line, &create("echo", &json!("x"))).await;
    }
    let Some(Ok(Message::Close(Some(frame)))) = soon(line.next()).await else {
        panic!("no close");
    };
    assert_eq!(frame.code, CloseCode::Policy);
}

#[tokio::test]
async fn a_script_s_events_become_frames() {
    let stage = Stage::open().await;
    let events = [
        "event: a\ndata: {\"type\":\"a\"}\n\n",
        ": comment\n\ndata: {\"type\":\"response.do",
        "ne\"}",
    ];
    stage.sandbox.script(
        "s",
        [
            Script::events(events),
            Script::json(502, "{\"error\":{\"message\":\"m\"}}"),
            Script::events(["data: {\"type\":\"b\"}\n\n"]).ending(Ending::Cut),
        ],
    );
    let mut line = open(&stage).await;
    send(&mut line, &create("raw-s", &json!("x"))).await;
    assert_eq!(receive(&mut line).await, json!({"type": "a"}));
    assert_eq!(receive(&mut line).await, json!({"type": "response.done"}));
    send(&mut line, &create("raw-s", &json!("x"))).await;
    assert_eq!(
        receive(&mut line).await,
        json!({"type": "error", "status": 502, "error": {"message": "m"}})
    );
    send(&mut line, &create("raw-s", &json!("x"))).await;
    assert_eq!(receive(&mut line).await, json!({"type": "b"}));
    assert!(soon(line.next()).await.unwrap().is_err());
}

#[tokio::test]
async fn a_handshake_is_refused_like_a_request() {
    let config = SandboxConfig {
        api_key: Some("secret".to_owned()),
        ..SandboxConfig::default()
    };
    let stage = Stage::with(config).await;
    let Err(Error::Http(refused)) = connect(&stage, "/v1/responses", "wrong").await else {
        panic!("not refused");
    };
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert!(connect(&stage, "/v1/responses", "secret").await.is_ok());
    let upgrade = |version: &'static str| {
        [
            JSON[0],
            ("authorization", "Bearer secret"),
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", version),
        ]
    };
    for (version, status) in [("8", 426), ("13", 400)] {
        assert_eq!(
            stage.get("/v1/responses", &upgrade(version)).await.status,
            status
        );
    }
    let plain = request(
        http::Method::GET,
        "/v1/responses",
        &[("authorization", "Bearer secret")],
        "",
    );
    assert_eq!(stage.ask(plain).await.status, 405);
}
