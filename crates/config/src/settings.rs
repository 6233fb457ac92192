//! What the configuration means: typed, defaulted, with paths expanded.

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, time::Duration};

use byokey_types::{
    ModelName, Str,
    provider::{KeySource, ProviderConfig, UpstreamConfig},
};

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The address or name to listen on.
    pub host: String,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Where accounts, usage and responses are kept.
    pub database: Database,
    /// Where byokey keeps its own files: `$BYOKEY_HOME`, else `~/.byokey`.
    pub state_dir: PathBuf,
    /// The largest request body, in bytes; at least 1.
    pub body_limit: usize,
    /// Connections to every provider.
    pub upstream: UpstreamConfig,
    /// The configured providers, in the order of the file; those of variables alone follow by id.
    pub providers: Vec<ProviderConfig>,
    /// Other names for models.
    pub model_alias: BTreeMap<Str, ModelName>,
    /// Streamed answers.
    pub streaming: Streaming,
    /// What is kept for later requests.
    pub responses: Responses,
    /// Who may call byokey.
    pub clients: Clients,
    /// How long open streams may go on at shutdown.
    pub drain: Duration,
    /// What byokey writes about itself.
    pub log: Log,
    /// Further names that the `Host` header may hold, in lower case and without a port.
    pub allowed_hosts: Vec<String>,
    /// Whether the simulated provider is offered.
    pub sandbox: bool,
}

/// Where accounts, usage and responses are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// SQLite in memory: gone when byokey ends.
    Memory,
}

/// Streamed answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streaming {
    /// The silence after which the client is sent a sign of life; `None` for never.
    pub keepalive: Option<Duration>,
}

/// What is kept of the Responses API for later requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Responses {
    /// Whether anything is kept. Prompts and answers then lie in the database as they are, unencrypted.
    pub store: bool,
    /// How long a response is kept; not zero.
    pub retention: Duration,
    /// Room for all of them together, in bytes; the oldest go first. At least 1.
    pub max_size: u64,
}

/// Who may call byokey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clients {
    /// Whether a client must present one of `keys`.
    pub require_key: RequireKey,
    /// The keys that clients present, with unique names.
    pub keys: Vec<ClientKey>,
}

/// When a client must present a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequireKey {
    /// When there are any.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never, even when there are keys.
    Never,
}

/// A key that a client presents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKey {
    /// Its name.
    pub name: Str,
    /// Where the key is.
    pub source: KeySource,
}

/// What byokey writes about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The least severe level that is written.
    pub level: LogLevel,
    /// Its form.
    pub format: LogFormat,
    /// The file to write to instead of stderr.
    pub file: Option<PathBuf>,
}

/// The severity of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// Nothing at all.
    Off,
    /// Errors.
    Error,
    /// And warnings.
    Warn,
    /// And one line a phase.
    #[default]
    Info,
    /// And details.
    Debug,
    /// And everything.
    Trace,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

impl Settings {
    /// Whether `host` can be reached from another machine. A name counts as such unless it is `localhost`, since only a
    /// look-up could tell.
    pub fn listens_beyond_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => !address.to_canonical().is_loopback(),
            Err(_) => !(self.host == "localhost" || self.host.ends_with(".localhost")),
        }
    }

    /// What holds when nothing is configured, with this state directory.
    pub fn defaults(state_dir: PathBuf) -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 8018,
            database: Database::Sqlite(state_dir.join("byokey.db")),
            state_dir,
            body_limit: 64 << 20,
            upstream: UpstreamConfig::default(),
            providers: Vec::new(),
            model_alias: BTreeMap::new(),
            streaming: Streaming::default(),
            responses: Responses::default(),
            clients: Clients::default(),
            drain: Duration::from_secs(10),
            log: Log::default(),
            allowed_hosts: Vec::new(),
            sandbox: false,
        }
    }
}

impl Database {
    /// As the store takes it: `sqlite://` and the path, with `%`, `?` and `#` percent-encoded, or `sqlite::memory:`.
    pub fn url(&self) -> String {
        match self {
            Self::Memory => "sqlite::memory:".to_owned(),
            Self::Sqlite(path) => {
                let path = path.to_string_lossy();
                let path = path
                    .replace('%', "%25")
                    .replace('?', "%3F")
                    .replace('#', "%23");
                format!("sqlite://{path}")
            }
        }
    }
}

impl Default for Streaming {
    fn default() -> Self {
        Self {
            keepalive: Some(Duration::from_secs(15)),
        }
    }
}

impl Default for Responses {
    fn default() -> Self {
        Self {
            store: true,
            retention: Duration::from_hours(30 * 24),
            max_size: 1 << 30,
        }
    }
}

impl Clients {
    /// Whether a request without a valid key is refused.
    pub const fn key_required(&self) -> bool {
        match self.require_key {
            RequireKey::Auto => !self.keys.is_empty(),
            RequireKey::Always => true,
            RequireKey::Never => false,
        }
    }
}

impl LogLevel {
    /// Every level, fewest lines first.
    pub const ALL: [Self; 6] = [
        Self::Off,
        Self::Error,
        Self::Warn,
        Self::Info,
        Self::Debug,
        Self::Trace,
    ];

    /// The name in the configuration; also a directive of `tracing_subscriber::EnvFilter`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl LogFormat {
    /// Both formats.
    pub const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl RequireKey {
    /// The value in the configuration.
    pub(crate) const fn flag(self) -> Option<bool> {
        match self {
            Self::Auto => None,
            Self::Always => Some(true),
            Self::Never => Some(false),
        }
    }
}
