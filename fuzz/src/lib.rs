//! What the fuzzers check. The tests of `byokey-translate` include this file and run the committed corpus through it.
//!
//! A verdict is a panic. Nothing here knows libFuzzer; `fuzz_targets/` does.

mod answer;
mod bound;
pub mod exchange;
pub mod json;
mod request;
pub mod sse;
mod stream;
mod upstream;
mod verbatim;

use byokey_types::Format;

/// Runs the fuzzer of a name; `false` when there is none.
#[must_use]
pub fn run(name: &str, data: &[u8]) -> bool {
    match name {
        "chat_request" => exchange::run(Format::OpenAiChat, data),
        "messages_request" => exchange::run(Format::AnthropicMessages, data),
        "responses_request" => exchange::run(Format::OpenAiResponses, data),
        "gemini_request" => exchange::run(Format::Gemini, data),
        "sse" => sse::run(data),
        "json" => json::run(data),
        _ => return false,
    }
    true
}
