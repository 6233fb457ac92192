//! Errors, as clients of this format expect them.

use byokey_translate::{Codec, messages::Messages};
use byokey_types::{ByokError, Kind, UpstreamFault};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

fn encoded(error: &ByokError) -> Value {
    serde_json::from_slice(&Messages.encode_error(error, "req_1")).unwrap()
}

#[test]
fn every_kind_has_its_type() {
    for (kind, name) in [
        (Kind::InvalidRequest, "invalid_request_error"),
        (Kind::WouldLose, "invalid_request_error"),
        (Kind::Unauthorized, "authentication_error"),
        (Kind::LoginNeeded, "authentication_error"),
        (Kind::Forbidden, "permission_error"),
        (Kind::UnknownModel, "not_found_error"),
        (Kind::TooLarge, "request_too_large"),
        (Kind::RateLimited, "rate_limit_error"),
        (Kind::QuotaExhausted, "rate_limit_error"),
        (Kind::Overloaded, "overloaded_error"),
        (Kind::Timeout, "timeout_error"),
        (Kind::BadUpstream, "api_error"),
        (Kind::Internal, "api_error"),
    ] {
        let expected = json!({"type": "error", "error": {"type": name, "message": "what \"went\" wrong"}, "request_id": "req_1"});
        assert_eq!(
            encoded(&ByokError::new(kind, "what \"went\" wrong")),
            expected,
            "{kind:?}"
        );
    }
}

#[test]
fn the_upstreams_own_words_and_status_count() {
    let answered = |kind, status| {
        let fault = UpstreamFault {
            status,
            code: None,
            message: Some("own words".to_owned()),
            param: None,
            body: bytes::Bytes::new(),
            content_type: None,
        };
        encoded(&ByokError::new(kind, "ours").answered(fault))["error"].clone()
    };
    assert_eq!(
        answered(Kind::QuotaExhausted, 402),
        json!({"type": "billing_error", "message": "own words"})
    );
    // a context that is too long is a request fault there
    assert_eq!(
        answered(Kind::TooLarge, 400),
        json!({"type": "invalid_request_error", "message": "own words"})
    );
}
