//! OpenAI Chat Completions.
//!
//! Field names, limits and error texts as the API reference and the API itself gave them in 2026.

mod embeddings;
pub(crate) mod fault;
mod legacy;
mod reply;
pub(crate) mod rules;
mod stream;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use serde_json::Value;

use crate::{
    ask::Ask,
    base62,
    fault::Fault,
    format::{Format, Voice},
    model::{Dialect, Kind, Model},
    scene::Scene,
};

pub(crate) use legacy::Legacy;

/// The format.
pub(crate) struct Chat;

/// One answer.
pub(crate) struct ChatVoice {
    id: String,
    model: String,
    dialect: Dialect,
    /// Choices asked for with `n`.
    choices: u32,
    include_usage: bool,
    /// Tools that take free text.
    custom: Vec<String>,
}

impl Format for Chat {
    type Voice = ChatVoice;

    const OVERLOADED: u16 = 503;

    fn authorise(headers: &HeaderMap, key: &str) -> Result<(), Fault> {
        fault::authorise(headers, key)
    }

    fn admit(headers: &HeaderMap) -> Result<(), Fault> {
        fault::admit(headers)
    }

    fn not_json(_error: &serde_json::Error) -> Fault {
        fault::not_json()
    }

    fn model<'a>(_uri: &'a Uri, body: &'a Value) -> Result<&'a str, Fault> {
        rules::model(body)
    }

    fn no_model(name: &str) -> Fault {
        fault::no_model(name)
    }

    fn check<'a>(
        body: &'a Value,
        _headers: &HeaderMap,
        model: &Model<'_>,
    ) -> Result<Ask<'a>, Fault> {
        rules::check(body, model)
    }

    fn voice(body: &Value, model: &Model<'_>, seed: u64) -> ChatVoice {
        let choices = body.get("n").and_then(Value::as_u64).unwrap_or(1);
        ChatVoice {
            id: base62::id("chatcmpl-", 29, seed, 0),
            model: model.name.to_owned(),
            dialect: model.dialect,
            choices: u32::try_from(choices).unwrap_or(1),
            include_usage: body.pointer("/stream_options/include_usage")
                == Some(&Value::Bool(true)),
            custom: custom(body),
        }
    }

    fn failure(status: u16, model: &str) -> Fault {
        fault::failure(status, model)
    }

    fn headers(request_id: &str, status: u16) -> HeaderMap {
        fault::headers(request_id, status)
    }

    fn refusal(fault: &Fault, _request_id: &str) -> Vec<u8> {
        fault::body(fault)
    }
}

impl Voice for ChatVoice {
    fn whole(&self, scene: &Scene) -> Vec<u8> {
        reply::whole(self, scene)
    }

    fn events(&self, scene: &Scene) -> Vec<Bytes> {
        stream::events(self, scene)
    }

    fn text(&self, text: &str) -> Bytes {
        stream::text(self, text)
    }

    fn around(&self, scene: &Scene) -> (Vec<Bytes>, Vec<Bytes>) {
        stream::around(self, scene)
    }

    fn error(&self) -> Bytes {
        stream::error(self)
    }
}

impl ChatVoice {
    /// What a custom tool is given; `None` for a function, which takes the arguments as they are.
    fn input(&self, name: &str, arguments: &str) -> Option<String> {
        let custom = self.custom.iter().any(|custom| custom == name);
        // the example for a string schema, out of its quotes
        custom.then(|| serde_json::from_str(arguments).unwrap_or_else(|_| arguments.to_owned()))
    }
}

fn custom(body: &Value) -> Vec<String> {
    let tools = body.get("tools").and_then(Value::as_array);
    let names = tools
        .into_iter()
        .flatten()
        .filter_map(|tool| tool.pointer("/custom/name")?.as_str());
    names.map(str::to_owned).collect()
}

/// The list or one entry of `GET /v1/models`; `None` when there is no such model.
pub(crate) fn models(only: Option<&str>) -> Option<Vec<u8>> {
    reply::models(only)
}

/// The answer of `POST /v1/embeddings`.
pub(crate) fn embed(body: &Value) -> Result<Vec<u8>, Fault> {
    let name = rules::model(body)?;
    let model = Model::parse(name).ok_or_else(|| fault::no_model(name))?;
    match model.kind {
        Kind::Fail(status) => Err(fault::failure(status, name)),
        Kind::Embed => embeddings::reply(body, &model),
        _only_one_model_embeds => Err(Fault::new(
            403,
            "You are not allowed to generate embeddings from this model",
        )),
    }
}
