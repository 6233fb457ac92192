//! The HTTP client, and the only place that names `rquest`.
//!
//! It sends its own name and an ordinary TLS handshake. It keeps no cookies, follows no redirects and never sends a
//! request twice.

pub mod body;
mod decode;
mod failure;
mod upload;

use std::{collections::HashMap, error::Error, fmt, sync::Arc, time::Duration};

use byokey_types::{ByokError, Kind, Result, Secret, provider::UpstreamConfig};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use rquest::{
    Proxy, http1::Http1Options, http2::Http2Options, redirect, retry, tls::trust::CertStore,
};

pub use self::body::Body;
use self::upload::Pieces;

/// How long an idle connection is kept: less than the 60 s after which common load balancers close it.
const POOL_IDLE: Duration = Duration::from_secs(55);

/// Idle connections kept for one host.
const POOL_IDLE_PER_HOST: usize = 64;

/// Buffer of an HTTP/1 connection in each direction; also the limit of a response's head.
const HTTP1_BUFFER: usize = 64 * 1024;

/// Receive window of one HTTP/2 stream: what a slow client lets pile up.
const HTTP2_STREAM_WINDOW: u32 = 64 * 1024;

/// Receive window of an HTTP/2 connection, shared by its streams.
const HTTP2_CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// Limit of a response's head over HTTP/2.
const HTTP2_HEAD: u32 = 64 * 1024;

/// How often an HTTP/2 connection with open streams is asked for a sign of life.
const HTTP2_PING: Duration = Duration::from_secs(30);

/// Time limits of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest time from the start of the request, its upload included, to the head of the answer.
    pub first_byte: Duration,
    /// Longest silence inside an answer. Time in which nobody asks for its bytes does not count.
    pub idle: Duration,
}

impl From<&UpstreamConfig> for Limits {
    fn from(config: &UpstreamConfig) -> Self {
        Self {
            first_byte: config.first_byte_timeout,
            idle: config.idle_timeout,
        }
    }
}

/// A request to an upstream; a clone of it can be sent again.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Where to.
    pub uri: Uri,
    /// All headers but `host`, `content-length` and `accept-encoding`, which the client sets.
    pub headers: HeaderMap,
    /// The body, in pieces that are sent one after the other without being joined.
    pub body: Vec<Bytes>,
    /// Its time limits.
    pub limits: Limits,
}

/// The head of an answer, and its body still to come.
///
/// Dropping it closes the stream; over HTTP/1 that closes the connection, so the upstream stops at once.
#[derive(Debug)]
pub struct Answer {
    /// The status; redirects included, for they are not followed.
    pub status: StatusCode,
    /// The headers. `content-encoding` and `content-length` are gone when the body had to be decoded.
    pub headers: HeaderMap,
    /// The decoded body.
    pub body: Body,
}

/// A pool of connections. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Client {
    remote: rquest::Client,
    loopback: rquest::Client,
}

/// The clients of a process, one for each distinct setting: connections outlive a reload of the configuration.
#[derive(Debug, Default)]
pub struct Clients {
    by_setting: HashMap<Setting, Client>,
}

impl Clients {
    /// The client for these settings, made when there is none yet; those of other settings are let go.
    ///
    /// # Errors
    /// [`Kind::InvalidRequest`] when the proxy's address is none, [`Kind::Internal`] when TLS cannot be set up.
    pub fn client(&mut self, upstream: &UpstreamConfig) -> Result<Client> {
        let setting = Setting {
            proxy: upstream.proxy.as_ref().map(|proxy| proxy.expose().into()),
            connect_timeout: upstream.connect_timeout,
        };
        self.by_setting.retain(|other, _| *other == setting);
        if let Some(client) = self.by_setting.get(&setting) {
            return Ok(client.clone());
        }
        let client = Client::new(upstream)?;
        self.by_setting.insert(setting, client.clone());
        Ok(client)
    }
}

impl Client {
    /// A client with connections of its own.
    ///
    /// Without a configured proxy, those of the environment (`HTTPS_PROXY`, `NO_PROXY`, …) are used, as by other tools.
    /// A loopback host is never reached through a proxy.
    ///
    /// # Errors
    /// [`Kind::InvalidRequest`] when the proxy's address is none, [`Kind::Internal`] when TLS cannot be set up.
    pub fn new(upstream: &UpstreamConfig) -> Result<Self> {
        let remote = match &upstream.proxy {
            Some(address) => builder(upstream).proxy(proxy(address)?),
            None => builder(upstream),
        };
        // no public authority vouches for a loopback name, so its roots need not be loaded twice
        let no_roots = CertStore::builder().build().map_err(unusable)?;
        Ok(Self {
            remote: remote.build().map_err(unusable)?,
            loopback: builder(upstream)
                .no_proxy()
                .tls_cert_store(no_roots)
                .build()
                .map_err(unusable)?,
        })
    }

    /// Sends a request and waits for the head of the answer. Any status is an answer.
    ///
    /// Dropping the future cancels the request in every phase.
    ///
    /// # Errors
    /// [`Kind::Unreachable`] when no connection comes about, [`Kind::Timeout`] when no head arrives in time,
    /// [`Kind::BadUpstream`] when what arrives is no HTTP, or the connection ends first.
    pub async fn send(&self, call: Call) -> Result<Answer> {
        let host: Arc<str> = call.uri.host().unwrap_or_default().into();
        let limits = call.limits;
        let client = if is_loopback(&host) {
            &self.loopback
        } else {
            &self.remote
        };
        let sending = client.execute(request(call));
        let Ok(sent) = tokio::time::timeout(limits.first_byte, sending).await else {
            return Err(ByokError::new(
                Kind::Timeout,
                format!(
                    "`{host}` did not answer within {:?}; `upstream.first_byte_timeout` sets the limit",
                    limits.first_byte
                ),
            ));
        };
        let response = sent.map_err(|error| failure::before_head(error.without_uri(), &host))?;
        let (mut head, wire) = http::Response::<Wire>::from(response).into_parts();
        let body = Body::new(wire, &mut head.headers, host, limits.idle)?;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// A body as it comes from, or goes to, the connection.
type Wire = rquest::Body;

/// What the connection says when it fails.
type WireError = rquest::Error;

/// What the HTTP engine below says.
type ProtocolError = rquest_proto::Error;

#[derive(PartialEq, Eq, Hash)]
struct Setting {
    proxy: Option<Box<str>>,
    connect_timeout: Duration,
}

impl fmt::Debug for Setting {
    /// Never the proxy's address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting")
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

fn builder(upstream: &UpstreamConfig) -> rquest::ClientBuilder {
    let http1 = Http1Options::builder().max_buf_size(HTTP1_BUFFER).build();
    let http2 = Http2Options::builder()
        .initial_window_size(HTTP2_STREAM_WINDOW)
        .initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
        .max_header_list_size(HTTP2_HEAD)
        .enable_push(false)
        .keep_alive_interval(HTTP2_PING)
        .build();
    rquest::Client::builder()
        .connect_timeout(upstream.connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_IDLE_PER_HOST)
        .tcp_nodelay(true)
        .http1_options(http1)
        .http2_options(http2)
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::Policy::never())
    // `client::decode` does it, with a limit
}

fn proxy(address: &Secret) -> Result<Proxy> {
    // the cause may quote the address, which may hold a password
    Proxy::all(address.expose()).map_err(|_| {
        ByokError::new(
            Kind::InvalidRequest,
            "`upstream.proxy` is not a proxy's address; write it like `http://proxy.example:3128` or `socks5://127.0.0.1:1080`",
        )
    })
}

fn unusable(cause: impl Error + Send + Sync + 'static) -> ByokError {
    ByokError::new(Kind::Internal, "the HTTP client cannot be set up").because(cause)
}

fn request(call: Call) -> rquest::Request {
    let mut request = rquest::Request::new(call.method, call.uri);
    *request.headers_mut() = call.headers;
    // a token stream gains nothing from compression and waits for it; an answer that is compressed anyway is decoded
    request.headers_mut().insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    *request.body_mut() = match <[Bytes; 1]>::try_from(call.body) {
        Ok([whole]) => Some(whole.into()),
        Err(pieces) if pieces.is_empty() => None,
        Err(pieces) => Some(Wire::wrap(Pieces::new(pieces))),
    };
    request
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
