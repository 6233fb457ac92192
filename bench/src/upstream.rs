//! The simulated upstream as a process of its own, so that its CPU time is nobody else's.

use std::net::Ipv4Addr;

use anyhow::Context as _;
use byokey_sandbox::{Sandbox, SandboxConfig};
use tokio::io::{AsyncReadExt as _, stdin};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{call::KEY, process::LISTENING, say};

/// Serves on loopback until stdin ends, which it does when the runner goes, however it goes.
///
/// # Errors
/// When the port cannot be bound, or stdin or stdout fails.
pub(crate) async fn serve(port: u16) -> anyhow::Result<()> {
    let tasks = TaskTracker::new();
    let stop = CancellationToken::new();
    let config = SandboxConfig {
        addr: (Ipv4Addr::LOCALHOST, port).into(),
        api_key: Some(KEY.to_owned()),
        record: false,
    };
    let sandbox = Sandbox::start(config, &tasks, stop.clone())
        .await
        .with_context(|| format!("cannot listen on port {port}"))?;
    say(&format!("{LISTENING}{}\n", sandbox.addr()))?;
    let mut ignored = [0; 64];
    while stdin().read(&mut ignored).await.context("stdin failed")? > 0 {}
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(())
}
