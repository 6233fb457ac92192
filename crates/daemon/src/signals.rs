//! The signals that ask byokey to end.

use std::{fmt, io};

use tokio::signal::unix::{self, SignalKind};

/// A signal that asks byokey to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `SIGINT`: Ctrl-C at the terminal.
    Interrupt,
    /// `SIGTERM`: `kill`, a service manager, a container runtime.
    Terminate,
}

impl Signal {
    /// The exit code of a process that ends because of it: 128 and the signal's number, as shells have it.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        })
    }
}

/// The signals of this process, one after the other: the first asks to drain, the second to end at once.
#[derive(Debug)]
pub struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Signals {
    /// Takes over both signals: from here on neither ends the process by itself, even if this is dropped.
    ///
    /// # Errors
    /// When the system refuses.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O enabled.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
        })
    }

    /// The next signal. Nothing is lost when the future is dropped; of equal signals that come close together, one is seen.
    pub async fn next(&mut self) -> Signal {
        // `None` never comes: the runtime keeps the other end as long as it lives
        tokio::select! {
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            Some(()) = self.terminate.recv() => Signal::Terminate,
            else => std::future::pending().await,
        }
    }
}
