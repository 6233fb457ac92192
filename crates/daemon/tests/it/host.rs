//! The clock.

use std::time::{SystemTime, UNIX_EPOCH};

use byokey_daemon::SystemClock;
use byokey_types::ports::Clock;

#[test]
fn the_clock_counts_milliseconds_since_the_epoch() {
    let millis = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        i64::try_from(since.expect("after 1970").as_millis()).expect("before the year 292 million")
    };
    let (before, now, after) = (millis(), SystemClock.now().0, millis());
    assert!((before..=after).contains(&now), "{before} {now} {after}");
}
