//! RFC 3339, the one date format that rate-limit headers need.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When the sandbox claims that everything was made: constant, so that equal requests get equal bytes.
pub(crate) const CREATED: u64 = 1_760_000_000;
/// [`CREATED`] in Anthropic's spelling.
pub(crate) const CREATED_RFC3339: &str = "2025-10-09T08:53:20Z";

/// This long from now, in UTC, to the second.
pub(crate) fn rfc3339_in(delay: Duration) -> String {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        + delay;
    rfc3339(since.as_secs())
}

/// Seconds since the epoch as RFC 3339; the civil calendar by Howard Hinnant's `days` algorithm.
fn rfc3339(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_right() {
        let known = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (CREATED, CREATED_RFC3339),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
        ];
        assert_eq!(
            known.map(|(seconds, _)| rfc3339(seconds)),
            known.map(|(_, text)| text.to_owned())
        );
    }
}
