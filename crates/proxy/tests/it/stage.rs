//! A proxy in front of an upstream that sends what it is told and keeps the connection open.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use byokey_auth::{Keeper, KeyAsk, Keys};
use byokey_provider::{AccountEntry, Client, Found, Registry};
use byokey_proxy::{App, Drain, Ports, Snapshot, app::Health, guard::Guard, state::Responses};
use byokey_types::{
    Format, ProviderId, Secret, Timestamp,
    ports::{Clock, Environment, UsageRecord, UsageSink},
    provider::{KeyConfig, KeySource, ProviderConfig, UpstreamConfig},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
    task::JoinHandle,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) const CLIENT_KEY: &str = "key-of-the-client";

pub(crate) struct Stage {
    pub(crate) app: Arc<App>,
    pub(crate) drain: Drain,
    pub(crate) serving: JoinHandle<()>,
    address: SocketAddr,
    records: mpsc::Receiver<UsageRecord>,
    said: Arc<Notify>,
    _upstream: TaskTracker,
}

impl Stage {
    /// `said` is all that the upstream ever says to a request; then it waits for its caller to go.
    pub(crate) async fn open(protocol: Format, said: Vec<u8>) -> Self {
        let tasks = TaskTracker::new();
        let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", upstream.local_addr().unwrap());
        let notify = Arc::new(Notify::new());
        let has_said = Arc::clone(&notify);
        tasks.spawn(async move {
            loop {
                let (mut stream, _) = upstream.accept().await.unwrap();
                let mut heard = Vec::new();
                while !heard.ends_with(b"}") {
                    stream.read_buf(&mut heard).await.unwrap();
                }
                stream.write_all(&said).await.unwrap();
                has_said.notify_one();
                // an error is a caller who is gone, too
                stream.read_to_end(&mut heard).await.unwrap_or_default();
            }
        });
        let (sink, records) = mpsc::channel(16);
        let ports = Ports {
            clock: Arc::new(Noon),
            usage: Arc::new(Sink(sink)),
            store: Arc::new(Well),
            responses: Responses::none(),
        };
        let app = App::new(snapshot(protocol, base_url), ports);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let drain = Drain {
            begin: CancellationToken::new(),
            at_once: CancellationToken::new(),
            deadline: Duration::from_hours(1),
        };
        let serving = tasks.spawn(byokey_proxy::serve(
            listener,
            Arc::clone(&app),
            drain.clone(),
        ));
        Self {
            app,
            drain,
            serving,
            address,
            records,
            said: notify,
            _upstream: tasks,
        }
    }

    /// Sends a request whose connection shall close behind its answer.
    pub(crate) async fn ask(&self, path: &str, key: &str, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-api-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        stream
    }

    /// Waits until the upstream has spoken, and for some turns of the runtime more. When the proxy has heard it cannot be
    /// told from outside, so whoever calls this tries again with more turns.
    pub(crate) async fn said(&self, turns: usize) {
        soon(self.said.notified()).await;
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    /// The next usage record.
    pub(crate) async fn record(&mut self) -> UsageRecord {
        soon(self.records.recv()).await.unwrap()
    }
}

/// A request for a stream.
pub(crate) const STREAM: &[u8] =
    br#"{"model":"up/m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#;

/// The head of a stream, and its first chunk.
pub(crate) fn stream_of(events: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{events}\r\n",
        events.len()
    )
    .into_bytes()
}

/// Everything until the connection ends.
pub(crate) async fn rest(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    soon(stream.read_to_end(&mut heard)).await.unwrap();
    String::from_utf8(heard).unwrap()
}

/// Everything until a text has come.
pub(crate) async fn until(stream: &mut TcpStream, text: &str) {
    let mut heard = Vec::new();
    while memchr::memmem::find(&heard, text.as_bytes()).is_none() {
        assert_ne!(soon(stream.read_buf(&mut heard)).await.unwrap(), 0);
    }
}

/// Far longer than anything here takes; far shorter than what a mistake would wait for.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(8), future)
        .await
        .expect("nothing waits that long")
}

fn snapshot(protocol: Format, base_url: String) -> Snapshot {
    let config = ProviderConfig {
        protocols: vec![protocol],
        base_url: Some(base_url),
        keys: vec![KeyConfig {
            label: "one".into(),
            source: KeySource::Literal(Secret::new("key-of-the-upstream")),
            base_url: None,
            weight: 1,
        }],
        ..ProviderConfig::new(ProviderId::new("up").unwrap())
    };
    let mut kept = Vec::new();
    let registry = Registry::build(
        &[config],
        |needs| {
            let ask = KeyAsk {
                provider: &needs.config.id,
                keys: &needs.config.keys,
                key_env: &[],
                open: false,
            };
            let keys = Keys::find(ask, &Bare);
            let accounts = keys.accounts.iter().map(|account| AccountEntry {
                id: account.id.clone(),
                kind: account.kind,
                origin: account.origin.clone(),
                weight: account.weight,
                base_url: None,
            });
            let found = Found {
                accounts: accounts.collect(),
                refused: Vec::new(),
            };
            kept.push((needs.config.id.clone(), keys));
            found
        },
        [],
        &UpstreamConfig::default(),
        Client::new(&UpstreamConfig::default()).unwrap(),
    );
    Snapshot {
        registry: registry.unwrap(),
        keeper: Keeper::new(kept),
        guard: Guard {
            client_keys: vec![Secret::new(CLIENT_KEY)],
            ..Guard::default()
        },
        body_limit: 64 << 20,
        keepalive: Duration::ZERO,
    }
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

struct Bare;

impl Environment for Bare {
    fn var(&self, _: &str) -> Option<Secret> {
        None
    }
}

struct Sink(mpsc::Sender<UsageRecord>);

impl UsageSink for Sink {
    fn record(&self, record: UsageRecord) {
        self.0.try_send(record).unwrap();
    }
}

struct Well;

#[async_trait]
impl Health for Well {
    async fn healthy(&self) -> bool {
        true
    }
}
