//! An endpoint under test: how it is asked, and what is shown of the exchange.

use std::time::Duration;

use anyhow::Context as _;
use byokey_provider::{Call, Client, Clients, Limits};
use byokey_types::{Format, Secret, provider::UpstreamConfig};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use http_body_util::{BodyExt as _, Limited};

/// Longest answer that is read.
const LONGEST: usize = 16 << 20;

/// Longest time for one exchange, by its parts and as a whole.
const LIMITS: Limits = Limits {
    first_byte: Duration::from_mins(2),
    idle: Duration::from_mins(1),
};
const EXCHANGE: Duration = Duration::from_mins(5);

/// Characters of a body that a failure shows.
const SHOWN: usize = 4000;

/// An endpoint.
pub(crate) struct Endpoint {
    client: Client,
    base: String,
    key: Option<Secret>,
}

/// A request and what came of it.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The request without its headers.
    pub(crate) sent: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Why the body ended before its time.
    pub(crate) broken: Option<String>,
    /// The answer, with nothing of the key in it.
    pub(crate) came: String,
}

impl Endpoint {
    /// An endpoint by its base URL, with or without `/v1` at its end.
    ///
    /// # Errors
    /// When the URL is none, or TLS cannot be set up.
    pub(crate) fn new(url: &str, key: Option<Secret>) -> anyhow::Result<Self> {
        let base = url.trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base).to_owned();
        let uri: Uri = base.parse().with_context(|| {
            format!("`--url {url}` is not a URL; write it like `http://127.0.0.1:8018`")
        })?;
        let http = matches!(uri.scheme_str(), Some("http" | "https"));
        anyhow::ensure!(
            http && uri.host().is_some() && uri.query().is_none(),
            "`--url {url}` must be an http or https URL without a query, such as `http://127.0.0.1:8018`"
        );
        Ok(Self {
            client: Clients::default().client(&UpstreamConfig::default())?,
            base,
            key,
        })
    }

    /// Where it is.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Sends one request as a client of a format and reads the answer to its end.
    ///
    /// # Errors
    /// A sentence, when there is no answer at all.
    pub(crate) async fn send(
        &self,
        format: Format,
        method: Method,
        path: &str,
        content_type: Option<&'static str>,
        body: Bytes,
    ) -> Result<Exchange, (String, String)> {
        let text = String::from_utf8_lossy(&body);
        let sent = format!("{method} {}{path} {}", self.base, cut(&text))
            .trim_end()
            .to_owned();
        let exchange = self.exchange(format, method, path, content_type, body);
        match tokio::time::timeout(EXCHANGE, exchange).await {
            Ok(Ok(exchange)) => Ok(Exchange { sent, ..exchange }),
            Ok(Err(error)) => Err((sent, self.hide(&error))),
            Err(_) => Err((sent, format!("nothing complete within {EXCHANGE:?}"))),
        }
    }

    async fn exchange(
        &self,
        format: Format,
        method: Method,
        path: &str,
        content_type: Option<&'static str>,
        body: Bytes,
    ) -> Result<Exchange, String> {
        let uri = format!("{}{path}", self.base)
            .parse::<Uri>()
            .map_err(|error| error.to_string())?;
        let mut headers = self.headers(format).map_err(|error| error.to_string())?;
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        let body = if body.is_empty() {
            Vec::new()
        } else {
            vec![body]
        };
        let call = Call {
            method,
            uri,
            headers,
            body,
            limits: LIMITS,
        };
        let answer = self
            .client
            .send(call)
            .await
            .map_err(|error| error.to_string())?;
        let mut limited = Limited::new(answer.body, LONGEST);
        let (mut read, mut broken) = (Vec::new(), None);
        while let Some(frame) = limited.frame().await {
            match frame.map(http_body::Frame::into_data) {
                Ok(Ok(data)) => read.extend_from_slice(&data),
                // trailers
                Ok(Err(_)) => {}
                Err(error) => {
                    broken = Some(error.to_string());
                    break;
                }
            }
        }
        let (status, body) = (answer.status.as_u16(), self.hide_in(read));
        let mut came = format!("{status} {}", cut(&String::from_utf8_lossy(&body)));
        if let Some(broken) = &broken {
            came.push_str("\n… and then the connection broke: ");
            came.push_str(broken);
        }
        let came = self.hide(&came);
        Ok(Exchange {
            sent: String::new(),
            status,
            headers: answer.headers,
            body,
            broken,
            came,
        })
    }

    fn headers(&self, format: Format) -> Result<HeaderMap, header::InvalidHeaderValue> {
        let mut headers = HeaderMap::new();
        if format == Format::AnthropicMessages {
            headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        }
        let Some(key) = &self.key else {
            return Ok(headers);
        };
        let (name, value) = match format {
            Format::OpenAiChat | Format::OpenAiResponses => {
                (header::AUTHORIZATION, format!("Bearer {}", key.expose()))
            }
            Format::AnthropicMessages => (
                HeaderName::from_static("x-api-key"),
                key.expose().to_owned(),
            ),
            Format::Gemini => (
                HeaderName::from_static("x-goog-api-key"),
                key.expose().to_owned(),
            ),
        };
        let mut value = HeaderValue::from_str(&value)?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Ok(headers)
    }

    /// A body without the key: whatever is told of it later cannot tell the key.
    fn hide_in(&self, body: Vec<u8>) -> Bytes {
        let shows = |key: &Secret| {
            let key = key.expose().as_bytes();
            !key.is_empty() && body.windows(key.len()).any(|window| window == key)
        };
        if self.key.as_ref().is_some_and(shows) {
            self.hide(&String::from_utf8_lossy(&body)).into()
        } else {
            body.into()
        }
    }

    /// A text from outside without the key, which an endpoint may quote.
    fn hide(&self, text: &str) -> String {
        match &self.key {
            Some(key) if !key.is_empty() => {
                text.replace(key.expose(), byokey_types::secret::REDACTED)
            }
            _ => text.to_owned(),
        }
    }
}

/// The beginning of a text.
fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
