//! An upstream that answers what it is told, request by request, and remembers what it was asked.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::{sync::DropGuard, task::TaskTracker};

/// A request: method and path, and the body (`null` when there is none).
pub(crate) type Asked = (String, Value);

/// The upstream. It ends with this.
pub(crate) struct Teller {
    addr: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _stop: DropGuard,
}

impl Teller {
    /// Each request gets the next answer: a status, and a body that is JSON or, where it begins so, events.
    pub(crate) async fn start(answers: Vec<(u16, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let stop = tokio_util::sync::CancellationToken::new();
        let record = Arc::clone(&asked);
        let mut answers = VecDeque::from(answers);
        let serving = async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                record.lock().unwrap().push(request);
                let (status, body) = answers.pop_front().unwrap();
                let kind = if body.starts_with('{') {
                    "application/json"
                } else {
                    "text/event-stream"
                };
                let head = format!(
                    "HTTP/1.1 {status} Told\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(body.as_bytes()).await.unwrap();
            }
        };
        TaskTracker::new().spawn(stop.clone().run_until_cancelled_owned(serving));
        Self {
            addr,
            asked,
            _stop: stop.drop_guard(),
        }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.addr)
    }

    /// What it was asked since the last call.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

async fn read(stream: &mut TcpStream) -> Asked {
    let mut heard = Vec::new();
    let end = loop {
        assert!(stream.read_buf(&mut heard).await.unwrap() > 0);
        if let Some(at) = heard.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8(heard[..end].to_vec()).unwrap();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().unwrap());
    while heard.len() < end + length {
        assert!(stream.read_buf(&mut heard).await.unwrap() > 0);
    }
    let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
    let body = serde_json::from_slice(&heard[end..]).unwrap_or_default();
    (line.to_owned(), body)
}
