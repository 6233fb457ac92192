//! OpenAI Responses, over HTTP and WebSocket.
//!
//! Field names, limits and error texts as the API reference, the official SDK (openai 3.52, 2026-11) and the API itself
//! gave them in 2026. Models prefixed `codex-`, and all models under `/backend-api/codex`, follow the ChatGPT backend.

mod archive;
mod echo;
mod event;
mod fault;
mod item;
mod output;
mod reply;
mod rules;
mod serve;
mod socket;
mod stream;
mod turn;
mod voice;

pub(crate) use archive::Archive;
pub(crate) use serve::{exchange, open, owns, wants_socket};
pub(crate) use socket::Socket;
