//! OpenAI Completions, the text-only interface before Chat.

use bytes::Bytes;
use http::{HeaderMap, Uri};
use serde::Serialize;
use serde_json::Value;

use super::{Chat, fault, rules};
use crate::{
    actor,
    ask::Ask,
    base62,
    fault::Fault,
    format::{Format, Voice},
    model::Model,
    reel::{self, Reel},
    scene::{Block, Scene, Stop},
    timestamp::CREATED,
    tokens,
};

/// The format.
pub(crate) struct Legacy;

/// One answer.
pub(crate) struct LegacyVoice {
    id: String,
    model: String,
    /// Choices for each prompt.
    choices: usize,
    /// What precedes the answer to each prompt: the prompt itself, when it is to be echoed.
    prefixes: Vec<String>,
    /// Answers to all prompts but the first.
    others: Vec<Scene>,
    include_usage: bool,
}

#[derive(Serialize)]
struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Choice<'a> {
    text: &'a str,
    index: usize,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the API's own names")]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

/// Characters of a piece of text in a stream.
const TEXT: usize = 5;

impl Format for Legacy {
    type Voice = LegacyVoice;

    const OVERLOADED: u16 = Chat::OVERLOADED;

    fn authorise(headers: &HeaderMap, key: &str) -> Result<(), Fault> {
        Chat::authorise(headers, key)
    }

    fn admit(headers: &HeaderMap) -> Result<(), Fault> {
        Chat::admit(headers)
    }

    fn not_json(error: &serde_json::Error) -> Fault {
        Chat::not_json(error)
    }

    fn model<'a>(uri: &'a Uri, body: &'a Value) -> Result<&'a str, Fault> {
        Chat::model(uri, body)
    }

    fn no_model(name: &str) -> Fault {
        Chat::no_model(name)
    }

    fn check<'a>(
        body: &'a Value,
        _headers: &HeaderMap,
        _model: &Model<'_>,
    ) -> Result<Ask<'a>, Fault> {
        rules::legacy::check(body, 0)
    }

    fn voice(body: &Value, model: &Model<'_>, seed: u64) -> LegacyVoice {
        let prompts = body
            .as_object()
            .and_then(|top| rules::legacy::prompts(top).ok())
            .unwrap_or_default();
        let others = (1..prompts.len())
            .filter_map(|place| rules::legacy::check(body, place).ok())
            .map(|ask| actor::play(model, &ask, body, seed))
            .collect();
        let echo = body.get("echo") == Some(&Value::Bool(true));
        let choices = body.get("n").and_then(Value::as_u64).unwrap_or(1);
        let include_usage = body.pointer("/stream_options/include_usage");
        LegacyVoice {
            id: base62::id("cmpl-", 29, seed, 0),
            model: model.name.to_owned(),
            choices: usize::try_from(choices).unwrap_or(1),
            prefixes: if echo { prompts } else { Vec::new() },
            others,
            include_usage: include_usage == Some(&Value::Bool(true)),
        }
    }

    fn failure(status: u16, model: &str) -> Fault {
        Chat::failure(status, model)
    }

    fn headers(request_id: &str, status: u16) -> HeaderMap {
        Chat::headers(request_id, status)
    }

    fn refusal(fault: &Fault, request_id: &str) -> Vec<u8> {
        Chat::refusal(fault, request_id)
    }
}

impl Voice for LegacyVoice {
    fn whole(&self, scene: &Scene) -> Vec<u8> {
        let texts = self.texts(scene);
        let choices = texts
            .iter()
            .enumerate()
            .map(|(index, (text, stop))| Choice {
                text,
                index,
                logprobs: None,
                finish_reason: Some(finish_reason(stop)),
            });
        reel::json(&self.completion(choices.collect(), Some(self.usage(scene))))
    }

    fn events(&self, scene: &Scene) -> Vec<Bytes> {
        let mut reel = Reel::default();
        reel.literal(b"");
        for (index, (text, stop)) in self.texts(scene).iter().enumerate() {
            for piece in tokens::fragments(text, TEXT) {
                self.chunk(&mut reel, index, piece, None);
            }
            self.chunk(&mut reel, index, "", Some(finish_reason(stop)));
        }
        self.close(&mut reel, scene);
        reel.frames()
    }

    fn text(&self, text: &str) -> Bytes {
        let mut reel = Reel::default();
        self.chunk(&mut reel, 0, text, None);
        reel.frames().pop().unwrap_or_default()
    }

    fn around(&self, scene: &Scene) -> (Vec<Bytes>, Vec<Bytes>) {
        let (mut before, mut after) = (Reel::default(), Reel::default());
        before.literal(b"");
        if let Some(prefix) = self.prefixes.first() {
            self.chunk(&mut before, 0, prefix, None);
        }
        self.chunk(&mut after, 0, "", Some(finish_reason(&scene.stop)));
        self.close(&mut after, scene);
        (before.frames(), after.frames())
    }

    fn error(&self) -> Bytes {
        let mut event = b"data: ".to_vec();
        event.extend_from_slice(&fault::body(&Chat::failure(500, &self.model)));
        event.extend_from_slice(b"\n\n");
        event.into()
    }
}

impl LegacyVoice {
    /// The text of every choice, and why it ends.
    fn texts<'a>(&'a self, scene: &'a Scene) -> Vec<(String, &'a Stop)> {
        let scenes = std::iter::once(scene).chain(&self.others).enumerate();
        scenes
            .flat_map(|(place, scene)| {
                let prefix = self.prefixes.get(place).map_or("", String::as_str);
                let text = format!("{prefix}{}", said(scene));
                std::iter::repeat_n((text, &scene.stop), self.choices)
            })
            .collect()
    }

    fn usage(&self, scene: &Scene) -> Usage {
        let prompt = scene.usage.prompt.total();
        let scenes = std::iter::once(scene).chain(&self.others);
        let said: u64 = scenes.map(|scene| scene.usage.output).sum();
        let said = said * u64::try_from(self.choices).unwrap_or(1);
        Usage {
            prompt_tokens: prompt,
            completion_tokens: said,
            total_tokens: prompt + said,
        }
    }

    fn completion<'a>(&'a self, choices: Vec<Choice<'a>>, usage: Option<Usage>) -> Completion<'a> {
        Completion {
            id: &self.id,
            object: "text_completion",
            created: CREATED,
            model: &self.model,
            choices,
            usage,
        }
    }

    fn chunk(&self, reel: &mut Reel, index: usize, text: &str, end: Option<&'static str>) {
        let choice = Choice {
            text,
            index,
            logprobs: None,
            finish_reason: end,
        };
        reel.event(None, &self.completion(vec![choice], None));
    }

    fn close(&self, reel: &mut Reel, scene: &Scene) {
        if self.include_usage {
            reel.event(None, &self.completion(Vec::new(), Some(self.usage(scene))));
        }
        reel.literal(b"data: [DONE]\n\n");
    }
}

/// All that can be said in plain text.
fn said(scene: &Scene) -> String {
    let texts = scene.blocks.iter().map(|block| match block {
        Block::Text { text, .. } | Block::Refusal { text } => text.as_str(),
        Block::Thinking { .. } | Block::Redacted | Block::Call { .. } => "",
    });
    texts.collect()
}

fn finish_reason(stop: &Stop) -> &'static str {
    match stop {
        Stop::End | Stop::Sequence(_) | Stop::Refusal | Stop::Tools => "stop",
        Stop::Limit => "length",
        Stop::Filter => "content_filter",
    }
}
