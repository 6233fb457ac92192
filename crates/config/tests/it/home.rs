//! A home directory made for one test, with a configuration in it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use byokey_config::{ConfigError, Env, Loaded, Overrides, Settings, Source, load};

/// A home directory, gone when dropped.
pub(crate) struct Home {
    directory: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// With this as `~/.config/byokey/config.yaml`.
    pub(crate) fn with_yaml(text: impl AsRef<[u8]>) -> Self {
        let home = Self::new();
        home.write(".config/byokey/config.yaml", text);
        home
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file that only its owner may read.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        set_mode(&path, 0o600);
        path
    }

    pub(crate) fn env(&self) -> Env {
        let home = ("HOME".to_owned(), self.path().display().to_string());
        self.variables.iter().cloned().chain([home]).collect()
    }

    pub(crate) fn load(&self) -> Result<Loaded, ConfigError> {
        load(&Source::default(), &Overrides::default(), &self.env())
    }

    pub(crate) fn load_file(&self, path: PathBuf) -> Result<Loaded, ConfigError> {
        let source = Source { config: Some(path) };
        load(&source, &Overrides::default(), &self.env())
    }

    pub(crate) fn settings(&self) -> Settings {
        self.load()
            .unwrap_or_else(|error| panic!("{error}"))
            .settings
    }

    /// The whole error text.
    pub(crate) fn error(&self) -> String {
        self.load().expect_err("it is wrong").to_string()
    }

    pub(crate) fn defaults(&self) -> Settings {
        Settings::defaults(self.path().join(".byokey"))
    }
}

#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
