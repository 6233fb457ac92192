//! The sandbox over real sockets: its rules, its models, its faults.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod chat_errors;
mod chat_fold;
mod chat_models;
mod chat_rules;
mod client;
mod completions;
mod delivery;
mod embeddings;
mod gemini_errors;
mod gemini_fold;
mod gemini_models;
mod gemini_rules;
mod gemini_service;
mod gemini_turns;
mod messages_fold;
mod messages_models;
mod messages_rules;
mod responses_backend;
mod responses_errors;
mod responses_fold;
mod responses_models;
mod responses_rules;
mod responses_socket;
mod responses_state;
mod scripts;
mod service;
