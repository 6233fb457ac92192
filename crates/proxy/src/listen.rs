//! The accept loop: one listener, owned connections, an end with a deadline.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{App, routes};

/// How a server ends.
#[derive(Clone, Debug)]
pub struct Drain {
    /// Cancelled when it shall end.
    pub begin: CancellationToken,
    /// How long open requests may go on.
    pub deadline: Duration,
}

/// How long the head of a request may take; a slow one holds a connection, never more.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long streams may take to say that they end, behind the deadline.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How long accepting pauses when the process has no file descriptor left.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// Serves until the drain begins, then until the last request has ended or the deadline has passed.
///
/// At the deadline open streams get an in-protocol end.
pub async fn serve(listener: TcpListener, app: Arc<App>, drain: Drain) {
    let router = routes::router(Arc::clone(&app));
    let connections = TaskTracker::new();
    loop {
        let stream = tokio::select! {
            () = drain.begin.cancelled() => break,
            accepted = accept(&listener) => accepted,
        };
        connections.spawn(connection(stream, router.clone(), drain.begin.clone()));
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(drain.deadline, connections.wait())
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

async fn connection(stream: TcpStream, router: Router, begin: CancellationToken) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(30));
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = begin.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
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
