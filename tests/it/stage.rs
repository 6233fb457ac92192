//! A running byokey in front of a sandbox, with one custom provider for each way of speaking.

use byokey_sandbox::{RawReply, RawServer, Recorded, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::byokey::{Byokey, Launch};

/// The key of `up-chat`.
pub(crate) const CHAT_KEY: &str = "key-of-up-chat-1";
/// The key of `up-msg`.
pub(crate) const MESSAGES_KEY: &str = "key-of-up-msg-22";
/// The key of `up-both`.
pub(crate) const BOTH_KEY: &str = "key-of-up-both-3";

/// A sandbox that stops with the test.
pub(crate) struct Upstream {
    pub(crate) sandbox: Sandbox,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    _stop: DropGuard,
}

/// byokey and its upstream.
pub(crate) struct Stage {
    pub(crate) byokey: Byokey,
    pub(crate) upstream: Upstream,
}

impl Upstream {
    /// A sandbox that takes any key.
    pub(crate) async fn open() -> Self {
        Self::with(SandboxConfig::default()).await
    }

    /// A sandbox of one's own making.
    pub(crate) async fn with(config: SandboxConfig) -> Self {
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let sandbox = Sandbox::start(config, &tasks, shutdown.clone());
        Self {
            sandbox: sandbox.await.unwrap(),
            tasks,
            _stop: shutdown.clone().drop_guard(),
            shutdown,
        }
    }

    /// A raw server that stops with this.
    pub(crate) async fn raw(&self, replies: Vec<RawReply>) -> RawServer {
        let server = RawServer::start(replies, &self.tasks, self.shutdown.clone());
        server.await.unwrap()
    }

    /// The configuration of the three custom providers, with `more` members beside `providers`.
    pub(crate) fn config(&self, more: &Value) -> Value {
        let (bare, v1) = (self.sandbox.url(), format!("{}/v1", self.sandbox.url()));
        let mut config = json!({"providers": {
            "up-chat": {"protocol": "openai", "base_url": v1, "api_key": CHAT_KEY, "models": models()},
            "up-msg": {"protocol": "anthropic", "base_url": bare, "api_key": MESSAGES_KEY, "models": models()},
            "up-both": {"protocol": ["openai", "anthropic"], "base_url": v1, "api_key": BOTH_KEY, "models": models()},
        }});
        merge(&mut config, more);
        config
    }

    /// The one request that came since the last call.
    #[track_caller]
    pub(crate) fn only_request(&self) -> Recorded {
        let mut requests = self.sandbox.take_requests();
        let seen = requests.len();
        match requests.pop() {
            Some(request) if seen == 1 => request,
            _ => panic!("{seen} requests reached the upstream"),
        }
    }
}

impl Stage {
    /// With nothing but the providers configured.
    pub(crate) async fn open() -> Self {
        Self::with(&json!({})).await
    }

    /// With more in the configuration.
    pub(crate) async fn with(more: &Value) -> Self {
        let upstream = Upstream::open().await;
        let byokey = Launch::serve(&upstream.config(more)).start().await;
        Self { byokey, upstream }
    }
}

fn models() -> Value {
    let reasons = |id: &str| {
        json!({
            "id": id, "reasoning": true, "reasoning_levels": ["low", "medium", "high"],
            "reasoning_budget": {"min": 1024, "max": 32000},
        })
    };
    json!([
        {"id": "echo", "name": "Echo", "context": 200_000, "output": 64_000},
        {"id": "tools", "context": 200_000},
        reasons("think"),
        reasons("think-tools"),
        {"id": "ds-think-tools", "reasoning": true, "reasoning_replay": "required"},
    ])
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}
