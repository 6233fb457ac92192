//! Late, partial and broken answers, and clients that hang up.

use byokey_sandbox::{Hangup, Outcome, Phase};
use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt as _;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::client::{Stage, chat, messages, request, soon};

fn body(model: &str, stream: bool) -> Value {
    json!({"model": model, "max_tokens": 128_000, "stream": stream, "messages": [{"role": "user", "content": "hi"}]})
}

/// What arrives before the connection breaks; the error says that it did.
async fn until_broken(stage: &Stage, body: &Value, format: Format) -> (Bytes, bool) {
    let mut response = stage.send(format(body)).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut seen = Vec::new();
    loop {
        match response.body_mut().frame().await {
            Some(Ok(frame)) => seen.extend_from_slice(frame.data_ref().unwrap()),
            Some(Err(_)) => return (seen.into(), true),
            None => return (seen.into(), false),
        }
    }
}

type Format = fn(&Value) -> http::Request<http_body_util::Full<Bytes>>;
const FORMATS: [Format; 2] = [chat, messages];

#[tokio::test]
async fn cut_closes_the_connection_half_way() {
    let stage = Stage::open().await;
    for format in FORMATS {
        for stream in [true, false] {
            let (seen, broken) = until_broken(&stage, &body("cut", stream), format).await;
            let text = String::from_utf8_lossy(&seen).into_owned();
            assert_eq!(
                (
                    broken,
                    text.contains("one") || !stream,
                    text.contains("[DONE]"),
                    text.contains("message_stop")
                ),
                (true, true, false, false),
                "{text}"
            );
        }
        let error = stage
            .send(format(&body("cut-head", true)))
            .await
            .err()
            .unwrap();
        assert!(error.is_incomplete_message(), "{error:?}");
    }
    let outcomes: Vec<_> = stage
        .sandbox
        .requests()
        .iter()
        .map(|request| request.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Completed; 6]);
}

#[tokio::test]
async fn an_error_arrives_in_the_middle_of_a_stream() {
    let stage = Stage::open().await;
    let (seen, broken) = until_broken(&stage, &body("error-mid", true), messages).await;
    let end = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    assert_eq!((broken, seen.ends_with(end.as_bytes())), (false, true));
    let (seen, broken) = until_broken(&stage, &body("error-mid", true), chat).await;
    let end = "data: {\"error\":{\"message\":\"The server had an error while processing your request. Sorry about that!\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n";
    assert_eq!((broken, seen.ends_with(end.as_bytes())), (false, true));
    assert_eq!(stage.chat(&body("error-mid", false)).await.status, 500);
    assert_eq!(
        stage.messages(&body("error-mid", false)).await.json()["error"]["type"],
        "api_error"
    );
}

#[tokio::test]
async fn each_status_has_the_provider_s_words() {
    let stage = Stage::open().await;
    let mut told = Vec::new();
    for status in [400, 401, 402, 403, 404, 413, 418, 429, 500, 503, 529] {
        let model = body(&format!("fail-{status}"), true);
        let (chat, messages) = (stage.chat(&model).await, stage.messages(&model).await);
        assert_eq!((chat.status, messages.status), (status, status));
        let retry = |answer: &crate::client::Answer| {
            answer
                .headers
                .get("retry-after")
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let expected = (status == 429).then(|| "7".to_owned());
        assert_eq!(
            (retry(&chat), retry(&messages)),
            (expected.clone(), expected)
        );
        let error = chat.json()["error"].clone();
        told.push((
            status,
            error["type"].clone(),
            error["code"].clone(),
            messages.json()["error"]["type"].clone(),
        ));
    }
    let expected = [
        (
            400,
            json!("invalid_request_error"),
            json!(null),
            json!("invalid_request_error"),
        ),
        (
            401,
            json!("invalid_request_error"),
            json!("invalid_api_key"),
            json!("authentication_error"),
        ),
        (
            402,
            json!("unknown_error"),
            json!(null),
            json!("billing_error"),
        ),
        (
            403,
            json!("request_forbidden"),
            json!("unsupported_country_region_territory"),
            json!("permission_error"),
        ),
        (
            404,
            json!("invalid_request_error"),
            json!("model_not_found"),
            json!("not_found_error"),
        ),
        (
            413,
            json!("invalid_request_error"),
            json!(null),
            json!("request_too_large"),
        ),
        (
            418,
            json!("invalid_request_error"),
            json!(null),
            json!("invalid_request_error"),
        ),
        (
            429,
            json!("requests"),
            json!("rate_limit_exceeded"),
            json!("rate_limit_error"),
        ),
        (500, json!("server_error"), json!(null), json!("api_error")),
        (503, json!("server_error"), json!(null), json!("api_error")),
        (
            529,
            json!("server_error"),
            json!(null),
            json!("overloaded_error"),
        ),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_hang_up_is_noticed_in_every_phase() {
    let stage = Stage::open().await;
    let mut number = 0;
    for format in FORMATS {
        for (model, phase) in [
            ("stall-head", Phase::Head),
            ("stall", Phase::Body),
            ("stall-mid", Phase::Body),
            ("lorem-1000000", Phase::Body),
        ] {
            number += 1;
            if phase == Phase::Head {
                let body = body(model, true);
                tokio::select! {
                    answer = stage.send(format(&body)) => panic!("an answer came: {answer:?}"),
                    _ = stage.sandbox.until(|gauges| gauges.read >= number) => {}
                }
            } else {
                let mut response = stage.send(format(&body(model, true))).await.unwrap();
                if model != "stall" {
                    response.body_mut().frame().await.unwrap().unwrap();
                }
                assert_eq!(stage.sandbox.open_streams(), 1);
            }
            assert_eq!(
                soon(stage.sandbox.disconnected()).await,
                Hangup { number, phase },
                "{model}"
            );
            soon(stage.sandbox.until(|gauges| gauges.open_streams == 0)).await;
        }
    }
    let mut stream = TcpStream::connect(stage.sandbox.addr()).await.unwrap();
    stream
        .write_all(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{\"mod")
        .await
        .unwrap();
    soon(stage.sandbox.until(|gauges| gauges.received > number)).await;
    drop(stream);
    let hangup = Hangup {
        number: number + 1,
        phase: Phase::Request,
    };
    assert_eq!(soon(stage.sandbox.disconnected()).await, hangup);
    assert_eq!(
        stage
            .sandbox
            .requests()
            .last()
            .map(|request| request.outcome),
        Some(Outcome::Disconnected(Phase::Request))
    );
}

#[tokio::test]
async fn half_an_answer_comes_before_the_silence() {
    let stage = Stage::open().await;
    for format in FORMATS {
        let mut response = stage.send(format(&body("stall-mid", false))).await.unwrap();
        let half = response
            .body_mut()
            .frame()
            .await
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap();
        assert_eq!(half[0], b'{');
        assert!(serde_json::from_slice::<Value>(&half).is_err());
    }
}

/// Paused time runs only when everything else waits, so the instants are exact.
#[tokio::test(start_paused = true)]
async fn tokens_come_at_their_rate() {
    let stage = Stage::open().await;
    let start = tokio::time::Instant::now();
    let answer = stage.chat(&body("lorem-50-10", true)).await;
    assert_eq!((start.elapsed().as_secs(), answer.events().len()), (5, 53));
    let start = tokio::time::Instant::now();
    stage.messages(&body("slow-start-1500", false)).await.ok();
    assert_eq!(start.elapsed().as_millis() / 10, 150);
    let start = tokio::time::Instant::now();
    let mut response = stage
        .send(messages(&body("slow-start-1500", true)))
        .await
        .unwrap();
    let first = response
        .body_mut()
        .frame()
        .await
        .unwrap()
        .unwrap()
        .into_data()
        .unwrap();
    let handshake = first.starts_with(b"event: message_start");
    assert_eq!((handshake, start.elapsed().as_millis() / 10), (true, 0));
    response.body_mut().frame().await.unwrap().unwrap();
    assert_eq!(start.elapsed().as_millis() / 10, 150);
}

#[tokio::test]
async fn equal_requests_get_equal_bytes() {
    let stage = Stage::open().await;
    for format in FORMATS {
        for stream in [true, false] {
            let ask = || stage.ask(format(&body("echo", stream)));
            let (first, second) = (ask().await, ask().await);
            assert_eq!(first.body, second.body);
            let id = |answer: &crate::client::Answer| {
                answer
                    .headers
                    .get("request-id")
                    .or(answer.headers.get("x-request-id"))
                    .cloned()
                    .unwrap()
            };
            assert_ne!(id(&first), id(&second));
        }
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let stage = Stage::open().await;
    let body = Bytes::from(vec![b' '; (64 << 20) + 1]);
    let headers = crate::client::ANTHROPIC;
    let refused = stage
        .ask(request(Method::POST, "/v1/messages", headers, body))
        .await;
    assert_eq!(
        (refused.status, refused.json()["error"]["type"].clone()),
        (413, json!("request_too_large"))
    );
}
