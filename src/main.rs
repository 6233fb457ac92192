//! byokey: one local address for every AI tool.
fn main() {}
