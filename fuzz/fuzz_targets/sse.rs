//! Server-sent events in any chunks; see `byokey_fuzz::sse`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| byokey_fuzz::sse::run(data));
