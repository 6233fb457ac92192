//! Messages of a request, read: one turn each, in their order.

use byokey_types::{JsonError, Raw, Str};

use super::{
    part::take_content,
    place::Place,
    reasoning,
    seal::{Writer, take_extra},
    spelling::{ABSENT, EMPTY_CALLS, FORMAT, LEGACY, MESSAGE_MARK, remember},
    tool,
};
use crate::{
    fields::{Fields, missing},
    ids,
    ir::{Block, CacheMark, CallId, Kind, Role, ToolResult, Turn},
    loss::Losses,
};

/// Reads the messages of a request.
///
/// # Errors
/// A [`JsonError`] with its path below the list.
pub(super) fn turns(messages: &[Raw], losses: &mut Losses) -> Result<Vec<Turn>, JsonError> {
    let mut reader = Reader {
        losses,
        legacy: None,
    };
    messages
        .iter()
        .enumerate()
        .map(|(at, raw)| {
            reader
                .turn(raw, at)
                .map_err(|error| error.under(&at.to_string()))
        })
        .collect()
}

struct Reader<'a> {
    losses: &'a mut Losses,
    /// The last call of the older kind, which has no id: its function and the id derived for it.
    legacy: Option<(Str, Str)>,
}

impl Reader<'_> {
    fn turn(&mut self, raw: &Raw, at: usize) -> Result<Turn, JsonError> {
        let mut fields = Fields::open(raw)?;
        let role = fields.required_name("role")?;
        match role.as_str() {
            "system" => self.plain(Role::System, fields, at),
            "developer" => self.plain(Role::Developer, fields, at),
            "user" => self.plain(Role::User, fields, at),
            "assistant" => self.assistant(fields, at),
            "tool" => {
                let call = fields.required_name("tool_call_id")?;
                self.result(call, fields, at)
            }
            "function" => {
                let call = self.legacy_id(&fields, at)?;
                remember(&mut fields, LEGACY);
                self.result(call, fields, at)
            }
            _ => Err(JsonError::Invalid {
                path: "role".to_owned(),
                what: "must be `system`, `developer`, `user`, `assistant` or `tool`".to_owned(),
            }),
        }
    }

    fn plain(&mut self, role: Role, mut fields: Fields, at: usize) -> Result<Turn, JsonError> {
        let content = take_content(&mut fields, |block| Place::Turn(at, block), self.losses)?
            .ok_or_else(|| missing("content"))?;
        Ok(turn(role, content.blocks, content.bare, fields))
    }

    fn assistant(&mut self, mut fields: Fields, at: usize) -> Result<Turn, JsonError> {
        let mut lost = Losses::default();
        let mut blocks = reasoning::take(&mut fields, Writer::Client, &mut lost)?;
        for loss in lost.as_slice() {
            self.losses
                .declare(format!("messages.{at}.content.0.{}", loss.path), loss.what);
        }
        let first = blocks.len();
        if !fields.holds("content") {
            remember(&mut fields, ABSENT);
        }
        let place = |block| Place::Turn(at, first + block);
        let content = take_content(&mut fields, place, self.losses)?.unwrap_or_default();
        blocks.extend(content.blocks);
        if let Some(text) = fields.take_said("refusal") {
            let text = text.text().map_err(|error| error.under("refusal"))?;
            blocks.push(Block::new(Kind::Refusal { text }));
        }
        self.calls(&mut fields, &mut blocks, at)?;
        if let Some(seal) = take_extra(&mut fields, Writer::Client) {
            let said = blocks.iter_mut().rev();
            match said.into_iter().find(|block| block.as_text().is_some()) {
                Some(block) => block.seal = Some(seal),
                None => self
                    .losses
                    .dropped(format!("messages.{at}.ext.extra_content")),
            }
        }
        Ok(turn(Role::Assistant, blocks, content.bare, fields))
    }

    fn calls(
        &mut self,
        fields: &mut Fields,
        blocks: &mut Vec<Block>,
        at: usize,
    ) -> Result<(), JsonError> {
        if let Some(raw) = fields.take_said("tool_calls") {
            let calls = raw.array().map_err(|error| error.under("tool_calls"))?;
            if calls.is_empty() {
                remember(fields, EMPTY_CALLS);
            }
            for (position, raw) in calls.iter().enumerate() {
                let place = Place::Turn(at, blocks.len());
                let call = tool::call(raw, Writer::Client, || None, place, self.losses);
                let path = || format!("tool_calls.{position}");
                blocks.push(call.map_err(|error| error.under(&path()))?);
            }
        }
        if let Some(raw) = fields.take_said("function_call") {
            let id = ids::derived("call_", "function", at);
            let call = tool::legacy_call(&raw, id.clone(), self.losses)
                .map_err(|error| error.under("function_call"))?;
            if let Kind::ToolCall(call) = &call.kind {
                self.legacy = Some((call.name.clone(), id));
            }
            blocks.push(call);
        }
        Ok(())
    }

    /// The id of the call that a result of the older kind answers: the last one of its name.
    fn legacy_id(&mut self, fields: &Fields, at: usize) -> Result<Str, JsonError> {
        let name = fields.peek("name").ok_or_else(|| missing("name"))?;
        let name = name.text().map_err(|error| error.under("name"))?;
        match self.legacy.take() {
            Some((called, id)) if called == name => Ok(id),
            // no call of this name: the result is an orphan under an id of its own
            _ => Ok(ids::derived("call_", &name, at)),
        }
    }

    fn result(&mut self, call: Str, mut fields: Fields, at: usize) -> Result<Turn, JsonError> {
        if !fields.holds("content") {
            remember(&mut fields, ABSENT);
        }
        let place = |block| Place::Inner(at, 0, block);
        let content = take_content(&mut fields, place, self.losses)?.unwrap_or_default();
        let result = Block::new(Kind::ToolResult(ToolResult {
            call: CallId::new(call),
            content: content.blocks,
            bare: content.bare,
            is_error: None,
        }));
        Ok(turn(Role::User, vec![result], false, fields))
    }
}

/// The turn of a message; a cache mark on the message is that of its last part, unless the part has its own.
fn turn(role: Role, mut blocks: Vec<Block>, bare: bool, mut fields: Fields) -> Turn {
    let unmarked = |block: &&mut Block| {
        let inner_mark = match &block.kind {
            Kind::ToolResult(result) => result.content.last().is_some_and(|it| it.cache.is_some()),
            _ => false,
        };
        block.cache.is_none() && !inner_mark
    };
    if let Some(last) = blocks.last_mut().filter(unmarked)
        && let Some(mark) = fields.take_said("cache_control")
    {
        last.cache = Some(CacheMark(mark));
        remember(&mut fields, MESSAGE_MARK);
    }
    Turn {
        role,
        blocks,
        bare,
        ext: fields.rest(FORMAT),
    }
}
