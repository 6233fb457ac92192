//! An upstream may repeat the key it was shown: in its errors nobody shall read it.

use std::sync::Arc;

use byokey_provider::classify;
use byokey_translate::event::StreamFault;
use byokey_types::{Str, Token, secret::REDACTED};
use bytes::Bytes;

/// What must not be repeated; nothing where no key was shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Hush(Option<Arc<Token>>);

impl Hush {
    /// Knows the token that a request went out with.
    pub(super) const fn new(token: Option<Arc<Token>>) -> Self {
        Self(token)
    }

    /// The same bytes, unless the key is among them.
    pub(super) fn bytes(&self, bytes: Bytes) -> Bytes {
        match &self.0 {
            Some(token) => classify::scrub(bytes, &token.access),
            None => bytes,
        }
    }

    /// The same fault, unless it repeats the key.
    pub(super) fn fault(&self, fault: StreamFault) -> StreamFault {
        // what is cut out of a text begins and ends with a character, so a text is left
        let text = |text: String| {
            String::from_utf8(self.bytes(Bytes::from(text)).into())
                .unwrap_or_else(|_| REDACTED.to_owned())
        };
        StreamFault {
            kind: fault.kind,
            code: fault.code.map(|code| Str::from(text(code.to_string()))),
            message: text(fault.message),
        }
    }
}
