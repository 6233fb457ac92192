//! What lives as long as the process, and the immutable snapshot of one configuration.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use byokey_auth::Keeper;
use byokey_provider::{Learned, Registry};
use byokey_types::ports::{Clock, UsageSink};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    guard::Guard, ids::RequestIds, metrics::Metrics, replays::Replays, state::Responses,
    tokens::Counter,
};

/// What the application needs from outside.
#[derive(Clone)]
pub struct Ports {
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Where usage goes.
    pub usage: Arc<dyn UsageSink>,
    /// Whether the store answers, for `/readyz`.
    pub store: Arc<dyn Health>,
    /// Where responses are kept.
    pub responses: Responses,
}

/// Something that can be asked whether it works.
#[async_trait]
pub trait Health: Send + Sync {
    /// Whether it works now.
    async fn healthy(&self) -> bool;
}

/// One configuration, compiled: a request does look-ups in it and nothing else.
pub struct Snapshot {
    /// The providers and their accounts.
    pub registry: Registry,
    /// The tokens of the accounts.
    pub keeper: Keeper,
    /// Who may call.
    pub guard: Guard,
    /// The longest request body, in bytes.
    pub body_limit: usize,
    /// Silence after which a stream gets a sign of life; none when it is zero.
    pub keepalive: Duration,
}

/// The application.
pub struct App {
    snapshot: ArcSwap<Snapshot>,
    /// What it needs from outside.
    pub ports: Ports,
    /// The ids of its requests.
    pub ids: RequestIds,
    /// What it has counted.
    pub metrics: Arc<Metrics>,
    /// What upstreams were found not to take.
    pub learned: Learned,
    /// What forgetful clients must get back.
    pub replays: Replays,
    /// Counts tokens off the threads that serve.
    pub counter: Counter,
    /// Cancelled when nothing new shall begin: the drain has begun.
    pub closing: CancellationToken,
    /// Cancelled when open streams must end: the drain's deadline has passed.
    pub cut: CancellationToken,
    /// The tasks of the server: its connections, whatever they speak. None outlives it.
    pub tasks: Tasks,
}

/// Tasks that end when the server is over, at the latest.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    pub(crate) tracker: TaskTracker,
    pub(crate) over: CancellationToken,
}

impl Tasks {
    /// Starts a task.
    pub fn spawn(&self, task: impl Future<Output: Send> + Send + 'static) {
        let over = self.over.clone();
        self.tracker.spawn(over.run_until_cancelled_owned(task));
    }
}

impl App {
    /// An application that serves `snapshot`.
    pub fn new(snapshot: Snapshot, ports: Ports) -> Arc<Self> {
        Arc::new(Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            ports,
            ids: RequestIds::default(),
            metrics: Arc::default(),
            learned: Learned::default(),
            replays: Replays::default(),
            counter: Counter::default(),
            closing: CancellationToken::new(),
            cut: CancellationToken::new(),
            tasks: Tasks::default(),
        })
    }

    /// The snapshot in force; a request keeps the one it began with.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Puts another configuration in force for requests that begin from now on.
    pub fn replace(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }
}
