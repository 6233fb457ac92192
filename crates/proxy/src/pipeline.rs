//! The life of a model request, one file a phase.

pub mod amends;
pub mod attempt;
pub mod inbound;
pub mod prepare;
pub mod seals;
pub mod session;

pub use inbound::Inbound;
