//! Citations: the annotations of a text block.
//!
//! Source: Messages API, `citations` of text blocks; five kinds are known, others keep their native copy only.

use byokey_types::{Format, JsonError, JsonKind, Raw};

use super::block_decode::said;
use crate::{
    fields::Fields,
    ir::{Annotation, AnnotationSource},
};

/// Takes the citations of a text block; an empty list stays, to be replayed.
///
/// # Errors
/// A [`JsonError`] with its path below the block.
pub(super) fn citations(fields: &mut Fields) -> Result<Vec<Annotation>, JsonError> {
    let Some(raw) = said(fields, "citations") else {
        return Ok(Vec::new());
    };
    let items = raw.array().map_err(|error| error.under("citations"))?;
    if items.is_empty() {
        fields.put_back("citations", raw);
    }
    items
        .iter()
        .enumerate()
        .map(|(position, item)| {
            citation(item).map_err(|error| error.under(&format!("citations.{position}")))
        })
        .collect()
}

/// Reads a citation; what its kind does not explain stays in the native copy.
///
/// # Errors
/// [`JsonError::WrongType`] when it is no object.
pub(super) fn citation(raw: &Raw) -> Result<Annotation, JsonError> {
    let object = raw.object()?;
    let text = |key: &str| object.get(key).and_then(|value| value.text().ok());
    let document = || {
        let index = object
            .get("document_index")
            .and_then(|raw| raw.whole().ok());
        index.map_or(AnnotationSource::Other, AnnotationSource::Document)
    };
    let tag = text("type").unwrap_or_default();
    let (source, title) = match tag.as_str() {
        "char_location" | "page_location" | "content_block_location" => {
            (document(), text("document_title"))
        }
        "web_search_result_location" => (
            text("url").map_or(AnnotationSource::Other, AnnotationSource::Url),
            text("title"),
        ),
        "search_result_location" => (
            text("source")
                .filter(|source| source.starts_with("http"))
                .map_or(AnnotationSource::Other, AnnotationSource::Url),
            text("title"),
        ),
        _ => (AnnotationSource::Other, text("title")),
    };
    raw.expect_kind(JsonKind::Object)?;
    Ok(Annotation {
        // a citation belongs to the whole of its block; the offsets in it count in the source
        span: None,
        source,
        title,
        quoted: text("cited_text"),
        format: Format::AnthropicMessages,
        native: raw.clone(),
    })
}
