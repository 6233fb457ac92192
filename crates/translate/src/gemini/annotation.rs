//! Grounding: what the model's words rest on.
//!
//! Source: Gemini API, `GroundingMetadata`: chunks are the sources; supports tie a segment of a part, counted in bytes, to some
//! of them.

use std::collections::BTreeSet;

use byokey_types::{Raw, RawObject};

use super::spelling::{self, FORMAT};
use crate::{
    ir::{Annotation, AnnotationSource, Block, Kind},
    write::Object,
};

/// The longest source that is named each time it is cited, in bytes.
///
/// Every citation repeats its source, so a few of a long one would take many times the memory of the answer.
const LONGEST: usize = 4096;

/// A source.
struct Chunk {
    source: AnnotationSource,
    title: Option<String>,
    native: Raw,
    is_cited: bool,
}

/// The annotations in `groundingMetadata` and the part each belongs to.
pub(super) fn read(
    raw: &Raw,
    text_of: impl Fn(usize) -> Option<String>,
) -> Vec<(usize, Annotation)> {
    let Ok(metadata) = spelling::open(raw) else {
        return Vec::new();
    };
    let metadata = metadata.into_object();
    let list = |key: &str| -> Vec<Raw> {
        let items = metadata.get(key).and_then(|raw| raw.array().ok());
        items.unwrap_or_default()
    };
    let mut chunks: Vec<Chunk> = list("groundingChunks").into_iter().map(chunk).collect();
    let mut found = Vec::new();
    for support in list("groundingSupports") {
        let Ok(support) = spelling::open(&support) else {
            continue;
        };
        let support = support.into_object();
        let segment = support
            .get("segment")
            .and_then(|raw| spelling::open(raw).ok());
        let segment = segment.map(crate::fields::Fields::into_object);
        let at = |key: &str| segment.as_ref()?.get(key)?.whole().ok();
        let part = at("partIndex")
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(0);
        let end = at("endIndex");
        let start = at("startIndex").or(end.map(|_| 0));
        let quoted = segment
            .as_ref()
            .and_then(|segment| segment.get("text")?.text().ok());
        let span = start.zip(end).and_then(|(start, end)| {
            let text = text_of(part)?;
            // the API counts in a text that may not be the one that is known here
            let slice = text.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
            if quoted.is_some_and(|quoted| quoted != slice) {
                return None;
            }
            Some((characters(&text, start)?, characters(&text, end)?))
        });
        let indices = support
            .get("groundingChunkIndices")
            .and_then(|raw| raw.array().ok());
        let mut known = BTreeSet::new();
        for index in indices.into_iter().flatten() {
            let index = index.whole().ok().and_then(|n| usize::try_from(n).ok());
            if let Some(index) = index.filter(|index| known.insert(*index))
                && let Some(chunk) = chunks.get_mut(index)
            {
                chunk.is_cited = true;
                found.push((part, chunk.annotation(span)));
            }
        }
    }
    found.extend(
        chunks
            .iter()
            .filter(|chunk| !chunk.is_cited)
            .map(|chunk| (0, chunk.annotation(None))),
    );
    found
}

/// Attaches the annotations of a whole answer to its texts.
pub(super) fn attach(raw: &Raw, blocks: &mut [Block]) {
    let texts: Vec<Option<String>> = blocks
        .iter()
        .map(|block| block.as_text().map(str::to_owned))
        .collect();
    let first = texts.iter().position(Option::is_some);
    let text_of = |part: usize| {
        let of_first = || texts.get(first?)?.clone();
        texts.get(part).cloned().flatten().or_else(of_first)
    };
    for (part, annotation) in read(raw, text_of) {
        // what names no text belongs to the first one
        let at = match texts.get(part) {
            Some(Some(_)) => Some(part),
            Some(None) | None => first,
        };
        if let Some(block) = at.and_then(|at| blocks.get_mut(at))
            && let Kind::Text { annotations, .. } = &mut block.kind
        {
            annotations.push(annotation);
        }
    }
}

impl Chunk {
    fn annotation(&self, span: Option<(u64, u64)>) -> Annotation {
        Annotation {
            span,
            source: self.source.clone(),
            title: self.title.clone(),
            quoted: None,
            format: FORMAT,
            native: self.native.clone(),
        }
    }
}

fn chunk(raw: Raw) -> Chunk {
    let inner = raw.object().ok();
    let page = ["web", "retrievedContext", "maps"]
        .iter()
        .find_map(|key| inner.as_ref()?.get(key)?.object().ok());
    let text = |key: &str| {
        let text = page.as_ref()?.get(key)?.text().ok()?;
        (text.len() <= LONGEST).then_some(text)
    };
    Chunk {
        source: text("uri").map_or(AnnotationSource::Other, AnnotationSource::Url),
        title: text("title"),
        native: raw,
        is_cited: false,
    }
}

/// How many characters stand before a byte; `None` when it is not between two.
fn characters(text: &str, byte: u64) -> Option<u64> {
    let head = text.get(..usize::try_from(byte).ok()?)?;
    u64::try_from(head.chars().count()).ok()
}

/// The byte before which so many characters stand.
fn bytes_before(text: &str, characters: u64) -> Option<usize> {
    let count = usize::try_from(characters).ok()?;
    let ends = text.char_indices().map(|(at, _)| at);
    ends.chain([text.len()]).nth(count)
}

/// What [`write()`] says of one annotation.
#[derive(Debug)]
pub(super) struct Grounding {
    part: u64,
    annotation: Annotation,
    /// The segment in bytes, and its text.
    segment: Option<(usize, usize, String)>,
}

impl Grounding {
    /// The grounding of `text`, the `part`th part; `None` when the annotation points nowhere this format knows.
    pub(super) fn new(part: u64, annotation: &Annotation, text: Option<&str>) -> Option<Self> {
        let is_sayable =
            annotation.format == FORMAT || matches!(annotation.source, AnnotationSource::Url(_));
        let segment = annotation.span.zip(text).and_then(|((start, end), text)| {
            let (start, end) = (bytes_before(text, start)?, bytes_before(text, end)?);
            Some((start, end, text.get(start..end)?.to_owned()))
        });
        is_sayable.then(|| Self {
            part,
            annotation: annotation.clone(),
            segment,
        })
    }
}

/// Writes `groundingMetadata`, if there is anything to say.
pub(super) fn write(candidate: &mut Object<'_>, groundings: &[Grounding]) {
    if groundings.is_empty() {
        return;
    }
    let mut metadata = candidate.object("groundingMetadata");
    let mut natives: Vec<Raw> = Vec::new();
    let mut supports: Vec<(usize, &Grounding)> = Vec::new();
    for grounding in groundings {
        let native = said(&grounding.annotation);
        let known = natives.iter().position(|known| *known == native);
        let index = known.unwrap_or_else(|| {
            natives.push(native);
            natives.len() - 1
        });
        supports.push((index, grounding));
    }
    metadata.raw("groundingChunks", &Raw::array_of(natives));
    let mut array = metadata.array("groundingSupports");
    for (index, grounding) in supports {
        let Some((start, end, text)) = &grounding.segment else {
            continue;
        };
        let mut support = array.object();
        let mut segment = support.object("segment");
        if grounding.part > 0 {
            segment.number("partIndex", grounding.part);
        }
        segment.raw("startIndex", &Raw::of(start));
        segment.raw("endIndex", &Raw::of(end));
        segment.text("text", text);
        segment.end();
        support.raw("groundingChunkIndices", &Raw::of(&[index]));
        support.end();
    }
    array.end();
    metadata.end();
}

fn said(annotation: &Annotation) -> Raw {
    if annotation.format == FORMAT {
        return annotation.native.clone();
    }
    let mut web = RawObject::new();
    if let AnnotationSource::Url(url) = &annotation.source {
        web.set("uri", Raw::string(url));
    }
    let title = annotation.title.as_deref().map(Raw::string);
    web.set_some("title", title);
    RawObject::from_iter([("web".into(), web.to_raw())]).to_raw()
}
