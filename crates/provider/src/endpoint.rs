//! Where one wire format of a provider is.

use byokey_types::{Format, Str};
use http::Uri;

use crate::manifest::Auth;

/// One wire format of a provider, its base URL checked and its path added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    protocol: Format,
    auth: Auth,
    target: Target,
}

/// What an upstream is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Operation {
    /// To answer: the format's own operation.
    #[default]
    Generate,
    /// To count the tokens of a request (Messages, Gemini).
    CountTokens,
    /// To embed texts (OpenAI).
    Embed,
    /// To complete a text: what OpenAI had before Chat.
    Complete,
}

/// A text that cannot be a base URL.
///
/// `Display` never quotes it: it may hold a password.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidBaseUrl {
    /// It is no URL.
    #[error("`base_url` is not a URL; write it like `https://api.example.com/v1`")]
    NotUrl,
    /// It is another kind of URL.
    #[error("`base_url` must begin with `http://` or `https://`")]
    Scheme,
    /// It has a user name or a password.
    #[error("`base_url` must hold no user name and no password; use `api_key` or `headers`")]
    Credentials,
    /// It has a query or a fragment.
    #[error("`base_url` must end with its path, without `?` and `#`")]
    Query,
    /// A model's name cannot be put in it.
    #[error("the model's name cannot be part of a URL")]
    Model,
    /// The format has no such operation.
    #[error("this format of the provider has no such operation")]
    Operation,
}

impl Endpoint {
    /// Puts the path of the protocol behind a base URL.
    ///
    /// A base that already ends in `/v1` is not doubled, and one that already ends in the whole path is taken as it is.
    /// spec/product.md, section 5.
    ///
    /// # Errors
    /// [`InvalidBaseUrl`] when the base is no `http` or `https` URL, or is more than a prefix.
    pub fn new(protocol: Format, base_url: &str, auth: Auth) -> Result<Self, InvalidBaseUrl> {
        let base = check(base_url)?;
        let target = match protocol {
            Format::OpenAiChat => Target::Fixed(parse(&joined(base, "/chat/completions"))?),
            Format::OpenAiResponses => Target::Fixed(parse(&joined(base, "/responses"))?),
            Format::AnthropicMessages => {
                let path = if base.ends_with("/v1") {
                    "/messages"
                } else {
                    "/v1/messages"
                };
                Target::Fixed(parse(&joined(base, path))?)
            }
            Format::Gemini => Target::ByModel {
                models: format!("{base}/models/").into(),
                base: parse(base)?,
            },
        };
        Ok(Self {
            protocol,
            auth,
            target,
        })
    }

    /// The wire format.
    pub const fn protocol(&self) -> Format {
        self.protocol
    }

    /// How a key is shown.
    pub const fn auth(&self) -> Auth {
        self.auth
    }

    /// The host, with the port when it is not the scheme's own.
    pub fn host(&self) -> &str {
        let uri = match &self.target {
            Target::Fixed(uri) | Target::ByModel { base: uri, .. } => uri,
        };
        uri.authority().map_or("", |authority| authority.as_str())
    }

    /// The URL of something that lies under the path of the protocol: `/compact`, `/resp_1/cancel`.
    ///
    /// # Errors
    /// [`InvalidBaseUrl::Model`] when the protocol has nothing there, or `path` is no plain path.
    pub fn under(&self, path: &str) -> Result<Uri, InvalidBaseUrl> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte);
        match &self.target {
            Target::Fixed(uri)
                if path.starts_with('/') && path.bytes().all(plain) && !path.contains("..") =>
            {
                format!("{uri}{path}")
                    .parse()
                    .map_err(|_| InvalidBaseUrl::Model)
            }
            Target::Fixed(_) | Target::ByModel { .. } => Err(InvalidBaseUrl::Model),
        }
    }

    /// The URL for a request about a model.
    ///
    /// The client's query is kept where it belongs to the format: `?beta=true` of Messages.
    ///
    /// # Errors
    /// [`InvalidBaseUrl::Model`] when the model's name or the query cannot be part of a URL.
    pub fn uri(
        &self,
        model: &str,
        stream: bool,
        query: Option<&str>,
    ) -> Result<Uri, InvalidBaseUrl> {
        let action = if stream {
            "streamGenerateContent?alt=sse"
        } else {
            "generateContent"
        };
        match &self.target {
            Target::Fixed(uri) => self.with_query(uri.clone(), query),
            Target::ByModel { models, .. } => by_model(models, model, action),
        }
    }

    /// The URL for any operation on a model, which may lie beside that of the format's own.
    ///
    /// # Errors
    /// [`InvalidBaseUrl::Operation`] when the format has none such, else as [`Endpoint::uri`].
    pub fn uri_for(
        &self,
        operation: Operation,
        model: &str,
        stream: bool,
        query: Option<&str>,
    ) -> Result<Uri, InvalidBaseUrl> {
        match (operation, self.protocol, &self.target) {
            (Operation::Generate, ..) => self.uri(model, stream, query),
            (Operation::CountTokens, Format::AnthropicMessages, Target::Fixed(uri)) => {
                self.with_query(parse(&format!("{uri}/count_tokens"))?, query)
            }
            (Operation::CountTokens, _, Target::ByModel { models, .. }) => {
                by_model(models, model, "countTokens")
            }
            (
                Operation::Embed | Operation::Complete,
                Format::OpenAiChat | Format::OpenAiResponses,
                Target::Fixed(uri),
            ) => {
                let own = uri.to_string();
                let base = ["/chat/completions", "/responses"]
                    .into_iter()
                    .find_map(|path| own.strip_suffix(path))
                    .ok_or(InvalidBaseUrl::Operation)?;
                let path = match operation {
                    Operation::Embed => "embeddings",
                    Operation::Generate | Operation::CountTokens | Operation::Complete => {
                        "completions"
                    }
                };
                parse(&format!("{base}/{path}"))
            }
            (Operation::CountTokens | Operation::Embed | Operation::Complete, ..) => {
                Err(InvalidBaseUrl::Operation)
            }
        }
    }

    fn with_query(&self, uri: Uri, query: Option<&str>) -> Result<Uri, InvalidBaseUrl> {
        match query {
            Some(query) if self.protocol == Format::AnthropicMessages && !query.is_empty() => {
                format!("{uri}?{query}")
                    .parse()
                    .map_err(|_| InvalidBaseUrl::Model)
            }
            Some(_) | None => Ok(uri),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Fixed(Uri),
    ByModel { models: Str, base: Uri },
}

fn by_model(models: &str, model: &str, action: &str) -> Result<Uri, InvalidBaseUrl> {
    if model.is_empty() || model.contains(['?', '#', '%']) || model.contains("..") {
        return Err(InvalidBaseUrl::Model);
    }
    let model = model.strip_prefix("models/").unwrap_or(model);
    format!("{models}{model}:{action}")
        .parse()
        .map_err(|_| InvalidBaseUrl::Model)
}

fn check(base_url: &str) -> Result<&str, InvalidBaseUrl> {
    let base = base_url.trim();
    if base.contains(['?', '#']) {
        return Err(InvalidBaseUrl::Query);
    }
    let base = base.trim_end_matches('/');
    let uri = parse(base)?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        Some(_) => return Err(InvalidBaseUrl::Scheme),
        None => return Err(InvalidBaseUrl::NotUrl),
    }
    let authority = uri.authority().ok_or(InvalidBaseUrl::NotUrl)?;
    if authority.as_str().contains('@') {
        return Err(InvalidBaseUrl::Credentials);
    }
    if authority.host().is_empty() {
        return Err(InvalidBaseUrl::NotUrl);
    }
    Ok(base)
}

fn joined(base: &str, path: &str) -> String {
    if base.ends_with(path) {
        return base.to_owned();
    }
    format!("{base}{path}")
}

fn parse(url: &str) -> Result<Uri, InvalidBaseUrl> {
    url.parse().map_err(|_| InvalidBaseUrl::NotUrl)
}

#[cfg(test)]
mod tests;
