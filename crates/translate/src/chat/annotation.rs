//! Annotations of an answer: links to pages, by characters of the content.
//!
//! Source: Chat Completions API, `message.annotations[]` of type `url_citation`.

use byokey_types::{Format, Raw};

use super::spelling::FORMAT;
use crate::{
    ir::{Annotation, AnnotationSource},
    write::{Array, Object},
};

/// Reads an annotation; `None` when it is no object.
pub(super) fn read(raw: &Raw) -> Option<Annotation> {
    let object = raw.object().ok()?;
    let citation = object.get("url_citation").and_then(|it| it.object().ok());
    let file = object
        .get("file")
        .or_else(|| object.get("file_citation"))
        .and_then(|it| it.object().ok());
    let text = |key: &str| citation.as_ref()?.get(key)?.text().ok();
    let whole = |key: &str| citation.as_ref()?.get(key)?.whole().ok();
    let file_id = || file.as_ref()?.get("file_id")?.text().ok();
    let source = match (text("url"), file_id()) {
        (Some(url), _) => AnnotationSource::Url(url),
        (None, Some(id)) => AnnotationSource::File(id),
        (None, None) => AnnotationSource::Other,
    };
    Some(Annotation {
        span: whole("start_index").zip(whole("end_index")),
        source,
        title: text("title"),
        quoted: text("content"),
        format: FORMAT,
        native: raw.clone(),
    })
}

/// Whether this format can say an annotation.
pub(super) fn is_sayable(annotation: &Annotation) -> bool {
    annotation.format == FORMAT || matches!(annotation.source, AnnotationSource::Url(_))
}

/// Writes an annotation of a text that stands at the characters `block` of the content.
///
/// One of this format is written as it came when its text stands at the beginning, as it did where it came from.
pub(super) fn write(annotation: &Annotation, block: (u64, u64), array: &mut Array<'_>) {
    let came_from_here: bool = annotation.format == Format::OpenAiChat && block.0 == 0;
    let url = match &annotation.source {
        AnnotationSource::Url(url) if !came_from_here => url,
        AnnotationSource::Url(_)
        | AnnotationSource::Document(_)
        | AnnotationSource::File(_)
        | AnnotationSource::Other => {
            if annotation.format == FORMAT {
                array.item().extend_from_slice(annotation.native.bytes());
            }
            return;
        }
    };
    let (start, end) = match annotation.span {
        Some((start, end)) => (block.0.saturating_add(start), block.0.saturating_add(end)),
        None => block,
    };
    let mut object: Object<'_> = array.object();
    object.text("type", "url_citation");
    let mut citation = object.object("url_citation");
    citation.text("url", url);
    citation.text("title", annotation.title.as_deref().unwrap_or_default());
    citation.number("start_index", start);
    citation.number("end_index", end);
    citation.end();
    object.end();
}
