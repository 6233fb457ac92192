//! Requests, answers and streams of one format; see `byokey_fuzz::exchange`.
#![no_main]

use byokey_types::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| byokey_fuzz::exchange::run(Format::OpenAiResponses, data));
