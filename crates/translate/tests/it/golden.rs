//! Every fixture in every format: what a reviewer reads to see what translation keeps, changes and says it lost.
//!
//! `INSTA_UPDATE=always cargo test -p byokey-translate golden` writes the snapshots anew.

use std::fmt::Write as _;

use byokey_translate::{Codec, Encoded, Reply, loss::Losses};
use byokey_types::Raw;

use crate::{
    fixture::{self, Fixture, Variant, codecs, reply, target, written},
    json::pretty,
};

#[test]
fn requests() {
    each(|fixture, codec| {
        let body = fixture.request()?;
        let decoded = match fixture.codec().decode_request(&body) {
            Ok(decoded) => decoded,
            Err(error) => return Some(("request", format!("error: {error}\n"))),
        };
        let mut out = String::new();
        lost("decoding lost", &decoded.losses, &mut out);
        let said = |variant| {
            let target = target(codec.format(), variant, "model");
            match codec.encode_request(&decoded.value, &target) {
                Ok(encoded) => encoded_text(&encoded),
                Err(error) => format!("error: {error}\n"),
            }
        };
        let (rich, plain) = (said(Variant::Rich), said(Variant::Plain));
        let _ = write!(out, "# rich\n{rich}\n# plain\n");
        out.push_str(if plain == rich { "as rich\n" } else { &plain });
        Some(("request", out))
    });
}

#[test]
fn responses() {
    each(|fixture, codec| {
        let body = fixture.response()?;
        let source = fixture::source(fixture.format);
        let decoded = match fixture.codec().decode_response(&body, &source) {
            Ok(decoded) => decoded,
            Err(error) => return Some(("response", format!("error: {error}\n"))),
        };
        let mut out = String::new();
        lost("decoding lost", &decoded.losses, &mut out);
        let (body, losses) = codec.encode_response(&decoded.value, &reply("asked"));
        let _ = writeln!(out, "{}", pretty(&Raw::parse(body).unwrap()));
        lost("lost", &losses, &mut out);
        Some(("response", out))
    });
}

#[test]
fn streams() {
    each(|fixture, codec| {
        let stream = fixture.stream()?;
        let events = fixture::events(fixture.codec(), &stream);
        let out = written(codec, &events, &reply("asked"));
        Some(("stream", String::from_utf8(out.to_vec()).unwrap()))
    });
}

fn each(say: impl Fn(&Fixture, &dyn Codec) -> Option<(&'static str, String)>) {
    for fixture in fixture::all() {
        for codec in codecs() {
            let Some((what, text)) = say(&fixture, codec) else {
                continue;
            };
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(format!("../snapshots/{}", fixture.format));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            let name = format!("{}.{what}.{}", fixture.case, codec.format());
            settings.bind(|| insta::assert_snapshot!(name, text));
        }
    }
}

fn encoded_text(encoded: &Encoded) -> String {
    let mut out = pretty(&Raw::parse(encoded.body.clone()).unwrap());
    out.push('\n');
    lost("lost", &encoded.losses, &mut out);
    let reply = &encoded.reply;
    if reply.needs_restoring() {
        let Reply {
            renamed,
            freeform,
            structured,
            ..
        } = reply;
        let _ = writeln!(
            out,
            "-- reply\nrenamed {renamed:?}\nfreeform {freeform:?}\nstructured {structured:?}"
        );
    }
    out
}

fn lost(title: &str, losses: &Losses, out: &mut String) {
    if losses.is_empty() {
        return;
    }
    let _ = writeln!(out, "-- {title}");
    for loss in losses.as_slice() {
        let _ = writeln!(out, "{loss}");
    }
}
