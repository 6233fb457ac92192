//! What travels, and what is cancelled.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use byokey_provider::{Client, Clients};
use byokey_types::{Kind, Secret, provider::UpstreamConfig};
use bytes::Bytes;
use futures_util::{FutureExt, poll};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt;
use pretty_assertions::assert_eq;

use crate::upstream::{STREAM, Upstream, client};

#[tokio::test]
async fn pieces_arrive_as_one_body_of_known_length_twice() {
    let upstream = Upstream::new().await;
    let client = client();
    let large = Bytes::from(vec![b'x'; 3 << 20]);
    let pieces = vec![
        Bytes::from_static(b"{\"model\":"),
        Bytes::new(),
        Bytes::from_static(b"\"m\""),
        large.clone(),
        Bytes::from_static(b"}"),
    ];
    let mut call = upstream.call(pieces.clone());
    call.headers
        .insert("x-own", HeaderValue::from_static("kept"));
    call.headers
        .insert("accept-encoding", HeaderValue::from_static("br"));
    let again = call.clone();
    let sending = async {
        for call in [call, again] {
            let answer = client.send(call).await.unwrap();
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.body.collect().await.unwrap().to_bytes(), "ok");
        }
    };
    // one connection for both: it is kept alive
    let serving = async {
        let mut connection = upstream.accept().await;
        for _ in 0..2 {
            let request = connection.read_request().await;
            let mut head: Vec<&str> = request.head.trim_end().split("\r\n").collect();
            let host = head
                .iter()
                .position(|line| line.starts_with("host: 127.0.0.1:"));
            head.remove(host.unwrap());
            head[1..].sort_unstable();
            assert_eq!(
                head,
                [
                    "POST /v1/messages HTTP/1.1",
                    "accept-encoding: identity",
                    &format!("content-length: {}", pieces.concat().len()),
                    "x-own: kept",
                ]
            );
            assert!(request.body == pieces.concat(), "the body has changed");
            connection.answer("", b"ok").await;
        }
    };
    tokio::join!(sending, serving);
}

#[tokio::test]
async fn an_answer_arrives_byte_by_byte_without_its_trailers() {
    let upstream = Upstream::new().await;
    let client = client();
    let serving = async {
        let mut connection = upstream.accept().await;
        connection.read_request().await;
        connection.write(STREAM).await;
        connection
            .write("5\r\nhello\r\n1\r\n!\r\n0\r\nx-trailer: 1\r\n\r\n")
            .await;
        connection
    };
    let (answer, _connection) = tokio::join!(client.send(upstream.call(vec![])), serving);
    let collected = answer.unwrap().body.collect().await.unwrap();
    assert_eq!(collected.trailers(), None);
    assert_eq!(collected.to_bytes(), "hello!");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let upstream = Upstream::new().await;
    let client = client();
    let serving = async {
        let mut connection = upstream.accept().await;
        connection.read_request().await;
        connection
            .write("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\nset-cookie: a=1\r\ncontent-length: 0\r\n\r\n")
            .await;
        // no cookie comes back
        let second = connection.read_request().await;
        assert!(!second.head.contains("cookie"), "{}", second.head);
        connection.answer("", b"").await;
    };
    let sending = async {
        let answer = client.send(upstream.call(vec![])).await.unwrap();
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
        drop(answer);
        client.send(upstream.call(vec![])).await.unwrap();
    };
    tokio::join!(sending, serving);
}

#[tokio::test]
async fn dropping_cancels_before_the_head() {
    let upstream = Upstream::new().await;
    let client = client();
    let mut sending = Box::pin(client.send(upstream.call(vec![Bytes::from_static(b"{}")])));
    let mut connection = {
        let serving = pin!(async {
            let mut connection = upstream.accept().await;
            connection.read_request().await;
            connection
        });
        match futures_util::future::select(&mut sending, serving).await {
            futures_util::future::Either::Right((connection, _)) => connection,
            futures_util::future::Either::Left((answer, _)) => panic!("{answer:?}"),
        }
    };
    connection.write("HTTP/1.1 200 OK\r\n").await;
    drop(sending);
    connection.closed().await;
}

#[tokio::test]
async fn dropping_cancels_during_the_upload() {
    let upstream = Upstream::new().await;
    let client = client();
    let body = vec![Bytes::from(vec![0; 16 << 20]), Bytes::from_static(b"end")];
    let mut sending = Box::pin(client.send(upstream.call(body)));
    let connection = {
        let accepting = pin!(upstream.accept());
        match futures_util::future::select(&mut sending, accepting).await {
            futures_util::future::Either::Right((connection, _)) => connection,
            futures_util::future::Either::Left((answer, _)) => panic!("{answer:?}"),
        }
    };
    assert!(poll!(&mut sending).is_pending());
    drop(sending);
    connection.closed().await;
}

#[tokio::test]
async fn dropping_cancels_inside_the_body() {
    let upstream = Upstream::new().await;
    let client = client();
    for read_first in [false, true] {
        let serving = async {
            let mut connection = upstream.accept().await;
            connection.read_request().await;
            connection.write(STREAM).await;
            connection.write("5\r\nhello\r\n").await;
            connection
        };
        let (answer, connection) = tokio::join!(client.send(upstream.call(vec![])), serving);
        let mut answer = answer.unwrap();
        if read_first {
            let frame = answer.body.frame().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), "hello");
        }
        drop(answer);
        connection.closed().await;
    }
}

#[tokio::test]
async fn a_slow_reader_is_no_silent_upstream() {
    let upstream = Upstream::new().await;
    let client = client();
    let mut call = upstream.call(vec![]);
    call.limits.idle = Duration::from_millis(700);
    let serving = async {
        let mut connection = upstream.accept().await;
        connection.read_request().await;
        connection.write(STREAM).await;
        connection.write("1\r\na\r\n").await;
        connection
    };
    let (answer, mut connection) = tokio::join!(client.send(call), serving);
    let mut body = answer.unwrap().body;
    body.frame().await.unwrap().unwrap();
    assert!(
        body.frame().now_or_never().is_none(),
        "nothing has been sent"
    );
    connection.write("1\r\nb\r\n").await;
    body.frame().await.unwrap().unwrap();
    // nobody reads for longer than the limit; then the clock begins anew
    let idle_since = Instant::now();
    while idle_since.elapsed() < Duration::from_secs(1) {
        tokio::task::yield_now().await;
    }
    assert!(
        body.frame().now_or_never().is_none(),
        "the limit counts while nobody reads"
    );
    connection.write("0\r\n\r\n").await;
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn a_proxy_carries_the_rest_but_not_loopback() {
    let proxy = Upstream::new().await;
    let upstream = Upstream::new().await;
    let proxy_uri = proxy.call(vec![]).uri;
    let client = Client::new(&UpstreamConfig {
        proxy: Some(Secret::new(format!(
            "http://me:pw@{}",
            proxy_uri.authority().unwrap()
        ))),
        ..UpstreamConfig::default()
    })
    .unwrap();
    let mut remote = upstream.call(vec![]);
    remote.uri = "http://upstream.example/v1/messages".parse().unwrap();
    let (answer, head) = tokio::join!(client.send(remote), async {
        let mut connection = proxy.accept().await;
        let request = connection.read_request().await;
        connection.answer("", b"").await;
        request.head
    });
    answer.unwrap();
    assert!(
        head.starts_with("POST http://upstream.example/v1/messages HTTP/1.1\r\n"),
        "{head}"
    );
    let (answer, head) = tokio::join!(client.send(upstream.call(vec![])), async {
        let mut connection = upstream.accept().await;
        let request = connection.read_request().await;
        connection.answer("", b"").await;
        request.head
    });
    answer.unwrap();
    assert!(head.starts_with("POST /v1/messages HTTP/1.1\r\n"), "{head}");
}

#[tokio::test]
async fn a_proxy_that_is_none_is_refused_without_being_quoted() {
    let mut clients = Clients::default();
    let error = clients
        .client(&UpstreamConfig {
            proxy: Some(Secret::new("http://me:secret@exa mple")),
            ..UpstreamConfig::default()
        })
        .unwrap_err();
    assert_eq!(error.kind, Kind::InvalidRequest);
    assert!(!format!("{error} {error:?} {clients:?}").contains("secret"));
}

#[tokio::test]
async fn a_reload_keeps_the_connections() {
    let upstream = Upstream::new().await;
    let mut clients = Clients::default();
    let config = UpstreamConfig::default();
    let serving = async {
        let mut connection = upstream.accept().await;
        for _ in 0..2 {
            connection.read_request().await;
            connection.answer("", b"ok").await;
        }
    };
    let sending = async {
        for _ in 0..2 {
            let client = clients.client(&config).unwrap();
            let answer = client.send(upstream.call(vec![])).await.unwrap();
            answer.body.collect().await.unwrap();
        }
    };
    tokio::join!(sending, serving);
}
