//! Which headers travel.

use byokey_provider::{
    Auth,
    headers::{OWN_USER_AGENT, Outbound, pass_on},
};
use byokey_types::{Format, Secret, Token};
use http::{HeaderMap, HeaderValue};
use pretty_assertions::assert_eq;

fn map(rows: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in rows {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn rows(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut rows: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    rows.sort();
    rows
}

fn sent(
    protocol: Format,
    key: &str,
    same_format: bool,
    client: &[(&'static str, &'static str)],
    extra: &[(&'static str, &'static str)],
) -> Vec<(String, String)> {
    let headers = Outbound {
        protocol,
        auth: Auth::of(protocol),
        token: Some(&Token::api_key(Secret::new(key))),
        client: &map(client),
        same_format,
        stream: true,
        extra: &map(extra),
    }
    .headers()
    .unwrap();
    rows(&headers)
}

fn expected(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// What no client may put into our requests.
const HOSTILE: [(&str, &str); 14] = [
    ("accept-encoding", "br"),
    ("authorization", "Bearer theirs"),
    ("connection", "x-stainless-lang"),
    ("content-length", "3"),
    ("cookie", "c=1"),
    ("expect", "100-continue"),
    ("host", "elsewhere"),
    ("openai-organization", "theirs"),
    ("openai-project", "theirs"),
    ("transfer-encoding", "chunked"),
    ("x-api-key", "theirs"),
    ("x-byokey-account", "work"),
    ("x-forwarded-for", "10.0.0.1"),
    ("x-goog-api-key", "theirs"),
];

#[test]
fn a_genuine_client_is_itself_at_its_own_format() {
    let claude_code = [
        ("user-agent", "claude-cli/2.1"),
        ("x-app", "cli"),
        ("anthropic-version", "2024-01-01"),
        ("anthropic-beta", "a"),
        ("anthropic-beta", "b"),
        ("x-stainless-lang", "js"),
        ("x-claude-code-session-id", "s"),
    ];
    let client = [&claude_code[..], &HOSTILE[..]].concat();
    assert_eq!(
        sent(Format::AnthropicMessages, "k", true, &client, &[]),
        expected(&[
            ("accept", "text/event-stream"),
            ("anthropic-beta", "a"),
            ("anthropic-beta", "b"),
            ("anthropic-version", "2024-01-01"),
            ("content-type", "application/json"),
            ("user-agent", "claude-cli/2.1"),
            ("x-api-key", "k"),
            ("x-app", "cli"),
            ("x-claude-code-session-id", "s"),
            ("x-stainless-lang", "js"),
        ])
    );
    let codex = [
        ("user-agent", "codex/1"),
        ("openai-beta", "b"),
        ("session-id", "s"),
        ("x-codex-window-id", "w"),
        ("anthropic-beta", "a"),
    ];
    let client = [&codex[..], &HOSTILE[..]].concat();
    assert_eq!(
        sent(Format::OpenAiChat, "k", true, &client, &[]),
        expected(&[
            ("accept", "text/event-stream"),
            ("authorization", "Bearer k"),
            ("content-type", "application/json"),
            ("openai-beta", "b"),
            ("session-id", "s"),
            ("user-agent", "codex/1"),
            ("x-codex-window-id", "w"),
        ])
    );
}

#[test]
fn a_translated_request_is_byokeys_own() {
    let client = [
        ("user-agent", "claude-cli/2.1"),
        ("anthropic-version", "2024-01-01"),
        ("x-stainless-lang", "js"),
    ];
    assert_eq!(
        sent(Format::AnthropicMessages, "k", false, &client, &[]),
        expected(&[
            ("accept", "text/event-stream"),
            ("anthropic-version", "2023-06-01"),
            ("content-type", "application/json"),
            ("user-agent", OWN_USER_AGENT),
            ("x-api-key", "k"),
        ])
    );
}

#[test]
fn an_oauth_token_of_anthropic_is_a_bearer_with_its_beta() {
    let beta = |client: &[(&'static str, &'static str)]| {
        let sent = sent(
            Format::AnthropicMessages,
            "sk-ant-oat01-x",
            true,
            client,
            &[],
        );
        assert!(sent.contains(&("authorization".into(), "Bearer sk-ant-oat01-x".into())));
        assert!(!sent.iter().any(|(name, _)| name == "x-api-key"));
        let (_, beta) = sent
            .into_iter()
            .find(|(name, _)| name == "anthropic-beta")
            .unwrap();
        beta
    };
    assert_eq!(beta(&[]), "oauth-2025-04-20");
    assert_eq!(
        beta(&[
            ("anthropic-beta", "a, oauth-2025-04-20"),
            ("anthropic-beta", "b")
        ]),
        "a,b,oauth-2025-04-20"
    );
}

#[test]
fn configured_headers_win() {
    let sent = sent(
        Format::OpenAiChat,
        "k",
        true,
        &[("user-agent", "codex/1")],
        &[("user-agent", "mine"), ("x-team", "a"), ("x-team", "b")],
    );
    assert_eq!(
        sent,
        expected(&[
            ("accept", "text/event-stream"),
            ("authorization", "Bearer k"),
            ("content-type", "application/json"),
            ("user-agent", "mine"),
            ("x-team", "a"),
            ("x-team", "b"),
        ])
    );
}

#[test]
fn an_answer_passes_on_limits_and_ids_only() {
    let upstream = map(&[
        ("content-type", "text/event-stream"),
        ("content-encoding", "gzip"),
        ("content-length", "5"),
        ("connection", "keep-alive"),
        ("set-cookie", "a=1"),
        ("server", "cloudflare"),
        ("anthropic-ratelimit-requests-remaining", "5"),
        ("x-ratelimit-reset-tokens", "6m0s"),
        ("retry-after", "7"),
        ("x-codex-primary-used-percent", "3"),
        ("request-id", "req_1"),
    ]);
    let kept = [
        ("anthropic-ratelimit-requests-remaining", "5"),
        ("request-id", "req_1"),
        ("retry-after", "7"),
        ("x-codex-primary-used-percent", "3"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ];
    assert_eq!(rows(&pass_on(&upstream, false)), expected(&kept));
    let mut verbatim = expected(&kept);
    verbatim.insert(1, ("content-type".into(), "text/event-stream".into()));
    assert_eq!(rows(&pass_on(&upstream, true)), verbatim);
}

#[test]
fn a_key_is_never_printed() {
    let token = Token::api_key(Secret::new("sk-very-secret"));
    let outbound = |token| Outbound {
        protocol: Format::OpenAiChat,
        auth: Auth::Bearer,
        token: Some(token),
        client: Box::leak(Box::default()),
        same_format: false,
        stream: false,
        extra: Box::leak(Box::default()),
    };
    let printed = format!("{:?}", outbound(&token).headers().unwrap());
    assert!(!printed.contains("secret"), "{printed}");
    let broken = Token::api_key(Secret::new("sk\nsecret"));
    let error = outbound(&broken).headers().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"));
}
