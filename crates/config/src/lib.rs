//! What the configuration file says, and what it means.
