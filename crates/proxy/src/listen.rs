//! The accept loop: one listener, owned connections, an end with a deadline.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use hyper::{
    rt::Executor,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{App, app::Tasks, routes};

/// How a server ends.
#[derive(Clone, Debug)]
pub struct Drain {
    /// Cancelled when it shall end.
    pub begin: CancellationToken,
    /// Cancelled when it shall end without waiting for anybody.
    pub at_once: CancellationToken,
    /// How long open requests may go on.
    pub deadline: Duration,
}

/// How long a new connection may take to say what it speaks; a slow one holds a connection, never more.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may rest between requests, and how long a head on it may take: hyper has one limit for both.
/// Longer than the 90 s after which the most patient common client lets a pooled connection go by itself, so that none finds
/// it closed as it writes.
const IDLE_TIMEOUT: Duration = Duration::from_mins(2);

/// How long streams may take to say that they end, behind the deadline.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How long accepting pauses when the process has no file descriptor left.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// Serves until the drain begins, then until the last request has ended or the deadline has passed.
///
/// At the deadline open streams get an in-protocol end. When this returns no request is left: each has been told to its
/// end or dropped, and has recorded what it has cost.
pub async fn serve(listener: TcpListener, app: Arc<App>, drain: Drain) {
    let router = routes::router(Arc::clone(&app));
    let tasks = app.tasks.clone();
    let connections = tasks.tracker.clone();
    loop {
        let stream = tokio::select! {
            () = drain.begin.cancelled() => break,
            accepted = accept(&listener) => accepted,
        };
        let begin = drain.begin.clone();
        tasks.execute(connection(stream, router.clone(), begin, tasks.clone()));
    }
    drop(listener);
    app.closing.cancel();
    connections.close();
    tokio::select! {
        () = finish(&connections, &app, drain.deadline) => {}
        () = drain.at_once.cancelled() => {
            tracing::warn!(open = connections.len(), "ending open requests at once");
        }
    }
    tasks.over.cancel();
    connections.wait().await;
    app.counter.drained().await;
}

/// Waits for open requests, then for their last words.
async fn finish(connections: &TaskTracker, app: &App, deadline: Duration) {
    if tokio::time::timeout(deadline, connections.wait())
        .await
        .is_ok()
    {
        return;
    }
    tracing::warn!(
        open = connections.len(),
        "drain deadline reached, ending open requests"
    );
    app.cut.cancel();
    if tokio::time::timeout(LAST_WORDS, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            open = connections.len(),
            "connections did not end and are dropped"
        );
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // without it small events wait for the peer's acknowledgement, 40 ms each
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "no TCP_NODELAY");
                }
                return stream;
            }
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, begin: CancellationToken, tasks: Tasks) {
    let mut builder = auto::Builder::new(tasks);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(30));
    let asked = Arc::new(Notify::new());
    let router = TowerToHyperService::new(router);
    let service = service_fn({
        let asked = Arc::clone(&asked);
        move |request| {
            asked.notify_one();
            router.call(request)
        }
    });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // hyper's own limit begins only once it knows which version of HTTP is spoken
    let silent = async {
        if tokio::time::timeout(HEAD_TIMEOUT, asked.notified())
            .await
            .is_ok()
        {
            std::future::pending::<()>().await;
        }
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = silent => return tracing::debug!("a connection asked for nothing"),
        () = begin.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.spawn(task);
    }
}

/// Errors of one connection that its peer has caused, not of the listener.
fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
