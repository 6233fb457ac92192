//! The clock and the environment of this process.

use std::time::SystemTime;

use byokey_types::{
    Secret, Timestamp,
    ports::{Clock, Environment},
};

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}

impl Environment for ProcessEnvironment {
    /// What is not UTF-8 in the value becomes U+FFFD: such a value is set, and whoever reads it finds it malformed.
    fn var(&self, name: &str) -> Option<Secret> {
        let value = std::env::var_os(name)?;
        let secret = match value.into_string() {
            Ok(text) => Secret::new(text),
            Err(bytes) => Secret::new(bytes.to_string_lossy()),
        };
        (!secret.is_empty()).then_some(secret)
    }
}
