//! Envelopes: how a seal survives a client that knows nothing of it.
//!
//! An envelope is standard base64 of `magic ‖ version ‖ placement ‖ family ‖ account ‖ payload`, so it fits every slot that is
//! opaque text or base64. It comes back as untrusted text: parsed strictly, bounded, and believed only in that a seal is
//! returned to the issuer it names, who checks it himself.

mod returning;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use byokey_types::{Format, Str};

pub(crate) use self::returning::{Returning, placement};
use crate::ir::{Issuer, Seal};

/// The first bytes of every envelope in base64; a body without this text holds none.
pub const MAGIC_TEXT: &str = "Ynlva2V5";

const MAGIC: &[u8] = b"byokey";
const VERSION: u8 = 1;
const LONGEST: usize = 1 << 20;
/// For what comes back: some clients write bytes without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Which block a seal belongs to, seen from the block that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Placement {
    /// The carrier itself.
    Here,
    /// The block behind it.
    Next,
    /// The block before it.
    Previous,
}

/// What was found in a slot for opaque state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The seal.
    pub seal: Seal,
    /// Which block it belongs to.
    pub placement: Placement,
}

/// Whether a body may hold an envelope: one search, no parse.
pub fn may_hold_envelope(body: &[u8]) -> bool {
    memchr::memmem::find(body, MAGIC_TEXT.as_bytes()).is_some()
}

/// The text for a slot of `format`: bare for the home family, an envelope for any other.
pub fn text_for(format: Format, seal: &Seal, placement: Placement) -> String {
    if placement == Placement::Here && seal.issuer.family == format.home_family() {
        return seal.payload.clone();
    }
    wrap(seal, placement)
}

/// Reads a slot of `format`: an envelope says who issued it, a bare seal is of the home family.
///
/// A text that has the magic and is no envelope is `None`: it was ours once and is damaged, so it belongs to nobody.
pub fn read(format: Format, text: &str) -> Option<Opened> {
    if text.starts_with(MAGIC_TEXT) {
        return open(text);
    }
    Some(Opened {
        seal: Seal {
            issuer: Issuer::home(format),
            payload: text.to_owned(),
        },
        placement: Placement::Here,
    })
}

/// Makes an envelope.
///
/// Names longer than 255 bytes do not occur: families and accounts are ids.
pub fn wrap(seal: &Seal, placement: Placement) -> String {
    let family = seal.issuer.family.as_bytes();
    let account = seal
        .issuer
        .account
        .as_deref()
        .unwrap_or_default()
        .as_bytes();
    let mut bytes =
        Vec::with_capacity(MAGIC.len() + 4 + family.len() + account.len() + seal.payload.len());
    bytes.extend_from_slice(MAGIC);
    bytes.push(VERSION);
    bytes.push(match placement {
        Placement::Here => 0,
        Placement::Next => 1,
        Placement::Previous => 2,
    });
    for name in [family, account] {
        let name = &name[..name.len().min(255)];
        bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(name);
    }
    bytes.extend_from_slice(seal.payload.as_bytes());
    STANDARD.encode(bytes)
}

/// Opens an envelope, also when a client has written it in the URL-safe alphabet, as Google's SDK for Python does with bytes;
/// `None` when it is none, is damaged, or is longer than 1 MiB.
pub fn open(text: &str) -> Option<Opened> {
    if text.len() > LONGEST {
        return None;
    }
    let bytes = if text.contains(['-', '_']) {
        LENIENT.decode(text.replace('-', "+").replace('_', "/"))
    } else {
        LENIENT.decode(text)
    };
    let bytes = bytes.ok()?;
    let rest = bytes.strip_prefix(MAGIC)?;
    let (&[version, placement], rest) = rest.split_first_chunk::<2>()?;
    if version != VERSION {
        return None;
    }
    let placement = match placement {
        0 => Placement::Here,
        1 => Placement::Next,
        2 => Placement::Previous,
        _ => return None,
    };
    let (family, rest) = name(rest)?;
    let (account, rest) = name(rest)?;
    if family.is_empty() {
        return None;
    }
    Some(Opened {
        seal: Seal {
            issuer: Issuer {
                family: Str::from(family),
                account: (!account.is_empty()).then(|| Str::from(account)),
            },
            payload: std::str::from_utf8(rest).ok()?.to_owned(),
        },
        placement,
    })
}

fn name(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(length))?;
    Some((std::str::from_utf8(name).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn envelopes_open_to_what_was_put_in(family in "[a-z]{1,20}", account in prop::option::of("[ -~]{1,40}"), payload in any::<String>(), place in 0..3) {
            let seal = Seal { issuer: Issuer { family: family.into(), account: account.map(Str::from) }, payload };
            let placement = [Placement::Here, Placement::Next, Placement::Previous][usize::try_from(place).unwrap_or(0)];
            let text = wrap(&seal, placement);
            assert!(text.starts_with(MAGIC_TEXT));
            assert_eq!(open(&text), Some(Opened { seal, placement }));
        }

        #[test]
        fn damage_is_noticed_or_harmless(cut in 0usize..60, flip in 0usize..60) {
            let seal = Seal { issuer: Issuer::family("guest"), payload: "opaque".to_owned() };
            let text = wrap(&seal, Placement::Here);
            let short: String = text.chars().take(cut.min(text.len() - 1)).collect();
            if let Some(opened) = open(&short) {
                assert!("opaque".starts_with(&opened.seal.payload));
            }
            let mut bytes = text.into_bytes();
            let at = flip % bytes.len();
            bytes[at] = b'!';
            assert_eq!(std::str::from_utf8(&bytes).ok().and_then(open), None);
        }
    }

    #[test]
    fn bare_means_home() {
        let format = Format::AnthropicMessages;
        let home = Seal {
            issuer: Issuer::home(format),
            payload: "sig".to_owned(),
        };
        assert_eq!(text_for(format, &home, Placement::Here), "sig");
        assert_eq!(
            read(format, "sig").map(|opened| opened.seal),
            Some(home.clone())
        );
        let abroad = text_for(Format::OpenAiChat, &home, Placement::Here);
        assert_eq!(
            read(Format::OpenAiChat, &abroad).map(|opened| opened.seal),
            Some(home)
        );
        assert_eq!(read(format, "Ynlva2V5garbage"), None);
    }
}
