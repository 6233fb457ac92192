//! What nobody may see, and who may call.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use byokey_sandbox::Script;
use http::Method;
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::{
    byokey::Launch,
    client::{Client, JSON, plain_body, request, soon},
    stage::{CHAT_KEY, MESSAGES_KEY, Stage, Upstream},
};

const PROMPT: &str = "the-prompt-of-the-user";
const CLIENT_KEY: &str = "key-of-the-client-4";

/// An upstream that repeats the key it was shown: in an error, and in an error that it calls a success.
#[tokio::test]
async fn keys_are_never_repeated() {
    let mut stage = Stage::with(&json!({"log": {"level": "trace"}})).await;
    let echoing = |key: &str| {
        format!(
            "{{\"type\":\"error\",\"error\":{{\"message\":\"Incorrect API key provided: {key}.\",\"type\":\"authentication_error\",\"x\":\"{key}\"}}}}"
        )
    };
    let headers = [
        JSON,
        ("authorization", "Bearer key-of-the-client-4"),
        ("x-api-key", CLIENT_KEY),
    ];
    for (provider, key) in [("up-chat", CHAT_KEY), ("up-msg", MESSAGES_KEY)] {
        for status in [401, 200] {
            stage
                .upstream
                .sandbox
                .script("echo", [Script::json(status, echoing(key))]);
            for client in Client::ALL {
                for stream in [false, true] {
                    let more = json!({"stream": stream, "messages": [{"role": "user", "content": PROMPT}]});
                    let body = plain_body(&format!("{provider}/raw-echo"), &more).to_string();
                    let asking = request(Method::POST, client.path(), &headers, body);
                    let answer = stage.byokey.ask(asking).await;
                    let message = answer.json()["error"]["message"].clone();
                    let told = if status == 200 { 502 } else { status };
                    assert_eq!(answer.status, told, "{message}");
                    assert_eq!(message, "Incorrect API key provided: ***.");
                    assert!(
                        !crate::client::contains(&answer.body, key),
                        "{:?}",
                        answer.body
                    );
                }
            }
        }
    }
    stage.byokey.signal("TERM");
    assert_eq!(stage.byokey.exited().await, Some(0));
    let said = [stage.byokey.stdout.text(), stage.byokey.stderr.text()].concat();
    assert!(
        said.contains("DEBUG") && said.contains(" served "),
        "{said}"
    );
    for secret in [CHAT_KEY, MESSAGES_KEY, CLIENT_KEY, "key-of-up-both-3"] {
        assert!(!said.contains(secret), "{secret} is in the log");
        for file in files(stage.byokey.home()) {
            let is_config = file.ends_with("config.json");
            let bytes = fs::read(&file).unwrap();
            assert!(
                is_config || !crate::client::contains(&bytes, secret),
                "{secret} is in {file}"
            );
        }
    }
}

/// At the usual level, and at the one below, a log tells of requests but not what they say.
#[tokio::test]
async fn prompts_are_not_logged() {
    let mut stage = Stage::with(&json!({"log": {"level": "debug"}})).await;
    for client in Client::ALL {
        for model in ["echo", "fail-500", "fail-400"] {
            for provider in ["up-chat", "up-msg"] {
                let more = json!({"messages": [{"role": "user", "content": PROMPT}]});
                let body = plain_body(&format!("{provider}/{model}"), &more).to_string();
                stage.byokey.ask(client.ask(body)).await;
            }
        }
        // not JSON: the reader's complaint may quote what it read
        let body =
            format!("{{\"model\":\"up-chat/echo\",\"stream\":\"{PROMPT}\",\"messages\":[]}}");
        assert_eq!(stage.byokey.ask(client.ask(body)).await.status, 400);
    }
    stage.byokey.signal("TERM");
    assert_eq!(stage.byokey.exited().await, Some(0));
    let said = stage.byokey.stderr.text();
    assert_eq!(said.matches(" served ").count(), 12, "{said}");
    assert!(!said.contains(PROMPT), "{said}");
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path.to_str().unwrap().to_owned());
        }
    }
    files
}

#[tokio::test]
async fn the_state_directory_is_the_owner_s() {
    let stage = Stage::open().await;
    stage.byokey.serves().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(&stage.byokey.state()), 0o700);
    let files = files(&stage.byokey.state());
    assert!(
        files.iter().any(|file| file.ends_with("byokey.db")),
        "{files:?}"
    );
    for file in files {
        assert_eq!(mode(Path::new(&file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn other_hosts_are_refused() {
    let stage = Stage::with(&json!({"allowed_hosts": ["box.lan"]})).await;
    let rows = [
        ("evil.example", 403),
        ("evil.example:8018", 403),
        ("127.0.0.1.evil.example", 403),
        ("box.lan", 200),
        ("box.lan:8018", 200),
        ("localhost:1", 200),
        ("[::1]:8018", 200),
    ];
    for (host, status) in rows {
        let forwarded = ("x-forwarded-host", "localhost");
        for path in ["/healthz", "/v1/models", "/"] {
            let answer = stage.byokey.get(path, &[("host", host), forwarded]).await;
            assert_eq!(answer.status, status, "{host} {path}");
        }
        for client in Client::ALL {
            let body = plain_body(&format!("{}/echo", client.home()), &json!({})).to_string();
            let asking = request(Method::POST, client.path(), &[JSON, ("host", host)], body);
            let answer = stage.byokey.ask(asking).await;
            assert_eq!(answer.status, status, "{host}");
            if status == 403 {
                assert!(client.fault(&answer).2.contains("`allowed_hosts`"));
            }
        }
    }
}

#[tokio::test]
async fn the_network_is_not_served_without_keys() {
    for host in ["0.0.0.0", "::"] {
        let ended = Launch::new(&["serve", "--port", "0", "--host", host]).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        assert!(
            ended
                .stderr
                .starts_with(&format!("error: `host: {host}` can be reached")),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("`clients.keys`"), "{}", ended.stderr);
    }
    // with keys it is, and any name may be used for it
    let upstream = Upstream::open().await;
    let more = json!({"host": "0.0.0.0", "clients": {"keys": [{"name": "ci", "key": CLIENT_KEY}]}});
    let mut byokey = Launch::serve(&upstream.config(&more)).start().await;
    byokey.addr = ([127, 0, 0, 1], byokey.addr.port()).into();
    let answer = byokey
        .get(
            "/v1/models",
            &[("host", "box.example"), ("x-api-key", CLIENT_KEY)],
        )
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        byokey
            .get("/v1/models", &[("host", "box.example")])
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn client_keys_are_asked_for() {
    let upstream = Upstream::open().await;
    let more = json!({"clients": {"keys": [{"name": "ci", "key_env": "CI_KEY"}, {"name": "b", "key": "second-key-5"}]}});
    let launch = Launch::serve(&upstream.config(&more)).env("CI_KEY", CLIENT_KEY);
    let byokey = launch.start().await;
    let bearer = format!("Bearer {CLIENT_KEY}");
    let rows = [
        (("authorization", bearer.as_str()), 200),
        (("x-api-key", CLIENT_KEY), 200),
        (("x-api-key", "second-key-5"), 200),
        (("x-api-key", "second-key-6"), 401),
        (("x-api-key", CHAT_KEY), 401),
        (("x-other", ""), 401),
    ];
    for (header, status) in rows {
        for client in Client::ALL {
            let body = plain_body(&format!("{}/echo", client.home()), &json!({})).to_string();
            let asking = request(Method::POST, client.path(), &[JSON, header], body);
            let answer = byokey.ask(asking).await;
            assert_eq!(answer.status, status, "{header:?}");
            if status == 401 {
                let (_, kind, message) = client.fault(&answer);
                if client == Client::Messages {
                    assert_eq!(kind, "authentication_error");
                }
                assert!(message.contains("client key"), "{message}");
                assert!(
                    !message.contains(header.1) || header.1.is_empty(),
                    "{message}"
                );
            }
        }
        assert_eq!(
            byokey.get("/v1/models", &[header]).await.status,
            status,
            "{header:?}"
        );
        assert_eq!(byokey.get("/healthz", &[header]).await.status, 200);
    }
    assert_eq!(upstream.sandbox.requests().len(), 6);
    drop(
        soon(
            byokey
                .stderr
                .until(|log| log.matches(" served ").count() == 6),
        )
        .await,
    );
    assert!(!byokey.stderr.text().contains(CLIENT_KEY));
}
