//! What is passed on in its own format: a look at its usage, and its seals in and out of envelopes.

use byokey_translate::{
    Codec, carrier,
    carrier::Placement,
    ir::{Issuer, Seal},
    observe::{self, Observation},
};
use byokey_types::{Frame, RawObject};
use bytes::Bytes;

use super::stream;

/// Looks at a body, which may be a stream, and maps the seals of it and of its frames.
pub fn check(codec: &dyn Codec, body: &Bytes) {
    observe::usage(codec, body);
    seals(codec, body);
    let mut seen = Observation::default();
    for frame in stream::frames(body) {
        codec.observe(&frame, &mut seen);
        observe::is_bare_usage(&frame);
        seals(codec, &frame.data);
    }
    codec.observe(&Frame::named("error", body.clone()), &mut seen);
}

/// Seals that are wrapped and unwrapped are what they were; without them a body is still JSON.
fn seals(codec: &dyn Codec, body: &Bytes) {
    let Ok(original) = RawObject::parse(body.clone()) else {
        return;
    };
    let mut without = original.clone();
    let removed = codec.map_seals(&mut without, &mut |_| None);
    assert!(RawObject::parse(without.to_bytes()).is_ok(), "{without:?}");
    assert!(removed || without == original, "changed in silence");

    let mut mapped = original.clone();
    codec.map_seals(&mut mapped, &mut |seal| {
        let issuer = Issuer {
            family: "guest".into(),
            account: None,
        };
        let payload = seal.text.to_owned();
        Some(carrier::wrap(&Seal { issuer, payload }, Placement::Here))
    });
    codec.map_seals(&mut mapped, &mut |seal| {
        Some(
            carrier::open(seal.text)
                .map_or_else(|| seal.text.to_owned(), |opened| opened.seal.payload),
        )
    });
    let value = |body: &RawObject| body.to_raw().decode::<serde_json::Value>().ok();
    assert_eq!(value(&mapped), value(&original), "seals came back changed");
}
