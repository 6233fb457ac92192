//! What upstreams get wrong: a true status and a clear error in the caller's format, nothing of theirs that is not for him.

use std::net::TcpListener;

use byokey_sandbox::{Ending, RawEnding, RawReply, Script, Step};
use bytes::Bytes;
use http::{HeaderValue, header};
use pretty_assertions::assert_eq;
use serde_json::{Map, Value, json};

use crate::{
    byokey::Launch,
    client::{Answer, Client},
    stage::{Stage, Upstream},
};

const HTML: &str = "<!DOCTYPE html><html><body>secret-of-the-upstream 10.0.0.7</body></html>";

/// Both clients, both ways, streamed or not.
fn asks(provider_of: impl Fn(&str) -> String) -> Vec<(Client, String, bool)> {
    let mut asks = Vec::new();
    for client in Client::ALL {
        for provider in [client.home(), client.abroad()] {
            for stream in [false, true] {
                asks.push((client, provider_of(provider), stream));
            }
        }
    }
    asks
}

/// An error with this status, in the client's shape, that says this and nothing of the upstream's own page.
#[track_caller]
fn assert_fault(client: Client, answer: &Answer, status: u16, says: &str) {
    let (told, _, message) = client.fault(answer);
    assert_eq!(told, status, "{message}");
    assert!(message.contains(says), "{message}");
    for leak in ["<html", "secret-of-the-upstream", "10.0.0.7", "127.0.0.1:"] {
        assert!(!message.contains(leak), "{message}");
    }
}

#[tokio::test]
async fn answers_that_are_none() {
    let stage = Stage::open().await;
    let quota = r#"{"error":{"message":"You are out of credits","type":"insufficient_quota","code":"insufficient_quota","param":null}}"#;
    let rows = [
        (
            "html",
            Script::new(200, "text/html", HTML),
            502,
            "no JSON object; check its `base_url`",
        ),
        (
            "html-json",
            Script::json(200, HTML),
            502,
            "no JSON object; check its `base_url`",
        ),
        (
            "html-500",
            Script::new(500, "text/html", HTML),
            500,
            "answered with status 500",
        ),
        ("html-403", Script::new(403, "text/html", HTML), 403, "403"),
        ("empty", Script::json(200, ""), 502, "an empty body"),
        (
            "empty-500",
            Script::json(500, ""),
            500,
            "answered with status 500",
        ),
        (
            "error",
            Script::json(200, quota),
            429,
            "You are out of credits",
        ),
        (
            "redirect",
            Script::json(302, "").header(header::LOCATION, HeaderValue::from_static("/x")),
            502,
            "base_url",
        ),
        (
            "text",
            Script::new(200, "text/plain", "no"),
            502,
            "no JSON object",
        ),
        ("array", Script::json(200, "[]"), 502, "no JSON object"),
    ];
    for (name, script, status, says) in rows {
        stage.upstream.sandbox.script(name, [script]);
        for (client, model, stream) in asks(|provider| format!("{provider}/raw-{name}")) {
            let answer = stage.byokey.ask(client.plain(&model, stream)).await;
            let shown = format!("{name} {client:?} {model} {stream}");
            assert_eq!(answer.status, status, "{shown} {:?}", answer.body);
            assert_fault(client, &answer, status, says);
        }
        assert_eq!(
            stage.upstream.sandbox.take_requests().len(),
            8,
            "{name}: asked once each"
        );
    }
    stage.byokey.serves().await;
}

#[tokio::test]
async fn h13_refusals_keep_their_status_and_their_words() {
    let stage = Stage::open().await;
    for status in [400, 401, 402, 403, 404, 413, 429, 500, 503, 529] {
        for (client, model, stream) in asks(|provider| format!("{provider}/fail-{status}")) {
            let answer = stage.byokey.ask(client.plain(&model, stream)).await;
            let told = (answer.status, answer.header("retry-after"));
            let expected = (status, if status == 429 { "7" } else { "" });
            assert_eq!(told, expected, "{client:?} {model}");
            // verbatim or not, both formats have the message there
            let message = answer.json()["error"]["message"].as_str().map(str::len);
            assert!(
                message.is_some_and(|length| length > 5),
                "{:?}",
                answer.body
            );
        }
        assert_eq!(
            stage.upstream.sandbox.take_requests().len(),
            8,
            "{status}: asked once each"
        );
    }
    stage.byokey.serves().await;
}

/// Towards a client of the same format a refusal is the upstream's bytes.
#[tokio::test]
async fn refusals_are_verbatim_at_home() {
    let stage = Stage::open().await;
    let odd = "{ \"type\":\"error\", \"error\" : {\"message\":\"no\\u0020\",\"type\":\"odd\", \"x\":1.0e0}}\n";
    stage
        .upstream
        .sandbox
        .script("odd", [Script::json(418, odd)]);
    for client in Client::ALL {
        let answer = stage
            .byokey
            .ask(client.plain(&format!("{}/raw-odd", client.home()), false))
            .await;
        assert_eq!((answer.status, answer.body), (418, Bytes::from(odd)));
        let answer = stage
            .byokey
            .ask(client.plain(&format!("{}/raw-odd", client.abroad()), false))
            .await;
        assert_eq!(client.fault(&answer).2, "no ");
        assert_eq!(answer.status, 418);
    }
}

#[tokio::test]
async fn h02_bytes_that_are_no_text() {
    let stage = Stage::open().await;
    let answer: &[u8] = b"{\"id\":\"x\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"a\xff\"},\"finish_reason\":\"stop\"}],\"content\":[{\"type\":\"text\",\"text\":\"a\xff\"}]}";
    let chat: &[u8] = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\xff\"}}]}\n\n";
    let messages: &[u8] = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\xff\"}}\n\n";
    let sandbox = &stage.upstream.sandbox;
    sandbox.script("whole", [Script::json(200, answer)]);
    sandbox.script("up-chat", [Script::events([chat])]);
    sandbox.script("up-msg", [Script::events([messages])]);
    for client in Client::ALL {
        let ask = |provider: &str, name: &str, stream| {
            stage
                .byokey
                .ask(client.plain(&format!("{provider}/raw-{name}"), stream))
        };
        // passed on at home: nobody here has to read it
        let told = ask(client.home(), "whole", false).await;
        assert_eq!((told.status, &told.body[..]), (200, answer));
        let told = ask(client.home(), client.home(), true).await;
        assert_eq!(told.status, 200);
        let event = if client == Client::Chat {
            chat
        } else {
            messages
        };
        assert!(told.body.starts_with(event), "{:?}", told.body);
        // read, and refused, abroad
        assert_fault(
            client,
            &ask(client.abroad(), "whole", false).await,
            502,
            "not of its format",
        );
        // a stream is repaired, event by event, and this one has no end
        let events = ask(client.abroad(), client.abroad(), true).await.events();
        assert_eq!(client.streamed_text(&events), "a\u{fffd}");
        assert_eq!(client.terminals(&events), ["error"]);
    }
    stage.byokey.serves().await;
}

/// Nothing is gathered: at home it passes through, abroad it is refused long before its end.
#[tokio::test]
async fn a_line_without_an_end() {
    let stage = Stage::open().await;
    let chunk = Bytes::from(vec![b'x'; 1 << 16]);
    let mut line = Script::events([Bytes::from_static(b"data: ")]);
    line.steps
        .extend((0..160).map(|_| Step::Send(chunk.clone())));
    stage.upstream.sandbox.script("line", [line]);
    for client in Client::ALL {
        let model = format!("{}/raw-line", client.home());
        let answer = stage.byokey.ask(client.plain(&model, true)).await;
        assert_eq!(answer.status, 200);
        let begins = answer.body.starts_with(b"data: xxx");
        assert!(
            begins && answer.body.len() >= 10 << 20,
            "{}",
            answer.body.len()
        );
        let model = format!("{}/raw-line", client.abroad());
        // so much without content is an answer, which can only end badly
        let answer = stage.byokey.ask(client.plain(&model, true)).await;
        assert_eq!(client.terminals(&answer.events()), ["error"]);
        assert!(answer.body.len() < 1000, "{}", answer.body.len());
    }
    stage.byokey.serves().await;
}

/// An endless stream of such lines ends with the client, at both places.
#[tokio::test]
async fn an_endless_answer_is_cut_or_passed_on() {
    let stage = Stage::open().await;
    let endless = Script {
        steps: vec![Step::Forever(Bytes::from(vec![b'x'; 1 << 16]))],
        ..Script::events([""])
    };
    stage.upstream.sandbox.script("endless", [endless]);
    for client in Client::ALL {
        let answer = stage
            .byokey
            .ask(client.plain(&format!("{}/raw-endless", client.abroad()), true))
            .await;
        assert_eq!(client.terminals(&answer.events()), ["error"]);
        crate::client::soon(stage.upstream.sandbox.disconnected()).await;
        let mut coming = stage
            .byokey
            .open(client.plain(&format!("{}/raw-endless", client.home()), true))
            .await;
        while coming.seen.len() < 10 << 20 {
            coming.more().await.unwrap().unwrap();
        }
        drop(coming);
        crate::client::soon(stage.upstream.sandbox.disconnected()).await;
    }
    stage.byokey.serves().await;
}

/// Connections that break, and one that is refused, each as a provider of its own.
#[tokio::test]
async fn connections_that_break() {
    let upstream = Upstream::open().await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n";
    let endless = RawReply {
        steps: vec![
            Step::Send(Bytes::from_static(b"HTTP/1.1 200 OK\r\n")),
            Step::Forever(Bytes::from_static(b"x-more: and more\r\n")),
        ],
        ..RawReply::new("")
    };
    let rows = [
        (
            "reset-silent",
            RawReply::silent(RawEnding::Reset),
            502,
            "closed the connection without an answer",
        ),
        (
            "close-silent",
            RawReply::silent(RawEnding::Close),
            502,
            "closed the connection without an answer",
        ),
        (
            "half-head",
            RawReply::new("HTTP/1.1 200 OK\r\nx-half: "),
            502,
            "",
        ),
        (
            "reset-head",
            RawReply::new(head).ending(RawEnding::Reset),
            502,
            "before the end of its answer",
        ),
        (
            "half-body",
            RawReply::new(format!("{head}{{\"id\":")),
            502,
            "before the end of its answer",
        ),
        (
            "reset-body",
            RawReply::new(format!("{head}{{\"id\":")).ending(RawEnding::Reset),
            502,
            "before the end of its answer",
        ),
        (
            "no-http",
            RawReply::new("220 smtp.example ESMTP\r\n"),
            502,
            "something that is not HTTP",
        ),
        ("endless-head", endless, 502, ""),
    ];
    let mut providers = Map::new();
    let mut add = |name: &str, url: &str| {
        for protocol in ["openai", "anthropic"] {
            let provider = json!({"protocol": protocol, "base_url": url, "api_key": "k"});
            providers.insert(format!("{name}-{protocol}"), provider);
        }
    };
    let mut expected = Vec::new();
    for (name, reply, status, says) in rows {
        let server = upstream.raw(vec![reply]).await;
        add(name, &server.url());
        expected.push((name, status, says));
    }
    // bound and closed again: nobody listens there
    let free = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap();
    add("refused", &format!("http://{free}"));
    expected.push(("refused", 503, "refused the connection"));

    let config = upstream.config(&json!({"providers": Value::Object(providers)}));
    let byokey = Launch::serve(&config).start().await;
    for (name, status, says) in expected {
        for client in Client::ALL {
            for protocol in ["openai", "anthropic"] {
                for stream in [false, true] {
                    let model = format!("{name}-{protocol}/m");
                    let answer = byokey.ask(client.plain(&model, stream)).await;
                    assert_eq!(answer.status, status, "{model}: {:?}", answer.body);
                    assert_fault(client, &answer, status, says);
                }
            }
        }
        byokey.serves().await;
    }
}

/// A stream that breaks before it has said anything is an error like any other.
#[tokio::test]
async fn streams_that_break_before_their_content() {
    let stage = Stage::open().await;
    let start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"stop_reason\":null,\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n";
    let overloaded = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded, sorry\"}}\n\n";
    let rows = [
        (
            "error",
            Script::events([start, overloaded]),
            529,
            "Overloaded, sorry",
        ),
        ("cut", Script::events([start]).ending(Ending::Cut), 502, ""),
        ("end", Script::events([start]), 502, ""),
        ("nothing", Script::events([""]), 502, ""),
    ];
    for (name, script, status, says) in rows {
        stage.upstream.sandbox.script(name, [script]);
        for client in Client::ALL {
            let answer = stage
                .byokey
                .ask(client.plain(&format!("up-msg/raw-{name}"), true))
                .await;
            assert_eq!(answer.status, status, "{name}: {:?}", answer.body);
            assert_fault(client, &answer, status, says);
        }
    }
}
