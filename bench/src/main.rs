//! Load generator: byokey beside direct, interleaved in one run, as ratios.
fn main() {}
