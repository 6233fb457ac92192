//! The command line: exit codes, and messages that say what to type next.

use std::net::TcpListener;

use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::byokey::Launch;

#[test]
fn a_broken_file_is_named_with_its_line() {
    let broken = "host: 127.0.0.1\nstreaming:\n  keepalive: [15]\nprovidres: {}\n";
    let ended = Launch::new(&["config", "check"])
        .config("broken.yaml", broken)
        .run();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let said = [
        "broken.yaml:3",
        "`streaming.keepalive`",
        "broken.yaml:4",
        "`providres`",
        "`providers`",
    ];
    assert_eq!(
        said.map(|text| (text, ended.stderr.contains(text))),
        said.map(|text| (text, true)),
        "{}",
        ended.stderr
    );

    let unmeant = Launch::new(&["config", "check"])
        .config("unmeant.yaml", "streaming:\n  keepalive: soon\n")
        .run();
    assert_eq!(unmeant.code, Some(1));
    assert!(
        unmeant
            .stderr
            .contains("unmeant.yaml:2: `streaming.keepalive`"),
        "{}",
        unmeant.stderr
    );

    let torn = Launch::new(&["config", "check"])
        .config("torn.yaml", "port: [1\n")
        .run();
    assert_eq!(torn.code, Some(1));
    assert!(torn.stderr.contains("torn.yaml:"), "{}", torn.stderr);

    // the server does not start with it either
    let ended = Launch::new(&["serve", "--port", "0"])
        .config("broken.yaml", broken)
        .run();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.contains("broken.yaml:3"), "{}", ended.stderr);
}

#[test]
fn a_good_file_is_good() {
    let example = include_str!("../../config.example.yaml");
    let ended = Launch::new(&["config", "check"])
        .config("good.yaml", example)
        .run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(
        ended.stdout.ends_with("good.yaml is valid\n"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_file_that_is_not_there() {
    let ended = Launch::new(&["serve", "--config", "/nowhere/byokey.yaml"]).run();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("/nowhere/byokey.yaml"),
        "{}",
        ended.stderr
    );
    // nothing at the usual place is no error
    let ended = Launch::new(&["config", "check"]).run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn effective_values_are_shown_without_secrets() {
    let file = "providers:\n  up:\n    protocol: openai\n    base_url: http://127.0.0.1:1/v1\n    api_key: key-in-the-file\n";
    let show = Launch::new(&["config", "show"]).config("c.yaml", file);
    let ended = show.env("BYOKEY__STREAMING__KEEPALIVE", "2s").run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(
        !ended.stdout.contains("key-in-the-file"),
        "{}",
        ended.stdout
    );
    let shown: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (&shown["port"], &shown["streaming"]["keepalive"]),
        (&8018.into(), &"2s".into())
    );
    assert_eq!(
        shown["providers"]["up"]["base_url"],
        "http://127.0.0.1:1/v1"
    );

    let schema = Launch::new(&["config", "schema"]).run();
    let schema: Value = serde_json::from_str(&schema.stdout).unwrap();
    assert!(schema["properties"]["providers"].is_object(), "{schema}");
}

#[test]
fn wrong_usage_is_told_apart() {
    for (args, says) in [
        (&["serve", "--prot", "1"][..], "--port"),
        (&["serve", "--port", "70000"], "70000"),
        (&["sevre"], "serve"),
        (&["config"], "Usage"),
        (&[], "Usage"),
    ] {
        let ended = Launch::new(args).run();
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(2), ""),
            "{args:?}"
        );
        assert!(ended.stderr.contains(says), "{args:?}: {}", ended.stderr);
    }
}

#[test]
fn help_and_version_are_answers() {
    for args in [
        &["--help"][..],
        &["serve", "--help"],
        &["config", "--help"],
        &["config", "check", "--help"],
    ] {
        let ended = Launch::new(args).run();
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), ""),
            "{args:?}"
        );
        assert!(ended.stdout.contains("Usage: byokey"), "{args:?}");
        assert!(
            ended.stdout.contains("Examples:") || args.contains(&"check"),
            "{args:?}: {}",
            ended.stdout
        );
    }
    let version = Launch::new(&["--version"]).run();
    assert_eq!(
        version.stdout,
        concat!("byokey ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn a_port_that_is_taken() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = Launch::new(&["serve", "--port", &port]).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let first = format!("error: cannot listen on 127.0.0.1:{port}; ");
    assert!(ended.stderr.starts_with(&first), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("`--port`") && ended.stderr.contains("in use"),
        "{}",
        ended.stderr
    );
}
