//! HTTP in and out: routes, the request pipeline, one rescue point for errors.
//!
//! A request's life is the list of modules under [`pipeline`]: inbound → resolve → prepare → attempt → relay, with the
//! [`meter`] following it to its end. Everything it needs was compiled into a [`Snapshot`] when the configuration was loaded.

pub mod api;
pub mod app;
pub mod fault;
pub mod guard;
pub mod ids;
pub mod listen;
pub mod meter;
pub mod metrics;
pub mod pipeline;
pub mod relay;
pub mod replays;
pub mod routes;
pub mod state;
pub mod tokens;
pub mod unread;

pub use app::{App, Ports, Snapshot};
pub use listen::{Drain, serve};
