//! An answer on its way to a client of the Responses API: kept once it is whole, as the client got it.

use std::sync::Arc;

use byokey_provider::Candidate;
use byokey_types::{
    AccountId, Format, Frame, JsonKind, Raw, RawObject, Str, Timestamp, ports::StoredResponse,
};
use bytes::Bytes;
use memchr::memmem;

use super::{Local, Responses, is_plausible, items};
use crate::{App, pipeline::Inbound};

/// The largest answer that is kept, in bytes; also what a tap holds at most.
pub const LARGEST: usize = 64 << 20;

/// The longest model name that is kept, in bytes.
const LONGEST_MODEL: usize = 512;

/// What is known of a response before it is answered.
pub struct Draft {
    responses: Option<Responses>,
    local: Option<Arc<Local>>,
    owner: Option<Str>,
    previous: Option<Str>,
    account: Option<AccountId>,
    /// Whether the upstream's own id reaches the client, and so may be gone on from there.
    verbatim: bool,
    model: Str,
    at: Timestamp,
    request: Bytes,
    /// Items that are done, in case the last event does not repeat them.
    items: Vec<(u64, Raw)>,
    held: usize,
}

/// Whether a request's answer is kept for later requests, as far as the request and the configuration say.
pub fn is_stored(responses: &Responses, inbound: &Inbound) -> bool {
    let said = |raw: &Option<Raw>| raw.as_ref().is_some_and(|raw| !raw.is_null());
    responses.keeps()
        && inbound.peek.store.as_ref() != Some(&Raw::FALSE)
        // the upstream knows what was said before; byokey does not, and could not say it again
        && !said(&inbound.peek.conversation)
}

impl Draft {
    /// A draft of the answer to a request; nothing when nobody remembers it.
    pub fn new(
        app: &App,
        inbound: &Inbound,
        candidate: &Candidate,
        verbatim: bool,
    ) -> Option<Self> {
        if (inbound.format, inbound.body_format)
            != (Format::OpenAiResponses, Format::OpenAiResponses)
            || inbound.under.is_some()
        {
            return None;
        }
        let stored = is_stored(&app.ports.responses, inbound);
        let responses = stored.then(|| app.ports.responses.clone());
        if responses.is_none() && inbound.thread.local.is_none() {
            return None;
        }
        Some(Self {
            responses,
            verbatim,
            account: Some(candidate.account.id.clone()),
            ..Self::of(inbound)
        })
    }

    /// A draft of an answer that byokey itself gives.
    pub fn own(app: &App, inbound: &Inbound) -> Self {
        let stored = is_stored(&app.ports.responses, inbound);
        Self {
            responses: stored.then(|| app.ports.responses.clone()),
            ..Self::of(inbound)
        }
    }

    /// Takes a frame of the answer; with the last one, the answer is kept. Says whether that was it.
    pub fn push(&mut self, frame: &Frame) -> bool {
        let is = |name: &[u8]| memmem::find(&frame.data, name).is_some();
        let ends = || {
            is(b"\"response.completed\"")
                || is(b"\"response.incomplete\"")
                || is(b"\"response.failed\"")
                || is(b"\"response.done\"")
        };
        if !(is(b"\"response.output_item.done\"") || ends()) {
            return false;
        }
        let Ok(event) = RawObject::parse(frame.data.clone()) else {
            return false;
        };
        let kind = event.get("type").and_then(|kind| kind.text().ok());
        match kind.as_deref() {
            Some("response.output_item.done") => {
                let at = event.get("output_index").and_then(|at| at.whole().ok());
                if let Some(item) = event.get("item") {
                    self.item(at, item);
                }
                false
            }
            Some(
                "response.completed" | "response.incomplete" | "response.failed" | "response.done",
            ) => {
                if let Some(answer) = event.get("response") {
                    self.keep(answer.bytes());
                }
                true
            }
            Some(_) | None => false,
        }
    }

    /// Takes a whole answer.
    pub fn whole(mut self, body: &Bytes) {
        self.keep(body);
    }

    fn of(inbound: &Inbound) -> Self {
        let mut model = inbound.model.asked().to_string();
        model.truncate(model.floor_char_boundary(LONGEST_MODEL));
        let previous = inbound.thread.previous.as_ref();
        Self {
            responses: None,
            local: inbound.thread.local.clone(),
            owner: inbound.thread.owner.clone(),
            previous: previous.map(|previous| previous.id.clone()),
            account: None,
            verbatim: false,
            model: model.into(),
            at: inbound.at,
            request: inbound.body.clone(),
            items: Vec::new(),
            held: 0,
        }
    }

    fn item(&mut self, at: Option<u64>, item: &Raw) {
        self.held += item.bytes().len();
        if self.held > LARGEST {
            return;
        }
        // a slice would hold the whole chunk
        if let Ok(item) = Raw::parse(Bytes::copy_from_slice(item.bytes())) {
            let behind = self.items.last().map_or(0, |(at, _)| at + 1);
            self.items.push((at.unwrap_or(behind), item));
        }
    }

    fn keep(&mut self, said: &Bytes) {
        let said = Bytes::copy_from_slice(said);
        let items = std::mem::take(&mut self.items);
        let filled = RawObject::parse(said.clone())
            .map_err(|_| "it is no object")
            .and_then(|answer| self.fill(answer, items));
        let (answer, body) = match filled {
            Ok((answer, true)) => {
                let body = answer.to_bytes();
                (answer, body)
            }
            Ok((answer, false)) => (answer, said),
            Err(reason) => {
                return tracing::warn!(model = %self.model, "a response is not kept: {reason}");
            }
        };
        let text = |key: &str| answer.get(key).and_then(|raw| raw.text().ok());
        let Some(id) = text("id").filter(|id| is_plausible(id)).map(Str::from) else {
            return tracing::warn!(model = %self.model, "a response is not kept: it has no id");
        };
        if self.previous.as_ref() == Some(&id) {
            return tracing::warn!(response = %id, "not kept: it has the id of the response it goes on from");
        }
        let input = RawObject::parse(self.request.clone())
            .and_then(|body| items::of_input(body.get("input")));
        let Ok(input) = input else {
            return tracing::warn!(response = %id, "not kept: its input is no list");
        };
        let kept_upstream = self.verbatim && answer.get("store") == Some(&Raw::TRUE);
        let output = answer
            .get("output")
            .map_or_else(|| Bytes::from_static(b"[]"), |raw| raw.bytes().clone());
        let response = Arc::new(StoredResponse {
            created_at: self.at,
            owner: self.owner.clone(),
            previous: self.previous.clone(),
            account: self.account.clone(),
            upstream_id: kept_upstream.then(|| id.clone()),
            model: self.model.clone(),
            status: text("status").map_or(Str::new_static("completed"), Str::from),
            input: items::join(&input),
            output: Bytes::copy_from_slice(&output),
            body,
            id,
        });
        if let Some(local) = &self.local {
            local.keep(Arc::clone(&response));
        }
        if let Some(responses) = &self.responses {
            responses.keep(response);
        }
    }

    /// Puts the items that were done into an answer that has none, and says whether it did.
    ///
    /// # Errors
    /// Why the answer cannot be kept.
    fn fill(
        &self,
        mut answer: RawObject,
        mut items: Vec<(u64, Raw)>,
    ) -> Result<(RawObject, bool), &'static str> {
        let empty = match answer.get("output") {
            None => true,
            Some(output) if output.kind() == JsonKind::Array => output
                .bytes()
                .iter()
                .all(|byte| b"[] \t\r\n".contains(byte)),
            Some(_) => return Err("its output is no list"),
        };
        if !empty || (items.is_empty() && answer.contains("output")) {
            return Ok((answer, false));
        }
        if self.held > LARGEST {
            return Err("its items are too large");
        }
        items.sort_by_key(|(at, _)| *at);
        answer.set(
            "output",
            Raw::array_of(items.into_iter().map(|(_, item)| item)),
        );
        Ok((answer, true))
    }
}
