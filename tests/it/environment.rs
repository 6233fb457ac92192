//! A key in the environment is all it takes.

use byokey_sandbox::SandboxConfig;
use pretty_assertions::assert_eq;

use crate::{byokey::Launch, client::Client, stage::Upstream};

#[tokio::test]
async fn a_key_in_the_environment_makes_a_provider_live() {
    let rows = [
        ("ANTHROPIC_API_KEY", "claude", "CLAUDE", "key-of-anthropic"),
        ("OPENAI_API_KEY", "codex", "CODEX", "key-of-openai"),
    ];
    for (variable, provider, name, key) in rows {
        let upstream = Upstream::with(SandboxConfig {
            api_key: Some(key.to_owned()),
            ..SandboxConfig::default()
        })
        .await;
        let base = format!("{}/v1", upstream.sandbox.url());
        let byokey = Launch::new(&["serve", "--port", "0"])
            .env(variable, key)
            .env(&format!("BYOKEY__PROVIDERS__{name}__BASE_URL"), &base)
            .start()
            .await;
        let banner = byokey.stdout.text();
        let live = banner
            .lines()
            .find(|line| line.trim_start().starts_with(provider))
            .unwrap();
        assert!(live.ends_with(&format!("key from ${variable}")), "{banner}");
        assert!(banner.contains("configuration: none"), "{banner}");
        assert!(
            banner.contains(&format!("OPENAI_BASE_URL=http://{}/v1", byokey.addr)),
            "{banner}"
        );
        assert!(!banner.contains(key), "{banner}");
        for client in Client::ALL {
            for stream in [false, true] {
                let answer = byokey
                    .ask(client.plain(&format!("{provider}/echo"), stream))
                    .await;
                assert_eq!(answer.status, 200, "{answer:?}");
                assert_eq!(answer.header("x-byokey-provider"), provider);
            }
        }
        assert_eq!(byokey.get("/readyz", &[]).await.status, 200);
    }
}

/// The simulated provider needs no key, no file and no network.
#[tokio::test]
async fn the_sandbox_inside_answers() {
    let byokey = Launch::new(&["serve", "--port", "0", "--sandbox"])
        .start()
        .await;
    for client in Client::ALL {
        let answer = byokey.ask(client.plain("sandbox/echo", false)).await;
        assert_eq!(client.text(&answer.ok()), "hi there");
        let events = byokey
            .ask(client.plain("sandbox/echo", true))
            .await
            .events();
        assert_eq!(client.streamed_text(&events), "hi there");
    }
    let models = byokey.get("/v1/models", &[]).await.ok();
    let listed = models["data"].as_array().unwrap();
    assert!(
        listed
            .iter()
            .any(|model| model["id"] == "echo" && model["owned_by"] == "sandbox"),
        "{models}"
    );
}
