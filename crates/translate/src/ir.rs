//! The neutral form: what a request asks and what an answer says, whatever the wire.
//!
//! Rules: unknown is data, not an error; a known field of the wrong shape is an error naming its path; nothing is normalised
//! away (raw stands next to normalised); a new field needs three formats that have it, until then it is an extension.

pub mod block;
pub mod request;
pub mod response;
pub mod seal;
pub mod tool;

pub use block::{
    Annotation, AnnotationSource, Block, CacheMark, Kind, Media, MediaKind, MediaSource, Reasoning,
    ReasoningPart,
};
pub use request::{
    Namespaced, OutputFormat, ReasoningRequest, Request, Role, Sampling, Summary, Turn,
};
pub use response::{Response, Stop, StopReason};
pub use seal::{Issuer, Seal};
pub use tool::{CallId, Choice, Input, Runs, Tool, ToolCall, ToolResult};

use byokey_types::{Format, RawObject};

/// Members that the neutral form does not model, replayed only by the format that wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extensions {
    /// Who wrote them.
    pub format: Format,
    /// The members; never empty.
    pub fields: RawObject,
}

/// Extensions, if there are any; boxed because most nodes have none.
pub type Ext = Option<Box<Extensions>>;

/// What is left of a drained object, as the extension of its node.
pub fn rest(format: Format, fields: RawObject) -> Ext {
    (!fields.is_empty()).then(|| Box::new(Extensions { format, fields }))
}

/// Adds members to an extension; those of another writer are left out, for a node has one.
pub fn complete(ext: &mut Ext, more: Extensions) {
    match ext {
        None => *ext = Some(Box::new(more)),
        Some(known) if known.format == more.format => {
            for (key, value) in more.fields {
                known.fields.set(key, value);
            }
        }
        Some(_) => {}
    }
}

/// The members that `format` may replay.
pub fn own(ext: &Ext, format: Format) -> Option<&RawObject> {
    ext.as_ref()
        .filter(|ext| ext.format == format)
        .map(|ext| &ext.fields)
}
