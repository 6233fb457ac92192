//! The process byokey lives in: state directory, signals, clock and environment.

pub mod signals;

mod host;
mod state;

pub use host::SystemClock;
pub use signals::{Signal, Signals};
pub use state::{StateDir, StateDirError};
