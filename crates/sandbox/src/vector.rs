//! Embeddings: vectors that depend on nothing but the text.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A unit vector of so many dimensions. Equal texts have equal vectors, others almost surely not.
pub(crate) fn of(text: &str, dimensions: usize) -> Vec<f32> {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let mut state = hasher.finish();
    let raw: Vec<f32> = (0..dimensions)
        .map(|_| {
            // Knuth's multiplicative generator; the high bits are the good ones
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let digit = u16::try_from(state >> 48).unwrap_or(0);
            f32::from(digit) - f32::from(u16::MAX) / 2.0
        })
        .collect();
    let length = raw.iter().map(|value| value * value).sum::<f32>().sqrt();
    raw.into_iter().map(|value| value / length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_length_one_and_tell_texts_apart() {
        let length = |vector: &[f32]| vector.iter().map(|value| value * value).sum::<f32>();
        assert!((length(&of("a", 256)) - 1.0).abs() < 1e-4);
        assert_eq!(of("a", 8), of("a", 8));
        assert_ne!(of("a", 8), of("b", 8));
    }
}
