//! Which headers travel, in both directions.
//!
//! Two closed lists: what is not named here stays here. A genuine client's own headers go on untouched, but only to an
//! upstream of the client's own format.

use byokey_types::{ByokError, Format, Kind, Result, Token};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};

use crate::manifest::Auth;

/// byokey's own name, sent when no genuine client's goes through.
pub const OWN_USER_AGENT: &str = concat!("byokey/", env!("CARGO_PKG_VERSION"));

const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
const ANTHROPIC_BETA: HeaderName = HeaderName::from_static("anthropic-beta");
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// The only version of the Messages API there is. spec/providers.md, A1.
const MESSAGES_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// How an OAuth access token of Anthropic begins. spec/providers.md, A1: choose by prefix, not by where it was stored.
const ANTHROPIC_OAUTH_PREFIX: &str = "sk-ant-oat";

/// What such a token needs in `anthropic-beta`.
const ANTHROPIC_OAUTH_BETA: &str = "oauth-2025-04-20";

/// What the headers of a request depend on.
#[derive(Clone, Copy, Debug)]
pub struct Outbound<'a> {
    /// The upstream's format.
    pub protocol: Format,
    /// How the upstream wants its key.
    pub auth: Auth,
    /// The credential; none for an open provider.
    pub token: Option<&'a Token>,
    /// The headers the client sent.
    pub client: &'a HeaderMap,
    /// Whether the client speaks the upstream's format.
    pub same_format: bool,
    /// Whether a stream is asked for.
    pub stream: bool,
    /// Headers of the manifest and the configuration; they win.
    pub extra: &'a HeaderMap,
}

impl Outbound<'_> {
    /// The headers of the request, without those that the HTTP client sets itself.
    ///
    /// # Errors
    /// [`Kind::CredentialRejected`] when the credential cannot be put in a header.
    pub fn headers(self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::with_capacity(self.client.len() + 6);
        headers.insert(USER_AGENT, HeaderValue::from_static(OWN_USER_AGENT));
        if self.protocol == Format::AnthropicMessages {
            headers.insert(ANTHROPIC_VERSION, MESSAGES_VERSION);
        }
        if self.same_format {
            self.forward(&mut headers);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let accept = if self.stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if let Some(token) = self.token {
            self.authorise(token, &mut headers)?;
        }
        for name in self.extra.keys() {
            headers.remove(name);
        }
        headers.extend(self.extra.clone());
        Ok(headers)
    }

    fn forward(&self, headers: &mut HeaderMap) {
        let table = match self.protocol {
            Format::AnthropicMessages => MESSAGES_CLIENT,
            Format::OpenAiChat | Format::OpenAiResponses => OPENAI_CLIENT,
            Format::Gemini => GEMINI_CLIENT,
        };
        for name in self.client.keys() {
            let text = name.as_str();
            if !(matches(ANY_CLIENT, text) || matches(table, text)) || matches(NEVER, text) {
                continue;
            }
            headers.remove(name);
            for value in self.client.get_all(name) {
                headers.append(name.clone(), value.clone());
            }
        }
    }

    fn authorise(&self, token: &Token, headers: &mut HeaderMap) -> Result<()> {
        let key = token.access.expose();
        let anthropic_oauth =
            self.protocol == Format::AnthropicMessages && key.starts_with(ANTHROPIC_OAUTH_PREFIX);
        let (name, text) = match self.auth {
            _ if anthropic_oauth => (AUTHORIZATION, format!("Bearer {key}")),
            Auth::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
            Auth::XApiKey => (X_API_KEY, key.to_owned()),
            Auth::XGoogApiKey => (X_GOOG_API_KEY, key.to_owned()),
        };
        // the cause would not name the key either, but says nothing more
        let mut value = HeaderValue::try_from(text).map_err(|_| {
            ByokError::new(
                Kind::CredentialRejected,
                "the key holds characters that no key has; check how it was copied",
            )
        })?;
        value.set_sensitive(true);
        headers.insert(name, value);
        if anthropic_oauth {
            require_beta(headers, ANTHROPIC_OAUTH_BETA);
        }
        Ok(())
    }
}

/// The headers of an upstream's answer that go to the client.
///
/// `content-type` only on the verbatim path, where the bytes are the upstream's own.
pub fn pass_on(upstream: &HeaderMap, verbatim: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in upstream {
        if matches(ANSWER, name.as_str()) || (verbatim && name == CONTENT_TYPE) {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

/// Headers of a genuine client that any upstream of its format gets. A name that ends in `*` is a prefix.
const ANY_CLIENT: &[&str] = &[
    "user-agent",
    "x-app",
    "x-stainless-*",
    "session-id",
    "session_id",
    "thread-id",
    "x-client-request-id",
    "x-session-affinity",
    "x-session-id",
];

/// Those that Messages upstreams get.
const MESSAGES_CLIENT: &[&str] = &["anthropic-*", "x-claude-code-*"];

/// Those that Chat and Responses upstreams get; the last two name an application to OpenRouter.
const OPENAI_CLIENT: &[&str] = &[
    "openai-*",
    "originator",
    "version",
    "x-codex-*",
    "x-grok-conv-id",
    "x-openai-internal-codex-responses-lite",
    "http-referer",
    "x-title",
];

/// Those that Gemini upstreams get.
const GEMINI_CLIENT: &[&str] = &["x-goog-api-client"];

/// Names that the lists above would let through and that belong to the client's account, not to ours.
const NEVER: &[&str] = &["openai-organization", "openai-project"];

/// Headers of an answer that the client gets. spec/product.md, 3.3.
const ANSWER: &[&str] = &[
    "anthropic-ratelimit-*",
    "x-ratelimit-*",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "x-codex-*",
    "request-id",
    "x-request-id",
    "x-oai-request-id",
    "openai-model",
    "openai-processing-ms",
    "openai-version",
];

fn matches(table: &[&str], name: &str) -> bool {
    table.iter().any(|entry| match entry.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => *entry == name,
    })
}

/// Puts one more beta behind those the client asked for.
fn require_beta(headers: &mut HeaderMap, beta: &'static str) {
    let mut betas: Vec<u8> = Vec::new();
    for value in headers.get_all(&ANTHROPIC_BETA) {
        for name in value.as_bytes().split(|byte| *byte == b',') {
            let name = name.trim_ascii();
            if name.is_empty() || name == beta.as_bytes() {
                continue;
            }
            betas.extend_from_slice(name);
            betas.push(b',');
        }
    }
    betas.extend_from_slice(beta.as_bytes());
    let value = HeaderValue::from_bytes(&betas).unwrap_or(HeaderValue::from_static(beta));
    headers.insert(ANTHROPIC_BETA, value);
}
