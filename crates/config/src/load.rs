//! From the layers to the settings.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    ConfigError, Env, Overrides, Place, Problem, Settings, Source,
    check::check,
    document::{LARGEST_FILE, Syntax, parse},
    layers::{Layers, Read},
    locate::{self, Located, NamedBy, locate},
    meaning, schema,
};

/// Settings, and where they are from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What the configuration means.
    pub settings: Settings,
    /// The file that was read; `None` when there is none.
    pub path: Option<PathBuf>,
    /// What is not wrong but unwise, a sentence each.
    pub warnings: Vec<String>,
}

/// Reads the file that [`locate`] names, lays variables and flags over it, and says what it all means.
///
/// A default file that does not exist is an empty one.
///
/// # Errors
/// [`ConfigError::Missing`] when a file that was named does not exist, [`ConfigError::Read`] when it cannot be read,
/// [`ConfigError::Invalid`] with every problem when it, a variable or a flag says something that cannot be meant.
pub fn load(source: &Source, overrides: &Overrides, env: &Env) -> Result<Loaded, ConfigError> {
    let file = match locate(source, env) {
        Some(located) => read(&located, env)?,
        None => None,
    };
    let path = file.as_ref().map(|file| file.path.clone());
    let exposed = file.as_ref().is_some_and(|file| file.exposed);
    let read = file.map(|file| file.read);
    let shown = read.as_ref().map(|read| read.shown.clone());

    let (layers, mut problems) = Layers::new(read, env, overrides);
    problems.extend(
        check(schema::compiled(), &layers.value)
            .into_iter()
            .map(|finding| Problem {
                place: layers.place(&finding.path),
                path: finding.told,
                message: finding.message,
                hint: finding.hint,
            }),
    );
    if !problems.is_empty() {
        return Err(invalid(problems));
    }
    let said = schema::File::deserialize(&layers.value).map_err(|error| {
        // what the check lets through, the structs take; should they not, the path is told and the value is not
        let path = error.path.join(".");
        invalid(vec![Problem {
            place: Place::Whole,
            message: format!("`{path}` is not understood"),
            path,
            hint: None,
        }])
    })?;
    let (settings, literal_secret) = meaning::settings(said, &layers, env).map_err(invalid)?;

    let mut warnings = Vec::new();
    if let (Some(shown), true, true) = (shown, exposed, literal_secret) {
        warnings.push(format!(
            "`{shown}` holds a key and other users may read it; type `chmod 600 {shown}`"
        ));
    }
    warnings.extend(misspelt_variables(env));
    Ok(Loaded {
        settings,
        path,
        warnings,
    })
}

struct Opened {
    path: PathBuf,
    read: Read,
    /// Whether users other than the owner may read or write it.
    exposed: bool,
}

fn read(located: &Located, env: &Env) -> Result<Option<Opened>, ConfigError> {
    let shown = locate::shown(&located.path, env);
    let (bytes, exposed) = match bytes(&located.path) {
        Ok(read) => read,
        Err(error) if error.kind() == io::ErrorKind::NotFound => match located.named_by {
            NamedBy::Default => return Ok(None),
            NamedBy::Flag | NamedBy::Variable => {
                return Err(ConfigError::Missing {
                    file: shown,
                    named_by: located.named_by.name(),
                });
            }
        },
        Err(source) => {
            return Err(ConfigError::Read {
                file: shown,
                source,
            });
        }
    };
    let whole = |line, message: &str, hint: Option<String>| {
        invalid(vec![Problem {
            place: Place::File {
                file: shown.clone(),
                line,
            },
            path: String::new(),
            message: message.to_owned(),
            hint,
        }])
    };
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST_FILE) {
        return Err(whole(None, "is larger than 1MiB", None));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error
            .as_bytes()
            .iter()
            .take(good)
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        whole(u64::try_from(line).ok(), "is not UTF-8 text", None)
    })?;
    let document = parse(&text, Syntax::of(&located.path))
        .map_err(|problem| whole(problem.line, &problem.message, problem.hint))?;
    Ok(Some(Opened {
        path: located.path.clone(),
        read: Read { shown, document },
        exposed,
    }))
}

/// A file's content, cut one byte after the largest that is taken, and whether others may see it.
fn bytes(path: &Path) -> io::Result<(Vec<u8>, bool)> {
    let file = File::open(path)?;
    let exposed = exposed(&file)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    Ok((bytes, exposed))
}

#[cfg(unix)]
fn exposed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;

    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn exposed(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// `BYOKEY_PORT` is a likely slip for `BYOKEY__PORT`, and would be ignored in silence.
fn misspelt_variables(env: &Env) -> impl Iterator<Item = String> {
    let sections = schema::compiled()
        .get("properties")
        .and_then(serde_json::Value::as_object);
    env.iter().filter_map(move |(name, _)| {
        let rest = name.strip_prefix("BYOKEY_")?;
        let lower = rest.to_ascii_lowercase();
        let meant = sections?.keys().any(|key| {
            lower == *key
                || lower
                    .strip_prefix(key.as_str())
                    .is_some_and(|more| more.starts_with('_'))
        });
        meant.then(|| {
            format!("`{name}` is not read; variables of settings begin with `BYOKEY__`, two underscores, and join keys with `__`")
        })
    })
}

fn invalid(mut problems: Vec<Problem>) -> ConfigError {
    problems.sort();
    problems.dedup();
    ConfigError::Invalid(problems)
}
