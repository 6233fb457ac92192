//! Addresses of the API: the developer API's and the enterprise platform's.

use http::{HeaderMap, Uri};

/// A call on a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    pub(crate) model: &'a str,
    pub(crate) action: Action,
}

/// What is asked of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    GenerateContent,
    StreamGenerateContent,
    CountTokens,
    EmbedContent,
    BatchEmbedContents,
}

/// Versions that no other API of the sandbox has.
const VERSIONS: &[&str] = &["/v1beta/", "/v1beta1/", "/v1alpha/"];
const PUBLISHER: &str = "/publishers/google/models/";

impl<'a> Address<'a> {
    /// Reads `…/models/{model}:{action}`; `None` for any other path.
    pub(crate) fn read(path: &'a str) -> Option<Self> {
        let (model, action) = resource(path)?.split_once(':')?;
        let action = match action {
            "generateContent" => Action::GenerateContent,
            "streamGenerateContent" => Action::StreamGenerateContent,
            "countTokens" => Action::CountTokens,
            "embedContent" => Action::EmbedContent,
            "batchEmbedContents" => Action::BatchEmbedContents,
            _unknown => return None,
        };
        (!model.is_empty()).then_some(Self { model, action })
    }
}

/// Whether a request is for this API; `/v1/models` is shared and told apart by the caller's headers.
pub(crate) fn is_for(uri: &Uri, headers: &HeaderMap) -> bool {
    let path = uri.path();
    let own = VERSIONS.iter().any(|version| path.starts_with(version));
    let google = headers.contains_key("x-goog-api-key")
        || headers.contains_key("x-goog-api-client")
        || parameter(uri, "key").is_some();
    let shared = path == "/v1/models" || path.starts_with("/v1/models/");
    own || path.contains(PUBLISHER) || (shared && (google || path.contains(':')))
}

/// What follows `models/`; the model of `GET …/models/{model}`.
pub(crate) fn resource(path: &str) -> Option<&str> {
    let own = || {
        let versions = VERSIONS.iter().chain(&["/v1/"]);
        versions
            .filter_map(|version| path.strip_prefix(version))
            .find_map(|rest| rest.strip_prefix("models/"))
    };
    let found = match path.split_once(PUBLISHER) {
        Some((_, rest)) => Some(rest),
        None => own(),
    };
    found.filter(|name| !name.is_empty() && !name.contains('/'))
}

/// Whether the path is that of the list of models.
pub(crate) fn is_listing(path: &str) -> bool {
    let path = path.strip_suffix("/models").unwrap_or_default();
    matches!(path, "/v1" | "/v1beta" | "/v1beta1" | "/v1alpha")
        || path.ends_with("/publishers/google")
}

/// The last parameter of this name in the query, as it is spelled there.
pub(crate) fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let pairs = uri
        .query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .next_back()
}

/// Whether a stream is sent as events rather than as one JSON array.
pub(crate) fn wants_events(uri: &Uri) -> bool {
    parameter(uri, "alt") == Some("sse")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn every_spelling_of_an_address_is_read() {
        let read = |path| Address::read(path).map(|address| (address.model, address.action));
        let generate = Some(("echo", Action::GenerateContent));
        assert_eq!(
            [
                "/v1beta/models/echo:generateContent",
                "/v1/models/echo:generateContent",
                "/v1beta1/publishers/google/models/echo:generateContent",
                "/v1/projects/p/locations/global/publishers/google/models/echo:generateContent",
                "/v1beta/models/echo:countTokens",
                "/v1beta/models/echo",
                "/v1beta/models/:generateContent",
                "/v1beta/models/a/b:generateContent",
                "/v1beta/tunedModels/echo:generateContent",
            ]
            .map(read),
            [
                generate,
                generate,
                generate,
                generate,
                Some(("echo", Action::CountTokens)),
                None,
                None,
                None,
                None
            ]
        );
    }
}
