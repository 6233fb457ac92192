//! The callers: an HTTP/1.1 client with a connection for each request, and one that writes bytes.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::byokey::Byokey;

/// A client's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Chat,
    Messages,
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer that is still coming.
pub(crate) struct Coming {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    pub(crate) seen: Vec<u8>,
}

/// What every caller sends.
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

impl Client {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Chat, Self::Messages];

    /// Its route.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Messages => "/v1/messages",
        }
    }

    /// The custom provider that speaks this format.
    pub(crate) const fn home(self) -> &'static str {
        match self {
            Self::Chat => "up-chat",
            Self::Messages => "up-msg",
        }
    }

    /// The custom provider that speaks the other format.
    pub(crate) const fn abroad(self) -> &'static str {
        match self {
            Self::Chat => "up-msg",
            Self::Messages => "up-chat",
        }
    }

    /// A request with this body.
    pub(crate) fn ask(self, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
        request(Method::POST, self.path(), &[JSON], body)
    }

    /// A plain request, streamed or not.
    pub(crate) fn plain(self, model: &str, stream: bool) -> Request<Full<Bytes>> {
        self.ask(plain_body(model, &json!({"stream": stream})).to_string())
    }

    /// The text of a whole answer.
    pub(crate) fn text(self, answer: &Value) -> &str {
        match self {
            Self::Chat => &answer["choices"][0]["message"]["content"],
            Self::Messages => &answer["content"][0]["text"],
        }
        .as_str()
        .unwrap_or_else(|| panic!("no text: {answer}"))
    }

    /// The text of the events of a stream, put together.
    pub(crate) fn streamed_text(self, events: &[Value]) -> String {
        let texts = events.iter().filter_map(|event| match self {
            Self::Chat => event["choices"][0]["delta"]["content"].as_str(),
            Self::Messages => event["delta"]["text"].as_str(),
        });
        texts.collect()
    }

    /// The events that end a stream, by name: `[DONE]`, `message_stop`, or `error`.
    pub(crate) fn terminals(self, events: &[Value]) -> Vec<&'static str> {
        let terminals = events.iter().filter_map(|event| match self {
            Self::Chat if event == "[DONE]" => Some("[DONE]"),
            Self::Chat => event.get("error").map(|_| "error"),
            Self::Messages if event["type"] == "message_stop" => Some("message_stop"),
            Self::Messages => (event["type"] == "error").then_some("error"),
        });
        terminals.collect()
    }

    /// How this format says that all went well.
    pub(crate) const fn good_end(self) -> &'static str {
        match self {
            Self::Chat => "[DONE]",
            Self::Messages => "message_stop",
        }
    }

    /// Class and message of an error, after a check that it has this format's shape and nothing else.
    #[track_caller]
    pub(crate) fn fault(self, answer: &Answer) -> (u16, String, String) {
        let body = answer.json();
        let keys = |value: &Value| -> Vec<String> {
            let members = value
                .as_object()
                .unwrap_or_else(|| panic!("no object: {body}"));
            let mut keys: Vec<_> = members.keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(answer.headers["content-type"], "application/json", "{body}");
        match self {
            Self::Chat => {
                assert_eq!(keys(&body), ["error"], "{body}");
                assert_eq!(
                    keys(&body["error"]),
                    ["code", "message", "param", "type"],
                    "{body}"
                );
            }
            Self::Messages => {
                assert_eq!(keys(&body), ["error", "request_id", "type"], "{body}");
                assert_eq!(keys(&body["error"]), ["message", "type"], "{body}");
                assert_eq!(body["type"], "error", "{body}");
            }
        }
        let text = |name: &str| body["error"][name].as_str().unwrap_or_default().to_owned();
        (answer.status, text("type"), text("message"))
    }
}

impl Byokey {
    /// Sends a request on a connection of its own; dropping what comes back closes the connection.
    pub(crate) async fn open(&self, request: Request<Full<Bytes>>) -> Coming {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let io = TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        self.tasks.spawn(connection);
        let response = soon(sender.send_request(request)).await.unwrap();
        Coming::new(response)
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> Answer {
        self.open(request).await.whole().await
    }

    /// Asks for a path.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(request(Method::GET, path, headers, "")).await
    }

    /// Writes bytes on a connection of its own, and leaves it open.
    pub(crate) async fn write(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    /// Whether a plain request is answered, in either format.
    #[track_caller]
    pub(crate) fn serves(&self) -> impl Future<Output = ()> {
        let asking = Client::ALL.map(|client| {
            let model = format!("{}/echo", client.home());
            (client, self.ask(client.plain(&model, false)))
        });
        async {
            for (client, asking) in asking {
                assert_eq!(client.text(&asking.await.ok()), "hi there");
            }
        }
    }
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The JSON of a 200.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()
    }

    /// The events of a stream.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{self:?}");
        events(&self.body)
    }

    /// A header, empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl Coming {
    fn new(response: Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            seen: Vec::new(),
        }
    }

    /// The next bytes, added to those seen; `None` at the end, `Some(Err)` when the connection breaks.
    pub(crate) async fn more(&mut self) -> Option<Result<(), hyper::Error>> {
        let frame = soon(self.body.frame()).await?;
        Some(frame.map(|frame| self.seen.extend_from_slice(frame.data_ref().unwrap())))
    }

    /// Reads until some text has come.
    pub(crate) async fn until(&mut self, text: &str) {
        while !contains(&self.seen, text) {
            let Some(Ok(())) = self.more().await else {
                panic!(
                    "`{text}` never came: {}",
                    String::from_utf8_lossy(&self.seen)
                );
            };
        }
    }

    /// Reads to the end.
    pub(crate) async fn whole(mut self) -> Answer {
        while let Some(more) = self.more().await {
            more.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.seen)));
        }
        Answer {
            status: self.status,
            headers: self.headers,
            body: self.seen.into(),
        }
    }
}

/// A plain body, the same in both formats, which also asks for `more`.
pub(crate) fn plain_body(model: &str, more: &Value) -> Value {
    let mut body = json!({
        "model": model,
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "hi there"}],
    });
    let members = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(members);
    body
}

/// A request.
pub(crate) fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path);
    if headers.iter().all(|(name, _)| *name != "host") {
        request = request.header("host", "localhost");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(body.into())).unwrap()
}

/// The head and body of a request, as bytes.
pub(crate) fn bytes_of(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Everything that comes until the peer closes.
pub(crate) async fn rest(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    soon(stream.read_to_end(&mut heard)).await.unwrap();
    String::from_utf8(heard).unwrap()
}

/// The `data:` of every event; what is not JSON, such as `[DONE]`, as a string.
pub(crate) fn events(body: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(body).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| serde_json::from_str(data).unwrap_or_else(|_| Value::from(data.trim())))
        .collect()
}

/// Whether a text is in some bytes.
pub(crate) fn contains(bytes: &[u8], text: &str) -> bool {
    text.is_empty()
        || bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
}

/// The future's value, or a failed test instead of one that hangs.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), future)
        .await
        .unwrap()
}
