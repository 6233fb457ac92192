//! The routes' own code.

pub mod completions;
pub mod count;
pub mod embeddings;
pub mod gemini;
pub mod generate;
pub mod health;
pub mod models;
mod passthrough;
pub mod responses;

use byokey_types::Format;

/// The format in which a path is answered, for errors that come before its own code.
pub fn format_of(path: &str) -> Format {
    if path.ends_with("/messages") || path.contains("/messages/") {
        Format::AnthropicMessages
    } else if path.starts_with("/v1beta") {
        Format::Gemini
    } else if path.contains("/responses") {
        Format::OpenAiResponses
    } else {
        Format::OpenAiChat
    }
}
