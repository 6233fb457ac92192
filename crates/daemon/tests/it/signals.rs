//! Real signals to a child: this test binary, started again.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use byokey_daemon::{Signal, Signals};
use pretty_assertions::assert_eq;
use rustix::process::{Pid, Signal as Number, kill_process};

const CHILD: &str = "BYOKEY_TEST_SIGNALS_CHILD";

fn say(line: &str) {
    let mut output = std::io::stdout();
    writeln!(output, "byokey-test {line}").expect("written");
    output.flush().expect("written");
}

#[tokio::test]
async fn each_signal_is_told_and_none_kills() {
    if std::env::var_os(CHILD).is_some() {
        let mut signals = Signals::listen().expect("listening");
        say("ready");
        for _ in 0..3 {
            let signal = signals.next().await;
            say(&format!("{signal} {}", signal.exit_code()));
        }
        return;
    }
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args([
            "signals::each_signal_is_told_and_none_kills",
            "--exact",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let pid = Pid::from_child(&child);
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut said = output
        .lines()
        .map(|line| line.expect("text"))
        .filter_map(|line| Some(line.split_once("byokey-test ")?.1.to_owned()));
    let mut next = || said.next().expect("a line");

    assert_eq!(next(), "ready");
    for (number, expected) in [
        (Number::TERM, "SIGTERM 143"),
        (Number::TERM, "SIGTERM 143"),
        (Number::INT, "SIGINT 130"),
    ] {
        kill_process(pid, number).expect("sent");
        assert_eq!(next(), expected);
    }
    assert!(child.wait().expect("an end").success());
}

#[test]
fn signals_go_by_their_names() {
    assert_eq!(
        [Signal::Interrupt, Signal::Terminate].map(|signal| signal.to_string()),
        ["SIGINT", "SIGTERM"]
    );
}
