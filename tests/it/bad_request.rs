//! What clients get wrong: a clear error in their own format, or the handling that is declared; never a hang.

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use pretty_assertions::assert_eq;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::{
    client::{Client, JSON, bytes_of, plain_body, request, rest},
    stage::Stage,
};

const INVALID: &str = "invalid_request_error";

/// Refused: status, class and message; nothing reaches an upstream, and the next request is answered.
async fn refused(
    stage: &Stage,
    client: Client,
    request: http::Request<Full<Bytes>>,
    expected: (u16, &str, &str),
) {
    let shown = format!("{client:?} {request:?}");
    let answer = stage.byokey.ask(request).await;
    let (status, kind, message) = client.fault(&answer);
    assert_eq!(
        (status, kind.as_str(), message.as_str()),
        expected,
        "{shown:.300}"
    );
    assert_eq!(
        stage.upstream.sandbox.take_requests().len(),
        0,
        "{shown:.300}"
    );
    if client == Client::Messages {
        assert_eq!(
            answer.json()["request_id"],
            answer.header("x-byokey-request-id")
        );
    }
    stage.byokey.serves().await;
    stage.upstream.sandbox.take_requests();
}

#[tokio::test]
async fn bodies_that_are_no_request() {
    let stage = Stage::open().await;
    let rows: [(&str, &str); 12] = [
        (
            "this is not JSON",
            "the request body is not valid JSON at line 1, column 2",
        ),
        (
            "{\"model\":\"up-msg/echo\",\"mess",
            "the request body is not valid JSON at line 1, column 28",
        ),
        (
            "",
            "the request body is empty; send a JSON object with `model` and `messages`",
        ),
        ("[]", "the request body must be an object"),
        ("null", "the request body must be an object"),
        (
            "{\"model\":\"up-msg/echo\"} x",
            "the request body is not valid JSON at line 1, column 25",
        ),
        ("{\"messages\":[]}", "`model` is required"),
        (
            "{\"model\":5,\"messages\":[]}",
            "`model` must be a string, not a number",
        ),
        (
            "{\"model\":null,\"messages\":[]}",
            "`model` must be a string, not null",
        ),
        (
            "{\"model\":\"\",\"messages\":[]}",
            "`model` must not be empty",
        ),
        (
            "{\"model\":\"up-msg/echo\",\"model\":\"up-chat/echo\",\"messages\":[]}",
            "`model` occurs more than once",
        ),
        (
            "{\"model\":\"up-msg/echo\",\"stream\":\"yes\",\"messages\":[]}",
            "`stream` must be a boolean, not a string",
        ),
    ];
    for (body, message) in rows {
        for client in Client::ALL {
            refused(&stage, client, client.ask(body), (400, INVALID, message)).await;
        }
    }
}

#[tokio::test]
async fn h10_bodies_of_another_type_or_size() {
    let stage = Stage::open().await;
    let wrong = "the body must be JSON; send `content-type: application/json`";
    for client in Client::ALL {
        let body = plain_body("up-chat/echo", &json!({})).to_string();
        for headers in [&[("content-type", "text/plain")][..], &[]] {
            let request = request(Method::POST, client.path(), headers, body.clone());
            refused(&stage, client, request, (415, INVALID, wrong)).await;
        }
        let kind = match client {
            Client::Chat => INVALID,
            Client::Messages => "request_too_large",
        };
        let message =
            "the request body is larger than 67108864 bytes; see `body_limit` in the configuration";
        let long = Bytes::from(vec![b' '; 65 << 20]);
        refused(&stage, client, client.ask(long), (413, kind, message)).await;
    }
}

/// A body that does not say how long it is, and is too long.
#[tokio::test]
async fn a_body_without_a_length_is_bounded() {
    let stage = Stage::with(&json!({"body_limit": "1MiB"})).await;
    let head = "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut stream = stage.byokey.write(head.as_bytes()).await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..32 {
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let heard = rest(stream).await;
    assert!(heard.starts_with("HTTP/1.1 413 "), "{heard}");
    assert!(
        heard.contains("the request body is larger than 1048576 bytes"),
        "{heard}"
    );
    stage.byokey.serves().await;
}

#[tokio::test]
async fn models_that_nobody_serves() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        for (model, near) in [("up-chat2/echo", "echo"), ("ecoh", "echo"), ("ech", "echo")] {
            let answer = stage.byokey.ask(client.plain(model, false)).await;
            let (status, kind, message) = client.fault(&answer);
            let expected = if client == Client::Chat {
                INVALID
            } else {
                "not_found_error"
            };
            assert_eq!((status, kind.as_str()), (404, expected), "{message}");
            let named = [model, near].map(|name| message.contains(&format!("`{name}`")));
            assert_eq!(named, [true, true], "{message}");
            assert_eq!(stage.upstream.sandbox.take_requests().len(), 0);
        }
        // in the catalogue, but without a key
        let (status, kind, message) = client.fault(
            &stage
                .byokey
                .ask(client.plain("claude/claude-haiku-4-5", false))
                .await,
        );
        assert_eq!((status, kind.as_str()), (401, "authentication_error"));
        assert!(message.contains("ANTHROPIC_API_KEY"), "{message}");
    }
}

#[tokio::test]
async fn routes_and_methods() {
    let stage = Stage::open().await;
    let rows = [
        (
            Method::GET,
            "/v1/chat/completions",
            Client::Chat,
            405,
            "POST",
        ),
        (
            Method::DELETE,
            "/v1/messages",
            Client::Messages,
            405,
            "POST",
        ),
        (Method::GET, "/v1/messages", Client::Messages, 405, "POST"),
        (Method::POST, "/v1/models", Client::Chat, 405, "GET, HEAD"),
        (Method::GET, "/nothing/here", Client::Chat, 404, ""),
        (Method::POST, "/v1/nothing", Client::Chat, 404, ""),
        (
            Method::GET,
            "/v1/models/up-chat/nothing",
            Client::Chat,
            404,
            "",
        ),
    ];
    for (method, path, client, status, allow) in rows {
        let answer = stage.byokey.ask(request(method, path, &[JSON], "{}")).await;
        let (told, _, message) = client.fault(&answer);
        assert_eq!(
            (told, answer.header("allow")),
            (status, allow),
            "{path}: {message}"
        );
    }
    // bases with and without `/v1`, and with one too many
    for path in [
        "/chat/completions",
        "/messages",
        "/v1/v1/chat/completions",
        "/v1/v1/messages",
    ] {
        let client = if path.ends_with("messages") {
            Client::Messages
        } else {
            Client::Chat
        };
        let body = plain_body("up-both/echo", &json!({})).to_string();
        let answer = stage
            .byokey
            .ask(request(Method::POST, path, &[JSON], body))
            .await;
        assert_eq!(client.text(&answer.ok()), "hi there", "{path}");
    }
}

/// A client that promises more than it sends, and leaves.
#[tokio::test]
async fn half_a_body_is_nobody_s_loss() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        let mut bytes = bytes_of(
            client.path(),
            &plain_body("up-both/echo", &json!({})).to_string(),
        );
        bytes.truncate(bytes.len() - 5);
        drop(stage.byokey.write(&bytes).await);
        stage.byokey.serves().await;
    }
}
