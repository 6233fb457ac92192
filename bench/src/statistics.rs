//! Medians, quantiles and spreads.

use std::time::Duration;

use serde::Serialize;

/// What several rounds of one measurement say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Summary {
    /// Of no values at all everything is zero.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (Some(low), Some(high)) = (values.first(), values.last()) else {
            return Self::default();
        };
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        };
        Self {
            median,
            low: *low,
            high: *high,
        }
    }

    /// Half the range of the rounds.
    pub(crate) fn spread(self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// The smallest sample that is at least as long as `percent` of all, in microseconds; zero without samples.
pub(crate) fn quantile_us(samples: &mut [Duration], percent: usize) -> f64 {
    samples.sort_unstable();
    let rank = (samples.len() * percent).div_ceil(100);
    samples
        .get(rank.saturating_sub(1))
        .map_or(0.0, |sample| sample.as_secs_f64() * 1e6)
}

/// A count in sums and ratios; exact up to 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn medians_and_ranges() {
        let summary = |median, low, high| Summary { median, low, high };
        assert_eq!(Summary::of([3.0, 1.0, 2.0]), summary(2.0, 1.0, 3.0));
        assert_eq!(Summary::of([4.0, 1.0, 2.0, 3.0]), summary(2.5, 1.0, 4.0));
        assert_eq!(Summary::of([]), Summary::default());
        assert_eq!(Summary::of([5.0, 2.0, 9.0]).spread().to_string(), "3.5");
    }

    #[test]
    fn quantiles_are_samples() {
        let mut samples: Vec<_> = (1..=200).rev().map(Duration::from_micros).collect();
        let quantiles =
            [50, 99, 100].map(|percent| format!("{:.0}", quantile_us(&mut samples, percent)));
        assert_eq!(quantiles, ["100", "198", "200"]);
        assert_eq!(quantile_us(&mut [], 50).to_string(), "0");
    }
}
