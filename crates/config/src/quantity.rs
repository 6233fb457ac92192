//! Durations and sizes as people write them.

use std::time::Duration;

/// A text that is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuantityError {
    /// It is a number without a unit.
    NoUnit,
    /// It is something else.
    Malformed,
    /// It is too large to be counted.
    TooLarge,
}

/// What a duration looks like, as a regular expression.
pub(crate) const DURATION_PATTERN: &str = "^[0-9]+ ?(ms|s|m|h|d)$";

/// What a size looks like, as a regular expression.
pub(crate) const SIZE_PATTERN: &str = "^[0-9]+ ?(B|kB|KB|MB|GB|KiB|MiB|GiB)?$";

const DURATION_UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

const SIZE_UNITS: [(&str, u64); 9] = [
    ("", 1),
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// Reads `250ms`, `10s`, `5m`, `1h`, `30d`.
pub(crate) fn duration(text: &str) -> Result<Duration, QuantityError> {
    quantity(text, &DURATION_UNITS).map(Duration::from_millis)
}

/// Writes a duration so that [`duration`] reads it back, in the largest unit that divides it.
pub(crate) fn write_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis == 0 {
        return "0s".to_owned();
    }
    let unit = DURATION_UNITS
        .iter()
        .rfind(|(_, factor)| millis.is_multiple_of(u128::from(*factor)));
    let (name, factor) = unit.unwrap_or(&DURATION_UNITS[0]);
    format!("{}{name}", millis / u128::from(*factor))
}

/// Reads a size in bytes: `64MiB`, `10MB`, `1024`.
pub(crate) fn size(text: &str) -> Result<u64, QuantityError> {
    quantity(text, &SIZE_UNITS)
}

/// Writes a size so that [`size`] reads it back.
pub(crate) fn write_size(bytes: u64) -> String {
    let unit = SIZE_UNITS
        .iter()
        .rfind(|(name, factor)| name.ends_with("iB") && bytes > 0 && bytes.is_multiple_of(*factor));
    match unit {
        Some((name, factor)) => format!("{}{name}", bytes / factor),
        None => bytes.to_string(),
    }
}

fn quantity(text: &str, units: &[(&str, u64)]) -> Result<u64, QuantityError> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    if digits.is_empty() {
        return Err(QuantityError::Malformed);
    }
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        return Err(if unit.is_empty() {
            QuantityError::NoUnit
        } else {
            QuantityError::Malformed
        });
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|count| count.checked_mul(*factor))
        .ok_or(QuantityError::TooLarge)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        let rows = [
            ("250ms", 250, "250ms"),
            ("10s", 10_000, "10s"),
            ("300s", 300_000, "5m"),
            ("90s", 90_000, "90s"),
            (" 5 m ", 300_000, "5m"),
            ("1h", 3_600_000, "1h"),
            ("30d", 2_592_000_000, "30d"),
            ("36h", 129_600_000, "36h"),
            ("0s", 0, "0s"),
        ];
        for (text, millis, written) in rows {
            let read = Duration::from_millis(millis);
            assert_eq!(
                (duration(text), write_duration(read).as_str()),
                (Ok(read), written)
            );
        }
        for (text, error) in [
            ("10", QuantityError::NoUnit),
            ("", QuantityError::Malformed),
            ("s", QuantityError::Malformed),
            ("-1s", QuantityError::Malformed),
            ("1.5s", QuantityError::Malformed),
            ("10S", QuantityError::Malformed),
            ("1w", QuantityError::Malformed),
            ("99999999999999999999s", QuantityError::TooLarge),
            ("18446744073709551615h", QuantityError::TooLarge),
        ] {
            assert_eq!(duration(text), Err(error), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_and_written() {
        let rows = [
            ("64MiB", 64 << 20, "64MiB"),
            ("10MB", 10_000_000, "10000000"),
            ("1000kB", 1_000_000, "1000000"),
            ("2GiB", 2 << 30, "2GiB"),
            ("1024", 1024, "1KiB"),
            ("7B", 7, "7"),
            ("0", 0, "0"),
        ];
        for (text, bytes, written) in rows {
            assert_eq!(
                (size(text), write_size(bytes).as_str()),
                (Ok(bytes), written)
            );
        }
        assert_eq!(size("10mb"), Err(QuantityError::Malformed));
        assert_eq!(size("17179869184GiB"), Err(QuantityError::TooLarge));
    }
}
