//! Gemini's model routes: the model and what to do with it stand in the path.

use std::sync::Arc;

use axum::{
    extract::{RawPathParams, Request, State, rejection::RawPathParamsRejection},
    response::Response,
};
use byokey_types::{ByokError, Format, Kind, Result};

use super::{count, generate};
use crate::{App, fault, pipeline::inbound::Address, unread};

/// `POST …/models/{model}:{action}`.
pub async fn act(
    State(app): State<Arc<App>>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Response {
    match address(params, request.uri().query()) {
        Ok((Action::Generate, address)) => generate::answer(&app, address, request).await,
        Ok((Action::Count, address)) => count::gemini(&app, address, request).await,
        Err(error) => {
            let (parts, body) = request.into_parts();
            unread::discard(&parts.headers, body).await;
            fault::respond(error.into(), Format::Gemini, &app.ids.next())
        }
    }
}

/// Whether the path of a model says what is to be done with it.
pub fn names_action(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    read(last, None).is_ok()
}

/// What is asked of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Generate,
    Count,
}

fn address(
    params: Result<RawPathParams, RawPathParamsRejection>,
    query: Option<&str>,
) -> Result<(Action, Address)> {
    let params = params.map_err(|error| {
        ByokError::new(Kind::InvalidRequest, "the model in the path is not UTF-8").because(error)
    })?;
    let last = params
        .iter()
        .last()
        .map(|(_, value)| value)
        .unwrap_or_default();
    read(last, query)
}

/// Reads `{model}:{action}`; the model may hold slashes and colons of its own.
fn read(last: &str, query: Option<&str>) -> Result<(Action, Address)> {
    let (model, action) = last.rsplit_once(':').ok_or_else(|| {
        ByokError::new(
            Kind::NotFound,
            "the path names no action; add one to the model, such as `:generateContent`",
        )
    })?;
    let (action, stream) = match action {
        "generateContent" => (Action::Generate, false),
        "streamGenerateContent" => (Action::Generate, true),
        "countTokens" => (Action::Count, false),
        other => {
            let shown: String = other.chars().take(60).filter(|c| !c.is_control()).collect();
            return Err(ByokError::new(
                Kind::NotFound,
                format!(
                    "there is no action `{shown}`; there are `generateContent`, `streamGenerateContent` and `countTokens`"
                ),
            ));
        }
    };
    let address = Address {
        format: Format::Gemini,
        // the SDKs' own name of a model repeats the collection
        model: Some(model.strip_prefix("models/").unwrap_or(model).to_owned()),
        stream: Some(stream),
        json_array: stream && !wants_events(query),
        under: None,
    };
    Ok((action, address))
}

/// Whether a stream is wanted as events; without a word it is one JSON array.
fn wants_events(query: Option<&str>) -> bool {
    let mut pairs = query.unwrap_or_default().split('&');
    pairs.any(|pair| matches!(pair, "alt=sse" | "$alt=sse" | "%24alt=sse"))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn the_path_names_the_model_and_the_action() {
        type Expected = std::result::Result<(Action, &'static str, bool, bool), Kind>;
        use Action::{Count, Generate};
        let rows: [(&str, Option<&str>, Expected); 9] = [
            ("m:generateContent", None, Ok((Generate, "m", false, false))),
            (
                "up/m:generateContent",
                Some("key=k"),
                Ok((Generate, "up/m", false, false)),
            ),
            (
                "models/m:generateContent",
                None,
                Ok((Generate, "m", false, false)),
            ),
            (
                "m:free:generateContent",
                None,
                Ok((Generate, "m:free", false, false)),
            ),
            (
                "m:streamGenerateContent",
                Some("key=k&alt=sse"),
                Ok((Generate, "m", true, false)),
            ),
            (
                "m:streamGenerateContent",
                Some("alt=json"),
                Ok((Generate, "m", true, true)),
            ),
            ("m:countTokens", None, Ok((Count, "m", false, false))),
            ("m:predict", None, Err(Kind::NotFound)),
            ("m", None, Err(Kind::NotFound)),
        ];
        for (last, query, expected) in rows {
            let found = read(last, query);
            let found = found
                .as_ref()
                .map(|(action, address)| {
                    let model = address.model.as_deref().unwrap_or_default();
                    (
                        *action,
                        model,
                        address.stream == Some(true),
                        address.json_array,
                    )
                })
                .map_err(|error| error.kind);
            assert_eq!(found, expected, "{last}?{query:?}");
        }
    }
}
