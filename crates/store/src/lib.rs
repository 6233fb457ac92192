//! Persistence behind the ports of byokey-types: SQLite through sea-orm.
//!
//! * [`Location`]: what a database URL means.
//! * [`Store`]: an open database, with its schema up to date; accounts and usage.
//! * [`ResponseArchive`]: responses that can be gone on from, within limits of time and size.
//! * [`UsageWriter`]: usage records in batches, off the hot path.

mod account;
mod error;
mod location;
mod place;
mod response;
mod schema;
mod store;
mod usage;
mod writer;

pub use error::StoreError;
pub use location::Location;
pub use response::{LARGEST_RESPONSE, Pruned, ResponseArchive, ResponseLimits};
pub use store::Store;
pub use writer::{UsageWriter, WriterLimits};
