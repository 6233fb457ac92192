//! What an error of the connection means.

use std::{
    error::Error,
    io::{self, ErrorKind},
};

use byokey_types::{ByokError, Kind};

use super::{ProtocolError, WireError};

/// Explains why no head of an answer arrived; names the host, never the URL.
pub(super) fn before_head(error: WireError, host: &str) -> ByokError {
    let (kind, what) = cause_before_head(&error);
    let public = match kind {
        Kind::Internal => format!("the request to `{host}` {what}"),
        _ => format!("`{host}` {what}"),
    };
    ByokError::new(kind, public).because(error)
}

/// Explains why a body broke off.
pub(super) fn inside_body(error: WireError, host: &str) -> ByokError {
    let (kind, what) = cause_inside_body(&error);
    ByokError::new(kind, format!("`{host}` {what}")).because(error)
}

/// Explains why the decoder on a body gave up: because the body broke off, or because it is not what it claims to be.
pub(super) fn while_decoding(error: io::Error, host: &str) -> ByokError {
    let (kind, what) = match (find::<WireError>(&error), error.kind()) {
        (Some(wire), _) => cause_inside_body(wire),
        (None, ErrorKind::UnexpectedEof) => {
            (Kind::Truncated, "ended its compressed answer too early")
        }
        (None, _) => (
            Kind::BadUpstream,
            "sent a compressed answer that cannot be decoded",
        ),
    };
    ByokError::new(kind, format!("`{host}` {what}")).because(error)
}

fn cause_before_head(error: &WireError) -> (Kind, &'static str) {
    if error.is_builder() {
        return (Kind::Internal, "could not be built");
    }
    if error.is_dns() {
        return (
            Kind::Unreachable,
            "has no address: the name could not be resolved",
        );
    }
    if error.is_proxy_connect() {
        return (
            Kind::Unreachable,
            "could not be reached through the proxy; see `upstream.proxy`",
        );
    }
    if error.is_connect() || error.is_tls() {
        return (Kind::Unreachable, cause_of_no_connection(error));
    }
    match find::<ProtocolError>(error) {
        Some(protocol) if protocol.is_parse() => {
            (Kind::BadUpstream, "answered something that is not HTTP")
        }
        Some(_) | None => (Kind::BadUpstream, "closed the connection without an answer"),
    }
}

fn cause_of_no_connection(error: &WireError) -> &'static str {
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => "refused the connection; is it running?",
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
            "could not be reached: there is no route to it"
        }
        _ if error.is_timeout() => {
            "could not be connected to in time; `upstream.connect_timeout` sets the limit"
        }
        Some(_) => "could not be connected to",
        None => "could not be connected to: the TLS handshake failed",
    }
}

fn cause_inside_body(error: &WireError) -> (Kind, &'static str) {
    match find::<ProtocolError>(error) {
        Some(protocol) if protocol.is_parse() => (
            Kind::BadUpstream,
            "broke the rules of HTTP inside its answer",
        ),
        Some(_) | None => (
            Kind::Truncated,
            "closed the connection before the end of its answer",
        ),
    }
}

/// The first error of a type in a chain of causes.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // the source of an `io::Error` that wraps an error is that error's source: itself would be passed over
        next = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
