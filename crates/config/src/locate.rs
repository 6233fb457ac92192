//! Where the configuration file and the state directory are.

use std::path::{Path, PathBuf};

use crate::Env;

/// What the command line says about the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The value of `--config`.
    pub config: Option<PathBuf>,
}

/// Who named the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// `--config`.
    Flag,
    /// `$BYOKEY_CONFIG`.
    Variable,
    /// Nobody: it is the default path, and need not exist.
    Default,
}

impl NamedBy {
    /// For messages: `--config`, `$BYOKEY_CONFIG`, `default`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flag => "`--config`",
            Self::Variable => "`$BYOKEY_CONFIG`",
            Self::Default => "default",
        }
    }
}

/// The path of the configuration file; whether it exists is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The path.
    pub path: PathBuf,
    /// Who named it.
    pub named_by: NamedBy,
}

/// Says which file [`load`](crate::load) reads: `--config`, else `$BYOKEY_CONFIG`, else
/// `$XDG_CONFIG_HOME/byokey/config.yaml`, else `~/.config/byokey/config.yaml`.
///
/// `None` when nothing names one and there is no home directory. A relative `$XDG_CONFIG_HOME` is ignored, as the
/// XDG base directory specification demands.
pub fn locate(source: &Source, env: &Env) -> Option<Located> {
    if let Some(path) = &source.config {
        return Some(Located {
            path: path.clone(),
            named_by: NamedBy::Flag,
        });
    }
    if let Some(text) = env.text("BYOKEY_CONFIG") {
        return Some(Located {
            path: expand_home(text, env),
            named_by: NamedBy::Variable,
        });
    }
    let base = env
        .text("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(home(env)?.join(".config")))?;
    Some(Located {
        path: base.join("byokey").join("config.yaml"),
        named_by: NamedBy::Default,
    })
}

/// The state directory: `$BYOKEY_HOME`, else `~/.byokey`; `None` without a home directory.
pub(crate) fn state_dir(env: &Env) -> Option<PathBuf> {
    env.text("BYOKEY_HOME")
        .map(|text| expand_home(text, env))
        .or_else(|| Some(home(env)?.join(".byokey")))
}

/// Replaces a leading `~` by the home directory, when there is one.
pub(crate) fn expand_home(text: &str, env: &Env) -> PathBuf {
    let rest = match text.strip_prefix('~') {
        Some("") => Some(""),
        Some(rest) => rest.strip_prefix('/'),
        None => None,
    };
    match (rest, home(env)) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_) | None, _) => PathBuf::from(text),
    }
}

/// A path for people: the home directory is written `~`.
pub(crate) fn shown(path: &Path, env: &Env) -> String {
    home(env)
        .and_then(|home| path.strip_prefix(home).ok())
        .map_or_else(
            || path.display().to_string(),
            |rest| format!("~/{}", rest.display()),
        )
}

fn home(env: &Env) -> Option<&Path> {
    env.text("HOME").map(Path::new)
}
