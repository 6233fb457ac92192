//! Error answers as the providers give them, and what they mean.

use std::time::Duration;

use byokey_provider::classify::{ErrorAnswer, scrub};
use byokey_types::{ByokError, Kind, Retry, Secret, Timestamp};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use pretty_assertions::assert_eq;

/// 2026-08-01T10:00:00Z
const NOW: Timestamp = Timestamp(1_785_578_400_000);

fn headers(rows: &[(&'static str, &'static str)]) -> HeaderMap {
    rows.iter()
        .map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value)))
        .collect()
}

fn classified(status: u16, rows: &[(&'static str, &'static str)], body: &str) -> ByokError {
    let headers = headers(rows);
    ErrorAnswer {
        provider: "up",
        status: StatusCode::from_u16(status).unwrap(),
        headers: &headers,
        body: Bytes::from(body.to_owned()),
    }
    .classify(NOW)
}

const fn after(seconds: u64) -> Retry {
    Retry::Later(Some(Duration::from_secs(seconds)))
}

#[test]
fn every_row_of_the_table() {
    use Kind::{
        BadUpstream, CredentialRejected, InvalidRequest, MethodNotAllowed, NotFound, Overloaded,
        QuotaExhausted, RateLimited, StaleSeal, Timeout, TooLarge, UnknownModel,
    };
    use Retry::{Elsewhere, Later, Never};
    let rows: &[(u16, &str, Kind, Retry)] = &[
        // 3
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 8 tokens","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            TooLarge,
            Never,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#,
            TooLarge,
            Never,
        ),
        (
            413,
            r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
            TooLarge,
            Never,
        ),
        (413, "", TooLarge, Never),
        // 4
        (
            400,
            r#"{"error":{"message":"x","type":"invalid_request_error","code":"invalid_encrypted_content"}}"#,
            StaleSeal,
            Never,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid `signature` in `thinking` block"}}"#,
            StaleSeal,
            Never,
        ),
        // 5 to 8
        (
            400,
            r#"{"error":{"code":"previous_response_not_found","message":"x"}}"#,
            InvalidRequest,
            Never,
        ),
        (
            400,
            r#"{"error":{"code":"content_filter","message":"x"}}"#,
            InvalidRequest,
            Never,
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"Your input was flagged by moderation"}}"#,
            InvalidRequest,
            Never,
        ),
        (
            400,
            r#"{"detail":"Unsupported parameter: user"}"#,
            InvalidRequest,
            Never,
        ),
        (
            422,
            r#"{"detail":[{"loc":["body","x"],"msg":"Extra inputs are not permitted","type":"extra_forbidden"}]}"#,
            InvalidRequest,
            Never,
        ),
        // 9
        (
            404,
            r#"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}}"#,
            UnknownModel,
            Never,
        ),
        (
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#,
            UnknownModel,
            Never,
        ),
        (
            404,
            r#"{"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error","code":null}}"#,
            UnknownModel,
            Never,
        ),
        (404, "<html>nginx</html>", NotFound, Never),
        // 10, 13
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#,
            CredentialRejected,
            Elsewhere,
        ),
        (401, "", CredentialRejected, Elsewhere),
        (
            400,
            r#"{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
            CredentialRejected,
            Elsewhere,
        ),
        (
            403,
            r#"{"code":"bad-credentials","error":"The OAuth2 access token could not be validated"}"#,
            CredentialRejected,
            Elsewhere,
        ),
        // 14
        (
            402,
            r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#,
            QuotaExhausted,
            Elsewhere,
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            QuotaExhausted,
            Elsewhere,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits"}}"#,
            QuotaExhausted,
            Elsewhere,
        ),
        // 15, 16
        (
            429,
            r#"{"error":{"type":"usage_limit_reached","message":"x","plan_type":"plus","resets_in_seconds":90}}"#,
            QuotaExhausted,
            after(90),
        ),
        (
            429,
            r#"{"error":{"type":"usage_limit_reached","message":"x","resets_at":1785578460}}"#,
            QuotaExhausted,
            after(60),
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]},{"retryDelay":"34s"}]}}"#,
            QuotaExhausted,
            after(34),
        ),
        // 17
        (
            429,
            r#"{"error":{"message":"Selected model is at capacity","type":"x"}}"#,
            Overloaded,
            Later(None),
        ),
        // 18, 19
        (
            429,
            r#"{"error":{"message":"Rate limit reached. Please try again in 1.5s.","type":"tokens","code":"rate_limit_exceeded"}}"#,
            RateLimited,
            Later(Some(Duration::from_millis(1500))),
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerMinute"}]}]}}"#,
            RateLimited,
            Later(None),
        ),
        (429, "", RateLimited, Later(None)),
        // 20
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Overloaded,
            Later(None),
        ),
        (503, "no healthy upstream", Overloaded, Later(None)),
        (
            503,
            r#"{"error":{"code":503,"message":"x","status":"UNAVAILABLE"}}"#,
            Overloaded,
            Later(None),
        ),
        // 21
        (
            403,
            r#"{"type":"error","error":{"type":"permission_error","message":"x"}}"#,
            CredentialRejected,
            Elsewhere,
        ),
        // 22
        (
            400,
            r#"{"error":{"message":"x","type":"invalid_request_error","param":"temperature"}}"#,
            InvalidRequest,
            Never,
        ),
        (405, "", MethodNotAllowed, Never),
        (
            409,
            r#"{"type":"error","error":{"type":"conflict_error","message":"x"}}"#,
            InvalidRequest,
            Later(None),
        ),
        // 23
        (
            500,
            r#"{"type":"error","error":{"type":"api_error","message":"x"}}"#,
            BadUpstream,
            Elsewhere,
        ),
        (502, "<html>", BadUpstream, Elsewhere),
        (520, "", BadUpstream, Elsewhere),
        (524, "", Timeout, Elsewhere),
        (307, "", BadUpstream, Elsewhere),
    ];
    for (status, body, kind, retry) in rows {
        let error = classified(*status, &[], body);
        assert_eq!(
            (error.kind, error.retry),
            (*kind, *retry),
            "{status} {body}"
        );
        let truth = if *status < 400 { 502 } else { *status };
        assert_eq!(error.status(), truth, "{status} {body}");
    }
}

#[test]
fn the_providers_words_reach_the_caller_and_no_page_does() {
    let rows = [
        (
            r#"{"error":{"message":"a b","type":"t","code":"c","param":"p"}}"#,
            Some("c"),
            Some("a b"),
            Some("p"),
        ),
        (
            r#"{"error":{"message":"a b","type":"t","code":null,"param":null}}"#,
            Some("t"),
            Some("a b"),
            None,
        ),
        (
            r#"{"type":"error","error":{"type":"api_error","message":"a b"},"request_id":"r"}"#,
            Some("api_error"),
            Some("a b"),
            None,
        ),
        (
            r#"{"error":{"code":400,"message":"a b","status":"INVALID_ARGUMENT"}}"#,
            Some("INVALID_ARGUMENT"),
            Some("a b"),
            None,
        ),
        (
            r#"[{"error":{"code":400,"message":"a b","status":"INVALID_ARGUMENT"}}]"#,
            Some("INVALID_ARGUMENT"),
            Some("a b"),
            None,
        ),
        (
            r#"{"object":"error","message":"a b","type":"t","param":"p","code":"c"}"#,
            Some("c"),
            Some("a b"),
            Some("p"),
        ),
        (r#"{"detail":"a b"}"#, None, Some("a b"), None),
        (r#"{"detail":[{"msg":"a b"}]}"#, None, Some("a b"), None),
        (r#"{"error":"a b"}"#, None, Some("a b"), None),
        (
            r#"{"error":"invalid_grant","error_description":"a b"}"#,
            Some("invalid_grant"),
            Some("a b"),
            None,
        ),
        (r#"{"message":"a b"}"#, None, Some("a b"), None),
        ("\"a b\"", None, Some("a b"), None),
        ("a b\n", None, Some("a b"), None),
        ("", None, None, None),
        ("{}", None, None, None),
        ("{\"error\":", None, None, None),
        ("{\"error\":{\"message\":5}}", None, None, None),
        (" <!DOCTYPE html><html>a b", None, None, None),
        ("line\nline", None, None, None),
    ];
    for (body, code, message, param) in rows {
        let error = classified(400, &[("content-type", "x/y")], body);
        let fault = error.upstream.as_ref().unwrap();
        assert_eq!(
            (
                fault.code.as_deref(),
                fault.message.as_deref(),
                fault.param.as_deref()
            ),
            (code, message, param),
            "{body}"
        );
        assert_eq!(fault.body, body);
        assert_eq!(fault.content_type.as_deref(), Some("x/y"));
        assert_eq!(
            error.message(),
            message.unwrap_or("`up` answered with status 400"),
            "{body}"
        );
        assert!(
            !format!("{error} {error:?}").contains("a b"),
            "words of the upstream are not for logs"
        );
    }
}

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
