//! Errors that are told by more than status and code; and what is taken out of an error.

use std::time::Duration;

use byokey_provider::{ErrorAnswer, classify::scrub};
use byokey_types::{Kind, Retry, Secret};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pretty_assertions::assert_eq;

use crate::classify::{NOW, after, classified};

#[test]
fn pauses_come_from_the_most_exact_statement() {
    let body = r#"{"error":{"type":"rate_limit_error","message":"try again in 20s"}}"#;
    let rows: &[(&[(&'static str, &'static str)], Retry)] = &[
        (&[], after(20)),
        (&[("retry-after", "7")], after(7)),
        (
            &[("retry-after", "7"), ("retry-after-ms", "1500")],
            Retry::Later(Some(Duration::from_millis(1500))),
        ),
        (
            &[("retry-after", "Sat, 01 Aug 2026 10:01:00 GMT")],
            after(60),
        ),
        (
            &[("retry-after", "Sat, 01 Aug 2026 09:00:00 GMT")],
            after(0),
        ),
        (&[("retry-after", "soon")], after(20)),
        (&[("retry-after", "99999999999")], after(8 * 24 * 3600)),
        (&[("retry-after", "-5")], after(20)),
        (&[("retry-after", "NaN")], after(20)),
        (
            &[
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "2026-08-01T10:00:30Z"),
                ("anthropic-ratelimit-tokens-remaining", "5"),
                ("anthropic-ratelimit-tokens-reset", "2026-08-01T11:00:00Z"),
            ],
            after(30),
        ),
    ];
    for (headers, retry) in rows {
        let error = classified(429, headers, body);
        assert_eq!(
            (error.kind, error.retry),
            (Kind::RateLimited, *retry),
            "{headers:?}"
        );
    }
}

#[test]
fn a_used_up_window_of_anthropic_is_a_quota() {
    let body = r#"{"type":"error","error":{"type":"rate_limit_error","message":"x"}}"#;
    let error = classified(
        429,
        &[
            ("anthropic-ratelimit-unified-5h-status", "rejected"),
            ("anthropic-ratelimit-unified-5h-reset", "1785578500"),
            ("anthropic-ratelimit-unified-7d-status", "allowed"),
            ("anthropic-ratelimit-unified-7d-reset", "1786000000"),
        ],
        body,
    );
    assert_eq!(
        (error.kind, error.retry),
        (Kind::QuotaExhausted, after(100))
    );
    let fast = r#"{"type":"error","error":{"type":"rate_limit_error","message":"Usage credits are required for fast mode"}}"#;
    let error = classified(429, &[], fast);
    assert_eq!(
        (error.kind, error.retry),
        (Kind::InvalidRequest, Retry::Never)
    );
}

#[test]
fn a_challenge_is_an_outage() {
    let error = classified(
        403,
        &[("cf-mitigated", "challenge")],
        "<html>Just a moment…",
    );
    assert_eq!(
        (error.kind, error.retry),
        (Kind::Unreachable, Retry::Elsewhere)
    );
    assert_eq!(
        error.message(),
        "`up` is behind a page for browsers and did not answer (403)"
    );
}

#[test]
fn an_upstream_cannot_echo_the_key() {
    let scrubbed = |body: &'static str, secret: &str| {
        scrub(Bytes::from_static(body.as_bytes()), &Secret::new(secret))
    };
    let rows = [
        ("bad key sk-12345678!", "sk-12345678", "bad key ***!"),
        ("sk-12345678sk-12345678", "sk-12345678", "******"),
        ("xsk-12345678x", "sk-12345678", "x***x"),
        (
            "bad key k1, not k12 or ak1",
            "k1",
            "bad key ***, not k12 or ak1",
        ),
        ("k1", "k1", "***"),
        ("nothing here", "sk-12345678", "nothing here"),
        ("nothing here", "", "nothing here"),
    ];
    for (body, secret, expected) in rows {
        assert_eq!(scrubbed(body, secret), expected, "{body}");
    }
    let body = Bytes::from_static(b"untouched");
    assert_eq!(
        scrub(body.clone(), &Secret::new("k1")).as_ptr(),
        body.as_ptr()
    );
}

#[test]
fn an_error_may_call_itself_a_success() {
    let success = |body: &str| {
        let headers = HeaderMap::new();
        ErrorAnswer {
            provider: "up",
            status: StatusCode::OK,
            headers: &headers,
            body: Bytes::from(body.to_owned()),
        }
        .classify_success(NOW)
        .map(|error| (error.kind, error.status(), error.message().to_owned()))
    };
    let rows = [
        (
            r#"{"error":{"code":429,"message":"slow"}}"#,
            Some((Kind::RateLimited, 429)),
        ),
        (
            r#"{"error":{"code":502,"message":"slow","metadata":{}}}"#,
            Some((Kind::BadUpstream, 502)),
        ),
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"slow"}}"#,
            Some((Kind::Overloaded, 503)),
        ),
        (
            r#"{"error":{"type":"invalid_request_error","message":"slow"}}"#,
            Some((Kind::InvalidRequest, 400)),
        ),
        (r#"{"error":"slow"}"#, Some((Kind::BadUpstream, 502))),
        (
            r#"{"base_resp":{"status_code":1008,"status_msg":"slow"}}"#,
            Some((Kind::BadUpstream, 502)),
        ),
        (
            r#"{"base_resp":{"status_code":0,"status_msg":""},"choices":[{}]}"#,
            None,
        ),
        (r#"{"id":"r","output":[{}],"error":null}"#, None),
        (r#"{"choices":[{"message":{"content":"\"error\""}}]}"#, None),
        (
            r#"{"choices":[{}],"error":{"message":"beside an answer"}}"#,
            None,
        ),
        (r#"{"text":"an \"error\" in words"}"#, None),
        ("[\"error\"]", None),
        ("not json \"error\"", None),
    ];
    for (body, expected) in rows {
        let expected = expected.map(|(kind, status)| (kind, status, "slow".to_owned()));
        assert_eq!(success(body), expected, "{body}");
    }
}
