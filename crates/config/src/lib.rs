//! What the configuration says, and what it means.
//!
//! [`load`] lays four layers over each other (defaults, file, `BYOKEY__…` variables, flags), compares the result with
//! [`json_schema`], reports everything that is wrong with it at once, and turns what is right into [`Settings`].

mod check;
mod document;
mod environment;
mod error;
mod key_path;
mod layers;
mod load;
mod locate;
mod meaning;
mod quantity;
mod schema;
mod settings;
mod show;

pub use environment::Env;
pub use error::{ConfigError, Place, Problem};
pub use layers::Overrides;
pub use load::{Loaded, load};
pub use locate::{Located, NamedBy, Source, locate};
pub use schema::json_schema;
pub use settings::{
    ClientKey, Clients, Database, Log, LogFormat, LogLevel, RequireKey, Responses, Settings,
    Streaming,
};
