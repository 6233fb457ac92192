//! One keep-alive connection, and the exchanges on it; every answer is checked.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::Instant};
use tokio_util::task::TaskTracker;

use crate::{call::Call, event_counter::EventCounter};

/// A connection to one server.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
}

/// A stream that ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Streamed {
    /// From the request to the first byte of the body.
    pub(crate) first_byte: Duration,
    pub(crate) events: u64,
}

/// Bytes of an error that are quoted.
const QUOTED: usize = 400;

impl Connection {
    /// Connects; the tracker owns the connection's task.
    ///
    /// # Errors
    /// When the address is not loopback, or nobody listens there.
    pub(crate) async fn open(target: SocketAddr, tasks: &TaskTracker) -> anyhow::Result<Self> {
        ensure!(
            target.ip().is_loopback(),
            "{target} is not a loopback address"
        );
        let stream = TcpStream::connect(target)
            .await
            .with_context(|| format!("cannot connect to {target}"))?;
        stream.set_nodelay(true)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        // an error of the driver is an error of the exchange, too
        tasks.spawn(driver);
        Ok(Self { sender })
    }

    /// Asks and reads the answer; returns the time from the request to the answer's last byte.
    ///
    /// # Errors
    /// When the status is not 200, or the body breaks off or is empty.
    pub(crate) async fn exchange(&mut self, call: &Call) -> anyhow::Result<Duration> {
        let (begun, response) = self.send(call).await?;
        let mut body = response.into_body();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.context("the answer broke off")?;
            length += frame.data_ref().map_or(0, Bytes::len);
        }
        ensure!(length > 0, "an empty answer");
        Ok(begun.elapsed())
    }

    /// Asks, and returns the answer's text: for the first answer of a series, which is looked at.
    ///
    /// # Errors
    /// As [`Connection::exchange`], and when the body is over a mebibyte.
    pub(crate) async fn read(&mut self, call: &Call) -> anyhow::Result<Bytes> {
        let (_, response) = self.send(call).await?;
        let body = Limited::new(response.into_body(), 1 << 20).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!(error))?;
        Ok(body.to_bytes())
    }

    /// Asks, and reads the answer's events; `opened` is called at the first byte.
    ///
    /// # Errors
    /// When the status is not 200, or the stream lacks words or its last event.
    pub(crate) async fn stream(
        &mut self,
        call: &Call,
        opened: impl FnOnce(),
    ) -> anyhow::Result<Streamed> {
        let (begun, response) = self.send(call).await?;
        let mut body = response.into_body();
        let mut counter = EventCounter::default();
        let mut first_byte = None;
        let mut opened = Some(opened);
        while let Some(frame) = body.frame().await {
            let frame = frame.context("the stream broke off")?;
            let Some(data) = frame.data_ref() else {
                continue;
            };
            if let Some(opened) = opened.take() {
                first_byte = Some(begun.elapsed());
                opened();
            }
            counter.push(data);
        }
        let events = counter.events();
        ensure!(
            counter.ends_with(call.wire().terminal()) && events > u64::from(call.words()),
            "a stream of {events} events where {} words and an end were expected; it ends in `{}`",
            call.words(),
            counter.tail().escape_debug()
        );
        let first_byte = first_byte.context("a stream without a byte")?;
        Ok(Streamed { first_byte, events })
    }

    async fn send(&mut self, call: &Call) -> anyhow::Result<(Instant, Response<Incoming>)> {
        self.sender.ready().await.with_context(|| {
            let target = call.target();
            format!("{target} closed the connection between two requests")
        })?;
        let request = call.request();
        let begun = Instant::now();
        let response = self
            .sender
            .send_request(request)
            .await
            .with_context(|| format!("no answer from {}", call.target()))?;
        if response.status() != StatusCode::OK {
            return Err(refusal(response).await);
        }
        Ok((begun, response))
    }
}

async fn refusal(response: Response<Incoming>) -> anyhow::Error {
    let status = response.status();
    let body = Limited::new(response.into_body(), 1 << 20).collect().await;
    let text = body.map(|body| {
        let bytes = body.to_bytes();
        String::from_utf8_lossy(&bytes[..bytes.len().min(QUOTED)]).into_owned()
    });
    match text {
        Ok(text) => anyhow::anyhow!("status {status}: {text}"),
        Err(error) => anyhow::anyhow!("status {status}, and its body failed: {error}"),
    }
}

/// Whether an answer says what was asked for.
///
/// # Errors
/// When it does not.
pub(crate) fn require_text(call: &Call, answer: &[u8]) -> anyhow::Result<()> {
    let value: serde_json::Value =
        serde_json::from_slice(answer).context("an answer that is not JSON")?;
    let text = match call.wire() {
        crate::call::Wire::Chat => &value["choices"][0]["message"]["content"],
        crate::call::Wire::Messages => &value["content"][0]["text"],
    };
    let words = text.as_str().unwrap_or_default().split_whitespace().count();
    if u32::try_from(words) != Ok(call.words()) {
        bail!(
            "an answer of {words} words where {} were asked for: {value}",
            call.words()
        );
    }
    Ok(())
}
