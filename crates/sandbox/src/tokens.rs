//! Tokens as the sandbox counts them, and text cut into deltas.

/// Characters of one token.
pub(crate) const CHARS: usize = 4;
/// Tokens of an image or a document, whatever its size.
pub(crate) const MEDIA: u64 = 340;
/// Most deltas made of one text, so that a huge echo stays cheap.
const MOST_FRAGMENTS: usize = 256;

/// Tokens of so many characters.
pub(crate) fn of_chars(chars: usize) -> u64 {
    u64::try_from(chars.div_ceil(CHARS)).unwrap_or(u64::MAX)
}

/// Tokens of a text.
pub(crate) fn of_text(text: &str) -> u64 {
    of_chars(text.chars().count())
}

/// The text in pieces of at least `chars` characters, cut between characters; nothing for the empty text.
pub(crate) fn fragments(text: &str, chars: usize) -> impl Iterator<Item = &str> {
    let size = chars.max(text.len() / MOST_FRAGMENTS);
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .char_indices()
            .nth(size)
            .map_or(rest.len(), |(at, _)| at);
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        Some(piece)
    })
}

/// The longest prefix of at most `tokens` tokens.
pub(crate) fn clip(text: &str, tokens: u64) -> &str {
    let chars = usize::try_from(tokens)
        .unwrap_or(usize::MAX)
        .saturating_mul(CHARS);
    let end = text
        .char_indices()
        .nth(chars)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn cuts_only_between_characters() {
        assert_eq!(
            fragments("aé日🦀b", 2).collect::<Vec<_>>(),
            ["aé", "日🦀", "b"]
        );
        assert_eq!(fragments("", 2).count(), 0);
        assert_eq!(fragments(&"x".repeat(100_000), 4).count(), 257);
        assert_eq!(clip("日日日日日", 1), "日日日日");
    }
}
