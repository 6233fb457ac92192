//! Bases, paths and queries of every format.

#![expect(clippy::unwrap_used, reason = "tests")]
use pretty_assertions::assert_eq;

use super::*;

fn at(protocol: Format, base: &str) -> Result<Endpoint, InvalidBaseUrl> {
    Endpoint::new(protocol, base, Auth::of(protocol))
}

#[test]
fn the_path_of_the_protocol_is_added_once() {
    use Format::{AnthropicMessages, Gemini, OpenAiChat, OpenAiResponses};
    let rows = [
        (OpenAiChat, "https://x/v1", "https://x/v1/chat/completions"),
        (OpenAiChat, "https://x/v1/", "https://x/v1/chat/completions"),
        (OpenAiChat, " https://x ", "https://x/chat/completions"),
        (
            OpenAiChat,
            "https://x/api/v4",
            "https://x/api/v4/chat/completions",
        ),
        (
            OpenAiChat,
            "https://x/v1/chat/completions",
            "https://x/v1/chat/completions",
        ),
        (OpenAiResponses, "https://x/v1//", "https://x/v1/responses"),
        (AnthropicMessages, "https://x", "https://x/v1/messages"),
        (AnthropicMessages, "https://x/", "https://x/v1/messages"),
        (AnthropicMessages, "https://x/v1", "https://x/v1/messages"),
        (AnthropicMessages, "https://x/v1/", "https://x/v1/messages"),
        (
            AnthropicMessages,
            "https://x/v1/messages",
            "https://x/v1/messages",
        ),
        (
            AnthropicMessages,
            "http://[::1]:9/anthropic",
            "http://[::1]:9/anthropic/v1/messages",
        ),
        (
            Gemini,
            "https://x/v1beta",
            "https://x/v1beta/models/m:generateContent",
        ),
    ];
    for (protocol, base, expected) in rows {
        let uri = at(protocol, base).unwrap().uri("m", false, None).unwrap();
        assert_eq!(uri.to_string(), expected, "{protocol} {base}");
    }
    assert_eq!(
        at(Gemini, "https://x/v1beta")
            .unwrap()
            .uri("models/m", true, Some("beta=true"))
            .unwrap()
            .to_string(),
        "https://x/v1beta/models/m:streamGenerateContent?alt=sse"
    );
}

#[test]
fn other_operations_lie_beside_the_format_s_own() {
    use Format::{AnthropicMessages, Gemini, OpenAiChat, OpenAiResponses};
    use Operation::{Complete, CountTokens, Embed, Generate};
    let none = || Err(InvalidBaseUrl::Operation);
    let ok = |uri: &str| Ok(uri.to_owned());
    let rows = [
        (
            OpenAiChat,
            "https://x/v1",
            Embed,
            ok("https://x/v1/embeddings"),
        ),
        (
            OpenAiChat,
            "https://x/v1/chat/completions",
            Complete,
            ok("https://x/v1/completions"),
        ),
        (
            OpenAiResponses,
            "https://x/v1/",
            Embed,
            ok("https://x/v1/embeddings"),
        ),
        (
            OpenAiChat,
            "https://x/v1",
            Generate,
            ok("https://x/v1/chat/completions"),
        ),
        (OpenAiChat, "https://x/v1", CountTokens, none()),
        (
            AnthropicMessages,
            "https://x",
            CountTokens,
            ok("https://x/v1/messages/count_tokens?beta=true"),
        ),
        (AnthropicMessages, "https://x", Embed, none()),
        (
            Gemini,
            "https://x/v1beta",
            CountTokens,
            ok("https://x/v1beta/models/m:countTokens"),
        ),
        (Gemini, "https://x/v1beta", Complete, none()),
    ];
    for (protocol, base, operation, expected) in rows {
        let endpoint = at(protocol, base).unwrap();
        let uri = endpoint.uri_for(operation, "m", false, Some("beta=true"));
        assert_eq!(
            uri.map(|uri| uri.to_string()),
            expected,
            "{protocol} {operation:?}"
        );
    }
}

#[test]
fn what_lies_under_the_path_is_a_plain_path() {
    let responses = at(Format::OpenAiResponses, "https://x/v1").unwrap();
    let under = |path| responses.under(path).map(|uri| uri.to_string());
    assert_eq!(
        under("/resp_1/cancel").as_deref(),
        Ok("https://x/v1/responses/resp_1/cancel")
    );
    for path in ["compact", "/../models", "/a?b", "/a b", "/%2e%2e", ""] {
        assert_eq!(under(path), Err(InvalidBaseUrl::Model), "{path:?}");
    }
    let gemini = at(Format::Gemini, "https://x").unwrap();
    assert_eq!(gemini.under("/compact"), Err(InvalidBaseUrl::Model));
}

#[test]
fn only_messages_keeps_the_query() {
    let uri = |protocol, query| {
        let endpoint = at(protocol, "https://x/v1").unwrap();
        endpoint.uri("m", true, query).unwrap().to_string()
    };
    assert_eq!(
        uri(Format::AnthropicMessages, Some("beta=true")),
        "https://x/v1/messages?beta=true"
    );
    assert_eq!(
        uri(Format::AnthropicMessages, Some("")),
        "https://x/v1/messages"
    );
    assert_eq!(
        uri(Format::OpenAiChat, Some("beta=true")),
        "https://x/v1/chat/completions"
    );
}

#[test]
fn what_is_no_prefix_is_refused_without_being_quoted() {
    let rows = [
        ("", InvalidBaseUrl::NotUrl),
        ("x.example/v1", InvalidBaseUrl::NotUrl),
        ("https://", InvalidBaseUrl::NotUrl),
        ("ftp://x", InvalidBaseUrl::Scheme),
        ("https://me:secret@x", InvalidBaseUrl::Credentials),
        ("https://x/v1?key=secret", InvalidBaseUrl::Query),
    ];
    for (base, expected) in rows {
        let error = at(Format::OpenAiChat, base).unwrap_err();
        assert!(!error.to_string().contains("secret"));
        assert_eq!(error, expected, "{base}");
    }
    let gemini = at(Format::Gemini, "https://x").unwrap();
    for model in ["", "a?b", "../x", "a b"] {
        assert_eq!(
            gemini.uri(model, false, None),
            Err(InvalidBaseUrl::Model),
            "{model:?}"
        );
    }
}
