//! What a medium costs, from the little that can be seen of it without decoding it.

use std::{borrow::Cow, ops::Range};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use byokey_translate::ir::{Media, MediaKind, MediaSource};
use memchr::memmem;

/// What a medium costs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Weight<'a> {
    /// This.
    Tokens(u64),
    /// As much as this text: the medium is one.
    Text(Cow<'a, str>),
}

/// The most an image costs, and what is said of one that cannot be measured: rather too much than a context that overflows.
///
/// Anthropic, <https://docs.claude.com/en/docs/build-with-claude/vision>: width × height / 750; what would exceed about 1,600
/// tokens, or has an edge over 1,568 pixels, is scaled down before.
pub(super) const IMAGE_MOST: u64 = 1600;

const PIXELS_PER_TOKEN: u64 = 750;
const LONGEST_EDGE: u64 = 1568;

/// How much of an image is looked at to find its size, in bytes: a JPEG may begin with a preview of up to 64 KiB.
const IMAGE_HEAD: usize = 128 << 10;

/// Anthropic, <https://docs.claude.com/en/docs/build-with-claude/pdf-support>: 1,500 to 3,000 tokens a page.
const PAGE: u64 = 2250;

/// What a page takes in a PDF whose pages cannot be counted, in bytes.
const PAGE_BYTES: u64 = 64 << 10;

/// Gemini, <https://ai.google.dev/gemini-api/docs/tokens>: 32 tokens a second of sound; at the usual 128 kbit/s.
const AUDIO_BYTES_PER_TOKEN: u64 = 500;

/// The same: 263 tokens a second of moving images; at 2 Mbit/s.
const VIDEO_BYTES_PER_TOKEN: u64 = 1000;

/// Sound or moving images behind a URL: ten seconds of them.
const UNSEEN_AUDIO: u64 = 320;
const UNSEEN_VIDEO: u64 = 2630;

/// Weighs a medium.
pub(super) fn weigh(media: &Media) -> Weight<'_> {
    match &media.source {
        MediaSource::PlainText { text } => Weight::Text(Cow::Borrowed(text)),
        MediaSource::Inline { media_type, data } => inline(media.kind, media_type.as_deref(), data),
        MediaSource::Url { .. } | MediaSource::File { .. } | MediaSource::Native { .. } => {
            Weight::Tokens(match media.kind {
                MediaKind::Image => IMAGE_MOST,
                MediaKind::Document => PAGE,
                MediaKind::Audio => UNSEEN_AUDIO,
                MediaKind::Video => UNSEEN_VIDEO,
            })
        }
    }
}

/// The runs of base64 of at least `least` bytes in a text.
pub(super) fn base64_runs(text: &str, least: usize) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte);
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        if !alphabet(byte) {
            if at - start >= least {
                runs.push(start..at);
            }
            start = at + 1;
        }
    }
    runs
}

fn inline<'a>(kind: MediaKind, media_type: Option<&str>, data: &str) -> Weight<'a> {
    // padding and line ends in it are too few to matter
    let bytes = data.len() as u64 / 4 * 3;
    Weight::Tokens(match kind {
        MediaKind::Image => image(data),
        MediaKind::Audio => bytes.div_ceil(AUDIO_BYTES_PER_TOKEN),
        MediaKind::Video => bytes.div_ceil(VIDEO_BYTES_PER_TOKEN),
        MediaKind::Document => {
            let decoded = STANDARD.decode(data.as_bytes()).ok();
            let is_text = media_type.is_some_and(|kind| kind.starts_with("text/"));
            match decoded {
                Some(decoded) if is_text => {
                    return match String::from_utf8(decoded) {
                        Ok(text) => Weight::Text(Cow::Owned(text)),
                        Err(_) => Weight::Tokens(bytes.div_ceil(4)),
                    };
                }
                Some(decoded) => pages(&decoded) * PAGE,
                None => bytes.div_ceil(PAGE_BYTES).max(1) * PAGE,
            }
        }
    })
}

fn image(data: &str) -> u64 {
    let characters = data.len().min(IMAGE_HEAD / 3 * 4) / 4 * 4;
    let measured = data
        .as_bytes()
        .get(..characters)
        .and_then(|head| STANDARD.decode(head).ok())
        .and_then(|head| imagesize::blob_size(&head).ok());
    measured.map_or(IMAGE_MOST, |size| {
        of_size(size.width as u64, size.height as u64)
    })
}

/// Scaled so that the longer edge fits, then by its area.
fn of_size(width: u64, height: u64) -> u64 {
    let longest = width.max(height).max(1);
    let (width, height) = if longest > LONGEST_EDGE {
        let scaled = |edge: u64| (edge.saturating_mul(LONGEST_EDGE) / longest).max(1);
        (scaled(width), scaled(height))
    } else {
        (width, height)
    };
    (width * height)
        .div_ceil(PIXELS_PER_TOKEN)
        .clamp(1, IMAGE_MOST)
}

/// The pages of a PDF: those whose object is to be seen, or a guess from its length when all are packed away.
fn pages(pdf: &[u8]) -> u64 {
    let named = memmem::find_iter(pdf, b"/Type")
        .filter(|at| {
            let rest = pdf[at + b"/Type".len()..].trim_ascii_start();
            rest.strip_prefix(b"/Page")
                .is_some_and(|after| !after.first().is_some_and(u8::is_ascii_alphanumeric))
        })
        .count() as u64;
    if named > 0 {
        named
    } else {
        (pdf.len() as u64).div_ceil(PAGE_BYTES).max(1)
    }
}

#[cfg(test)]
mod tests {
    use byokey_translate::ir::Media;
    use pretty_assertions::assert_eq;

    use super::*;

    fn inline_of(kind: MediaKind, media_type: &str, bytes: &[u8]) -> Media {
        Media {
            kind,
            source: MediaSource::Inline {
                media_type: Some(media_type.into()),
                data: STANDARD.encode(bytes),
            },
            title: None,
        }
    }

    fn png(width: u32, height: u32, rest: usize) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 6, 0, 0, 0]);
        bytes.resize(bytes.len() + rest, 0x5a);
        bytes
    }

    #[test]
    fn images_cost_their_area() {
        let rows = [
            (png(1, 1, 0), 1),
            (png(200, 200, 0), 54),
            (png(1000, 1000, 3 << 20), 1334),
            (png(8000, 400, 0), 164),
            (png(u32::MAX, u32::MAX, 0), IMAGE_MOST),
            (b"no image at all".to_vec(), IMAGE_MOST),
            (Vec::new(), IMAGE_MOST),
        ];
        for (bytes, expected) in rows {
            let media = inline_of(MediaKind::Image, "image/png", &bytes);
            assert_eq!(weigh(&media), Weight::Tokens(expected));
        }
    }

    #[test]
    fn documents_cost_their_pages() {
        let pdf =
            b"%PDF-1.7 <</Type /Pages>> <</Type/Page>> <</Type /Page\n>> <</Type /PageLabel>>";
        let packed = vec![7; 150 << 10];
        let rows: [(&str, &[u8], Weight<'_>); 3] = [
            ("application/pdf", pdf, Weight::Tokens(2 * PAGE)),
            ("application/pdf", &packed, Weight::Tokens(3 * PAGE)),
            (
                "text/plain",
                b"hello world",
                Weight::Text(Cow::Borrowed("hello world")),
            ),
        ];
        for (media_type, bytes, expected) in rows {
            let media = inline_of(MediaKind::Document, media_type, bytes);
            assert_eq!(weigh(&media), expected);
        }
    }

    #[test]
    fn runs_of_base64_are_found() {
        let [long, short] = [9, 8].map(|length| "Q".repeat(length));
        let text = format!(r#"{{"a":"{long}","b":"{short}","c":"{long}"}}"#);
        assert_eq!(base64_runs(&text, 9), [6..15, 37..46]);
        assert_eq!(base64_runs("QQQQ.QQQQQ", 4), [0..4, 5..10]);
    }
}
