//! Writes results where they can be compared later.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::results::Results;

/// Writes `<directory>/<unix time>.json`, and returns its path.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(results: &Results, directory: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make `{}`", directory.display()))?;
    let file = directory.join(format!("{}.json", results.unix));
    let mut json = serde_json::to_vec_pretty(results)?;
    json.push(b'\n');
    fs::write(&file, json).with_context(|| format!("cannot write `{}`", file.display()))?;
    Ok(file)
}
