//! Clock and environment, in a child whose environment is known.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use byokey_daemon::{ProcessEnvironment, SystemClock};
use byokey_types::ports::{Clock, Environment};
use pretty_assertions::assert_eq;

#[test]
fn variables_are_read_as_they_are_set() {
    let child = "BYOKEY_TEST_HOST_CHILD";
    if std::env::var_os(child).is_some() {
        let read = ["T_SET", "T_PADDED", "T_BLANK", "T_UNSET", "T_BYTES"].map(|name| {
            let secret = ProcessEnvironment.var(name)?;
            Some(secret.expose().to_owned())
        });
        assert_eq!(
            read,
            [
                Some("sk-1".to_owned()),
                Some("sk-2".to_owned()),
                None,
                None,
                Some("sk-\u{fffd}".to_owned())
            ]
        );
        return;
    }
    let output = Command::new(std::env::current_exe().expect("this binary"))
        .args(["host::variables_are_read_as_they_are_set", "--exact"])
        .env_clear()
        .env(child, "1")
        .env("T_SET", "sk-1")
        .env("T_PADDED", " sk-2\n")
        .env("T_BLANK", " ")
        .env("T_BYTES", OsStr::from_bytes(b"sk-\xff"))
        .output()
        .expect("a child");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn the_clock_counts_milliseconds_since_the_epoch() {
    let millis = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        i64::try_from(since.expect("after 1970").as_millis()).expect("before the year 292 million")
    };
    let (before, now, after) = (millis(), SystemClock.now().0, millis());
    assert!((before..=after).contains(&now), "{before} {now} {after}");
}
