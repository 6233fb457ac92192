//! The table itself: patterns over status, codes and words. The first row that fits decides; the body goes before the
//! status, since providers put one meaning on different statuses.

use std::time::Duration;

use byokey_types::Kind;
use http::{HeaderMap, StatusCode};

use super::{fault::Said, pause};

/// What there is to judge by.
pub(super) struct Evidence<'a> {
    pub(super) status: StatusCode,
    pub(super) said: &'a Said,
    pub(super) headers: &'a HeaderMap,
    pub(super) pause: Option<Duration>,
}

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) kind: Kind,
    pub(super) advice: Advice,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    /// Nothing helps.
    Stop,
    /// Another candidate may help.
    Elsewhere,
    /// The same candidate, after the pause it named or one's own.
    Pause,
    /// The same candidate if it named a pause, else another.
    PauseOrElsewhere,
}

/// Reads the table.
pub(super) fn meaning(evidence: &Evidence<'_>) -> Meaning {
    let row = ROWS.iter().find(|row| row.fits(evidence));
    row.map_or_else(
        || by_status(evidence),
        |row| Meaning {
            kind: row.kind,
            advice: row.advice,
        },
    )
}

/// A row: it fits when the status is among `statuses` (none: any) and one of the names or words is there.
struct Row {
    statuses: &'static [u16],
    names: &'static [&'static str],
    words: &'static [&'static str],
    kind: Kind,
    advice: Advice,
}

impl Row {
    fn fits(&self, evidence: &Evidence<'_>) -> bool {
        let status = evidence.status.as_u16();
        (self.statuses.is_empty() || self.statuses.contains(&status))
            && (self.names.iter().any(|name| evidence.said.is_named(name))
                || self
                    .words
                    .iter()
                    .any(|words| evidence.said.speaks_of(words)))
    }
}

const ANY: &[u16] = &[];

/// Section D of spec/providers.md, the rows that go by the body; rows of token endpoints are not here.
const ROWS: &[Row] = &[
    // 3
    Row {
        statuses: &[400, 413, 422, 500],
        names: &[
            "context_length_exceeded",
            "context_too_large",
            "request_too_large",
            "CONTENT_LENGTH_EXCEEDS_THRESHOLD",
        ],
        words: &[
            "prompt is too long",
            "input is too long",
            "maximum context length",
            "exceeds the context window",
        ],
        kind: Kind::TooLarge,
        advice: Advice::Stop,
    },
    // 4
    Row {
        statuses: &[400, 422],
        names: &["invalid_encrypted_content"],
        words: &[
            "invalid signature in thinking block",
            "invalid `signature` in `thinking` block",
            "missing a thought_signature",
            "missing thought signature",
        ],
        kind: Kind::StaleSeal,
        advice: Advice::Stop,
    },
    // 5, 6, 7, 8
    Row {
        statuses: &[400, 403, 404, 422],
        names: &[
            "previous_response_not_found",
            "content_filter",
            "content_policy_violation",
            "cyber_policy",
            "1301",
            "unsupported_parameter",
            "unknown_parameter",
            "unsupported_api_for_model",
        ],
        words: &[
            "unsupported parameter",
            "flagged by moderation",
            "requires moderation",
        ],
        kind: Kind::InvalidRequest,
        advice: Advice::Stop,
    },
    // 9
    Row {
        statuses: &[400, 403, 404, 422],
        names: &[
            "model_not_found",
            "not_found_error",
            "model_not_supported",
            "INVALID_MODEL_ID",
            "1211",
            "1311",
        ],
        words: &[
            "model not found",
            "is not a valid model",
            "no endpoints found",
        ],
        kind: Kind::UnknownModel,
        advice: Advice::Stop,
    },
    // 10, 11, 13
    Row {
        statuses: &[400, 401, 403],
        names: &[
            "API_KEY_INVALID",
            "bad-credentials",
            "1000",
            "1001",
            "1002",
            "1003",
            "1004",
            "1112",
            "1121",
            "1313",
            "authentication_error",
            "invalid_api_key",
            "VALIDATION_REQUIRED",
            "TEMPORARILY_SUSPENDED",
        ],
        words: &[
            "access token could not be validated",
            "violation of terms of service",
            "verify your account",
        ],
        kind: Kind::CredentialRejected,
        advice: Advice::Elsewhere,
    },
    // 14
    Row {
        statuses: ANY,
        names: &[
            "insufficient_quota",
            "billing_error",
            "quota_exceeded",
            "1113",
            "exceeded_current_quota_error",
            "Arrearage",
            "INSUFFICIENT_G1_CREDITS_BALANCE",
        ],
        words: &[
            "you have reached your specified api usage limits",
            "credit balance is too low",
            "insufficient balance",
        ],
        kind: Kind::QuotaExhausted,
        advice: Advice::PauseOrElsewhere,
    },
    // 15, 16
    Row {
        statuses: ANY,
        names: &[
            "usage_limit_reached",
            "MONTHLY_REQUEST_COUNT",
            "1308",
            "1310",
            "subscription:free-usage-exhausted",
            "QUOTA_EXHAUSTED",
        ],
        words: &["included free usage"],
        kind: Kind::QuotaExhausted,
        advice: Advice::PauseOrElsewhere,
    },
    // 17
    Row {
        statuses: ANY,
        names: &["MODEL_CAPACITY_EXHAUSTED"],
        words: &["model is at capacity", "engine is currently overloaded"],
        kind: Kind::Overloaded,
        advice: Advice::Pause,
    },
    // 20
    Row {
        statuses: ANY,
        names: &[
            "overloaded_error",
            "server_is_overloaded",
            "slow_down",
            "UNAVAILABLE",
        ],
        words: &[],
        kind: Kind::Overloaded,
        advice: Advice::Pause,
    },
    // Anthropic 409: one retry (22)
    Row {
        statuses: &[409],
        names: &["conflict_error"],
        words: &[],
        kind: Kind::InvalidRequest,
        advice: Advice::Pause,
    },
    // 25: a code in a body of success
    Row {
        statuses: &[200],
        names: &["rate_limit_error", "rate_limit_exceeded"],
        words: &[],
        kind: Kind::RateLimited,
        advice: Advice::Pause,
    },
    Row {
        statuses: &[200],
        names: &["invalid_request_error"],
        words: &[],
        kind: Kind::InvalidRequest,
        advice: Advice::Stop,
    },
];

/// What is left when the body says nothing decisive.
fn by_status(evidence: &Evidence<'_>) -> Meaning {
    let is = |kind, advice| Meaning { kind, advice };
    match evidence.status.as_u16() {
        // 2
        403 | 429 | 503 if is_challenge(evidence) => is(Kind::Unreachable, Advice::Elsewhere),
        // 10, 21
        401 | 403 => is(Kind::CredentialRejected, Advice::Elsewhere),
        402 => is(Kind::QuotaExhausted, Advice::PauseOrElsewhere),
        404 if names_missing_model(evidence.said) => is(Kind::UnknownModel, Advice::Stop),
        404 => is(Kind::NotFound, Advice::Stop),
        405 => is(Kind::MethodNotAllowed, Advice::Stop),
        // 522 and 524 are Cloudflare's
        408 | 504 | 522 | 524 => is(Kind::Timeout, Advice::Elsewhere),
        413 => is(Kind::TooLarge, Advice::Stop),
        415 => is(Kind::UnsupportedMediaType, Advice::Stop),
        429 => rate(evidence),
        400..=499 => is(Kind::InvalidRequest, Advice::Stop),
        503 | 529 => is(Kind::Overloaded, Advice::Pause),
        _ => is(Kind::BadUpstream, Advice::Elsewhere),
    }
}

/// 429 without a code that says more (15, 16, 18, 19).
fn rate(evidence: &Evidence<'_>) -> Meaning {
    let spent_day = evidence
        .said
        .names
        .iter()
        .any(|name| name.contains("PerDay"));
    if spent_day || pause::has_rejected_window(evidence.headers) {
        return Meaning {
            kind: Kind::QuotaExhausted,
            advice: Advice::PauseOrElsewhere,
        };
    }
    // Anthropic, on a request that asks for more than the plan has
    let asks_too_much = evidence.pause.is_none()
        && evidence
            .said
            .speaks_of("usage credits are required for fast mode");
    if asks_too_much {
        return Meaning {
            kind: Kind::InvalidRequest,
            advice: Advice::Stop,
        };
    }
    Meaning {
        kind: Kind::RateLimited,
        advice: Advice::Pause,
    }
}

/// Local servers name the missing model in their own words only.
fn names_missing_model(said: &Said) -> bool {
    said.speaks_of("model") && (said.speaks_of("not found") || said.speaks_of("does not exist"))
}

/// A page that wants a browser to prove itself.
fn is_challenge(evidence: &Evidence<'_>) -> bool {
    evidence.said.html && evidence.headers.contains_key("cf-ray")
        || evidence
            .headers
            .get("cf-mitigated")
            .is_some_and(|value| value == "challenge")
}
