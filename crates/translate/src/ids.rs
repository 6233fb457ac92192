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
    /// Whether it must be exactly as long as `longest`, of letters and digits only.
    pub exact: bool,
}

impl NameRule {
    /// Anthropic: `^[a-zA-Z0-9_-]{1,128}$` for tool names; ids have the same characters.
    pub const ANTHROPIC: Self = Self {
        longest: 128,
        dots: false,
        exact: false,
    };
    /// OpenAI: `^[a-zA-Z0-9_-]{1,64}$` for function names.
    pub const OPENAI: Self = Self {
        longest: 64,
        dots: false,
        exact: false,
    };
    /// OpenAI's tool-call ids: at most 40 characters.
    pub const OPENAI_CALL: Self = Self {
        longest: 40,
        dots: false,
        exact: false,
    };
    /// Mistral's tool-call ids: exactly nine letters and digits.
    pub const NINE_ALPHANUMERIC: Self = Self {
        longest: 9,
        dots: false,
        exact: true,
    };
    /// Gemini's function names: at most 64 characters, dots among them.
    pub const GEMINI: Self = Self {
        longest: 64,
        dots: true,
        exact: false,
    };
    /// Gemini's call ids, which are any text; bounded, since they come from elsewhere.
    pub const GEMINI_CALL: Self = Self {
        longest: 256,
        dots: true,
        exact: false,
    };

    /// Whether a text fits as it is.
    pub fn fits(self, text: &str) -> bool {
        let is_long_enough = if self.exact {
            text.len() == self.longest
        } else {
            !text.is_empty()
        };
        is_long_enough && text.len() <= self.longest && text.bytes().all(|b| self.allows(b))
    }

    /// The text itself when it fits, else a text that does: readable, with a digest of the whole original.
    pub fn fit(self, text: &str) -> Cow<'_, str> {
        if self.fits(text) {
            return Cow::Borrowed(text);
        }
        if self.exact {
            return Cow::Owned(digits(digest(&[text]), self.longest));
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
        byte.is_ascii_alphanumeric()
            || (!self.exact && matches!(byte, b'_' | b'-'))
            || (self.dots && byte == b'.')
    }
}

/// An id that each event of a stream repeats: itself up to 256 bytes, else short and with a digest of the whole.
///
/// Without a limit, the id of an upstream that means ill would make its stream many times as long.
pub fn repeatable(id: &str) -> Str {
    const LONGEST: NameRule = NameRule {
        longest: 256,
        dots: true,
        exact: false,
    };
    if id.len() <= LONGEST.longest {
        return Str::new(id);
    }
    LONGEST.fit(id).into()
}

/// The last digits of a number in base 62.
fn digits(mut number: u64, count: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut next = || {
        let digit = usize::try_from(number % 62).unwrap_or_default();
        number /= 62;
        char::from(DIGITS[digit])
    };
    (0..count).map(|_| next()).collect()
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

    #[test]
    fn nine_letters_and_digits() {
        let rule = NameRule::NINE_ALPHANUMERIC;
        assert_eq!(rule.fit("D681PevKs"), "D681PevKs");
        let fitted = |id: &str| rule.fit(id).into_owned();
        for id in [
            "",
            "call_1",
            "call_0000",
            "D681PevKs1",
            "toolu_01A09q90qw90lq917835lq9",
            "名前名",
        ] {
            let once = fitted(id);
            assert!(rule.fits(&once), "{id} became {once}");
            assert_eq!((once.len(), fitted(&once)), (9, once.clone()), "{id}");
        }
        let mut all: Vec<String> = (0..10_000).map(|n| fitted(&format!("call_{n}"))).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 10_000);
    }
}
