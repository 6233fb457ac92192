//! Credentials: where they come from and how they are kept valid.
//!
//! * [`keys`]: from the configuration and the environment to accounts, or to the reason why there is none.
//! * [`Keeper`]: the tokens of all accounts, for the requests.

mod keeper;
pub mod keys;

pub use keeper::Keeper;
pub use keys::{ConfiguredAccount, KeyAsk, KeyProblem, Keys};
