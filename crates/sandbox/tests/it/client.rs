//! A small HTTP/1.1 client, and a sandbox to talk to.

use byokey_sandbox::{Sandbox, SandboxConfig};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// A sandbox that stops with the test.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
    _stop: DropGuard,
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Headers of a well-formed request.
pub(crate) const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
/// Headers of a well-formed Messages request.
pub(crate) const ANTHROPIC: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("anthropic-version", "2023-06-01"),
];

impl Stage {
    pub(crate) async fn open() -> Self {
        Self::with(SandboxConfig::default()).await
    }

    pub(crate) async fn with(config: SandboxConfig) -> Self {
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let sandbox = Sandbox::start(config, &tasks, shutdown.clone())
            .await
            .unwrap();
        Self {
            sandbox,
            tasks,
            _stop: shutdown.clone().drop_guard(),
            shutdown,
        }
    }

    /// Sends a request on a connection of its own and returns the head; dropping it closes the connection.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> hyper::Result<Response<Incoming>> {
        let stream = TcpStream::connect(self.sandbox.addr()).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        self.tasks.spawn(connection);
        sender.send_request(request).await
    }

    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> Answer {
        let response = self.send(request).await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.into_body().collect().await.unwrap().to_bytes(),
        }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(request(Method::GET, path, headers, "")).await
    }

    pub(crate) async fn chat(&self, body: &Value) -> Answer {
        self.ask(chat(body)).await
    }

    pub(crate) async fn gemini(&self, call: &str, body: &Value) -> Answer {
        self.ask(gemini(call, body)).await
    }

    /// A JSON body to any path.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(request(Method::POST, path, JSON, body.to_string()))
            .await
    }

    pub(crate) async fn responses(&self, body: &Value) -> Answer {
        self.ask(responses(body)).await
    }

    pub(crate) async fn messages(&self, body: &Value) -> Answer {
        self.ask(messages(body)).await
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The JSON of a 200.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The message of an error.
    pub(crate) fn message(&self) -> String {
        self.json()["error"]["message"]
            .as_str()
            .unwrap_or("no error")
            .to_owned()
    }

    /// The `data:` of every event; `[DONE]` as a string.
    pub(crate) fn events(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.text());
        assert_eq!(
            self.headers["content-type"],
            "text/event-stream; charset=utf-8"
        );
        self.text()
            .split("\n\n")
            .flat_map(str::lines)
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|data| serde_json::from_str(data).unwrap_or_else(|_| Value::from(data)))
            .collect()
    }
}

/// The future's value, or a failed test instead of one that hangs.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    let limit = std::time::Duration::from_secs(20);
    tokio::time::timeout(limit, future).await.unwrap()
}

pub(crate) fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "sandbox");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(body.into())).unwrap()
}

pub(crate) fn chat(body: &Value) -> Request<Full<Bytes>> {
    request(Method::POST, "/v1/chat/completions", JSON, body.to_string())
}

pub(crate) fn responses(body: &Value) -> Request<Full<Bytes>> {
    request(Method::POST, "/v1/responses", JSON, body.to_string())
}

pub(crate) fn messages(body: &Value) -> Request<Full<Bytes>> {
    request(
        Method::POST,
        "/v1/messages?beta=true",
        ANTHROPIC,
        body.to_string(),
    )
}

/// `base` with the members of `patch` put over it; `null` removes.
pub(crate) fn patched(base: &Value, patch: &Value) -> Value {
    let mut patched = base.clone();
    let (Some(target), Some(patch)) = (patched.as_object_mut(), patch.as_object()) else {
        panic!("only objects can be patched");
    };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            target.insert(key.clone(), value.clone());
        }
    }
    patched
}

/// A Gemini call with the key in its header; the address is `{model}:{action}` and perhaps a query.
pub(crate) fn gemini(call: &str, body: &Value) -> Request<Full<Bytes>> {
    let path = format!("/v1beta/models/{call}");
    request(Method::POST, &path, JSON, body.to_string())
}
