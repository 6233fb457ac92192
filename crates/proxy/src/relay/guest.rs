//! A guest's seals on their way to the caller: put into envelopes that name their issuer. Every other byte is passed on.

use byokey_translate::{
    Codec,
    carrier::{self, Placement},
    codec::Source,
    ir::{Issuer, Seal},
    sse,
};
use byokey_types::{Frame, RawObject};
use bytes::{Bytes, BytesMut};

/// Who answers, when he is not at home in the format.
#[derive(Clone)]
pub(super) struct Guest {
    codec: &'static dyn Codec,
    issuer: Issuer,
}

impl Guest {
    /// Nothing when the source is at home: there, seals travel bare.
    pub(super) fn of(codec: &'static dyn Codec, source: &Source) -> Option<Self> {
        let family = source.family.clone()?;
        (family != codec.format().home_family()).then(|| Self {
            codec,
            issuer: Issuer {
                family,
                account: source.account.clone(),
            },
        })
    }

    /// A body or the data of a frame with its seals wrapped; nothing when it has none.
    pub(super) fn wrap(&self, data: &Bytes) -> Option<Bytes> {
        let mut object = RawObject::parse(data.clone()).ok()?;
        let changed = self.codec.map_seals(&mut object, &mut |slot| {
            let text = slot.text;
            let is_own = slot.named == Some(self.issuer.family.as_str());
            if text.is_empty() || is_own || text.starts_with(carrier::MAGIC_TEXT) {
                return Some(text.to_owned());
            }
            let seal = Seal {
                issuer: self.issuer.clone(),
                payload: text.to_owned(),
            };
            Some(carrier::wrap(&seal, Placement::Here))
        });
        changed.then(|| object.to_bytes())
    }

    /// The event of a frame with its seals wrapped; nothing when it has none.
    pub(super) fn event(&self, frame: &Frame) -> Option<Bytes> {
        let data = self.wrap(&frame.data)?;
        let mut event = BytesMut::new();
        sse::encode(frame.event.as_deref(), &data, &mut event);
        Some(event.freeze())
    }
}
