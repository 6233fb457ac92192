//! A TCP listener that reads one request and says exactly what it was told to say.

use std::{io, net::SocketAddr, sync::Arc};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::script::Step;

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawEnding {
    /// With FIN.
    Close,
    /// With RST.
    Reset,
    /// When the client closes it.
    Hang,
}

/// What one connection hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawReply {
    /// Whether a whole request is read before the first step.
    pub read_request: bool,
    /// The bytes, from the status line on.
    pub steps: Vec<Step>,
    /// How the connection ends.
    pub ending: RawEnding,
}

/// A running raw server; it stops with its cancellation token.
#[derive(Clone, Debug)]
pub struct RawServer {
    addr: SocketAddr,
    counts: watch::Receiver<Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    accepted: usize,
    finished: usize,
}

/// Bytes of a request that are read before the server stops caring.
const LONGEST_REQUEST: usize = 64 << 20;

impl RawReply {
    /// These bytes after the request, then FIN.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self {
            read_request: true,
            steps: vec![Step::Send(bytes.into())],
            ending: RawEnding::Close,
        }
    }

    /// Nothing after the request, then this ending.
    pub fn silent(ending: RawEnding) -> Self {
        Self {
            steps: Vec::new(),
            ending,
            ..Self::new(Bytes::new())
        }
    }

    /// With another ending.
    #[must_use]
    pub fn ending(mut self, ending: RawEnding) -> Self {
        self.ending = ending;
        self
    }
}

impl RawServer {
    /// Listens on a free loopback port. Connection `n` hears reply `n`, later ones the last reply.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(
        replies: Vec<RawReply>,
        tasks: &TaskTracker,
        shutdown: CancellationToken,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let (counts, receiver) = watch::channel(Counts::default());
        tasks.spawn(accept(
            listener,
            replies,
            tasks.clone(),
            shutdown,
            Arc::new(counts),
        ));
        Ok(Self {
            addr,
            counts: receiver,
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://address`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.counts.borrow().accepted
    }

    /// Waits until `n` connections have ended, by either side.
    pub async fn finished(&self, n: usize) {
        let mut counts = self.counts.clone();
        if counts
            .wait_for(|counts| counts.finished >= n)
            .await
            .is_err()
        {
            tracing::debug!("the raw server stopped before {n} connections had ended");
        }
    }
}

async fn accept(
    listener: TcpListener,
    replies: Vec<RawReply>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    counts: Arc<watch::Sender<Counts>>,
) {
    let mut replies = replies.into_iter();
    let mut reply = replies.next();
    while let Some(Ok((stream, _))) = shutdown.run_until_cancelled(listener.accept()).await {
        let Some(now) = reply.clone() else { return };
        if let Some(next) = replies.next() {
            reply = Some(next);
        }
        counts.send_modify(|counts| counts.accepted += 1);
        let (shutdown, counts) = (shutdown.clone(), Arc::clone(&counts));
        tasks.spawn(async move {
            if let Some(Err(error)) = shutdown.run_until_cancelled(play(stream, now)).await {
                tracing::debug!(%error, "a raw connection ended early");
            }
            counts.send_modify(|counts| counts.finished += 1);
        });
    }
}

async fn play(mut stream: TcpStream, reply: RawReply) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if reply.read_request {
        read_request(&mut stream).await?;
    }
    let mut clock = Instant::now();
    for step in reply.steps {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes).await?,
            Step::Wait(pause) => {
                clock += pause;
                tokio::time::sleep_until(clock).await;
            }
            Step::Forever(bytes) => loop {
                stream.write_all(&bytes).await?;
            },
        }
    }
    match reply.ending {
        RawEnding::Close => stream.shutdown().await,
        RawEnding::Reset => stream.set_zero_linger(),
        RawEnding::Hang => {
            let mut ignored = [0; 1024];
            while stream.read(&mut ignored).await? > 0 {}
            Ok(())
        }
    }
}

/// Reads a head and as many body bytes as it declares (or up to the last chunk).
async fn read_request(stream: &mut TcpStream) -> io::Result<()> {
    let mut seen = BytesMut::new();
    while !is_complete(&seen) && seen.len() < LONGEST_REQUEST {
        if stream.read_buf(&mut seen).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

fn is_complete(seen: &[u8]) -> bool {
    let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let body = &seen[end + 4..];
    let head = String::from_utf8_lossy(&seen[..end]).to_ascii_lowercase();
    let value = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.trim())
    };
    if value("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
        return body.ends_with(b"0\r\n\r\n");
    }
    let length = value("content-length").and_then(|length| length.parse().ok());
    body.len() >= length.unwrap_or(0)
}
