//! `byokey serve`: the foreground server, from its configuration to its last flushed record.

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use byokey_config::{Database, Env, Loaded, Overrides, Settings, Source, load};
use byokey_daemon::{Signals, StateDir};
use byokey_proxy::{App, Drain};
use byokey_sandbox::{Sandbox, SandboxConfig};
use byokey_store::{Location, Store, UsageWriter, WriterLimits};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{cli::Serve, logging, report, wire};

/// How long usage may take to be written at the end.
const FLUSH: Duration = Duration::from_secs(5);

/// Serves until a signal comes.
///
/// # Errors
/// When the server cannot start; once it serves, it ends well.
pub(crate) fn run(options: Serve) -> anyhow::Result<ExitCode> {
    let env = Env::process();
    let loaded = load(
        &Source {
            config: options.file.config,
        },
        &Overrides {
            host: options.host,
            port: options.port,
            database: options.db,
            log_file: options.log_file,
            sandbox: options.sandbox.then_some(true),
        },
        &env,
    )?;
    let home = StateDir::open(&loaded.settings.state_dir)?;
    logging::start(&loaded.settings.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let served = runtime.block_on(serve(loaded, &home, &env));
    // a look-up of a name cannot be interrupted; dropping the runtime would wait for it
    runtime.shutdown_background();
    served
}

async fn serve(loaded: Loaded, home: &StateDir, env: &Env) -> anyhow::Result<ExitCode> {
    let settings = &loaded.settings;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    refuse_open_bind(settings, settings.listens_beyond_loopback())?;
    let listener = bind(settings).await?;
    let address = listener
        .local_addr()
        .context("the listener has no address")?;
    let tasks = TaskTracker::new();
    let stop = CancellationToken::new();
    let sandbox = if settings.sandbox {
        let started = Sandbox::start(SandboxConfig::default(), &tasks, stop.clone()).await;
        Some(started.context("cannot start the sandbox")?)
    } else {
        None
    };
    let location = match &settings.database {
        Database::Sqlite(path) => Location::File(path.clone()),
        Database::Memory => Location::Memory,
    };
    let store = Store::open(&location, Some(home.path())).await?;
    let writer = Arc::new(UsageWriter::start(
        store.clone(),
        &tasks,
        WriterLimits::default(),
    ));
    let snapshot = wire::compile(settings, env, address, sandbox.as_ref())?;
    wire::remember_accounts(&store, &snapshot).await?;
    let banner = wire::banner(&snapshot, address, sandbox.as_ref(), loaded.path.as_deref());
    let responses = wire::responses(&settings.responses, &store, &tasks, &stop).await?;
    let app = App::new(snapshot, wire::ports(&writer, &store, responses));
    // before anybody is told that byokey is there
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    report::say(&banner).context("cannot write to stdout")?;
    let drain = Drain {
        begin: CancellationToken::new(),
        at_once: CancellationToken::new(),
        deadline: settings.drain,
    };
    let serving = byokey_proxy::serve(listener, app, drain.clone());
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => bail!("the server ended by itself"),
        signal = signals.next() => {
            tracing::info!(%signal, deadline = ?settings.drain, "shutting down");
            drain.begin.cancel();
        }
    }
    tokio::select! {
        () = &mut serving => {}
        signal = signals.next() => {
            tracing::warn!(%signal, "second signal, ending at once");
            drain.at_once.cancel();
            serving.await;
        }
    }
    finish(&writer, &store, &tasks, &stop).await;
    Ok(ExitCode::SUCCESS)
}

/// Writes what is left and lets everything go, within a limit.
async fn finish(
    writer: &UsageWriter,
    store: &Store,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    stop.cancel();
    tasks.close();
    let all = async {
        writer.close().await;
        tasks.wait().await;
        if let Err(error) = store.close().await {
            tracing::warn!(%error, "the store did not close");
        }
    };
    if tokio::time::timeout(FLUSH, all).await.is_err() {
        tracing::warn!(limit = ?FLUSH, "usage may be incomplete: the store took too long");
    }
}

fn refuse_open_bind(settings: &Settings, beyond_loopback: bool) -> anyhow::Result<()> {
    if beyond_loopback && !settings.clients.key_required() {
        bail!(
            "`host: {}` can be reached from other machines and no client key is configured; add one under `clients.keys`, or listen on 127.0.0.1",
            settings.host
        );
    }
    Ok(())
}

async fn bind(settings: &Settings) -> anyhow::Result<TcpListener> {
    let wanted = (settings.host.as_str(), settings.port);
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(wanted)
        .await
        .with_context(|| format!("cannot find the address of `host: {}`", settings.host))?
        .collect();
    // a name says little: `localhost` is what the hosts file makes of it
    let is_open = |address: &SocketAddr| !address.ip().to_canonical().is_loopback();
    refuse_open_bind(settings, addresses.iter().any(is_open))?;
    TcpListener::bind(&addresses[..]).await.with_context(|| {
        format!(
            "cannot listen on {}:{}; is another byokey running? take another port with `--port`",
            settings.host, settings.port
        )
    })
}
