//! A WebSocket client of the Responses API, on a library of its own.

use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderName, HeaderValue};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, client::IntoClientRequest as _, protocol::frame::coding::CloseCode,
    },
};

use crate::{byokey::Byokey, client::soon};

/// The headers of Codex that tell one from the other.
const CODEX: [(&str, &str); 3] = [
    ("openai-beta", "responses_websockets=2026-02-06"),
    ("originator", "codex_exec"),
    ("session-id", "01a1f9a7"),
];

/// Names and values.
pub(crate) type Headers<'a> = &'a [(&'a str, &'a str)];

/// A connection.
pub(crate) struct Socket(pub(crate) WebSocketStream<TcpStream>);

impl Socket {
    pub(crate) async fn open(byokey: &Byokey) -> Self {
        Self::with(byokey, &CODEX).await.unwrap()
    }

    /// Opens one, or gives the status with which it was refused.
    pub(crate) async fn with(byokey: &Byokey, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let url = format!("ws://{}/v1/responses", byokey.addr);
        let mut asked = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            asked
                .headers_mut()
                .insert(name, HeaderValue::from_str(value).unwrap());
        }
        let stream = TcpStream::connect(byokey.addr).await.unwrap();
        match soon(tokio_tungstenite::client_async(asked, stream)).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(refused)) => Err(refused.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn say(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.unwrap();
    }

    /// The next text, or how the connection was closed.
    pub(crate) async fn next(&mut self) -> Result<Value, Option<CloseCode>> {
        loop {
            match soon(self.0.next()).await {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Reads until a delta that holds this text.
    pub(crate) async fn until(&mut self, text: &str) {
        let said = async {
            loop {
                let event = self.next().await.unwrap();
                if event["delta"]
                    .as_str()
                    .is_some_and(|delta| delta.contains(text))
                {
                    break;
                }
            }
        };
        soon(said).await;
    }

    /// Asks, and gives every event up to the last.
    pub(crate) async fn ask(&mut self, body: &Value) -> Vec<Value> {
        let mut create = json!({"type": "response.create"});
        create
            .as_object_mut()
            .unwrap()
            .extend(body.as_object().unwrap().clone());
        self.say(create.to_string()).await;
        self.answer().await
    }

    pub(crate) async fn answer(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await.unwrap();
            let last = [
                "response.completed",
                "response.failed",
                "response.incomplete",
                "error",
            ];
            let ends = last.iter().any(|last| event["type"] == *last);
            events.push(event);
            if ends {
                return events;
            }
        }
    }

    pub(crate) async fn completed(&mut self, body: &Value) -> Value {
        let events = self.ask(body).await;
        let last = events.last().unwrap();
        assert_eq!(last["type"], "response.completed", "{last}");
        let numbers: Vec<_> = events
            .iter()
            .map(|event| event["sequence_number"].as_u64().unwrap())
            .collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        last["response"].clone()
    }
}
