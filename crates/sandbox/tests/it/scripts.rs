//! Hostile upstreams: scripted bodies and raw sockets.

use byokey_sandbox::{Cue, Ending, RawEnding, RawReply, RawServer, Script, Step};
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body_util::BodyExt as _;
use pretty_assertions::assert_eq;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::client::{Stage, chat, soon};

fn ask() -> http::Request<http_body_util::Full<Bytes>> {
    chat(&json!({"model": "raw-x", "nothing": "is checked"}))
}

#[tokio::test]
async fn a_script_is_played_as_written() {
    let stage = Stage::open().await;
    assert_eq!(stage.ask(ask()).await.status, 404);
    let html = Script::new(502, "text/html", "<h1>Bad gateway</h1>");
    let gzip = Script::json(200, Bytes::from_static(&[0x1f, 0x8b, 0xff]))
        .header(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    stage
        .sandbox
        .script("x", [html, Script::json(200, Bytes::new()), gzip]);
    let mut heard = Vec::new();
    for _ in 0..4 {
        let answer = stage.ask(ask()).await;
        let mut headers: Vec<_> = answer
            .headers
            .keys()
            .map(ToString::to_string)
            .filter(|name| name != "date")
            .collect();
        headers.sort();
        heard.push((answer.status, headers.join(" "), answer.body));
    }
    let gzip = (
        200,
        "content-encoding content-type transfer-encoding".to_owned(),
        Bytes::from_static(&[0x1f, 0x8b, 0xff]),
    );
    assert_eq!(
        heard,
        [
            (
                502,
                "content-type transfer-encoding".to_owned(),
                Bytes::from("<h1>Bad gateway</h1>")
            ),
            (
                200,
                "content-type transfer-encoding".to_owned(),
                Bytes::new()
            ),
            gzip.clone(),
            gzip,
        ]
    );
}

#[tokio::test]
async fn a_script_may_end_badly() {
    let stage = Stage::open().await;
    let events = || Script::events(["data: é\n\n", "data: 2\n\n"]).byte_by_byte();
    stage.sandbox.script(
        "x",
        [
            events(),
            events().ending(Ending::Cut),
            events().cue(Cue::Cut),
        ],
    );
    assert_eq!(events().steps.len(), 19);
    assert_eq!(stage.ask(ask()).await.text(), "data: é\n\ndata: 2\n\n");
    let mut response = stage.send(ask()).await.unwrap();
    let mut broken = false;
    while let Some(frame) = response.body_mut().frame().await {
        broken |= frame.is_err();
    }
    assert!(broken);
    assert!(
        stage
            .send(ask())
            .await
            .err()
            .unwrap()
            .is_incomplete_message()
    );
}

#[tokio::test]
async fn an_endless_body_ends_with_the_client() {
    let stage = Stage::open().await;
    let endless = Script {
        steps: vec![Step::Forever(Bytes::from_static(&[b'x'; 4096]))],
        ..Script::json(200, "")
    };
    stage.sandbox.script("x", [endless]);
    let mut response = stage.send(ask()).await.unwrap();
    let mut seen = 0;
    while seen < 1 << 20 {
        seen += response
            .body_mut()
            .frame()
            .await
            .unwrap()
            .unwrap()
            .data_ref()
            .unwrap()
            .len();
    }
    drop(response);
    soon(stage.sandbox.disconnected()).await;
}

async fn raw(stage: &Stage, replies: Vec<RawReply>) -> RawServer {
    RawServer::start(replies, &stage.tasks, stage.shutdown.clone())
        .await
        .unwrap()
}

/// Sends a request and returns everything that comes, with the kind of the error that ends it.
async fn hear(server: &RawServer, request: &[u8]) -> (Vec<u8>, Option<std::io::ErrorKind>) {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut heard = Vec::new();
    let end = stream.read_to_end(&mut heard).await;
    (heard, end.err().map(|error| error.kind()))
}

#[tokio::test]
async fn a_raw_server_says_what_it_was_told() {
    let stage = Stage::open().await;
    let half = "HTTP/1.1 200 OK\r\nx-endless: ";
    let server = raw(
        &stage,
        vec![
            RawReply::new(half),
            RawReply::new(half).ending(RawEnding::Reset),
            RawReply::silent(RawEnding::Close),
        ],
    )
    .await;
    let request = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
    assert_eq!(hear(&server, request).await, (half.into(), None));
    assert_eq!(
        hear(&server, request).await.1,
        Some(std::io::ErrorKind::ConnectionReset)
    );
    let chunked = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    assert_eq!(hear(&server, chunked).await, (Vec::new(), None));
    assert_eq!(hear(&server, request).await, (Vec::new(), None));
    soon(server.finished(4)).await;
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn a_raw_server_sees_the_client_leave() {
    let stage = Stage::open().await;
    let endless = RawReply {
        steps: vec![Step::Forever(Bytes::from_static(b"x-a: b\r\n"))],
        ..RawReply::new("")
    };
    let server = raw(&stage, vec![endless, RawReply::silent(RawEnding::Hang)]).await;
    for connection in 1..=2 {
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        if connection == 1 {
            stream.read_exact(&mut vec![0; 100_000]).await.unwrap();
        }
        drop(stream);
        soon(server.finished(connection)).await;
    }
}
