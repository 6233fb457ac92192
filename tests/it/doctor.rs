//! `byokey doctor --conformance`: of itself, of a running server, of something that is neither.

use byokey_sandbox::RawReply;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    byokey::{Ended, Launch},
    stage::{Stage, Upstream},
};

/// What fails, and is known to: (check, client → upstream).
const KNOWN: &[&str] = &[];

/// Runs `byokey doctor --conformance` while the test goes on serving.
async fn doctor(args: &[&str], key: Option<&str>) -> Ended {
    let args = [&["doctor", "--conformance"], args].concat();
    let mut launch = Launch::new(&args);
    if let Some(key) = key {
        launch = launch.env("BYOKEY_CONFORMANCE_KEY", key);
    }
    tokio::task::spawn_blocking(|| launch.run()).await.unwrap()
}

/// The rows of the matrix, without what follows them.
fn matrix(text: &str) -> &str {
    let (_, rest) = text.split_once("\n\n").unwrap();
    rest.split("\n\n").next().unwrap()
}

fn failures(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines.filter_map(|line| line.strip_prefix("✗ ")).collect()
}

#[tokio::test]
async fn byokey_speaks_every_format_with_every_format() {
    let ended = doctor(&[], None).await;
    assert_eq!(ended.stderr, "");
    assert_eq!(failures(&ended.stdout), KNOWN, "{}", ended.stdout);
    let expected = include_str!("doctor/matrix.txt");
    assert_eq!(matrix(&ended.stdout), expected.trim_end_matches('\n'));
    let code = i32::from(!KNOWN.is_empty());
    assert_eq!(ended.code, Some(code), "{}", ended.stdout);
}

#[tokio::test]
async fn a_running_server_is_examined_by_its_url() {
    let byokey = Launch::serve(&json!({"sandbox": true, "providers": {}}))
        .start()
        .await;
    let base = format!("http://{}", byokey.addr);
    // the list names the sandbox's models
    for url in [base.clone(), format!("{base}/v1/")] {
        let ended = doctor(&["--url", &url], None).await;
        let first = format!("conformance of {base}");
        assert_eq!(ended.stdout.lines().next(), Some(first.as_str()));
        let expected = include_str!("doctor/url.txt");
        assert_eq!(
            matrix(&ended.stdout),
            expected.trim_end_matches('\n'),
            "{}",
            ended.stdout
        );
    }
}

#[tokio::test]
async fn any_model_can_be_asked() {
    let stage = Stage::open().await;
    let url = format!("http://{}", stage.byokey.addr);
    let args = ["--url", &url, "--model", "up-msg/echo", "--json"];
    let ended = doctor(&args, Some("any")).await;
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{}",
        ended.stdout
    );
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let columns = ["chat", "responses", "messages", "gemini"];
    let columns = columns.map(|client| json!({"client": client, "upstream": null}));
    assert_eq!(report["columns"], json!(columns));
    assert_eq!(
        report["checks"][0],
        json!({"check": "text", "cases": ["U16"], "cells": vec![json!({"verdict": "pass"}); 4]})
    );
    let reason = "needs a model of byokey's sandbox, which this endpoint does not list";
    let skipped = json!({"verdict": "not applicable", "reason": reason});
    let tools = report["checks"].as_array().unwrap().iter();
    let tools: Vec<&Value> = tools.filter(|row| row["check"] == "tool round").collect();
    assert_eq!(tools[0]["cells"], json!(vec![skipped; 4]));
    assert_eq!(report["failed"], 0);
}

#[tokio::test]
async fn a_broken_endpoint_fails_and_its_key_is_not_shown() {
    let upstream = Upstream::open().await;
    let key = "sk-secret-of-the-endpoint";
    // it answers everything with the same words, and they tell the key
    let body = format!(r#"{{"text":"no format at all","key":"{key}"}}"#);
    let reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let server = upstream.raw(vec![RawReply::new(reply)]).await;
    for json in [false, true] {
        let (url, more) = (server.url(), if json { &["--json"][..] } else { &[] });
        let ended = doctor(
            &[&["--url", &url, "--model", "m"], more].concat(),
            Some(key),
        )
        .await;
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(1), ""),
            "{}",
            ended.stdout
        );
        assert!(!ended.stdout.contains(key), "{}", ended.stdout);
        assert!(ended.stdout.contains("***"), "{}", ended.stdout);
        if !json {
            let told = "✗ text · messages\n  sent      POST http://";
            assert!(ended.stdout.contains(told), "{}", ended.stdout);
            let told = "expected  an answer that the official SDKs can read: `id` is missing in {";
            assert!(ended.stdout.contains(told), "{}", ended.stdout);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_examined_is_said() {
    let upstream = Upstream::open().await;
    let server = upstream
        .raw(vec![RawReply::new(
            "HTTP/1.1 401 No\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
        )])
        .await;
    let locked = server.url();
    // (arguments, exit code, the end of what is said)
    let rows: [(&[&str], i32, &str); 5] = [
        (
            &["--url", &locked],
            1,
            "names no model (status 401); name one with `--model`, and a key with `--key` if one is needed\n",
        ),
        (
            &["--url", "nonsense"],
            1,
            "such as `http://127.0.0.1:8018`\n",
        ),
        (
            &["--url", "ftp://host"],
            1,
            "such as `http://127.0.0.1:8018`\n",
        ),
        (&["--url"], 2, "For more information, try '--help'.\n"),
        (
            &["--model", "m"],
            2,
            "For more information, try '--help'.\n",
        ),
    ];
    for (args, code, said) in rows {
        let ended = doctor(args, None).await;
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(code), ""),
            "{args:?}"
        );
        assert!(ended.stderr.ends_with(said), "{args:?}: {}", ended.stderr);
    }
    let ended = tokio::task::spawn_blocking(|| Launch::new(&["doctor"]).run())
        .await
        .unwrap();
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}
