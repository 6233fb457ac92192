//! Hosts, URLs and headers: what can be used as such. No text here is ever quoted, for a password may be in it.

use std::net::IpAddr;

use url::{Host, Url};

/// Why a text cannot be used, after the name of the setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: &'static str,
    pub(super) hint: &'static str,
}

/// Headers that byokey or the connection sets; in lower case.
const REFUSED_HEADERS: [&str; 19] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "x-api-key",
    "x-goog-api-key",
];

/// Checks the base URL of an API and writes it without a slash at its end.
pub(super) fn base_url(text: &str) -> Result<String, Fault> {
    const HINT: &str = "write it like `https://api.example.com/v1`";
    let fault = |message| Fault {
        message,
        hint: HINT,
    };
    let url = Url::parse(text.trim()).map_err(|_| fault("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(fault("must begin with `http://` or `https://`"));
    }
    if url.host().is_none() {
        return Err(fault("names no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Fault {
            message: "must not hold a user or a password",
            hint: "put the key under `api_key` or `key_env`",
        });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fault("must not have a query or a fragment"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Checks a proxy URL, and says whether it holds a user or a password.
pub(super) fn proxy(text: &str) -> Result<bool, Fault> {
    let fault = |message| Fault {
        message,
        hint: "write it like `http://127.0.0.1:3128` or `socks5h://127.0.0.1:1080`",
    };
    let url = Url::parse(text).map_err(|_| fault("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") {
        return Err(fault(
            "must begin with `http://`, `https://`, `socks5://` or `socks5h://`",
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(fault("names no host"));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(fault("must end after the port"));
    }
    Ok(!url.username().is_empty() || url.password().is_some())
}

/// Checks an address or a name, and writes it without the brackets of an IPv6 address.
pub(super) fn host(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let fault = |message, hint| Err(Fault { message, hint });
    if text.contains("://") || text.contains('/') {
        return fault(
            "is a URL",
            "write the address or name alone, as in `127.0.0.1`",
        );
    }
    if let Some((_, port)) = text.rsplit_once(':')
        && port.bytes().all(|b| b.is_ascii_digit())
    {
        return fault(
            "holds a port",
            "write the address or name alone, as in `127.0.0.1`",
        );
    }
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    match Host::parse(text) {
        Ok(Host::Domain(name)) if name.chars().all(named) => Ok(name),
        Ok(_) | Err(_) => fault(
            "is no address and no host name",
            "write it like `127.0.0.1`, `::1` or `localhost`",
        ),
    }
}

/// Checks a header's name, and writes it in lower case.
pub(super) fn header_name(text: &str) -> Result<String, Fault> {
    // RFC 9110, section 5.6.2: `tchar`
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if text.is_empty() || !text.bytes().all(token) {
        return Err(Fault {
            message: "is not a header name",
            hint: "use letters, digits and `-`",
        });
    }
    let name = text.to_ascii_lowercase();
    if REFUSED_HEADERS.contains(&name.as_str()) {
        return Err(Fault {
            message: "is a header that byokey sets itself",
            hint: "remove it; keys belong under `api_key` or `key_env`",
        });
    }
    Ok(name)
}

/// Checks a header's value: visible ASCII, blanks and tabs.
pub(super) fn header_value(text: &str) -> Result<(), Fault> {
    let fits = |b: u8| matches!(b, b'\t' | b' '..=b'~');
    if text.bytes().all(fits) {
        Ok(())
    } else {
        Err(Fault {
            message: "holds a character that a header cannot carry",
            hint: "use visible ASCII characters on one line",
        })
    }
}
