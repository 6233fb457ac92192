//! Raw JSON, the scan of a body, and edits; see `byokey_fuzz::json`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| byokey_fuzz::json::run(data));
