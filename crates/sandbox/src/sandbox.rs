//! The running sandbox, as its owner sees it.

use std::{
    collections::HashMap,
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    journal::{Gauges, Hangup, Journal, Recorded, lock},
    responses::{Archive, Socket},
    route,
    script::Script,
};

/// How a sandbox runs.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Where it listens; port 0 takes a free one.
    pub addr: SocketAddr,
    /// The one key that it accepts; any when absent.
    pub api_key: Option<String>,
    /// Whether requests are kept, up to 256 of them and 256 MiB of bodies.
    pub record: bool,
}

/// A running sandbox. Clones share it; it stops with its cancellation token.
#[derive(Clone)]
pub struct Sandbox {
    addr: SocketAddr,
    state: Arc<State>,
}

/// What all connections share.
pub(crate) struct State {
    pub(crate) api_key: Option<String>,
    pub(crate) journal: Arc<Journal>,
    /// Requests to `flaky` so far.
    pub(crate) flaky: AtomicU64,
    /// Responses that can be continued or fetched.
    pub(crate) archive: Mutex<Archive>,
    scripts: Mutex<HashMap<String, Vec<Script>>>,
}

/// Pause after a failed `accept`, such as one for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl Default for SandboxConfig {
    /// A free loopback port, any key, and a record.
    fn default() -> Self {
        Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api_key: None,
            record: true,
        }
    }
}

impl Sandbox {
    /// Binds and serves until `shutdown` is cancelled; then every connection is dropped at once.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(
        config: SandboxConfig,
        tasks: &TaskTracker,
        shutdown: CancellationToken,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(config.addr).await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(State {
            api_key: config.api_key,
            journal: Journal::new(config.record),
            flaky: AtomicU64::new(0),
            archive: Mutex::default(),
            scripts: Mutex::default(),
        });
        tasks.spawn(accept(
            listener,
            Arc::clone(&state),
            tasks.clone(),
            shutdown,
        ));
        Ok(Self { addr, state })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://address`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Sets what the model `raw-<name>` answers: the scripts one after another, then the last one for ever.
    pub fn script(&self, name: &str, scripts: impl IntoIterator<Item = Script>) {
        let scripts = scripts.into_iter().collect();
        lock(&self.state.scripts).insert(name.to_owned(), scripts);
    }

    /// The requests on record, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.journal.requests()
    }

    /// As [`Sandbox::requests`], and forgets them.
    pub fn take_requests(&self) -> Vec<Recorded> {
        self.state.journal.take_requests()
    }

    /// Waits for a client to go away before its answer is complete. Each hang-up is told once, in order,
    /// also those from before the call.
    pub async fn disconnected(&self) -> Hangup {
        self.state.journal.disconnected().await
    }

    /// Waits until the counters satisfy a condition, and returns them.
    pub async fn until(&self, holds: impl FnMut(&Gauges) -> bool) -> Gauges {
        self.state.journal.until(holds).await
    }

    /// The counters now.
    pub fn gauges(&self) -> Gauges {
        self.state.journal.gauges()
    }

    /// Response bodies being sent now.
    pub fn open_streams(&self) -> usize {
        self.gauges().open_streams
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}

impl State {
    /// The next script for `raw-<name>`.
    pub(crate) fn next_script(&self, name: &str) -> Option<Script> {
        let mut scripts = lock(&self.scripts);
        let queue = scripts.get_mut(name)?;
        if queue.len() > 1 {
            Some(queue.remove(0))
        } else {
            queue.first().cloned()
        }
    }
}

async fn accept(
    listener: TcpListener,
    state: Arc<State>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, _)) => {
                let serving = serve(stream, Arc::clone(&state));
                let shutdown = shutdown.clone();
                tasks.spawn(async move {
                    shutdown.run_until_cancelled(serving).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the sandbox cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the client left at once");
        return;
    }
    let socket = Mutex::new(None);
    let service = service_fn(|request| route::answer(Arc::clone(&state), request, &socket));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.with_upgrades().await {
        // deliberate cuts and clients that leave end here too
        tracing::debug!(%error, "a sandbox connection ended early");
    }
    let upgraded: Option<Socket> = lock(&socket).take();
    if let Some(socket) = upgraded {
        socket.converse(&state).await;
    }
}
