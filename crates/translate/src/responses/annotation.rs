//! Annotations of a text part: by characters of its text.
//!
//! Source: Responses API, `output_text.annotations[]`: `url_citation`, `file_citation`, `file_path`, `container_file_citation`.

use byokey_types::{JsonError, Raw, Str};

use super::spelling::FORMAT;
use crate::{
    fields::Fields,
    ir::{Annotation, AnnotationSource},
    write::{Array, Object},
};

/// Reads an annotation.
///
/// # Errors
/// A [`JsonError`] when it is no object.
pub(super) fn read(raw: &Raw) -> Result<Annotation, JsonError> {
    let object = Fields::open(raw)?.into_object();
    let text = |key: &str| object.get(key).and_then(|value| value.text().ok());
    let whole = |key: &str| object.get(key).and_then(|value| value.whole().ok());
    let source = match (text("url"), text("file_id")) {
        (Some(url), _) => AnnotationSource::Url(url),
        (None, Some(id)) => AnnotationSource::File(id),
        (None, None) => AnnotationSource::Other,
    };
    Ok(Annotation {
        span: whole("start_index").zip(whole("end_index")),
        source,
        title: text("title").or_else(|| text("filename")),
        quoted: None,
        format: FORMAT,
        native: raw.clone(),
    })
}

/// Whether this format can say an annotation.
pub(super) fn is_sayable(annotation: &Annotation) -> bool {
    annotation.format == FORMAT || matches!(annotation.source, AnnotationSource::Url(_))
}

/// Writes an annotation of a text of `length` characters; nothing when it cannot be said.
pub(super) fn write(annotation: &Annotation, length: u64, array: &mut Array<'_>) {
    if annotation.format == FORMAT {
        array.item().extend_from_slice(annotation.native.bytes());
        return;
    }
    let AnnotationSource::Url(url) = &annotation.source else {
        return;
    };
    let (start, end) = annotation.span.unwrap_or((0, length));
    let mut object: Object<'_> = array.object();
    object.text("type", "url_citation");
    object.number("start_index", start);
    object.number("end_index", end);
    object.text("url", url);
    let title: Str = annotation.title.as_deref().unwrap_or_default().into();
    object.text("title", &title);
    object.end();
}
