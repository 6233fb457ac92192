//! The clock of this process.

use std::time::SystemTime;

use byokey_types::{Timestamp, ports::Clock};

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}
