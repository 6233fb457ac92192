//! Streams, read: deltas without beginnings and ends become balanced blocks.

mod blocks;
mod calls;

use byokey_types::{Frame, JsonError, JsonKind, Kind as ErrorKind, Raw, RawObject, Str, Usage};

use self::{
    blocks::{Blocks, Sort},
    calls::{Calls, Fragment},
};
use super::{
    annotation, error, reasoning,
    response::{created, drop_nulls, named, words},
    seal::{Writer, take_extra},
    spelling::FORMAT,
    stop, think, usage,
};
use crate::{
    codec::{Source, StreamDecoder},
    event::{Delta, Event, Start, StreamFault},
    fields::Fields,
    loss::Losses,
};

/// Reads one stream.
#[derive(Debug)]
pub(super) struct Decoder {
    source: Source,
    phase: Phase,
    start: Start,
    blocks: Blocks,
    calls: Calls,
    scanner: think::Scanner,
    finish: Option<Str>,
    usage: Option<Usage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing has been said; some upstreams send chunks about the request first.
    Waiting,
    Running,
    Ended,
}

impl Decoder {
    pub(super) fn new(source: &Source) -> Self {
        Self {
            source: source.clone(),
            phase: Phase::Waiting,
            start: Start::default(),
            blocks: Blocks::default(),
            calls: Calls::default(),
            scanner: think::Scanner::default(),
            finish: None,
            usage: None,
        }
    }

    fn fail(&mut self, fault: StreamFault, events: &mut Vec<Event>) {
        self.phase = Phase::Ended;
        events.push(Event::Error(fault));
    }

    fn begin(&mut self, events: &mut Vec<Event>) {
        if self.phase == Phase::Waiting {
            self.phase = Phase::Running;
            events.push(Event::Start(std::mem::take(&mut self.start)));
        }
    }

    /// The answer is whole.
    fn end(&mut self, events: &mut Vec<Event>) {
        self.begin(events);
        self.settle(events);
        if let Some(fault) = self.calls.nameless() {
            self.fail(fault, events);
            return;
        }
        let has_calls = self.calls.any();
        events.push(Event::Stop(match &self.finish {
            Some(word) => stop::read(word, has_calls),
            None => stop::unsaid(has_calls),
        }));
        events.push(Event::End);
        self.phase = Phase::Ended;
    }

    /// Says what was held and closes what is open.
    fn settle(&mut self, events: &mut Vec<Event>) {
        self.flush(events);
        self.blocks.close_words(events);
        self.calls.close_all(events);
    }

    fn chunk(&mut self, raw: &Raw, events: &mut Vec<Event>) -> Result<(), JsonError> {
        let mut chunk = Fields::open(raw)?;
        if let Some(raw) = chunk.take("error") {
            self.fail(error::read(&raw), events);
            return Ok(());
        }
        let choices = chunk.array("choices")?.unwrap_or_default();
        let mut counts = chunk.take("usage").and_then(|raw| usage::read(&raw));
        if self.phase == Phase::Waiting {
            self.introduce(chunk);
            if choices.is_empty() && counts.is_none() {
                return Ok(());
            }
            self.begin(events);
        }
        for (at, raw) in choices.iter().enumerate() {
            let read = self.choice(raw, &mut counts, events);
            read.map_err(|error| error.under(&format!("choices.{at}")))?;
            if self.phase == Phase::Ended {
                return Ok(());
            }
        }
        if counts.is_some() && counts != self.usage {
            events.extend(counts.clone().map(Event::Usage));
            self.usage = counts;
        }
        Ok(())
    }

    /// Learns of the answer what every chunk says.
    fn introduce(&mut self, mut chunk: Fields) {
        let start = &mut self.start;
        start.id = named(&mut chunk, "id").or(start.id.take());
        start.model = named(&mut chunk, "model").or(start.model.take());
        start.created = created(&mut chunk).or(start.created);
        chunk.take("object");
        // padding against those who measure packets
        chunk.take("obfuscation");
        drop_nulls(&mut chunk);
        let mut fields: RawObject = chunk.into_object();
        if let Some(before) = start.ext.take() {
            fields.extend_missing(&before.fields);
        }
        start.ext = crate::ir::rest(FORMAT, fields);
    }

    fn choice(
        &mut self,
        raw: &Raw,
        counts: &mut Option<Usage>,
        events: &mut Vec<Event>,
    ) -> Result<(), JsonError> {
        let mut choice = Fields::open(raw)?;
        if choice.whole("index")?.unwrap_or(0) != 0 {
            // further answers were not asked for in any other format, and must not leak into this one
            return Ok(());
        }
        if counts.is_none() {
            *counts = choice.take("usage").and_then(|raw| usage::read(&raw));
        }
        if let Some(delta) = choice.object("delta")? {
            self.delta(delta, events)
                .map_err(|error| error.under("delta"))?;
        }
        if self.phase == Phase::Ended {
            return Ok(());
        }
        if let Some(word) = choice
            .name("finish_reason")?
            .filter(|word| !word.is_empty())
        {
            self.settle(events);
            self.finish.get_or_insert(word);
        }
        Ok(())
    }

    fn delta(&mut self, mut delta: Fields, events: &mut Vec<Event>) -> Result<(), JsonError> {
        self.reasoning(&mut delta, events)?;
        if let Some(raw) = delta.take("content") {
            self.content(&raw, events)
                .map_err(|error| error.under("content"))?;
        }
        for raw in delta.array("annotations")?.iter().flatten() {
            if let Some(annotation) = annotation::read(raw) {
                let delta = Delta::Annotation(annotation);
                self.blocks.add_if_open(Sort::Text, delta, events);
            }
        }
        let refusal = delta.text("refusal", &mut Losses::default())?;
        if let Some(text) = refusal.filter(|text| !text.is_empty()) {
            self.flush(events);
            self.calls.close_whole(None, events);
            self.blocks.say(Sort::Refusal, Delta::Text(text), events);
        }
        if let Some(seal) = take_extra(&mut delta, Writer::Upstream(&self.source)) {
            self.blocks
                .add_if_open(Sort::Text, Delta::Seal(seal), events);
        }
        for (at, raw) in delta.array("tool_calls")?.iter().flatten().enumerate() {
            let read = Fragment::read(raw, &self.source);
            let fragment = read.map_err(|error| error.under(&format!("tool_calls.{at}")))?;
            self.call(fragment, events);
        }
        if let Some(raw) = delta.take("function_call") {
            let read = Fragment::read_legacy(&raw);
            let fragment = read.map_err(|error| error.under("function_call"))?;
            self.call(fragment, events);
        }
        if let Some(raw) = delta.take("audio") {
            self.flush(events);
            self.blocks.sound(raw, events);
        }
        Ok(())
    }

    fn call(&mut self, fragment: Fragment, events: &mut Vec<Event>) {
        if self.phase == Phase::Ended {
            return;
        }
        self.flush(events);
        let taken = self
            .calls
            .push(fragment, &self.source.seed, &mut self.blocks, events);
        if let Err(fault) = taken {
            self.fail(fault, events);
        }
    }

    fn content(&mut self, raw: &Raw, events: &mut Vec<Event>) -> Result<(), JsonError> {
        if raw.kind() == JsonKind::String {
            let mut parts = Vec::new();
            self.scanner.push(&raw.text()?, &mut parts);
            self.parts(parts, events);
            return Ok(());
        }
        for (at, raw) in raw.array()?.iter().enumerate() {
            let part = words(raw).map_err(|error| error.under(&at.to_string()))?;
            self.parts(part.into_iter().collect(), events);
        }
        Ok(())
    }

    fn parts(&mut self, parts: Vec<think::Part>, events: &mut Vec<Event>) {
        for part in parts {
            match part {
                think::Part::Text(text) => {
                    if !text.is_empty() {
                        self.calls.close_whole(None, events);
                        self.blocks.say(Sort::Text, Delta::Text(text), events);
                    }
                }
                think::Part::Reasoning(text) => self.thought(&text, events),
            }
        }
    }

    fn thought(&mut self, text: &str, events: &mut Vec<Event>) {
        if !text.is_empty() {
            self.calls.close_whole(None, events);
            self.blocks.think(text, events);
        }
    }

    /// Says what the scanner holds: something else comes now, so tags in later content mean nothing.
    fn flush(&mut self, events: &mut Vec<Event>) {
        let mut parts = Vec::new();
        self.scanner.finish(&mut parts);
        self.parts(parts, events);
    }

    fn reasoning(&mut self, delta: &mut Fields, events: &mut Vec<Event>) -> Result<(), JsonError> {
        let details = delta.array(reasoning::DETAILS)?.unwrap_or_default();
        if details.is_empty() {
            for member in ["reasoning_content", "reasoning"] {
                let text = delta.text(member, &mut Losses::default())?;
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    self.flush(events);
                    self.thought(&text, events);
                    break;
                }
            }
            return Ok(());
        }
        let mut read = Vec::with_capacity(details.len());
        for (at, raw) in details.iter().enumerate() {
            let detail = reasoning::detail(raw);
            let path = || format!("{}.{at}", reasoning::DETAILS);
            read.extend(detail.map_err(|error| error.under(&path()))?);
        }
        let repeats = self.blocks.repeats(&read);
        for mut detail in read {
            if repeats {
                detail.part = None;
            }
            let seal = detail.seal.take();
            let seal = seal.and_then(|text| Writer::Upstream(&self.source).seal(text, None));
            self.flush(events);
            self.calls.close_whole(None, events);
            self.blocks.detail(detail, seal, events);
        }
        Ok(())
    }
}

impl StreamDecoder for Decoder {
    fn push(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        if self.phase == Phase::Ended {
            return;
        }
        let data = frame.data.trim_ascii();
        if data.is_empty() {
            return;
        }
        if data == b"[DONE]" {
            self.end(events);
            return;
        }
        let broken = |error: JsonError| {
            let message =
                format!("the upstream's stream holds a chunk that cannot be read: {error}");
            StreamFault::new(ErrorKind::BadUpstream, message)
        };
        let raw = match Raw::parse(frame.data.clone()) {
            Ok(raw) => raw,
            Err(error) => return self.fail(broken(error), events),
        };
        if frame.event.as_deref() == Some("error") {
            let inner = raw.object().ok().and_then(|it| it.get("error").cloned());
            let fault = error::read(&inner.unwrap_or(raw));
            return self.fail(fault, events);
        }
        if let Err(error) = self.chunk(&raw, events) {
            self.fail(broken(error), events);
        }
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        if self.phase == Phase::Ended {
            return;
        }
        if self.finish.is_some() {
            self.end(events);
            return;
        }
        let fault = StreamFault::new(
            ErrorKind::Truncated,
            "the upstream's stream ended before its answer was whole",
        );
        self.fail(fault, events);
    }
}
