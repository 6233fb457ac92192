//! From what the layers say to what they mean.
//!
//! Every function here returns a value whatever it was given, and reports what is wrong beside it, so that one run
//! tells all problems.

mod address;
mod client;
mod fields;
mod key;
mod path;
mod provider;

use std::{collections::BTreeMap, time::Duration};

use byokey_types::{ModelName, Secret, Str, provider::UpstreamConfig};

use crate::{
    Env, Log, LogFormat, LogLevel, Problem, Responses, Settings, Streaming,
    key_path::KeyPath,
    layers::Layers,
    locate::state_dir,
    quantity::{self, QuantityError},
    schema,
};

/// Converts what the schema let through.
///
/// Also says whether the file itself holds a key or a password.
///
/// # Errors
/// Every problem, in no order.
pub(crate) fn settings(
    said: schema::File,
    layers: &Layers,
    env: &Env,
) -> Result<(Settings, bool), Vec<Problem>> {
    let mut meaning = Meaning {
        layers,
        env,
        problems: Vec::new(),
        file_holds_secret: false,
    };
    let settings = meaning.settings(said);
    if meaning.problems.is_empty() {
        Ok((settings, meaning.file_holds_secret))
    } else {
        Err(meaning.problems)
    }
}

struct Meaning<'a> {
    layers: &'a Layers,
    env: &'a Env,
    problems: Vec<Problem>,
    file_holds_secret: bool,
}

impl Meaning<'_> {
    fn settings(&mut self, said: schema::File) -> Settings {
        let root = KeyPath::root();
        let state_dir = state_dir(self.env).unwrap_or_else(|| {
            self.report(
                &root,
                "there is no place for the state directory".to_owned(),
                Some("set `HOME` or `BYOKEY_HOME`"),
            );
            ".byokey".into()
        });
        let defaults = Settings::defaults(state_dir);
        let model_alias = said.model_alias.unwrap_or_default();
        Settings {
            host: said
                .host
                .map_or(defaults.host, |host| self.host(&host, &root.key("host"))),
            port: said.port.unwrap_or(defaults.port),
            database: said.database.map_or(defaults.database, |text| {
                self.database(&text, &defaults.state_dir, &root.key("database"))
            }),
            body_limit: said.body_limit.map_or(defaults.body_limit, |size| {
                self.size(&size, &root.key("body_limit"))
            }),
            upstream: self.upstream(said.upstream.unwrap_or_default(), &root.key("upstream")),
            providers: self.providers(said.providers.unwrap_or_default(), &root.key("providers")),
            model_alias: self.aliases(model_alias, &root.key("model_alias")),
            streaming: said.streaming.map_or(defaults.streaming, |streaming| {
                self.streaming(streaming, &root.key("streaming"))
            }),
            responses: said.responses.map_or(defaults.responses, |responses| {
                self.responses(&responses, &root.key("responses"))
            }),
            clients: self.clients(said.clients.unwrap_or_default(), &root.key("clients")),
            drain: said
                .shutdown
                .and_then(|shutdown| shutdown.drain)
                .map_or(defaults.drain, |text| {
                    self.duration(&text, &root.key("shutdown").key("drain"))
                }),
            log: self.log(
                said.log.unwrap_or_default(),
                &defaults.state_dir,
                &root.key("log"),
            ),
            allowed_hosts: self.allowed_hosts(
                said.allowed_hosts.unwrap_or_default(),
                &root.key("allowed_hosts"),
            ),
            sandbox: said.sandbox.unwrap_or(defaults.sandbox),
            state_dir: defaults.state_dir,
        }
    }

    fn upstream(&mut self, said: schema::Upstream, path: &KeyPath) -> UpstreamConfig {
        let defaults = UpstreamConfig::default();
        let mut timeout = |text: Option<String>, name: &str, default: Duration| {
            text.map_or(default, |text| self.timeout(&text, &path.key(name)))
        };
        let connect_timeout = timeout(
            said.connect_timeout,
            "connect_timeout",
            defaults.connect_timeout,
        );
        let first_byte_timeout = timeout(
            said.first_byte_timeout,
            "first_byte_timeout",
            defaults.first_byte_timeout,
        );
        let idle_timeout = timeout(said.idle_timeout, "idle_timeout", defaults.idle_timeout);
        if let Some(proxy) = &said.proxy {
            self.proxy(proxy, &path.key("proxy"));
        }
        UpstreamConfig {
            proxy: said.proxy,
            connect_timeout,
            first_byte_timeout,
            idle_timeout,
        }
    }

    fn aliases(
        &mut self,
        said: BTreeMap<String, String>,
        path: &KeyPath,
    ) -> BTreeMap<Str, ModelName> {
        let mut aliases = BTreeMap::new();
        for (alias, text) in said {
            let path = path.key(&alias);
            if alias.is_empty() || alias.contains(char::is_whitespace) {
                let message = format!("`{path}`: an alias is a word without white space");
                self.report(&path, message, None);
            }
            match ModelName::parse(&text) {
                Ok(model) if *model.base() == alias => {
                    let message = format!("`{path}` names itself");
                    self.report(
                        &path,
                        message,
                        Some("name a model, as in `claude/claude-haiku-4-5`"),
                    );
                }
                Ok(model) => {
                    aliases.insert(Str::from(alias), model);
                }
                Err(_) => {
                    let message = format!("`{path}` names no model");
                    self.report(
                        &path,
                        message,
                        Some("name one, as in `claude/claude-haiku-4-5`"),
                    );
                }
            }
        }
        aliases
    }

    fn streaming(&mut self, said: schema::Streaming, path: &KeyPath) -> Streaming {
        let Some(text) = said.keepalive else {
            return Streaming::default();
        };
        let silence = self.duration(&text, &path.key("keepalive"));
        Streaming {
            keepalive: (!silence.is_zero()).then_some(silence),
        }
    }

    fn responses(&mut self, said: &schema::Responses, path: &KeyPath) -> Responses {
        let defaults = Responses::default();
        let retention = said.retention.as_ref();
        let max_size = said.max_size.as_ref();
        Responses {
            store: said.store.unwrap_or(defaults.store),
            retention: retention.map_or(defaults.retention, |text| {
                let hint = "write it like `12h` or `30d`, or set `responses.store` to false";
                self.positive(text, &path.key("retention"), hint)
            }),
            max_size: max_size.map_or(defaults.max_size, |size| {
                self.bytes(size, &path.key("max_size"))
            }),
        }
    }

    fn log(&mut self, said: schema::Log, state_dir: &std::path::Path, path: &KeyPath) -> Log {
        // the schema lets only these words through
        let level = said
            .level
            .and_then(|word| LogLevel::ALL.into_iter().find(|level| level.name() == word));
        let format = said.format.and_then(|word| {
            LogFormat::ALL
                .into_iter()
                .find(|format| format.name() == word)
        });
        Log {
            level: level.unwrap_or_default(),
            format: format.unwrap_or_default(),
            file: said
                .file
                .map(|text| self.file(&text, state_dir, &path.key("file"))),
        }
    }

    /// A number of bytes that fit into memory.
    fn size(&mut self, said: &schema::Size, path: &KeyPath) -> usize {
        let bytes = self.bytes(said, path);
        usize::try_from(bytes).unwrap_or_else(|_| {
            self.not_a_size(path, "is too large");
            0
        })
    }

    fn bytes(&mut self, said: &schema::Size, path: &KeyPath) -> u64 {
        let bytes = match said {
            schema::Size::Bytes(bytes) => Ok(*bytes),
            schema::Size::Text(text) => quantity::size(text),
        };
        let problem = match bytes {
            Ok(0) => "must not be zero",
            Ok(bytes) => return bytes,
            Err(QuantityError::TooLarge) => "is too large",
            Err(QuantityError::NoUnit | QuantityError::Malformed) => "is not a size",
        };
        self.not_a_size(path, problem);
        0
    }

    fn not_a_size(&mut self, path: &KeyPath, problem: &str) {
        let message = format!("`{path}` {problem}");
        self.report(
            path,
            message,
            Some("write it like `64MiB`, `10MB` or `1048576`"),
        );
    }

    fn timeout(&mut self, text: &str, path: &KeyPath) -> Duration {
        self.positive(text, path, "write it like `10s`, `5m` or `1h`")
    }

    /// A duration of which zero would be no sense.
    fn positive(&mut self, text: &str, path: &KeyPath, hint: &str) -> Duration {
        let known = self.problems.len();
        let duration = self.duration(text, path);
        if duration.is_zero() && self.problems.len() == known {
            self.report(path, format!("`{path}` must not be zero"), Some(hint));
        }
        duration
    }

    fn duration(&mut self, text: &str, path: &KeyPath) -> Duration {
        let problem = match quantity::duration(text) {
            Ok(duration) => return duration,
            Err(QuantityError::NoUnit) => "has no unit",
            Err(QuantityError::Malformed) => "is not a duration",
            Err(QuantityError::TooLarge) => "is too large",
        };
        let message = format!("`{path}` {problem}");
        self.report(
            path,
            message,
            Some("write it like `250ms`, `10s`, `5m`, `1h` or `30d`"),
        );
        Duration::ZERO
    }

    /// Remembers that a key or a password is written in the file.
    fn note_secret(&mut self, path: &KeyPath) {
        self.file_holds_secret |= matches!(self.layers.place(path), crate::Place::File { .. });
    }

    /// What was said at the path is no proxy URL that can be used.
    fn proxy(&mut self, proxy: &Secret, path: &KeyPath) {
        match address::proxy(proxy.expose()) {
            Ok(has_credentials) => {
                if has_credentials {
                    self.note_secret(path);
                }
            }
            Err(fault) => {
                let message = format!("`{path}` {}", fault.message);
                self.report(path, message, Some(fault.hint));
            }
        }
    }

    fn report(&mut self, path: &KeyPath, message: String, hint: Option<&str>) {
        self.problems.push(Problem {
            place: self.layers.place(path),
            path: path.to_string(),
            message,
            hint: hint.map(str::to_owned),
        });
    }
}
