//! The directory and the file of a database: private before SQLite first sees them.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::StoreError;

const PRIVATE_DIRECTORY: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
const OTHERS: u32 = 0o077;
const WORLD_WRITABLE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// How often a lock that another process holds is asked for again.
const LOCK_POLL: Duration = Duration::from_millis(20);
/// How often that is done; with [`LOCK_POLL`], half a minute.
const LOCK_POLLS: u32 = 1500;

/// Makes the directory and the file where they are missing, and keeps both from other users.
///
/// `own` is byokey's own directory: it is tightened when others can see into it; of any other directory byokey only warns.
///
/// # Errors
/// [`StoreError::Place`], [`StoreError::Exposed`], [`StoreError::NotADirectory`], [`StoreError::NotAFile`].
pub(crate) fn prepare(path: &Path, own: Option<&Path>) -> Result<(), StoreError> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    prepare_directory(directory, own.is_some_and(|own| own == directory))?;
    prepare_file(path)?;
    // SQLite gives these the mode of the database, so they differ only beside a database that was once open to others
    for suffix in ["-wal", "-shm"] {
        tighten_file(&beside(path, suffix))?;
    }
    Ok(())
}

/// Takes the lock that lets one process at a time set up the database; dropping the file gives it back.
///
/// A file of its own: closing any handle of the database itself would drop the locks that SQLite has on it in this process
/// (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
///
/// # Errors
/// [`StoreError::Place`], and [`StoreError::Locked`] after half a minute.
pub(crate) async fn lock(path: &Path) -> Result<File, StoreError> {
    let lock_path = beside(path, ".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(PRIVATE_FILE)
        .open(&lock_path)
        .map_err(at("open", &lock_path))?;
    for _ in 0..LOCK_POLLS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_POLL).await,
            Err(TryLockError::Error(source)) => return Err(at("lock", &lock_path)(source)),
        }
    }
    Err(StoreError::Locked {
        path: path.to_owned(),
        source: None,
    })
}

fn prepare_directory(directory: &Path, is_own: bool) -> Result<(), StoreError> {
    let metadata = match fs::metadata(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return DirBuilder::new()
                .recursive(true)
                .mode(PRIVATE_DIRECTORY)
                .create(directory)
                .map_err(at("create the directory", directory));
        }
        metadata => metadata.map_err(at("look at the directory", directory))?,
    };
    if !metadata.is_dir() {
        return Err(StoreError::NotADirectory {
            path: directory.to_owned(),
        });
    }
    let mode = metadata.permissions().mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    if is_own {
        return fs::set_permissions(directory, Permissions::from_mode(PRIVATE_DIRECTORY))
            .map_err(at("change the permissions of", directory));
    }
    if mode & WORLD_WRITABLE != 0 && mode & STICKY == 0 {
        return Err(StoreError::Exposed {
            path: directory.to_owned(),
        });
    }
    tracing::warn!(directory = %directory.display(), "other users can see into the directory of the database");
    Ok(())
}

/// An existing file is never opened here, see [`lock`].
fn prepare_file(path: &Path) -> Result<(), StoreError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => tighten_file(path),
        Ok(_) => Err(StoreError::NotAFile {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match OpenOptions::new()
                .create_new(true)
                .write(true)
                .mode(PRIVATE_FILE)
                .open(path)
            {
                // another process was faster, and made it the same way
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                created => created.map(drop).map_err(at("create", path)),
            }
        }
        Err(error) => Err(at("look at", path)(error)),
    }
}

fn tighten_file(path: &Path) -> Result<(), StoreError> {
    let mode = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata.map_err(at("look at", path))?.permissions().mode(),
    };
    if mode & OTHERS == 0 {
        return Ok(());
    }
    tracing::warn!(file = %path.display(), "other users could read the database; its mode is now 0600");
    fs::set_permissions(path, Permissions::from_mode(PRIVATE_FILE))
        .map_err(at("change the permissions of", path))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn at<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> StoreError + 'a {
    move |source| StoreError::Place {
        action,
        path: path.to_owned(),
        source,
    }
}
