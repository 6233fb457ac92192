//! Ids that a target accepts, derived and never drawn: the same input gives the same id, so a call and its result agree,
//! replays are stable and prompt caches hold.

use std::borrow::Cow;

use byokey_types::Str;

/// What a target allows in a name or an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameRule {
    /// The greatest length, in bytes; everything allowed is ASCII.
    pub longest: usize,
    /// Whether `.` is allowed beside letters, digits, `_` and `-`.
    pub dots: bool,
}

impl NameRule {
    /// Anthropic: `^[a-zA-Z0-9_-]{1,128}$` for tool names; ids have the same characters.
    pub const ANTHROPIC: Self = Self {
        longest: 128,
        dots: false,
    };
    /// OpenAI: `^[a-zA-Z0-9_-]{1,64}$` for function names.
    pub const OPENAI: Self = Self {
        longest: 64,
        dots: false,
    };
    /// OpenAI's tool-call ids: at most 40 characters.
    pub const OPENAI_CALL: Self = Self {
        longest: 40,
        dots: false,
    };
    /// Gemini's function names: at most 64 characters, dots among them.
    pub const GEMINI: Self = Self {
        longest: 64,
        dots: true,
    };
    /// Gemini's call ids, which are any text; bounded, since they come from elsewhere.
    pub const GEMINI_CALL: Self = Self {
        longest: 256,
        dots: true,
    };

    /// Whether a text fits as it is.
    pub fn fits(self, text: &str) -> bool {
        !text.is_empty() && text.len() <= self.longest && text.bytes().all(|b| self.allows(b))
    }

    /// The text itself when it fits, else a text that does: readable, with a digest of the whole original.
    pub fn fit(self, text: &str) -> Cow<'_, str> {
        if self.fits(text) {
            return Cow::Borrowed(text);
        }
        let digest = format!("{:016x}", digest(&[text]));
        let room = self.longest.saturating_sub(digest.len() + 1);
        let mut fitted: String = text
            .bytes()
            .map(|b| if self.allows(b) { char::from(b) } else { '_' })
            .take(room)
            .collect();
        fitted.push('_');
        fitted.push_str(&digest);
        Cow::Owned(fitted)
    }

    const fn allows(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || (self.dots && byte == b'.')
    }
}

/// An id that each event of a stream repeats: itself up to 256 bytes, else short and with a digest of the whole.
///
/// Without a limit, the id of an upstream that means ill would make its stream many times as long.
pub fn repeatable(id: &str) -> Str {
    const LONGEST: NameRule = NameRule {
        longest: 256,
        dots: true,
    };
    if id.len() <= LONGEST.longest {
        return Str::new(id);
    }
    LONGEST.fit(id).into()
}

/// An id for something that came without one: the `position`th of its kind in the request `seed`.
pub fn derived(prefix: &str, seed: &str, position: usize) -> Str {
    let digest = digest(&[prefix, seed, &position.to_string()]);
    Str::from(format!("{prefix}{digest:016x}"))
}

/// FNV-1a, 64 bits, over the parts and their lengths: stable across versions and platforms; no secret depends on it.
pub fn digest(parts: &[&str]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = OFFSET;
    let mut eat = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    for part in parts {
        part.bytes().for_each(&mut eat);
        eat(0xff);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_fit_are_never_touched() {
        assert_eq!(NameRule::ANTHROPIC.fit("call_1-a"), "call_1-a");
        let fitted = NameRule::ANTHROPIC.fit("fs.readFile:1");
        assert_eq!(fitted, "fs_readFile_1_7247d9925c3d3abc");
        assert!(NameRule::ANTHROPIC.fits(&fitted));
        let long = "x".repeat(300);
        let fitted = NameRule::OPENAI_CALL.fit(&long);
        assert_eq!(fitted.len(), 40);
        assert!(NameRule::OPENAI_CALL.fits(&fitted));
        assert_ne!(fitted, NameRule::OPENAI_CALL.fit(&"x".repeat(301)));
        assert!(NameRule::OPENAI.fits(&NameRule::OPENAI.fit("")));
        assert!(NameRule::OPENAI.fits(&NameRule::OPENAI.fit("名前")));
    }
}
