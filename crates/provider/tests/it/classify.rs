//! Error answers as the providers give them, and what they mean.

use std::time::Duration;

use byokey_provider::ErrorAnswer;
use byokey_types::{ByokError, Kind, Retry, Timestamp};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use pretty_assertions::assert_eq;

/// 2026-08-01T10:00:00Z
pub(crate) const NOW: Timestamp = Timestamp(1_785_578_400_000);

fn headers(rows: &[(&'static str, &'static str)]) -> HeaderMap {
    rows.iter()
        .map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value)))
        .collect()
}

pub(crate) fn classified(
    status: u16,
    rows: &[(&'static str, &'static str)],
    body: &str,
) -> ByokError {
    let headers = headers(rows);
    ErrorAnswer {
        provider: "up",
        status: StatusCode::from_u16(status).unwrap(),
        headers: &headers,
        body: Bytes::from(body.to_owned()),
    }
    .classify(NOW)
}

pub(crate) const fn after(seconds: u64) -> Retry {
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
            r#"{"object":"error","message":{"detail":[{"msg":"a b"}]},"type":"t"}"#,
            Some("t"),
            Some("a b"),
            None,
        ),
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
