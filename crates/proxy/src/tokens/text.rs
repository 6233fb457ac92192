//! The tokens of a text, by the `o200k` vocabulary of OpenAI's newer models: the nearest public one to all the others.

use tiktoken_rs::o200k_base_singleton;
use tokio_util::sync::CancellationToken;

/// The longest text that the tokenizer sees at once, in bytes.
///
/// Its regular expression gives up (with a panic) after about a million characters of white space, and its merging takes
/// longer than in proportion on long words. In windows of this size both are bounded, and a cut costs a token at most.
const WINDOW: usize = 16 << 10;

/// The tokens of a text. Too few once `stop` is cancelled.
///
/// The first call of the process builds the vocabulary, which takes about 0.1 s.
pub(super) fn count(text: &str, stop: &CancellationToken) -> u64 {
    let mut tokens = 0;
    let mut rest = text;
    while !rest.is_empty() && !stop.is_cancelled() {
        let (window, after) = rest.split_at(cut(rest));
        tokens += o200k_base_singleton().encode_ordinary(window).len() as u64;
        rest = after;
    }
    tokens
}

/// Where the next window ends: between two words, where there is such a place.
fn cut(text: &str) -> usize {
    if text.len() <= WINDOW {
        return text.len();
    }
    let end = (0..=WINDOW)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(WINDOW);
    let bytes = text.as_bytes();
    let word = |at: &usize| bytes[*at] == b' ' && !bytes[*at - 1].is_ascii_whitespace();
    (WINDOW / 2..end).rev().find(word).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn tokens(text: &str) -> u64 {
        count(text, &CancellationToken::new())
    }

    #[test]
    fn the_vocabulary_is_that_of_o200k() {
        let rows = [
            ("", 0),
            ("hello world", 2),
            ("Hello, Claude", 3),
            ("antidisestablishmentarianism", 6),
            ("日本語のテキスト", 6),
        ];
        for (text, expected) in rows {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
    }

    #[test]
    fn windows_cut_between_words() {
        let prose = "The quick brown fox jumps over the lazy dog. ".repeat(2000);
        let whole = o200k_base_singleton().encode_ordinary(&prose).len() as u64;
        assert_eq!(tokens(&prose), whole);
        assert_eq!(cut(&"x".repeat(WINDOW + 1)), WINDOW);
        assert_eq!(cut(&"é".repeat(WINDOW)), WINDOW);
        assert_eq!(cut(&format!("x{}", "é".repeat(WINDOW))), WINDOW - 1);
    }

    #[test]
    fn hostile_texts_are_counted() {
        for text in [" ", "a", "\n ", "!", "\u{301}", "\u{a0} ", "aA"] {
            let text = text.repeat((1 << 20) / text.len() + 7);
            assert!(tokens(&text) > 1000);
        }
    }

    #[test]
    fn nobody_counts_for_nobody() {
        let stop = CancellationToken::new();
        stop.cancel();
        assert_eq!(count("hello world", &stop), 0);
    }
}
