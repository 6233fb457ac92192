//! The directory in which byokey keeps its files.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use byokey_types::ports::Environment;
use rustix::{fs::OFlags, process::geteuid};

/// The variable that names the directory.
const HOME_VARIABLE: &str = "BYOKEY_HOME";
const PRIVATE: u32 = 0o700;
const PERMISSIONS: u32 = 0o7777;

/// byokey's own directory: it exists, it is this user's, and nobody else can see into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDir {
    path: PathBuf,
}

/// Why a directory cannot be byokey's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateDirError {
    /// Neither variable says where it is.
    #[error(
        "neither `$BYOKEY_HOME` nor `$HOME` is set; type `export BYOKEY_HOME=/path/to/directory`"
    )]
    Unknown,
    /// A path that is not text.
    #[error("`${variable}` is not UTF-8; type `export BYOKEY_HOME=/path/to/directory`")]
    NotText {
        /// The variable.
        variable: &'static str,
    },
    /// Something else is at the path.
    #[error("`{}` is not a directory; move it away, or set `$BYOKEY_HOME` to another path", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// The directory, or the link to it, is another user's.
    #[error(
        "`{}` belongs to the user {owner}, and byokey runs as {user}; type `chown {user} {0}`, or set `$BYOKEY_HOME` to another path",
        path.display()
    )]
    NotOwned {
        /// The path.
        path: PathBuf,
        /// The numeric id of its owner.
        owner: u32,
        /// The numeric id of this process' user.
        user: u32,
    },
    /// The system refused.
    #[error("cannot {action} `{}`; set `$BYOKEY_HOME` to a directory that you may write", path.display())]
    System {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

impl StateDir {
    /// `$BYOKEY_HOME`, or `.byokey` in `$HOME`.
    ///
    /// # Errors
    /// [`StateDirError::Unknown`] and [`StateDirError::NotText`].
    pub fn default_path(environment: &dyn Environment) -> Result<PathBuf, StateDirError> {
        let path = |variable: &'static str| {
            let Some(value) = environment.var(variable) else {
                return Ok(None);
            };
            // what `Environment` puts in the place of bytes that are no text
            if value.expose().contains(char::REPLACEMENT_CHARACTER) {
                return Err(StateDirError::NotText { variable });
            }
            Ok(Some(PathBuf::from(value.expose())))
        };
        if let Some(own) = path(HOME_VARIABLE)? {
            return Ok(own);
        }
        let home = path("HOME")?.ok_or(StateDirError::Unknown)?;
        Ok(home.join(".byokey"))
    }

    /// Makes the directory where it is missing, or takes one that is there; its mode is 0700 afterwards.
    ///
    /// A link to it is followed when it is this user's. What is checked is what is opened: nobody can put something else in
    /// its place in between.
    ///
    /// # Errors
    /// [`StateDirError`], naming the path and what to do.
    pub fn open(path: &Path) -> Result<Self, StateDirError> {
        let path = std::path::absolute(path).map_err(at("find", path))?;
        create(&path)?;
        let path = follow(path)?;
        let directory = open_directory(&path)?;
        let metadata = directory
            .metadata()
            .map_err(at("look at the directory", &path))?;
        owned(&path, metadata.uid())?;
        if metadata.permissions().mode() & PERMISSIONS != PRIVATE {
            tracing::warn!(directory = %path.display(), "the state directory had other permissions; its mode is now 0700");
            directory
                .set_permissions(Permissions::from_mode(PRIVATE))
                .map_err(at("change the permissions of", &path))?;
        }
        Ok(Self { path })
    }

    /// The directory, as an absolute path without a link at its end.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database, when the configuration names no other.
    pub fn database(&self) -> PathBuf {
        self.path.join("byokey.db")
    }

    /// The log of a byokey in the background.
    pub fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }
}

fn create(path: &Path) -> Result<(), StateDirError> {
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    // also fine when another byokey was faster
    DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE)
        .create(path)
        .map_err(at("create the directory", path))
}

/// The path that a link at the end of `path` leads to.
fn follow(path: PathBuf) -> Result<PathBuf, StateDirError> {
    let metadata = path
        .symlink_metadata()
        .map_err(at("look at the directory", &path))?;
    if !metadata.is_symlink() {
        return Ok(path);
    }
    owned(&path, metadata.uid())?;
    fs::canonicalize(&path).map_err(at("follow the link", &path))
}

fn open_directory(path: &Path) -> Result<File, StateDirError> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(|source| {
            if source.kind() == io::ErrorKind::NotADirectory {
                return StateDirError::NotADirectory {
                    path: path.to_owned(),
                };
            }
            at("open the directory", path)(source)
        })
}

fn owned(path: &Path, owner: u32) -> Result<(), StateDirError> {
    let user = geteuid().as_raw();
    if owner == user {
        return Ok(());
    }
    Err(StateDirError::NotOwned {
        path: path.to_owned(),
        owner,
        user,
    })
}

fn at<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> StateDirError + 'a {
    move |source| StateDirError::System {
        action,
        path: path.to_owned(),
        source,
    }
}
