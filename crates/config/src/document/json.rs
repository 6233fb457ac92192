//! JSON: checked strictly, then read as the YAML it also is, for the lines and the refusal of duplicate keys.

use serde::de::IgnoredAny;

use super::{Content, Node, SyntaxProblem, yaml};

/// Reads one value. An empty file is [`Content::Nothing`].
pub(super) fn parse(text: &str) -> Result<Node, SyntaxProblem> {
    if text.trim().is_empty() {
        return Ok(Node {
            line: None,
            content: Content::Nothing,
        });
    }
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => yaml::parse(text),
        Err(error) => Err(SyntaxProblem {
            line: u64::try_from(error.line()).ok(),
            message: format!("is not valid JSON at column {}", error.column()),
            hint: None,
        }),
    }
}
