//! Anthropic Messages.
//!
//! Field names, limits and error texts as the API reference and the API itself gave them in 2026.

mod fault;
mod reply;
mod rules;
mod stream;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use serde_json::Value;

use crate::{
    ask::Ask,
    base62,
    fault::Fault,
    format::{Format, Voice},
    model::Model,
    scene::Scene,
};

/// The format.
pub(crate) struct Messages;

/// One answer.
pub(crate) struct MessagesVoice {
    id: String,
    model: String,
}

impl Format for Messages {
    type Voice = MessagesVoice;

    const OVERLOADED: u16 = 529;

    fn authorise(headers: &HeaderMap, key: &str) -> Result<(), Fault> {
        fault::authorise(headers, key)
    }

    fn admit(headers: &HeaderMap) -> Result<(), Fault> {
        fault::admit(headers)
    }

    fn not_json(error: &serde_json::Error) -> Fault {
        fault::not_json(error)
    }

    fn model<'a>(_uri: &'a Uri, body: &'a Value) -> Result<&'a str, Fault> {
        rules::model(body)
    }

    fn no_model(name: &str) -> Fault {
        fault::no_model(name)
    }

    fn check<'a>(
        body: &'a Value,
        headers: &HeaderMap,
        model: &Model<'_>,
    ) -> Result<Ask<'a>, Fault> {
        rules::check(body, headers, model.name)
    }

    fn voice(_body: &Value, model: &Model<'_>, seed: u64) -> MessagesVoice {
        MessagesVoice {
            id: base62::id("msg_01", 22, seed, 0),
            model: model.name.to_owned(),
        }
    }

    fn failure(status: u16, model: &str) -> Fault {
        fault::failure(status, model)
    }

    fn headers(request_id: &str, status: u16) -> HeaderMap {
        fault::headers(request_id, status)
    }

    fn refusal(fault: &Fault, request_id: &str) -> Vec<u8> {
        fault::body(fault, request_id)
    }
}

impl Voice for MessagesVoice {
    fn whole(&self, scene: &Scene) -> Vec<u8> {
        reply::whole(self, scene)
    }

    fn events(&self, scene: &Scene) -> Vec<Bytes> {
        stream::events(self, scene)
    }

    fn text(&self, text: &str) -> Bytes {
        stream::text(text)
    }

    fn around(&self, scene: &Scene) -> (Vec<Bytes>, Vec<Bytes>) {
        stream::around(self, scene)
    }

    fn error(&self) -> Bytes {
        stream::error()
    }
}

/// The list (a page of it, as the query says) or one entry of `GET /v1/models`; `None` when there is no such model.
pub(crate) fn models(only: Option<&str>, query: Option<&str>) -> Option<Vec<u8>> {
    reply::models(only, query.unwrap_or_default())
}

/// The answer of `POST /v1/messages/count_tokens`.
pub(crate) fn count(body: &Value, headers: &HeaderMap) -> Result<Vec<u8>, Fault> {
    let ask = rules::check_count(body, headers)?;
    Ok(reply::count(ask.prompt.total()))
}
