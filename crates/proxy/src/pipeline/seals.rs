//! Seals on the verbatim path: what a client holds of a guest goes back to the guest bare, and to nobody else.

use byokey_translate::{
    Codec,
    carrier::{self, Placement},
};
use byokey_types::RawObject;
use bytes::Bytes;

/// What the seals in a body mean for sending it as it is.
#[derive(Debug, PartialEq, Eq)]
pub enum Fit {
    /// It can go as it is.
    AsIs,
    /// It can go with these bytes: envelopes were opened, nothing else changed.
    Opened(Bytes),
    /// It holds a seal that its upstream must not see, or that belongs to another block: it must be translated.
    Foreign,
}

/// Looks at the seals of a request for an upstream that accepts those of `issuer`.
///
/// At home, where seals travel bare, a body without an envelope is searched once and not parsed.
pub fn fit(codec: &dyn Codec, body: &Bytes, issuer: &str) -> Fit {
    let at_home = codec.format().home_family() == issuer;
    if at_home && !carrier::may_hold_envelope(body) {
        return Fit::AsIs;
    }
    // what is no object is the upstream's to refuse
    let Ok(mut object) = RawObject::parse(body.clone()) else {
        return Fit::AsIs;
    };
    let mut foreign = false;
    let changed = codec.map_seals(&mut object, &mut |slot| {
        let opened = slot
            .opened(codec.format())
            .filter(|opened| opened.placement == Placement::Here)
            .filter(|opened| opened.seal.issuer.family == issuer);
        foreign |= opened.is_none();
        Some(opened.map_or_else(|| slot.text.to_owned(), |opened| opened.seal.payload))
    });
    match (foreign, changed) {
        (true, _) => Fit::Foreign,
        (false, true) => Fit::Opened(object.to_bytes()),
        (false, false) => Fit::AsIs,
    }
}

/// The body without any seal, and how many there were.
pub fn removed(codec: &dyn Codec, body: &Bytes) -> (Bytes, usize) {
    let mut count = 0;
    let Ok(mut object) = RawObject::parse(body.clone()) else {
        return (body.clone(), count);
    };
    let changed = codec.map_seals(&mut object, &mut |_| {
        count += 1;
        None
    });
    if changed {
        (object.to_bytes(), count)
    } else {
        (body.clone(), 0)
    }
}

#[cfg(test)]
mod tests {
    use byokey_translate::{
        codec::codec,
        ir::{Issuer, Seal},
    };
    use byokey_types::Format;
    use pretty_assertions::assert_eq;

    use super::*;

    fn envelope(family: &str, placement: Placement) -> String {
        let seal = Seal {
            issuer: Issuer::family(family),
            payload: "c2VhbA".to_owned(),
        };
        carrier::wrap(&seal, placement)
    }

    fn body(signature: &str) -> Bytes {
        Bytes::from(format!(
            r#"{{ "n": 1.0, "messages": [ {{"role":"assistant","content":[{{"type":"thinking","thinking":"x","signature":"{signature}"}}]}} ] }}"#
        ))
    }

    #[test]
    fn a_seal_goes_to_its_issuer_bare_and_to_nobody_else() {
        let guest = envelope("guest", Placement::Here);
        let opened = || Fit::Opened(body("c2VhbA"));
        let rows = [
            // at home
            ("anthropic", "c2VhbA", Fit::AsIs),
            ("anthropic", &guest, Fit::Foreign),
            (
                "anthropic",
                &envelope("anthropic", Placement::Here),
                opened(),
            ),
            // a guest's
            ("guest", &guest, opened()),
            ("guest", "c2VhbA", Fit::Foreign),
            ("guest", &envelope("other", Placement::Here), Fit::Foreign),
            ("guest", &envelope("guest", Placement::Next), Fit::Foreign),
            ("guest", "Ynlva2V5damaged", Fit::Foreign),
        ];
        for (issuer, signature, expected) in rows {
            let expected = match expected {
                // what changed is written anew around the seal, its own bytes kept
                Fit::Opened(_) => Fit::Opened(Bytes::from_static(
                    br#"{"n":1.0,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"c2VhbA"}]}]}"#,
                )),
                other => other,
            };
            let found = fit(codec(Format::AnthropicMessages), &body(signature), issuer);
            assert_eq!(found, expected, "{signature} to {issuer}");
        }
        let none = Bytes::from_static(br#"{"messages":[]}"#);
        assert_eq!(
            fit(codec(Format::AnthropicMessages), &none, "guest"),
            Fit::AsIs
        );
    }
}
