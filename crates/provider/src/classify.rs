//! What an error answer of an upstream means. spec/providers.md, section D, for one candidate.

pub mod fault;
pub mod pause;
mod table;

use byokey_types::{
    ByokError, Kind, Retry, Secret, Str, Timestamp, UpstreamFault, secret::REDACTED,
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};

use self::fault::Said;

/// How much of an error's body is worth reading, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// A key shorter than this is replaced only where it stands alone: it may be part of a word.
const LEAST_SECRET: usize = 8;

/// An error answer.
#[derive(Clone, Debug)]
pub struct ErrorAnswer<'a> {
    /// Who answered, for the message.
    pub provider: &'a str,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, or its first [`BODY_LIMIT`] bytes, free of secrets: see [`scrub`].
    pub body: Bytes,
}

impl ErrorAnswer<'_> {
    /// Says what the answer means. `now` turns a moment that the upstream names into a pause.
    pub fn classify(&self, now: Timestamp) -> ByokError {
        let said = Said::read(&self.body);
        self.classify_as(self.status, said, now)
    }

    /// Says what an answer means that has a status of success and an error for a body; `None` when it has none.
    ///
    /// Some upstreams do so: spec/providers.md, D 25. The status the body names is taken for the answer's.
    pub fn classify_success(&self, now: Timestamp) -> Option<ByokError> {
        let said = Said::read_in_success(&self.body)?;
        let status = said.status().unwrap_or(self.status);
        Some(self.classify_as(status, said, now))
    }

    fn classify_as(&self, status: StatusCode, said: Said, now: Timestamp) -> ByokError {
        let pause = pause::find(self.headers, &said, now);
        let meaning = table::meaning(&table::Evidence {
            status,
            said: &said,
            headers: self.headers,
            pause,
        });
        let status_text = status.as_u16();
        let public = match meaning.kind {
            Kind::BadUpstream if status.is_redirection() => format!(
                "`{}` redirects elsewhere, and byokey does not follow; correct its `base_url`",
                self.provider
            ),
            Kind::Unreachable => format!(
                "`{}` is behind a page for browsers and did not answer ({status_text})",
                self.provider
            ),
            Kind::CredentialRejected => format!(
                "`{}` rejected the credential ({status_text})",
                self.provider
            ),
            _ => format!("`{}` answered with status {status_text}", self.provider),
        };
        let retry = match meaning.advice {
            table::Advice::Stop => Retry::Never,
            table::Advice::Elsewhere => Retry::Elsewhere,
            table::Advice::Pause => Retry::Later(pause),
            table::Advice::PauseOrElsewhere => {
                pause.map_or(Retry::Elsewhere, |pause| Retry::Later(Some(pause)))
            }
        };
        let mut error =
            ByokError::new(meaning.kind, public)
                .advise(retry)
                .answered(UpstreamFault {
                    status: status_text,
                    code: said.code.map(Str::from),
                    message: said.message,
                    param: said.param.clone(),
                    body: self.body.slice(..self.body.len().min(BODY_LIMIT)),
                    content_type: self
                        .headers
                        .get(CONTENT_TYPE)
                        .and_then(|value| value.to_str().ok())
                        .map(Str::from),
                });
        error.param = said.param;
        error
    }
}

/// The body with every occurrence of the secret replaced by `***`; the very same bytes when there is none.
pub fn scrub(body: Bytes, secret: &Secret) -> Bytes {
    let secret = secret.expose().as_bytes();
    if secret.is_empty() {
        return body;
    }
    let mut clean: Option<BytesMut> = None;
    let mut copied = 0;
    for start in memchr::memmem::find_iter(&body, secret) {
        let end = start + secret.len();
        if secret.len() < LEAST_SECRET && !stands_alone(&body, start, end) {
            continue;
        }
        let clean = clean.get_or_insert_with(|| BytesMut::with_capacity(body.len()));
        clean.extend_from_slice(&body[copied..start]);
        clean.extend_from_slice(REDACTED.as_bytes());
        copied = end;
    }
    match clean {
        Some(mut clean) => {
            clean.extend_from_slice(&body[copied..]);
            clean.freeze()
        }
        None => body,
    }
}

fn stands_alone(body: &[u8], start: usize, end: usize) -> bool {
    let in_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let before = start.checked_sub(1).and_then(|at| body.get(at));
    !in_word(before) && !in_word(body.get(end))
}
