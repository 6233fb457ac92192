//! byokey's own server in this process, before a sandbox that it reaches in each of the four formats.

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use byokey_config::{Env, Settings};
use byokey_proxy::{App, Drain};
use byokey_sandbox::{Sandbox, SandboxConfig};
use byokey_store::{Location, Store, UsageWriter, WriterLimits};
use byokey_types::{
    Format, ProviderId, Secret,
    provider::{KeyConfig, KeySource, ProviderConfig},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Cell, Endpoint, Upstream};
use crate::wire;

/// How long the end may take.
const END: Duration = Duration::from_secs(5);

/// The key of the four providers.
const KEY: &str = "key-of-the-conformance-suite";

/// A running server.
pub(crate) struct House {
    endpoint: Endpoint,
    tasks: TaskTracker,
    stop: CancellationToken,
    drain: Drain,
    store: Store,
    writer: Arc<UsageWriter>,
}

impl House {
    /// Starts byokey and its upstream, both on free ports of the loopback interface.
    ///
    /// # Errors
    /// When a port cannot be bound.
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let config = SandboxConfig {
            record: false,
            api_key: Some(KEY.to_owned()),
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::start(config, &tasks, stop.clone())
            .await
            .context("cannot start the sandbox")?;
        let mut settings = Settings::defaults(PathBuf::new());
        for format in Format::ALL {
            settings.providers.push(provider(format, &sandbox)?);
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("cannot listen on a free port")?;
        let address = listener
            .local_addr()
            .context("the listener has no address")?;
        let store = Store::open(&Location::Memory, None).await?;
        let writer = UsageWriter::start(store.clone(), &tasks, WriterLimits::default());
        let writer = Arc::new(writer);
        let snapshot = wire::compile(&settings, &Env::default(), address, None)?;
        let responses = wire::responses(&settings.responses, &store, &tasks, &stop).await?;
        let app = App::new(snapshot, wire::ports(&writer, &store, responses));
        let drain = Drain {
            begin: CancellationToken::new(),
            at_once: CancellationToken::new(),
            deadline: Duration::ZERO,
        };
        tasks.spawn(byokey_proxy::serve(listener, app, drain.clone()));
        Ok(Self {
            endpoint: Endpoint::new(&format!("http://{address}"), None)?,
            tasks,
            stop,
            drain,
            store,
            writer,
        })
    }

    /// The sixteen cells.
    pub(crate) fn cells(&self) -> Vec<Cell<'_>> {
        let pairs = Format::ALL
            .into_iter()
            .flat_map(|client| Format::ALL.map(|upstream| (client, upstream)));
        pairs
            .map(|(client, upstream)| Cell {
                endpoint: &self.endpoint,
                client,
                upstream: Upstream::Sandbox {
                    prefix: format!("up-{upstream}/"),
                    format: Some(upstream),
                    listed: None,
                },
            })
            .collect()
    }

    /// Lets everything go.
    pub(crate) async fn close(self) {
        self.drain.begin.cancel();
        self.drain.at_once.cancel();
        self.stop.cancel();
        self.tasks.close();
        let all = async {
            self.writer.close().await;
            self.tasks.wait().await;
            self.store.close().await
        };
        match tokio::time::timeout(END, all).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the store did not close"),
            Err(_) => tracing::warn!(limit = ?END, "the server took too long to end"),
        }
    }
}

fn provider(format: Format, sandbox: &Sandbox) -> anyhow::Result<ProviderConfig> {
    let base = match format {
        Format::OpenAiChat | Format::OpenAiResponses => "/v1",
        Format::AnthropicMessages => "",
        Format::Gemini => "/v1beta",
    };
    let budgets: fn(&str) -> Value =
        |id| json!({"id": id, "reasoning": true, "reasoning_budget": {"min": 1024, "max": 24576}});
    let levels: fn(&str) -> Value =
        |id| json!({"id": id, "reasoning": true, "reasoning_levels": ["low", "medium", "high"]});
    let thinker = match format {
        Format::AnthropicMessages | Format::Gemini => budgets,
        Format::OpenAiChat | Format::OpenAiResponses => levels,
    };
    let models = json!([
        {"id": "echo", "context": 200_000, "output": 64_000},
        thinker("think"),
        thinker("think-tools"),
        levels("g3-think-tools"),
        {"id": "ds-think-tools", "reasoning": true, "reasoning_replay": "required"},
    ]);
    Ok(ProviderConfig {
        protocols: vec![format],
        base_url: Some(format!("{}{base}", sandbox.url())),
        keys: vec![KeyConfig {
            label: "conformance".into(),
            source: KeySource::Literal(Secret::new(KEY)),
            base_url: None,
            weight: 1,
        }],
        models: serde_json::from_value(models)?,
        ..ProviderConfig::new(ProviderId::new(&format!("up-{format}"))?)
    })
}
