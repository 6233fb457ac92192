//! A raw TCP server that says exactly what a test wants said.

use std::time::Duration;

use byokey_provider::{Call, Client, Limits};
use byokey_types::provider::UpstreamConfig;
use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Long enough that only a hang reaches it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Head of an answer that is to go on.
pub(crate) const STREAM: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// A listener on loopback.
pub(crate) struct Upstream {
    listener: TcpListener,
}

/// An accepted connection.
pub(crate) struct Connection {
    socket: TcpStream,
    unread: Vec<u8>,
}

/// A request as it was on the wire.
#[derive(Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Upstream {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    pub(crate) fn call(&self, body: Vec<Bytes>) -> Call {
        let address = self.listener.local_addr().unwrap();
        Call {
            method: Method::POST,
            uri: format!("http://{address}/v1/messages").parse().unwrap(),
            headers: HeaderMap::new(),
            body,
            limits: Limits {
                first_byte: PATIENCE,
                idle: PATIENCE,
            },
        }
    }

    pub(crate) async fn accept(&self) -> Connection {
        let accepted = tokio::time::timeout(PATIENCE, self.listener.accept()).await;
        let (socket, _) = accepted.unwrap().unwrap();
        Connection {
            socket,
            unread: Vec::new(),
        }
    }
}

impl Connection {
    /// Reads one request whose length is declared.
    pub(crate) async fn read_request(&mut self) -> Request {
        let head_end = loop {
            if let Some(at) = find(&self.unread, b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.fill().await, "the connection ended inside a head");
        };
        let head = String::from_utf8(self.unread.drain(..head_end).collect()).unwrap();
        let length = head
            .to_ascii_lowercase()
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
            .unwrap_or(0);
        while self.unread.len() < length {
            assert!(self.fill().await, "the connection ended inside a body");
        }
        let body = self.unread.drain(..length).collect();
        Request { head, body }
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Writes as much as the other side takes.
    pub(crate) async fn write_what_is_taken(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.ok();
    }

    /// Answers a whole body with these headers.
    pub(crate) async fn answer(&mut self, headers: &str, body: &[u8]) {
        let length = body.len();
        self.write(format!(
            "HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\n\r\n"
        ))
        .await;
        self.write(body).await;
    }

    /// Resolves when the other side has closed the connection.
    pub(crate) async fn closed(mut self) {
        let closing = async { while self.fill().await {} };
        tokio::time::timeout(PATIENCE, closing)
            .await
            .unwrap_or_else(|_| panic!("the connection is still open"));
    }

    async fn fill(&mut self) -> bool {
        self.unread.reserve(64 * 1024);
        matches!(self.socket.read_buf(&mut self.unread).await, Ok(1..))
    }
}

pub(crate) fn client() -> Client {
    Client::new(&UpstreamConfig::default()).unwrap()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
