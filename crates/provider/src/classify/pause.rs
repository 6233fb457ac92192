//! How long an upstream wants to be left alone. spec/routing.md, "Failures"; spec/providers.md, D, "Reset formats".

use std::time::{Duration, SystemTime};

use byokey_types::Timestamp;
use http::HeaderMap;
use serde_json::Value;

use super::fault::Said;

/// The longest pause that is believed.
const LONGEST: Duration = Duration::from_hours(8 * 24);

/// The names of Anthropic's subscription windows. spec/providers.md, A1.
const UNIFIED_WINDOWS: [&str; 3] = ["5h", "7d", "7d_oi"];

/// The names of Anthropic's limits of API keys. spec/providers.md, A1.
const KEY_LIMITS: [&str; 4] = ["requests", "tokens", "input-tokens", "output-tokens"];

/// The pause an answer asks for, from the most exact of its statements; `None` when it makes none.
pub fn find(headers: &HeaderMap, said: &Said, now: Timestamp) -> Option<Duration> {
    milliseconds(headers)
        .or_else(|| retry_after(headers, now))
        .or_else(|| rejected_window(headers, now))
        .or_else(|| exhausted_limit(headers, now))
        .or_else(|| in_body(said, now))
        .or_else(|| in_words(said.message.as_deref()?))
        .map(|pause| pause.min(LONGEST))
}

/// Whether one of Anthropic's subscription windows is used up.
pub fn has_rejected_window(headers: &HeaderMap) -> bool {
    UNIFIED_WINDOWS
        .iter()
        .any(|window| is_rejected(headers, window))
        || text(headers, "anthropic-ratelimit-unified-status") == Some("rejected")
}

/// Reads `6m0s`, `1h2m3.5s`, `850ms`, `34s`.
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit_ends = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_ends);
        seconds += number.parse::<f64>().ok()? * seconds_of(unit)?;
        rest = tail;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

fn seconds_of(unit: &str) -> Option<f64> {
    match unit {
        "ms" => Some(0.001),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3_600.0),
        "d" => Some(86_400.0),
        _ => None,
    }
}

fn milliseconds(headers: &HeaderMap) -> Option<Duration> {
    let millis: f64 = text(headers, "retry-after-ms")?.parse().ok()?;
    Duration::try_from_secs_f64(millis / 1000.0).ok()
}

fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = text(headers, "retry-after")?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date: SystemTime = httpdate::parse_http_date(value).ok()?;
    Some(Timestamp::from(date).since(now))
}

/// The latest end among the windows that are used up.
fn rejected_window(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    UNIFIED_WINDOWS
        .iter()
        .filter(|window| is_rejected(headers, window))
        .filter_map(|window| {
            text(
                headers,
                &format!("anthropic-ratelimit-unified-{window}-reset"),
            )
        })
        .filter_map(|seconds| from_unix(seconds.parse().ok()?, now))
        .max()
}

fn is_rejected(headers: &HeaderMap, window: &str) -> bool {
    text(
        headers,
        &format!("anthropic-ratelimit-unified-{window}-status"),
    ) == Some("rejected")
}

/// The latest end among the limits of which nothing is left.
fn exhausted_limit(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let field =
        |limit: &str, field: &str| text(headers, &format!("anthropic-ratelimit-{limit}-{field}"));
    KEY_LIMITS
        .iter()
        .filter(|limit| field(limit, "remaining") == Some("0"))
        .filter_map(|limit| rfc3339(field(limit, "reset")?))
        .map(|reset| reset.since(now))
        .max()
}

fn in_body(said: &Said, now: Timestamp) -> Option<Duration> {
    let number = |name: &str| said.details.get(name).and_then(Value::as_f64);
    if let Some(seconds) = number("resets_in_seconds").or_else(|| number("retry_after")) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    if let Some(pause) = number("resets_at").and_then(|seconds| from_unix(seconds, now)) {
        return Some(pause);
    }
    let details = said.details.get("details")?.as_array()?;
    details.iter().find_map(|detail| {
        let delay = detail.get("retryDelay").or_else(|| {
            detail
                .get("metadata")
                .and_then(|metadata| metadata.get("quotaResetDelay"))
        })?;
        duration(delay.as_str()?)
    })
}

/// Reads "try again in 20s", "Please retry in 3.2 seconds".
fn in_words(message: &str) -> Option<Duration> {
    let message = message.to_ascii_lowercase();
    let (_, after) = message
        .split_once("try again in ")
        .or_else(|| message.split_once("retry in "))?;
    let mut words = after.split_whitespace();
    let first = words
        .next()?
        .trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    if let Some(pause) = duration(first) {
        return Some(pause);
    }
    let unit = words.next()?;
    let unit = ["ms", "s", "m", "h", "d"].into_iter().find(|short| {
        let long = match *short {
            "ms" => "millisecond",
            "s" => "second",
            "m" => "minute",
            "h" => "hour",
            _ => "day",
        };
        unit.starts_with(long) || unit.trim_end_matches('.') == *short
    })?;
    duration(&format!("{first}{unit}"))
}

fn from_unix(seconds: f64, now: Timestamp) -> Option<Duration> {
    let since_epoch = Duration::try_from_secs_f64(seconds).ok()?;
    Some(Timestamp(0).plus(since_epoch).since(now))
}

/// Reads `2026-08-01T10:03:40Z`, with a fraction and with an offset too.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let zone = text
        .get(19..)?
        .trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone.as_bytes().first()? {
        b'Z' | b'z' => 0,
        sign @ (b'+' | b'-') => {
            let minutes =
                zone.get(1..3)?.parse::<i64>().ok()? * 60 + zone.get(4..6)?.parse::<i64>().ok()?;
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    // days since the epoch, by years that begin in March, so that the leap day comes last
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 1
        - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
    Some(Timestamp(seconds.checked_mul(1000)?))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn durations_of_every_spelling() {
        for (text, millis) in [
            ("6m0s", Some(360_000)),
            ("1h2m3.5s", Some(3_723_500)),
            ("850ms", Some(850)),
            ("34s", Some(34_000)),
            ("2d", Some(172_800_000)),
            ("34", None),
            ("", None),
            ("s", None),
            ("5y", None),
            ("1.2.3s", None),
        ] {
            let expected = millis.map(Duration::from_millis);
            assert_eq!(duration(text), expected, "{text:?}");
        }
    }

    #[test]
    fn moments_of_every_spelling() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T23:59:59Z", Some(951_868_799)),
            ("2026-08-01T10:03:40Z", Some(1_785_578_620)),
            ("2026-08-01T10:03:40.123+08:00", Some(1_785_549_820)),
            ("2026-08-01", None),
            ("2026-08-01T10:03:40", None),
            ("tomorrow", None),
        ] {
            let expected = seconds.map(|seconds: i64| Timestamp(seconds * 1000));
            assert_eq!(rfc3339(text), expected, "{text}");
        }
    }

    #[test]
    fn pauses_in_words() {
        for (text, seconds) in [
            (
                "Rate limit reached. Please try again in 20s. Visit …",
                Some(20.0),
            ),
            ("Please try again in 6m0s", Some(360.0)),
            ("please retry in 3.5 seconds.", Some(3.5)),
            ("Try again in 58 hours", Some(208_800.0)),
            ("try again in a while", None),
            ("try again later", None),
        ] {
            let expected = seconds.map(Duration::from_secs_f64);
            assert_eq!(in_words(text), expected, "{text}");
        }
    }
}
