//! Answers that come compressed though nobody asked.

use std::{io::Cursor, pin::Pin};

use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use byokey_types::{ByokError, Kind};
use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt;
use pretty_assertions::assert_eq;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::upstream::{Upstream, client};

async fn encoded(coding: &str, plain: &[u8]) -> Vec<u8> {
    let plain = Cursor::new(plain);
    let mut encoder: Pin<Box<dyn AsyncRead + '_>> = match coding {
        "gzip" => Box::pin(GzipEncoder::new(plain)),
        "deflate" => Box::pin(ZlibEncoder::new(plain)),
        "br" => Box::pin(BrotliEncoder::with_quality(
            plain,
            async_compression::Level::Fastest,
        )),
        "zstd" => Box::pin(ZstdEncoder::new(plain)),
        other => panic!("{other}"),
    };
    let mut encoded = Vec::new();
    encoder.read_to_end(&mut encoded).await.unwrap();
    encoded
}

async fn exchange(coding: &str, body: &[u8]) -> Result<(HeaderMap, Bytes), ByokError> {
    let upstream = Upstream::new().await;
    let client = client();
    let serving = async {
        let mut connection = upstream.accept().await;
        connection.read_request().await;
        let headers = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: {}\r\nx-own: 1\r\n\r\n",
            body.len()
        );
        connection.write(headers).await;
        connection.write_what_is_taken(body).await;
        connection
    };
    let reading = async {
        let answer = client.send(upstream.call(vec![])).await?;
        Ok((answer.headers, answer.body.collect().await?.to_bytes()))
    };
    // the connection stays open: an end that was declared is enough
    let (read, _connection) = tokio::join!(reading, serving);
    read
}

#[tokio::test]
async fn h05_every_coding_is_undone() {
    let plain: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let (headers, body) = exchange(coding, &encoded(coding, &plain).await)
            .await
            .unwrap();
        assert!(body == plain, "{coding}");
        let kept: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
        assert_eq!(kept, ["x-own"], "{coding}");
    }
    let twice = encoded("gzip", &encoded("br", &plain).await).await;
    assert!(exchange("br, gzip", &twice).await.unwrap().1 == plain);
    let joined = [encoded("gzip", b"a").await, encoded("gzip", b"b").await].concat();
    assert_eq!(exchange("x-gzip", &joined).await.unwrap().1, "ab");
    let (headers, body) = exchange("identity", b"plain").await.unwrap();
    assert_eq!((headers.len(), body), (2, Bytes::from_static(b"plain")));
}

#[tokio::test]
async fn what_cannot_be_decoded_is_named() {
    let gzip = encoded("gzip", b"hello").await;
    let rows = [
        ("gzip", &b"not gzip at all"[..], Kind::BadUpstream),
        ("gzip", &gzip[..gzip.len() - 3], Kind::Truncated),
        ("compress", b"x", Kind::BadUpstream),
        ("gzip, gzip, gzip", b"x", Kind::BadUpstream),
    ];
    for (coding, body, kind) in rows {
        let error = exchange(coding, body).await.unwrap_err();
        assert_eq!(error.kind, kind, "{coding}: {error:?}");
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_truncated() {
    let upstream = Upstream::new().await;
    let client = client();
    let body = encoded("gzip", b"hello").await;
    let serving = async {
        let mut connection = upstream.accept().await;
        connection.read_request().await;
        connection
            .write("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1000\r\n\r\n")
            .await;
        connection.write(&body).await;
    };
    let reading = async {
        let answer = client.send(upstream.call(vec![])).await.unwrap();
        answer.body.collect().await.unwrap_err()
    };
    let (error, ()) = tokio::join!(reading, serving);
    assert_eq!(error.kind, Kind::Truncated);
    assert_eq!(
        error.to_string(),
        "`127.0.0.1` closed the connection before the end of its answer"
    );
}

#[tokio::test]
async fn h05_a_bomb_is_let_off_outside() {
    // 80 MiB of zeros in a few kB, twice: past the free amount, far past the ratio
    let bomb = encoded("br", &vec![0; 80 << 20]).await;
    let error = exchange("br", &bomb).await.unwrap_err();
    assert_eq!(
        (error.kind, error.to_string().as_str()),
        (
            Kind::BadUpstream,
            "`127.0.0.1` sent a compressed answer that unpacks to more than 100 times its size"
        )
    );
}
