//! The layers laid over each other, and who said what.

use figment::{
    Figment, Metadata, Profile, Provider, Source,
    value::{Dict, Map, Tag, Value},
};

use crate::{
    Env, Place,
    check::{accepts, schema_at},
    document::{Document, parse_value},
    error::Problem,
    key_path::{KeyPath, Step},
    schema::compiled,
};

/// The environment variables that hold settings begin with this: `BYOKEY__UPSTREAM__PROXY`.
const PREFIX: &str = "BYOKEY__";

/// What the command line says; it wins over everything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--host`.
    pub host: Option<String>,
    /// `--port`.
    pub port: Option<u16>,
    /// `--db`.
    pub database: Option<String>,
    /// `--log-file`.
    pub log_file: Option<String>,
    /// `--sandbox`.
    pub sandbox: Option<bool>,
}

/// The configuration file, read.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// Its path, for people.
    pub(crate) shown: String,
    pub(crate) document: Document,
}

/// All layers, merged; every value remembers its layer.
pub(crate) struct Layers {
    figment: Figment,
    /// The settings.
    pub(crate) value: Value,
    file: Option<Read>,
}

impl Layers {
    /// Lays file, variables and flags over each other; the defaults are in the meaning of what is not said.
    ///
    /// Also says which variables name no key.
    pub(crate) fn new(
        file: Option<Read>,
        env: &Env,
        overrides: &Overrides,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut figment = Figment::new();
        if let Some(read) = &file {
            figment = figment.merge(Layer {
                name: String::new(),
                source: FILE,
                settings: read.document.settings.clone(),
            });
        }
        for (name, value) in env.iter() {
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            match variable(name, rest, value.expose()) {
                Ok(layer) => figment = figment.merge(layer),
                Err(problem) => problems.push(problem),
            }
        }
        for layer in flags(overrides) {
            figment = figment.merge(layer);
        }
        // the layers are data already made, so that merging them cannot fail
        let value = figment
            .find_value("")
            .unwrap_or_else(|_| Value::from(Dict::new()));
        let layers = Self {
            figment,
            value,
            file,
        };
        (layers, problems)
    }

    /// Who said the value at a path, or, when nobody did, what is around it.
    pub(crate) fn place(&self, path: &KeyPath) -> Place {
        let mut path = path.clone();
        loop {
            if let Some(value) = self.at(&path) {
                return self.place_of(value.tag(), &path);
            }
            match path.parent() {
                Some(parent) => path = parent,
                None => return self.whole(),
            }
        }
    }

    /// The keys of `providers` in the order of the file.
    pub(crate) fn provider_order(&self) -> &[String] {
        self.file
            .as_ref()
            .map_or(&[], |read| &read.document.providers)
    }

    fn at(&self, path: &KeyPath) -> Option<&Value> {
        path.steps()
            .iter()
            .try_fold(&self.value, |value, step| match step {
                Step::Key(key) => value.as_dict()?.get(key),
                Step::Index(index) => value.as_array()?.get(*index),
            })
    }

    fn place_of(&self, tag: Tag, path: &KeyPath) -> Place {
        let Some(metadata) = self.figment.get_metadata(tag) else {
            return self.whole();
        };
        match metadata.source.as_ref().and_then(Source::custom) {
            Some(VARIABLE) => Place::Variable(metadata.name.clone().into_owned()),
            Some(FLAG) => flag_place(&metadata.name),
            Some(_) | None => self.line_of(path),
        }
    }

    fn line_of(&self, path: &KeyPath) -> Place {
        match &self.file {
            Some(read) => Place::File {
                file: read.shown.clone(),
                line: read.document.lines.get(path).copied(),
            },
            None => Place::Whole,
        }
    }

    fn whole(&self) -> Place {
        self.line_of(&KeyPath::root())
    }
}

const FILE: &str = "file";
const VARIABLE: &str = "variable";
const FLAG: &str = "flag";

/// The flags, and the settings they override.
const FLAGS: [(&str, &[&str]); 5] = [
    ("--host", &["host"]),
    ("--port", &["port"]),
    ("--db", &["database"]),
    ("--log-file", &["log", "file"]),
    ("--sandbox", &["sandbox"]),
];

/// One layer, as figment takes it.
struct Layer {
    name: String,
    source: &'static str,
    settings: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::from(self.name.clone(), Source::Custom(self.source.to_owned()))
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Map::from([(Profile::Default, self.settings.clone())]))
    }
}

/// A variable's layer. The schema decides whether its text is a text, a number, a list.
fn variable(name: &str, rest: &str, text: &str) -> Result<Layer, Problem> {
    let keys: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
    if keys.iter().any(String::is_empty) {
        return Err(Problem {
            place: Place::Variable(name.to_owned()),
            path: String::new(),
            message: "names no key".to_owned(),
            hint: Some(format!(
                "join the keys with `__`, as in `{PREFIX}LOG__LEVEL`"
            )),
        });
    }
    let plain = Value::from(text);
    let value = match schema_at(compiled(), &keys) {
        Some(schema) if accepts(schema, &plain) => plain,
        Some(_) => parse_value(text).unwrap_or(plain),
        None => plain,
    };
    Ok(Layer {
        name: name.to_owned(),
        source: VARIABLE,
        settings: nested(&keys, value),
    })
}

fn flags(overrides: &Overrides) -> impl Iterator<Item = Layer> {
    let values = [
        overrides.host.as_deref().map(Value::from),
        overrides.port.map(Value::from),
        overrides.database.as_deref().map(Value::from),
        overrides.log_file.as_deref().map(Value::from),
        overrides.sandbox.map(Value::from),
    ];
    FLAGS
        .into_iter()
        .zip(values)
        .filter_map(|((name, keys), value)| {
            Some(Layer {
                name: name.to_owned(),
                source: FLAG,
                settings: nested(keys, value?),
            })
        })
}

fn flag_place(name: &str) -> Place {
    FLAGS
        .iter()
        .find(|(flag, _)| *flag == name)
        .map_or(Place::Whole, |(flag, _)| Place::Flag(flag))
}

/// `a`, `b`, 1 → `{a: {b: 1}}`.
fn nested<K: AsRef<str>>(keys: &[K], value: Value) -> Dict {
    let Some((first, rest)) = keys.split_first() else {
        return Dict::new();
    };
    let inner = if rest.is_empty() {
        value
    } else {
        Value::from(nested(rest, value))
    };
    Dict::from([(first.as_ref().to_owned(), inner)])
}
