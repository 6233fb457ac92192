//! A refusal, apart from the format it is spelled in.

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: u16,
    /// The provider's word for the class of error; each format derives one from the status when absent.
    pub(crate) kind: Option<&'static str>,
    pub(crate) message: String,
    /// The offending parameter, for formats that name it.
    pub(crate) param: Option<String>,
    /// OpenAI's finer class.
    pub(crate) code: Option<&'static str>,
}

impl Fault {
    /// A fault with a status of its own.
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: None,
            message: message.into(),
            param: None,
            code: None,
        }
    }

    /// 400.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn kind(self, kind: &'static str) -> Self {
        Self {
            kind: Some(kind),
            ..self
        }
    }

    pub(crate) fn param(self, param: impl Into<String>) -> Self {
        Self {
            param: Some(param.into()),
            ..self
        }
    }

    pub(crate) fn code(self, code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }
}
