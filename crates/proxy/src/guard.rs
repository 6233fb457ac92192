//! Who may ask: the `Host` check of a loopback listener, client keys, the content type of a body.

use std::net::SocketAddr;

use byokey_types::{ByokError, Kind, Result, Secret, Str};
use http::{HeaderMap, Uri, header};
use sha2::{Digest as _, Sha256};

/// Who may call, compiled from the configuration.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// The keys of which one must be shown; nobody is asked when there are none.
    pub client_keys: Vec<Secret>,
    /// Names beside the loopback ones that a request may call this host.
    pub allowed_hosts: Vec<String>,
    /// Whether the `Host` header is checked: on loopback, where a browser page may be tricked into calling.
    pub check_host: bool,
    /// The address that is listened on.
    pub bound: Option<SocketAddr>,
}

impl Guard {
    /// Checks the name by which a request calls this host (DNS rebinding).
    ///
    /// # Errors
    /// [`Kind::Forbidden`] for a name that is not this host's.
    pub fn host(&self, uri: &Uri, headers: &HeaderMap) -> Result<()> {
        if !self.check_host {
            return Ok(());
        }
        let asked = uri
            .authority()
            .map(http::uri::Authority::as_str)
            .or_else(|| headers.get(header::HOST)?.to_str().ok())
            .unwrap_or_default();
        let name = host_name(asked);
        let loopback = ["localhost", "127.0.0.1", "[::1]"];
        let known = loopback.iter().any(|own| name.eq_ignore_ascii_case(own))
            || self
                .bound
                .is_some_and(|bound| name == host_name(&bound.to_string()))
            || self
                .allowed_hosts
                .iter()
                .any(|own| name.eq_ignore_ascii_case(own));
        if known {
            return Ok(());
        }
        Err(ByokError::new(
            Kind::Forbidden,
            "this address does not answer to the `Host` of the request; add the name to `allowed_hosts` in the configuration",
        ))
    }

    /// Checks the key that a caller shows, wherever his format puts it.
    ///
    /// # Errors
    /// [`Kind::Unauthorized`] without a valid key.
    pub fn client(&self, headers: &HeaderMap) -> Result<()> {
        self.caller(headers).map(|_| ())
    }

    /// Whose key a caller shows: its digest, to tell whose things are whose. `None` when nobody is asked for one.
    ///
    /// # Errors
    /// [`Kind::Unauthorized`] without a valid key.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Option<Str>> {
        if self.client_keys.is_empty() {
            return Ok(None);
        }
        let shown = shown_keys(headers);
        // every key is compared with every other, so that time tells nothing about which was near
        let known = self.client_keys.iter().fold(None, |known, key| {
            let key = key.expose();
            let is_shown = shown
                .iter()
                .fold(false, |found, shown| same(key, shown) | found);
            if is_shown { Some(key) } else { known }
        });
        if let Some(key) = known {
            return Ok(Some(digest(key)));
        }
        let what = if shown.is_empty() {
            "this byokey asks for a client key; send it as `Authorization: Bearer <key>` or `x-api-key`"
        } else {
            "the client key is not known to this byokey; see `clients.keys` in its configuration"
        };
        Err(ByokError::new(Kind::Unauthorized, what))
    }
}

/// Refuses a body that is compressed, or not declared to be JSON; what a browser page can send without asking is not.
///
/// # Errors
/// [`Kind::UnsupportedMediaType`].
pub fn content_type(headers: &HeaderMap) -> Result<()> {
    let coded = headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if coded {
        return Err(ByokError::new(
            Kind::UnsupportedMediaType,
            "the body is compressed, which byokey does not read; send it without `content-encoding`",
        ));
    }
    let declared = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json")
        || (essence.starts_with("application/") && essence.ends_with("+json"))
    {
        return Ok(());
    }
    Err(ByokError::new(
        Kind::UnsupportedMediaType,
        "the body must be JSON; send `content-type: application/json`",
    ))
}

fn shown_keys(headers: &HeaderMap) -> Vec<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    [bearer, text("x-api-key"), text("x-goog-api-key")]
        .into_iter()
        .flatten()
        .collect()
}

/// Half a SHA-256 in hexadecimal digits: enough to tell keys apart, nothing to find one by.
fn digest(key: &str) -> Str {
    let mut salted = Sha256::new();
    salted.update(b"byokey client key\0");
    salted.update(key);
    let digest = salted.finalize();
    let half = digest
        .iter()
        .take(16)
        .fold(0u128, |half, byte| half << 8 | u128::from(*byte));
    Str::from(format!("{half:032x}"))
}

/// Compares in a time that depends on the length of `shown` only.
fn same(key: &str, shown: &str) -> bool {
    let key = key.as_bytes();
    if key.is_empty() {
        // no key at all, and nothing that is shown can match it
        return false;
    }
    let differing = shown
        .bytes()
        .zip(key.iter().cycle())
        .fold(0, |seen, (shown, key)| seen | (shown ^ key));
    differing == 0 && key.len() == shown.len()
}

/// The name in `name:port`; brackets of an IPv6 address stay.
fn host_name(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => authority,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use pretty_assertions::assert_eq;

    use super::*;

    fn headers(rows: &[(&'static str, &str)]) -> HeaderMap {
        rows.iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn hosts_of_others_are_refused() {
        let guard = Guard {
            check_host: true,
            bound: Some("127.0.0.2:8018".parse().unwrap()),
            allowed_hosts: vec!["Box.lan".to_owned()],
            ..Guard::default()
        };
        let rows = [
            ("localhost:8018", true),
            ("LOCALHOST", true),
            ("127.0.0.1:8018", true),
            ("[::1]:8018", true),
            ("[::1]", true),
            ("127.0.0.2:8018", true),
            ("box.lan:8018", true),
            ("evil.example:8018", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("", false),
        ];
        for (host, allowed) in rows {
            let result = guard.host(&Uri::from_static("/v1/models"), &headers(&[("host", host)]));
            assert_eq!(result.is_ok(), allowed, "{host:?}");
        }
        assert!(
            Guard::default()
                .host(&Uri::from_static("/"), &headers(&[]))
                .is_ok()
        );
    }

    #[test]
    fn keys_are_taken_from_every_place() {
        let guard = Guard {
            client_keys: vec![Secret::new("key-one"), Secret::new("key-two")],
            ..Guard::default()
        };
        let rows: [(&[(&'static str, &str)], bool); 9] = [
            (&[("authorization", "Bearer key-two")], true),
            (&[("authorization", "bearer key-one")], true),
            (&[("x-api-key", "key-one")], true),
            (&[("x-goog-api-key", "key-one")], true),
            (
                &[("authorization", "Bearer wrong"), ("x-api-key", "key-one")],
                true,
            ),
            (&[("authorization", "Basic key-one")], false),
            (&[("x-api-key", "key-on")], false),
            (&[("x-api-key", "key-onee")], false),
            (&[], false),
        ];
        for (shown, allowed) in rows {
            assert_eq!(guard.client(&headers(shown)).is_ok(), allowed, "{shown:?}");
        }
        assert!(Guard::default().client(&headers(&[])).is_ok());
    }

    #[test]
    fn compressed_bodies_are_refused() {
        let coded = |coding: &str| {
            headers(&[
                ("content-type", "application/json"),
                ("content-encoding", coding),
            ])
        };
        assert!(content_type(&coded("Identity")).is_ok());
        for coding in ["gzip", "zstd", "identity, br"] {
            assert!(content_type(&coded(coding)).is_err(), "{coding}");
        }
    }

    #[test]
    fn an_empty_key_opens_nothing() {
        let guard = Guard {
            client_keys: vec![Secret::new("")],
            ..Guard::default()
        };
        for shown in ["Bearer ", "Bearer x"] {
            assert!(guard.client(&headers(&[("authorization", shown)])).is_err());
        }
    }

    #[test]
    fn bodies_are_json() {
        let rows = [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/problem+json", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ];
        for (value, allowed) in rows {
            assert_eq!(
                content_type(&headers(&[("content-type", value)])).is_ok(),
                allowed,
                "{value}"
            );
        }
    }
}
