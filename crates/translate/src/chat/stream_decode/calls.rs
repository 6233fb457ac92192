//! Calls in a stream: fragments that name their call by index, by id, or not at all.

use byokey_types::{JsonError, JsonKind, Kind as ErrorKind, Raw, Str};

use super::{
    super::{
        seal::{Writer, take_extra},
        tool::derived_id,
    },
    blocks::Blocks,
};
use crate::{
    codec::Source,
    event::{Delta, Event, Head, StreamFault},
    fields::Fields,
    ir::{CallId, Runs, Seal},
};

/// How many calls one answer may hold.
const MOST_CALLS: usize = 1024;
/// How many bytes of input are held for a call whose name has not come.
const MOST_HELD: usize = 4 << 20;

/// A part of a call.
#[derive(Debug, Default)]
pub(super) struct Fragment {
    index: Option<u64>,
    id: Option<Str>,
    name: Option<Str>,
    input: String,
    freeform: bool,
    legacy: bool,
    seal: Option<Seal>,
}

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    legacy: bool,
    id: Option<Str>,
    name: Option<Str>,
    freeform: bool,
    /// What came before the name.
    held: String,
    seal: Option<Seal>,
    /// Its block, once its name is known.
    block: Option<u32>,
    closed: bool,
    depth: Depth,
}

/// How deep in its JSON an input is, to tell when it is whole.
#[derive(Debug, Default)]
struct Depth {
    open: usize,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl Fragment {
    /// Reads an entry of `tool_calls`; names and ids that are empty or `null` say nothing.
    ///
    /// # Errors
    /// A [`JsonError`] with its path below the entry.
    pub(super) fn read(raw: &Raw, source: &Source) -> Result<Self, JsonError> {
        let mut fields = Fields::open(raw)?;
        let mut fragment = Self {
            index: fields.whole("index")?,
            id: fields.name("id")?.filter(|id| !id.is_empty()),
            seal: take_extra(&mut fields, Writer::Upstream(source)),
            ..Self::default()
        };
        let (member, slot) = if fields.peek("custom").is_some() {
            fragment.freeform = true;
            ("custom", "input")
        } else {
            ("function", "arguments")
        };
        if let Some(inner) = fields.object(member)? {
            fragment
                .fill(inner, slot)
                .map_err(|error| error.under(member))?;
        }
        Ok(fragment)
    }

    /// Reads the older `function_call`.
    ///
    /// # Errors
    /// A [`JsonError`] with its path below the call.
    pub(super) fn read_legacy(raw: &Raw) -> Result<Self, JsonError> {
        let mut fragment = Self {
            legacy: true,
            ..Self::default()
        };
        fragment.fill(Fields::open(raw)?, "arguments")?;
        Ok(fragment)
    }

    fn fill(&mut self, mut inner: Fields, slot: &str) -> Result<(), JsonError> {
        self.name = inner.name("name")?.filter(|name| !name.is_empty());
        if let Some(raw) = inner.take(slot) {
            // some upstreams give the input as an object
            self.input = match raw.kind() {
                JsonKind::String => raw.text()?,
                _ => raw.as_str().to_owned(),
            };
        }
        Ok(())
    }
}

impl Calls {
    /// Whether there was a call.
    pub(super) fn any(&self) -> bool {
        self.0.iter().any(|call| call.block.is_some())
    }

    /// Takes a fragment.
    ///
    /// # Errors
    /// A fault when the upstream goes beyond all measure.
    pub(super) fn push(
        &mut self,
        fragment: Fragment,
        seed: &str,
        blocks: &mut Blocks,
        events: &mut Vec<Event>,
    ) -> Result<(), StreamFault> {
        let position = match self.find(&fragment) {
            Some(position) => position,
            None if self.0.len() == MOST_CALLS => return Err(excess()),
            None => {
                self.0.push(Call {
                    index: fragment.index,
                    legacy: fragment.legacy,
                    freeform: fragment.freeform,
                    ..Call::default()
                });
                self.0.len() - 1
            }
        };
        let call = &mut self.0[position];
        if call.closed {
            return Ok(());
        }
        if call.block.is_none() {
            call.id = call.id.take().or(fragment.id);
            call.name = call.name.take().or(fragment.name);
        }
        call.seal = fragment.seal.or(call.seal.take());
        if call.name.is_some() && call.block.is_none() {
            blocks.close_words(events);
            self.close_whole(Some(position), events);
            self.0[position].open(position, seed, blocks, events);
        }
        self.0[position].go_on(fragment.input, events)
    }

    /// Closes the calls whose input is whole, `except` the one that speaks.
    pub(super) fn close_whole(&mut self, except: Option<usize>, events: &mut Vec<Event>) {
        for (position, call) in self.0.iter_mut().enumerate() {
            if Some(position) != except && (call.freeform || call.depth.is_whole()) {
                call.close(events);
            }
        }
    }

    /// Closes every call that is open.
    pub(super) fn close_all(&mut self, events: &mut Vec<Event>) {
        for call in &mut self.0 {
            call.close(events);
        }
    }

    /// The fault of a call whose name never came: nobody could run it, and a made-up name must not be.
    pub(super) fn nameless(&self) -> Option<StreamFault> {
        let mut calls = self.0.iter();
        calls
            .any(|call| call.block.is_none() && (call.id.is_some() || !call.held.is_empty()))
            .then(|| {
                StreamFault::new(
                    ErrorKind::BadUpstream,
                    "the upstream called a tool without naming it",
                )
            })
    }

    /// The call that a fragment belongs to; none when it begins one.
    fn find(&self, fragment: &Fragment) -> Option<usize> {
        let last = self.0.len().checked_sub(1);
        if fragment.legacy {
            return self.0.iter().position(|call| call.legacy);
        }
        if let Some(index) = fragment.index {
            let position = self.0.iter().rposition(|call| call.index == Some(index))?;
            let call = &self.0[position];
            let other_id = fragment.id.is_some() && call.id.is_some() && fragment.id != call.id;
            // a call that begins has both an id and a name; some upstreams put a new id on every fragment
            return (!other_id || fragment.name.is_none()).then_some(position);
        }
        if fragment.id.is_some() {
            return self.0.iter().rposition(|call| call.id == fragment.id);
        }
        let begins = fragment.name.is_some();
        last.filter(|last| !begins || self.0[*last].name.is_none())
    }
}

impl Call {
    fn open(&mut self, position: usize, seed: &str, blocks: &mut Blocks, events: &mut Vec<Event>) {
        let Some(name) = self.name.clone() else {
            return;
        };
        let index = blocks.take_index();
        self.block = Some(index);
        let id = self.id.get_or_insert_with(|| derived_id(seed, position));
        events.push(Event::Open {
            index,
            head: Head::ToolCall {
                id: CallId::new(id.clone()),
                name,
                freeform: self.freeform,
                runs: Runs::Client,
            },
            ext: None,
        });
    }

    fn go_on(&mut self, input: String, events: &mut Vec<Event>) -> Result<(), StreamFault> {
        let Some(index) = self.block else {
            if self.held.len() + input.len() > MOST_HELD {
                return Err(excess());
            }
            self.held.push_str(&input);
            return Ok(());
        };
        if let Some(seal) = self.seal.take() {
            let delta = Delta::Seal(seal);
            events.push(Event::Delta { index, delta });
        }
        for text in [std::mem::take(&mut self.held), input] {
            if !text.is_empty() {
                self.depth.feed(&text);
                let delta = Delta::Input(text);
                events.push(Event::Delta { index, delta });
            }
        }
        Ok(())
    }

    fn close(&mut self, events: &mut Vec<Event>) {
        if let Some(index) = self.block.filter(|_| !self.closed) {
            self.closed = true;
            events.push(Event::Close { index });
        }
    }
}

impl Depth {
    fn feed(&mut self, text: &str) {
        for byte in text.bytes() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.begun = true;
                    self.open += 1;
                }
                b'}' | b']' => self.open = self.open.saturating_sub(1),
                _ => {}
            }
        }
    }

    const fn is_whole(&self) -> bool {
        self.begun && self.open == 0 && !self.in_string
    }
}

fn excess() -> StreamFault {
    StreamFault::new(
        ErrorKind::BadUpstream,
        "the upstream's calls go beyond all measure",
    )
}
