//! An upstream's stream, read.
//!
//! Source: Gemini API, `streamGenerateContent?alt=sse`: every chunk is a whole response that goes on where the last one ended,
//! counts are cumulative, and nothing but the end of the bytes says that a chunk was the last one.

use byokey_types::{Frame, JsonError, JsonKind, Kind as ErrorKind, Raw, RawObject};

use super::{
    annotation,
    content_decode::Calls,
    error,
    part_decode::{self, UNSAID, UNTHOUGHT},
    place::Place,
    response,
    seal::Writer,
    spelling::{self, is_marked, take_name},
    stop, usage,
};
use crate::{
    codec::{self, Source},
    event::{Delta, Event, Head, StreamFault},
    fields::Fields,
    ir::{Block, Kind, Reasoning, Stop, StopReason},
    loss::Losses,
};

/// Reads a stream.
#[derive(Debug)]
pub(super) struct StreamDecoder {
    source: Source,
    phase: Phase,
    calls: Calls,
    /// The text or the thought that may go on.
    open: Option<Sort>,
    /// The index of the next block.
    next: u32,
    /// Whether it has its seal: a part with a seal is never joined with another one, but what grounds it may still come.
    sealed: bool,
    /// The open text so far, which is what grounding counts in; kept to count characters.
    text: String,
    has_calls: bool,
    stop: Option<Stop>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Text,
    Thought,
}

impl StreamDecoder {
    pub(super) fn new(source: &Source) -> Self {
        Self {
            source: source.clone(),
            phase: Phase::New,
            calls: Calls::default(),
            open: None,
            next: 0,
            sealed: false,
            text: String::new(),
            has_calls: false,
            stop: None,
        }
    }

    fn frame(&mut self, data: &bytes::Bytes, events: &mut Vec<Event>) -> Result<(), StreamFault> {
        let raw = Raw::parse(data.clone()).map_err(bad)?;
        // some of Google's servers wrap an error, or the only chunk, in an array
        let items = if raw.kind() == JsonKind::Array {
            raw.array().map_err(bad)?
        } else {
            vec![raw]
        };
        for item in items {
            self.chunk(item.object().map_err(bad)?, events)?;
        }
        Ok(())
    }

    fn chunk(&mut self, object: RawObject, events: &mut Vec<Event>) -> Result<(), StreamFault> {
        if object.get("error").is_some_and(|error| !error.is_null()) {
            return Err(error::fault(&object));
        }
        let mut fields = spelling::fields(object);
        let counts = fields
            .take("usageMetadata")
            .and_then(|raw| usage::read(&raw));
        let candidates = match fields.peek("candidates") {
            Some(_) => fields.array("candidates").map_err(bad)?.unwrap_or_default(),
            None => Vec::new(),
        };
        if let Some(stop) = response::block_reason(&fields).filter(|_| candidates.is_empty()) {
            self.stop = Some(stop);
        }
        if self.phase == Phase::New {
            events.push(Event::Start(response::start(fields).map_err(bad)?));
            self.phase = Phase::Running;
        }
        // ahead of the words, for formats that begin an answer with what its question cost
        events.extend(counts.map(Event::Usage));
        for raw in candidates {
            let candidate = spelling::open(&raw).map_err(bad)?;
            // of several answers only the first one is told
            let is_first = candidate
                .peek("index")
                .is_none_or(|index| index.whole().is_ok_and(|index| index == 0));
            if is_first {
                self.candidate(candidate, events)?;
            }
        }
        Ok(())
    }

    fn candidate(
        &mut self,
        mut candidate: Fields,
        events: &mut Vec<Event>,
    ) -> Result<(), StreamFault> {
        if let Some(mut content) = spelling::take_open(&mut candidate, "content").map_err(bad)?
            && content.peek("parts").is_some()
        {
            let parts = content.array("parts").map_err(bad)?.unwrap_or_default();
            for part in &parts {
                self.part(part, events).map_err(bad)?;
            }
        }
        if let Some(raw) = candidate.peek("groundingMetadata") {
            self.ground(&raw.clone(), events);
        }
        let Some(word) = take_name(&mut candidate, "finishReason").map_err(bad)? else {
            return Ok(());
        };
        if stop::is_fault(&word) {
            let message = format!("the upstream's model failed to form its answer: `{word}`");
            return Err(StreamFault {
                code: Some(word),
                ..StreamFault::new(ErrorKind::BadUpstream, message)
            });
        }
        self.stop = Some(stop::read(&word));
        Ok(())
    }

    fn part(&mut self, raw: &Raw, events: &mut Vec<Event>) -> Result<(), JsonError> {
        let place = Place::Answer(self.next as usize);
        let writer = Writer::Upstream(&self.source);
        let mut losses = Losses::default();
        let block = part_decode::block(raw, writer, place, &mut self.calls, &mut losses)?;
        match block.kind {
            Kind::Text { .. } | Kind::Reasoning(_) => self.words(block, events),
            Kind::ToolCall(_)
            | Kind::Media(_)
            | Kind::ToolResult(_)
            | Kind::Refusal { .. }
            | Kind::Native { .. } => self.whole(block, raw, events),
        }
        Ok(())
    }

    /// Goes on with a text or a thought, or begins one.
    fn words(&mut self, block: Block, events: &mut Vec<Event>) {
        let (sort, text, head) = match block.kind {
            Kind::Text { text, .. } => (Sort::Text, text, Head::Text),
            Kind::Reasoning(Reasoning { parts, redacted }) => {
                let text = parts.first().map_or("", |part| part.text()).to_owned();
                (Sort::Thought, text, Head::Reasoning { redacted })
            }
            Kind::Media(_)
            | Kind::ToolCall(_)
            | Kind::ToolResult(_)
            | Kind::Refusal { .. }
            | Kind::Native { .. } => return,
        };
        let is_state = block
            .ext
            .as_ref()
            .is_some_and(|ext| is_marked(Some(&ext.fields), UNTHOUGHT));
        // the beginning's extension is all that there is a place for; how a part without text is spelled means nothing here
        let ext = block.ext.filter(|ext| {
            let fields = Some(&ext.fields);
            !is_marked(fields, UNSAID) && !is_marked(fields, UNTHOUGHT)
        });
        if text.is_empty() && block.seal.is_none() {
            return;
        }
        let ends_text = is_state && self.open == Some(Sort::Text);
        let joins = self.open == Some(sort) && !is_state || ends_text;
        let goes_on = joins && !self.sealed && ext.is_none();
        if !goes_on {
            self.close(events);
            events.push(Event::Open {
                index: self.next,
                head,
                ext,
            });
            self.open = Some(sort);
        }
        let index = self.next;
        if self.open == Some(Sort::Text) {
            self.text.push_str(&text);
        }
        self.sealed = block.seal.is_some();
        // ahead of its words, so that a client of this format gets both in one part, too
        if let Some(seal) = block.seal {
            let delta = Delta::Seal(seal);
            events.push(Event::Delta { index, delta });
        }
        if !text.is_empty() {
            let delta = match sort {
                Sort::Text => Delta::Text(text),
                Sort::Thought => Delta::Summary { part: 0, text },
            };
            events.push(Event::Delta { index, delta });
        }
    }

    /// Says a part that comes as a whole.
    fn whole(&mut self, block: Block, raw: &Raw, events: &mut Vec<Event>) {
        self.close(events);
        let index = self.next;
        let mut input = None;
        let head = match block.kind {
            Kind::ToolCall(call) => {
                self.has_calls = true;
                input = Some(call.input.as_str().to_owned());
                Head::ToolCall {
                    id: call.id,
                    name: call.name,
                    freeform: false,
                    runs: call.runs,
                }
            }
            Kind::Media(media) => Head::Media(media),
            Kind::Native { format, tag, value } => Head::Native { format, tag, value },
            // answers hold none; were there one, it is passed on as it is
            Kind::ToolResult(_) | Kind::Text { .. } | Kind::Reasoning(_) | Kind::Refusal { .. } => {
                Head::Native {
                    format: spelling::FORMAT,
                    tag: "functionResponse".into(),
                    value: raw.clone(),
                }
            }
        };
        let is_native = matches!(head, Head::Native { .. });
        let ext = block.ext.filter(|_| !is_native);
        events.push(Event::Open { index, head, ext });
        // the seal comes first: some formats say it ahead of the call
        let deltas = block.seal.map(Delta::Seal).into_iter();
        let deltas = deltas.chain(input.map(Delta::Input));
        events.extend(deltas.map(|delta| Event::Delta { index, delta }));
        events.push(Event::Close { index });
        self.next += 1;
    }

    /// Annotates the open text; what is closed cannot be annotated any more.
    fn ground(&self, raw: &Raw, events: &mut Vec<Event>) {
        if self.open != Some(Sort::Text) {
            return;
        }
        let text_of = |_| Some(self.text.clone());
        events.extend(
            annotation::read(raw, text_of)
                .into_iter()
                .map(|(_, annotation)| Event::Delta {
                    index: self.next,
                    delta: Delta::Annotation(annotation),
                }),
        );
    }

    fn close(&mut self, events: &mut Vec<Event>) {
        if self.open.take().is_some() {
            events.push(Event::Close { index: self.next });
            self.next += 1;
            self.sealed = false;
            self.text.clear();
        }
    }

    fn fail(&mut self, fault: StreamFault, events: &mut Vec<Event>) {
        events.push(Event::Error(fault));
        self.phase = Phase::Ended;
    }
}

impl codec::StreamDecoder for StreamDecoder {
    fn push(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        let data = frame.data.trim_ascii();
        if self.phase == Phase::Ended || data.is_empty() {
            return;
        }
        // some guests end their streams as another format does
        if data == b"[DONE]" {
            if self.phase == Phase::Running {
                self.stop.get_or_insert(Stop::bare(StopReason::EndTurn));
            }
            codec::StreamDecoder::finish(self, events);
            return;
        }
        if let Err(fault) = self.frame(&frame.data, events) {
            self.fail(fault, events);
        }
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        if self.phase == Phase::Ended {
            return;
        }
        let Some(stop) = self.stop.take() else {
            let message = "the upstream's stream ended before the answer was whole";
            self.fail(StreamFault::new(ErrorKind::Truncated, message), events);
            return;
        };
        self.close(events);
        events.push(Event::Stop(stop::with_calls(stop, self.has_calls)));
        events.push(Event::End);
        self.phase = Phase::Ended;
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` passes")]
fn bad(error: JsonError) -> StreamFault {
    StreamFault::new(
        ErrorKind::BadUpstream,
        format!("the upstream sent a frame that cannot be read: {error}"),
    )
}
