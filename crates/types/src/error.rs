//! The error that crosses crate boundaries: who is at fault, what happened, whether trying again helps.
//!
//! `Display` says this level only and never quotes an upstream's body, a prompt or a secret; causes are in `source()`.
//! It is rendered once, at the edge, in the caller's format.

use std::{error::Error, fmt, time::Duration};

use bytes::Bytes;

use crate::{JsonError, Str};

/// Shorthand for results with [`ByokError`].
pub type Result<T, E = ByokError> = std::result::Result<T, E>;

/// Who is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The caller's request.
    Client,
    /// A key or login.
    Credential,
    /// A limit at the provider.
    Quota,
    /// The provider.
    Upstream,
    /// byokey itself.
    Proxy,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request makes no sense.
    InvalidRequest,
    /// The caller showed no valid key.
    Unauthorized,
    /// The caller may not do this.
    Forbidden,
    /// There is no such route or object.
    NotFound,
    /// The route exists, the method does not.
    MethodNotAllowed,
    /// Nothing serves the model.
    UnknownModel,
    /// The body is too large, or the context too long.
    TooLarge,
    /// The body is declared to be something else than JSON.
    UnsupportedMediaType,
    /// Something would be lost, and losing is not allowed (strict mode).
    WouldLose,
    /// No credential for the provider.
    LoginNeeded,
    /// The provider refuses the credential.
    CredentialRejected,
    /// Too fast.
    RateLimited,
    /// A quota window or balance is used up.
    QuotaExhausted,
    /// The provider has too much to do.
    Overloaded,
    /// The provider cannot be reached.
    Unreachable,
    /// The provider stayed silent too long.
    Timeout,
    /// The provider answered something that is not its protocol, or failed within.
    BadUpstream,
    /// The provider's answer ended before its end.
    Truncated,
    /// The provider does not accept a reasoning seal.
    StaleSeal,
    /// The caller hung up.
    Cancelled,
    /// byokey is shutting down.
    ShuttingDown,
    /// A fault of byokey's own.
    Internal,
}

/// Whether trying again helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// It does not.
    Never,
    /// With another account or candidate.
    Elsewhere,
    /// Here, after a pause; without a duration, one's own backoff.
    Later(Option<Duration>),
}

/// An error answer of an upstream: the raw three (status, code, body) and what was read from them.
#[derive(Clone, PartialEq, Eq)]
pub struct UpstreamFault {
    /// The HTTP status.
    pub status: u16,
    /// The provider's type or code, such as `rate_limit_error`.
    pub code: Option<Str>,
    /// The provider's message, for the caller; not for logs.
    pub message: Option<String>,
    /// The field the provider complains about.
    pub param: Option<String>,
    /// The body as received, cut at a limit.
    pub body: Bytes,
    /// Its content type.
    pub content_type: Option<Str>,
}

impl fmt::Debug for UpstreamFault {
    /// Status and code only: messages and bodies may quote the prompt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamFault")
            .field("status", &self.status)
            .field("code", &self.code)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The error of byokey.
#[derive(Debug, thiserror::Error)]
#[error("{public}")]
pub struct ByokError {
    /// Who is at fault.
    pub origin: Origin,
    /// What happened.
    pub kind: Kind,
    /// Whether trying again helps.
    pub retry: Retry,
    /// The text for the caller: this level only, no body, no prompt, no secret.
    pub public: String,
    /// The field at fault, as a dot path.
    pub param: Option<String>,
    /// What the upstream answered, if it answered.
    pub upstream: Option<Box<UpstreamFault>>,
    /// The cause, for the log.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl ByokError {
    /// An error with the origin and the retry advice that its kind implies.
    pub fn new(kind: Kind, public: impl Into<String>) -> Self {
        Self {
            origin: kind.origin(),
            kind,
            retry: kind.retry(),
            public: public.into(),
            param: None,
            upstream: None,
            source: None,
        }
    }

    /// The same, with its cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same, naming the field at fault.
    #[must_use]
    pub fn at(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The same, with what the upstream answered.
    #[must_use]
    pub fn answered(mut self, fault: UpstreamFault) -> Self {
        self.upstream = Some(Box::new(fault));
        self
    }

    /// The same, with other advice.
    #[must_use]
    pub const fn advise(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The status that is true: the upstream's own where it answered, else that of the kind.
    pub fn status(&self) -> u16 {
        match &self.upstream {
            Some(fault) if (400..600).contains(&fault.status) => fault.status,
            Some(_) | None => self.kind.status(),
        }
    }

    /// What the caller is told: the upstream's own words where it has any, else [`ByokError::public`].
    pub fn message(&self) -> &str {
        self.upstream
            .as_ref()
            .and_then(|fault| fault.message.as_deref())
            .filter(|message| !message.is_empty())
            .unwrap_or(&self.public)
    }

    /// The pause to ask of the caller.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self.retry {
            Retry::Later(pause) => pause,
            Retry::Never | Retry::Elsewhere => None,
        }
    }
}

impl From<JsonError> for ByokError {
    fn from(error: JsonError) -> Self {
        let param = error.path().filter(|path| *path != "$").map(str::to_owned);
        let public = match &error {
            JsonError::Syntax { .. } => format!("the request body is {error}"),
            JsonError::WrongType { path, expected, .. } if path == "$" => {
                format!("the request body must be {expected}")
            }
            JsonError::WrongType { .. } | JsonError::Missing { .. } | JsonError::Invalid { .. } => {
                error.to_string()
            }
        };
        let mut this = Self::new(Kind::InvalidRequest, public).because(error);
        this.param = param;
        this
    }
}

impl Kind {
    /// The HTTP status of an error that byokey itself raises.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest | Self::StaleSeal => 400,
            Self::Unauthorized | Self::LoginNeeded | Self::CredentialRejected => 401,
            Self::Forbidden => 403,
            Self::NotFound | Self::UnknownModel => 404,
            Self::MethodNotAllowed => 405,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::WouldLose => 422,
            Self::RateLimited | Self::QuotaExhausted => 429,
            Self::Cancelled => 499,
            Self::Internal => 500,
            Self::BadUpstream | Self::Truncated => 502,
            Self::Overloaded | Self::Unreachable | Self::ShuttingDown => 503,
            Self::Timeout => 504,
        }
    }

    /// Who is at fault in an error of this kind.
    pub const fn origin(self) -> Origin {
        match self {
            Self::InvalidRequest
            | Self::Unauthorized
            | Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::UnknownModel
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::WouldLose
            | Self::StaleSeal
            | Self::Cancelled => Origin::Client,
            Self::LoginNeeded | Self::CredentialRejected => Origin::Credential,
            Self::RateLimited | Self::QuotaExhausted => Origin::Quota,
            Self::Overloaded
            | Self::Unreachable
            | Self::Timeout
            | Self::BadUpstream
            | Self::Truncated => Origin::Upstream,
            Self::ShuttingDown | Self::Internal => Origin::Proxy,
        }
    }

    const fn retry(self) -> Retry {
        match self {
            Self::RateLimited | Self::Overloaded | Self::ShuttingDown => Retry::Later(None),
            Self::LoginNeeded
            | Self::CredentialRejected
            | Self::QuotaExhausted
            | Self::Unreachable
            | Self::Timeout
            | Self::BadUpstream => Retry::Elsewhere,
            Self::InvalidRequest
            | Self::Unauthorized
            | Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::UnknownModel
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::WouldLose
            | Self::StaleSeal
            | Self::Truncated
            | Self::Cancelled
            | Self::Internal => Retry::Never,
        }
    }
}
