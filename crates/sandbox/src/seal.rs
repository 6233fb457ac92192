//! Signatures of thinking and sealed items: made here, and checked when they come back.
//!
//! A keyed FNV-1a, not cryptography: it tells a changed or foreign signature from our own, which is all a test needs.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

const KEY: &[u8] = b"byokey sandbox seal";
/// Real signatures are protobuf and begin so in base64 (`Eq…`).
const MAGIC: [u8; 3] = [0x12, 0xa0, 0x01];
const REDACTED_TEXT: &str = "sealed thoughts of the sandbox";

/// The signature of a thinking text.
pub(crate) fn sign(thinking: &str) -> String {
    let mut bytes = MAGIC.to_vec();
    for lane in 0..12 {
        bytes.extend_from_slice(&digest(lane, thinking).to_be_bytes());
    }
    STANDARD.encode(bytes)
}

/// Whether this signature was made for this text.
pub(crate) fn verifies(signature: &str, thinking: &str) -> bool {
    signature == sign(thinking)
}

/// The data of a redacted block.
pub(crate) fn redacted() -> String {
    sign(REDACTED_TEXT)
}

/// Whether the data came from [`redacted`].
pub(crate) fn is_redacted(data: &str) -> bool {
    verifies(data, REDACTED_TEXT)
}

/// What became of an `encrypted_content` that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// It is the sandbox's own, for this item and this owner.
    Whole,
    /// It is changed or foreign.
    Unreadable,
    /// It was made for an item with another id.
    OtherItem,
    /// It was made for another organization.
    OtherOwner,
}

/// The `encrypted_content` of a Responses item, bound to the item and to its owner.
pub(crate) fn encrypt(item: &str, owner: &str) -> String {
    token(digest(TOKEN_LANE, item), digest(TOKEN_LANE, owner))
}

/// Checks an `encrypted_content`; an item that comes back without its id is not held against it.
pub(crate) fn open(data: &str, item: Option<&str>, owner: &str) -> Opened {
    let bytes = URL_SAFE.decode(data).unwrap_or_default();
    let word = |at: usize| {
        let word = bytes.get(at..at + 8)?;
        word.try_into().ok().map(u64::from_be_bytes)
    };
    let start = TOKEN_MAGIC.len();
    let (Some(sealed_item), Some(sealed_owner)) = (word(start), word(start + 8)) else {
        return Opened::Unreadable;
    };
    if data != token(sealed_item, sealed_owner) {
        return Opened::Unreadable;
    }
    if sealed_owner != digest(TOKEN_LANE, owner) {
        return Opened::OtherOwner;
    }
    match item {
        Some(item) if sealed_item != digest(TOKEN_LANE, item) => Opened::OtherItem,
        Some(_) | None => Opened::Whole,
    }
}

/// Real ones are Fernet tokens: version 0x80, then a time, hence `gAAAAA…` in base64.
const TOKEN_MAGIC: [u8; 5] = [0x80, 0, 0, 0, 0];
const TOKEN_LANE: u8 = 0xff;

fn token(item: u64, owner: u64) -> String {
    let mut bytes = TOKEN_MAGIC.to_vec();
    bytes.extend_from_slice(&item.to_be_bytes());
    bytes.extend_from_slice(&owner.to_be_bytes());
    let head = format!("{item:x} {owner:x}");
    for lane in 0x80..0x8c {
        bytes.extend_from_slice(&digest(lane, &head).to_be_bytes());
    }
    URL_SAFE.encode(bytes)
}

fn digest(lane: u8, text: &str) -> u64 {
    let bytes = KEY.iter().chain([&lane]).chain(text.as_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_token_opens_only_for_its_item_and_its_owner() {
        let token = encrypt("rs_1", "org-a");
        assert_eq!(&token[..6], "gAAAAA");
        assert_eq!(open(&token, Some("rs_1"), "org-a"), Opened::Whole);
        assert_eq!(open(&token, None, "org-a"), Opened::Whole);
        assert_eq!(open(&token, Some("rs_2"), "org-a"), Opened::OtherItem);
        assert_eq!(open(&token, Some("rs_1"), "org-b"), Opened::OtherOwner);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'B' { b'C' } else { b'B' };
            let changed = String::from_utf8(changed).unwrap_or_default();
            assert_eq!(open(&changed, None, "org-a"), Opened::Unreadable, "{at}");
        }
        for foreign in ["", "gAAAAA", &sign("thought"), &redacted()] {
            assert_eq!(open(foreign, None, "org-a"), Opened::Unreadable);
        }
    }
}
