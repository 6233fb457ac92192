//! What can be wrong with a JSON document that came from outside.

/// A document or a field that could not be read.
///
/// `Display` names the place and never quotes the content.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON.
    #[error("not valid JSON at line {line}, column {column}")]
    Syntax {
        /// 1-based line.
        line: usize,
        /// 1-based column, in bytes.
        column: usize,
        /// What the parser said; may quote the input.
        #[source]
        source: serde_json::Error,
    },
    /// A field has another type than it must have.
    #[error("`{path}` must be {expected}, not {found}")]
    WrongType {
        /// Where, as a dot path; `$` for the document itself.
        path: String,
        /// What was expected, with an article.
        expected: &'static str,
        /// What was there, with an article.
        found: &'static str,
    },
    /// A required field is absent.
    #[error("`{path}` is required")]
    Missing {
        /// Where, as a dot path.
        path: String,
    },
    /// A field has the right type and a value that means nothing.
    #[error("`{path}` {what}")]
    Invalid {
        /// Where, as a dot path.
        path: String,
        /// What is wrong with it, as the predicate of a sentence.
        what: String,
    },
}

impl JsonError {
    /// The path of the field at fault, if the document could be read that far.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Syntax { .. } => None,
            Self::WrongType { path, .. } | Self::Missing { path } | Self::Invalid { path, .. } => {
                Some(path)
            }
        }
    }

    /// The same error, its path put under `parent`.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        match &mut self {
            Self::Syntax { .. } => {}
            Self::WrongType { path, .. } | Self::Missing { path } | Self::Invalid { path, .. } => {
                if path == "$" {
                    parent.clone_into(path);
                } else {
                    path.insert(0, '.');
                    path.insert_str(0, parent);
                }
            }
        }
        self
    }
}

impl From<serde_json::Error> for JsonError {
    fn from(source: serde_json::Error) -> Self {
        Self::Syntax {
            line: source.line(),
            column: source.column(),
            source,
        }
    }
}

impl PartialEq for JsonError {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}
