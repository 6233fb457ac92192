//! One request and its answer, whichever way it came.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::{
    archive::{Archive, Kept, history},
    echo::{self, Echo},
    fault, reply,
    rules::{self, Asked, Before, Context},
    voice::{Purpose, ResponsesVoice, Summary, WebSearch},
};
use crate::{
    actor,
    ask::Choice,
    base62,
    fault::Fault,
    journal::lock,
    model::{Dialect, Kind, Model},
    playback::Performance,
    sandbox::State,
    scene::{Scene, Stop, Usage},
    stage,
};

/// A request to answer.
pub(super) struct Turn<'r> {
    pub(super) headers: &'r HeaderMap,
    /// The very bytes.
    pub(super) body: &'r [u8],
    pub(super) json: &'r Value,
    /// Whether it came to the ChatGPT backend's own address.
    pub(super) backend: bool,
    pub(super) socket: bool,
}

impl<'r> Turn<'r> {
    /// The model that is asked for, and whose rules it follows.
    pub(super) fn model(&self, top: &'r Map<String, Value>) -> Result<(Model<'r>, Dialect), Fault> {
        let name = rules::model(top)?;
        let told = if self.backend || name.starts_with("codex-") {
            Dialect::Codex
        } else {
            Dialect::Strict
        };
        match Model::parse(name) {
            Some(model) => match model.dialect {
                Dialect::Strict | Dialect::Codex => Ok((model, told)),
                // DeepSeek has no Responses
                Dialect::DeepSeek => Err(fault::no_model(name, told)),
            },
            None => Err(fault::no_model(name, told)),
        }
    }

    /// Checks what needs nothing but the request.
    pub(super) fn parameters<'a>(
        &self,
        top: &'a Map<String, Value>,
        dialect: Dialect,
    ) -> Result<Asked<'a>, Fault> {
        rules::parameters(top, &self.context(dialect))
    }

    /// Checks the rest against what the request refers to.
    pub(super) fn check<'a>(
        &self,
        top: &'a Map<String, Value>,
        dialect: Dialect,
        before: &'a Before,
        asked: Asked<'a>,
    ) -> Result<Asked<'a>, Fault> {
        rules::check(top, &self.context(dialect), before, asked)
    }

    fn context(&self, dialect: Dialect) -> Context<'_> {
        let originator = self.header("originator").unwrap_or_default();
        Context {
            dialect,
            owner: self.owner(),
            socket: self.socket,
            genuine: originator.starts_with("codex"),
        }
    }

    /// For whom things are sealed: the account or organization that the headers name.
    pub(super) fn owner(&self) -> &str {
        let account = self.header("chatgpt-account-id");
        let account = account.or_else(|| self.header("openai-organization"));
        account.unwrap_or("org-sandbox")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Answers; over a WebSocket, `local` is what its connection remembers.
    pub(super) fn answer(
        &self,
        state: &State,
        mut local: Option<&mut Archive>,
    ) -> Result<Performance, Fault> {
        let top = rules::object(self.json)?;
        let (model, dialect) = self.model(top)?;
        if let Some(performance) = unchecked(state, &model, dialect)? {
            return Ok(performance);
        }
        let asked = self.parameters(top, dialect)?;
        let before = before(state, top, local.as_deref())?;
        let asked = self.check(top, dialect, &before, asked)?;
        if model.kind == Kind::ErrorMid && !asked.ask.stream {
            return Err(fault::failure(500, model.name, dialect));
        }
        let seed = base62::seed(self.body);
        let (scene, search) = play(&model, &asked, top, self.json, seed);
        let voice = ResponsesVoice {
            id: base62::id("resp_", 50, seed, 0),
            seed,
            model: model.name.to_owned(),
            dialect,
            echo: Echo::of(top),
            tier: echo::tier(top),
            purpose: purpose(&model, &asked, top),
            callables: asked.callables,
            search,
            summary: summary(top),
            encrypted: includes(top, "reasoning.encrypted_content"),
            owner: self.owner().to_owned(),
            obfuscate: dialect == Dialect::Strict
                && self.json.pointer("/stream_options/include_obfuscation")
                    != Some(&Value::Bool(false)),
            background: top.get("background") == Some(&Value::Bool(true)) && !self.socket,
        };
        let performance = stage::perform(&model, &voice, &scene, asked.ask.stream);
        let store = top.get("store") != Some(&Value::Bool(false));
        if store {
            let (kept, bytes) = self.keepsake(top, &before, &voice, &scene);
            lock(&state.archive).keep(kept, bytes);
        } else if let Some(local) = &mut local {
            let (kept, bytes) = self.keepsake(top, &before, &voice, &scene);
            local.keep(kept, bytes);
        }
        Ok(performance)
    }

    fn keepsake(
        &self,
        top: &Map<String, Value>,
        before: &Before,
        voice: &ResponsesVoice,
        scene: &Scene,
    ) -> (Kept, usize) {
        let items = voice.items(scene);
        let body = reply::ended(voice, scene, &items);
        let bytes = self.body.len() + body.len() * 2;
        let output = items
            .iter()
            .filter_map(|item| serde_json::to_value(item).ok());
        let kept = Kept {
            id: voice.id.clone(),
            previous: top
                .get("previous_response_id")
                .and_then(Value::as_str)
                .map(str::to_owned),
            input: input(top, before, voice.seed),
            output: output.collect(),
            body: body.into(),
            background: voice.background,
        };
        (kept, bytes)
    }
}

/// Fetches what the request refers to.
pub(super) fn before(
    state: &State,
    top: &Map<String, Value>,
    local: Option<&Archive>,
) -> Result<Before, Fault> {
    let shared = lock(&state.archive);
    let mut archives: Vec<&Archive> = local.into_iter().collect();
    archives.push(&shared);
    let history = match top.get("previous_response_id").and_then(Value::as_str) {
        None => Vec::new(),
        Some(id) => history(&archives, id).map_err(|id| fault::previous_not_found(&id))?,
    };
    let named = named(top);
    let mut kept = BTreeMap::new();
    if !named.is_empty() {
        for archive in archives {
            kept.extend(archive.items(&named));
        }
    }
    Ok(Before { history, kept })
}

/// The input as items, each with an id, as the API keeps and lists it.
pub(super) fn input(top: &Map<String, Value>, before: &Before, seed: u64) -> Vec<Value> {
    let id = |prefix: &str, at: usize| {
        let salt = 1 << 32 | u64::try_from(at).unwrap_or(0);
        base62::id(prefix, 50, seed, salt)
    };
    let items = match top.get("input") {
        Some(Value::Array(items)) => items.clone(),
        Some(Value::String(text)) => vec![json!({"role": "user", "content": text})],
        Some(_) | None => Vec::new(),
    };
    let mut listed = Vec::with_capacity(items.len());
    for (at, mut item) in items.into_iter().enumerate() {
        if let Some(kept) = reference(&item).and_then(|id| before.kept.get(id)) {
            item = kept.clone();
        }
        let Some(members) = item.as_object_mut() else {
            continue;
        };
        let kind = members
            .entry("type")
            .or_insert_with(|| json!("message"))
            .as_str()
            .unwrap_or_default();
        let prefix = match kind {
            // it has done its work
            "compaction_trigger" => continue,
            "message" => "msg_",
            "function_call" => "fc_",
            "function_call_output" => "fco_",
            "custom_tool_call" => "ctc_",
            "custom_tool_call_output" => "ctco_",
            "reasoning" => "rs_",
            _any_other => "item_",
        };
        if kind == "message" {
            let part = match members.get("role").and_then(Value::as_str) {
                Some("assistant") => "output_text",
                Some(_) | None => "input_text",
            };
            if let Some(Value::String(text)) = members.get("content") {
                let content = json!([{"type": part, "text": text}]);
                members.insert("content".to_owned(), content);
            }
            members
                .entry("status")
                .or_insert_with(|| json!("completed"));
        }
        members.entry("id").or_insert_with(|| json!(id(prefix, at)));
        listed.push(item);
    }
    listed
}

/// Models whose answer does not depend on the request.
pub(super) fn unchecked(
    state: &State,
    model: &Model<'_>,
    dialect: Dialect,
) -> Result<Option<Performance>, Fault> {
    match model.kind {
        Kind::Raw(script) => match state.next_script(script) {
            Some(script) => Ok(Some(script.into())),
            None => Err(fault::no_model(model.name, dialect)),
        },
        Kind::Fail(status) => Err(fault::failure(status, model.name, dialect)),
        Kind::Embed => Err(fault::no_model(model.name, dialect)),
        Kind::Flaky
            if state
                .flaky
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(2) =>
        {
            Err(fault::failure(503, model.name, dialect))
        }
        _every_other_kind_checks_first => Ok(None),
    }
}

/// What is said, and what is searched for first.
fn play(
    model: &Model<'_>,
    asked: &Asked<'_>,
    top: &Map<String, Value>,
    body: &Value,
    seed: u64,
) -> (Scene, Option<WebSearch>) {
    let ask = &asked.ask;
    if purpose(model, asked, top) == Purpose::WarmUp || asked.compaction {
        let usage = Usage {
            prompt: ask.prompt,
            // a compaction weighs as much as a sentence
            output: if asked.compaction { 16 } else { 0 },
            reasoning: 0,
        };
        let scene = Scene {
            blocks: Vec::new(),
            stop: Stop::End,
            usage,
            seed,
        };
        return (scene, None);
    }
    let searches = asked.web
        && model.kind == Kind::Tools
        && ask.tools.is_empty()
        && ask.choice != Choice::None;
    let kind = match model.kind {
        // there are no stop sequences here
        Kind::Stop => Kind::Echo,
        Kind::Tools if searches => Kind::Echo,
        kind => kind,
    };
    let search = searches.then(|| WebSearch {
        query: ask.text.chars().take(80).collect(),
        sources: includes(top, "web_search_call.action.sources"),
    });
    (
        actor::play(&Model { kind, ..*model }, ask, body, seed),
        search,
    )
}

fn purpose(model: &Model<'_>, asked: &Asked<'_>, top: &Map<String, Value>) -> Purpose {
    if top.get("generate") == Some(&Value::Bool(false)) {
        return Purpose::WarmUp;
    }
    if asked.compaction {
        return Purpose::Compaction;
    }
    match model.kind {
        Kind::Lorem { .. } => Purpose::Lorem,
        _any_other => Purpose::Answer,
    }
}

fn summary(top: &Map<String, Value>) -> Summary {
    let of = |name| {
        top.get("reasoning")
            .and_then(|reasoning| reasoning.get(name))
    };
    let wanted = of("summary").and_then(Value::as_str);
    match wanted.or_else(|| of("generate_summary").and_then(Value::as_str)) {
        None => Summary::None,
        Some("detailed") => Summary::Detailed,
        Some(_) => Summary::Short,
    }
}

fn includes(top: &Map<String, Value>, what: &str) -> bool {
    let include = top.get("include").and_then(Value::as_array);
    include.is_some_and(|include| include.iter().any(|included| included == what))
}

/// The id of an item that stands for another.
fn reference(item: &Value) -> Option<&str> {
    let kind = item.get("type").and_then(Value::as_str);
    let bare = kind.is_none() && item.get("role").is_none();
    (bare || kind == Some("item_reference"))
        .then(|| item.get("id").and_then(Value::as_str))
        .flatten()
}

/// The ids in the input that only an archive can explain.
fn named(top: &Map<String, Value>) -> Vec<&str> {
    let items = top.get("input").and_then(Value::as_array);
    let unexplained = |item: &&Value| {
        reference(item).is_some()
            || (item.get("type").and_then(Value::as_str) == Some("reasoning")
                && item.get("encrypted_content").is_none_or(Value::is_null))
    };
    items
        .into_iter()
        .flatten()
        .filter(unexplained)
        .filter_map(|item| item.get("id").and_then(Value::as_str))
        .collect()
}
