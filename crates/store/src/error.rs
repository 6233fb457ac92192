//! What can go wrong with the database, and what to do about it.

use std::{io, path::PathBuf};

use byokey_types::{ByokError, Kind};
use sea_orm::{DbErr, RuntimeErr};

/// A fault of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A database URL of a scheme that is not served; the URL itself may hold a password and is not shown.
    #[error(
        "a database of the scheme `{scheme}` is not supported; set `database` to `sqlite:///path/to/byokey.db`"
    )]
    UnknownScheme {
        /// The part before the first `:`.
        scheme: String,
    },
    /// A `sqlite:` URL without a usable path.
    #[error("`{url}` {why}; set `database` to `sqlite:///path/to/byokey.db`")]
    BadUrl {
        /// The URL.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A directory or file that cannot be made, read or changed.
    #[error("cannot {action} `{}`", path.display())]
    Place {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A directory in which every user of the machine may replace the database.
    #[error(
        "every user may change the directory `{0}`; type `chmod o-w {0}`, or set `database` to another path",
        path.display()
    )]
    Exposed {
        /// The directory.
        path: PathBuf,
    },
    /// Something that is no directory where that of the database should be.
    #[error("`{}` is not a directory; set `database` to another path", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// Something that is no regular file where the database should be.
    #[error("`{}` is not a file; set `database` to another path", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A file of another kind.
    #[error(
        "`{}` is not a SQLite database; move it away, or set `database` to another path",
        path.display()
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// SQLite's answer.
        #[source]
        source: DbErr,
    },
    /// A damaged database.
    #[error(
        "`{}` is damaged; restore a copy of it, or move it away to begin a new one",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// SQLite's answer.
        #[source]
        source: DbErr,
    },
    /// A database that cannot be written.
    #[error(
        "`{}` cannot be opened for writing; check the permissions of the file and of its directory",
        path.display()
    )]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// SQLite's answer.
        #[source]
        source: DbErr,
    },
    /// Another process keeps the database for itself.
    #[error(
        "`{}` is kept locked by another process; `fuser {0}` names it",
        path.display()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// SQLite's answer, when it was SQLite that waited.
        #[source]
        source: Option<DbErr>,
    },
    /// A database of a later byokey.
    #[error(
        "`{place}` was written by a newer byokey (its schema has `{migration}`); update byokey, or set `database` to another path"
    )]
    Newer {
        /// The database.
        place: String,
        /// A migration this byokey does not know.
        migration: String,
    },
    /// A statement that failed.
    #[error("cannot {action} in `{place}`")]
    Statement {
        /// What was tried.
        action: &'static str,
        /// The database.
        place: String,
        /// The database's answer.
        #[source]
        source: DbErr,
    },
    /// A row that byokey has not written so.
    #[error("`{place}` holds `{value}` as {column}, which means nothing to this byokey")]
    BadRow {
        /// The database.
        place: String,
        /// Table and column.
        column: &'static str,
        /// What is there.
        value: String,
    },
    /// A response larger than what may be kept.
    #[error("the response `{id}` has {bytes} bytes and at most {most} may be kept; {hint}")]
    ResponseTooLarge {
        /// Its id.
        id: String,
        /// What it has.
        bytes: u64,
        /// What it may have.
        most: u64,
        /// What to do.
        hint: &'static str,
    },
}

/// An error and its causes, in one line.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// SQLite's primary result codes, see <https://www.sqlite.org/rescode.html>.
mod code {
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const READONLY: u32 = 8;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const CANTOPEN: u32 = 14;
    pub(super) const NOTADB: u32 = 26;
}

impl StoreError {
    /// The meaning of a failure to open the database file at `path`.
    pub(crate) fn opening(path: PathBuf, source: DbErr) -> Self {
        match sqlite_code(&source) {
            Some(code::NOTADB) => Self::NotADatabase { path, source },
            Some(code::CORRUPT) => Self::Damaged { path, source },
            Some(code::READONLY | code::CANTOPEN) => Self::NotWritable { path, source },
            Some(code::BUSY | code::LOCKED) => Self::Locked {
                path,
                source: Some(source),
            },
            Some(_) | None => Self::Statement {
                action: "prepare the tables",
                place: path.display().to_string(),
                source,
            },
        }
    }
}

impl From<StoreError> for ByokError {
    /// The caller of a request learns that it was the database; where and why is in the chain.
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::ResponseTooLarge { .. }) {
            return Self::new(Kind::TooLarge, error.to_string());
        }
        Self::new(
            Kind::Internal,
            "byokey's database cannot be read or written; the log of byokey says why",
        )
        .because(error)
    }
}

/// The primary result code; sqlx gives the extended one, whose low byte that is.
fn sqlite_code(error: &DbErr) -> Option<u32> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    let extended: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}
