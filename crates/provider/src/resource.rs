//! Requests about what lies under the path of a protocol: a response that an upstream keeps, its compaction.

use byokey_types::{ByokError, Format, Kind, Result, Token};
use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::{
    Call,
    headers::Outbound,
    provider::{Account, Provider},
};

/// What is asked, and how.
#[derive(Clone, Debug)]
pub struct Resource<'a> {
    /// The protocol under whose path it lies.
    pub protocol: Format,
    /// The method.
    pub method: Method,
    /// The path behind that of the protocol: `/compact`, `/resp_1/cancel`.
    pub path: &'a str,
    /// The headers the client sent.
    pub client: &'a HeaderMap,
    /// The credential of the account; none when it is an open one.
    pub token: Option<&'a Token>,
    /// The body, in pieces; none for methods without one.
    pub body: Vec<Bytes>,
}

impl Provider {
    /// The request to send about a resource of one of its accounts.
    ///
    /// # Errors
    /// [`Kind::InvalidRequest`] when the account does not speak the protocol or the path is no plain one,
    /// [`Kind::CredentialRejected`] when the token cannot be sent.
    pub fn about(&self, account: &Account, resource: Resource<'_>) -> Result<Call> {
        let endpoint = account.endpoint(self, resource.protocol).ok_or_else(|| {
            ByokError::new(
                Kind::InvalidRequest,
                format!(
                    "provider `{}` does not speak `{}`",
                    self.id,
                    resource.protocol.protocol()
                ),
            )
        })?;
        let uri = endpoint.under(resource.path).map_err(|error| {
            ByokError::new(
                Kind::InvalidRequest,
                format!("provider `{}` has nothing under that path", self.id),
            )
            .because(error)
        })?;
        let headers = Outbound {
            protocol: resource.protocol,
            auth: endpoint.auth(),
            token: resource.token,
            client: resource.client,
            same_format: true,
            stream: false,
            extra: &self.headers,
        }
        .headers()?;
        Ok(Call {
            method: resource.method,
            uri,
            headers,
            body: resource.body,
            limits: self.limits,
        })
    }
}
