//! `GET /v1/responses/{id}/input_items`: the items of a request, page by page.
//!
//! Source: the Responses API reference, "List input items": newest first, 20 a page.

use byokey_translate::ids;
use byokey_types::{ByokError, JsonKind, Kind, Raw, RawObject, Result, Str, ports::StoredResponse};
use bytes::Bytes;

use crate::state::items;

/// Items of a page when nobody says how many, and at most.
const USUAL: usize = 20;
const MOST: usize = 100;

/// A page of the input items of a response.
///
/// # Errors
/// [`Kind::InvalidRequest`] naming the parameter.
pub(super) fn list(response: &StoredResponse, query: &str) -> Result<Bytes> {
    let unreadable =
        |error| ByokError::new(Kind::Internal, "the stored response cannot be read").because(error);
    let items = Raw::parse(response.input.clone()).and_then(|input| input.array());
    let mut items: Vec<(Str, Raw)> = items
        .map_err(unreadable)?
        .into_iter()
        .enumerate()
        .map(|(at, item)| shown(item, &response.id, at))
        .collect();
    let limit = limit(query)?;
    match value(query, "order") {
        None | Some("desc") => items.reverse(),
        Some("asc") => {}
        Some(_) => return Err(wrong("order", "`asc` or `desc`")),
    }
    if let Some(after) = value(query, "after") {
        let at = items.iter().position(|(id, _)| id == after);
        let at = at.ok_or_else(|| wrong("after", "the id of one of these items"))?;
        items.drain(..=at);
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let end = |item: Option<&(Str, Raw)>| item.map_or(Raw::NULL, |(id, _)| Raw::string(id));
    let mut page = RawObject::new();
    page.set("object", Raw::string("list"));
    page.set("first_id", end(items.first()));
    page.set("last_id", end(items.last()));
    page.set("has_more", Raw::bool(more));
    page.set(
        "data",
        Raw::array_of(items.into_iter().map(|(_, item)| item)),
    );
    Ok(page.to_bytes())
}

/// The value of a parameter of a query. Ids and words need no escaping.
pub(super) fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

fn limit(query: &str) -> Result<usize> {
    let Some(text) = value(query, "limit") else {
        return Ok(USUAL);
    };
    text.parse()
        .ok()
        .filter(|limit| (1..=MOST).contains(limit))
        .ok_or_else(|| wrong("limit", "a number from 1 to 100"))
}

fn wrong(param: &str, expected: &str) -> ByokError {
    ByokError::new(
        Kind::InvalidRequest,
        format!("`{param}` must be {expected}"),
    )
    .at(param)
}

/// An item with its id, its type and its content spelled out, as the API lists it. An id that had to be made up is the same
/// every time.
fn shown(item: Raw, response: &str, at: usize) -> (Str, Raw) {
    let Ok(mut object) = item.object() else {
        return (Str::default(), item);
    };
    let kind = items::kind(&object);
    if !object.contains("type") {
        object.set("type", Raw::string(&kind));
    }
    if kind == "message" {
        spell_out(&mut object);
    }
    let own = object
        .get("id")
        .and_then(|id| id.text().ok())
        .filter(|id| !id.is_empty());
    let id = own.map_or_else(|| ids::derived(prefix(&kind), response, at), Str::from);
    object.set("id", Raw::string(&id));
    (id, object.to_raw())
}

/// A message's bare text as the list of one part that it stands for.
fn spell_out(message: &mut RawObject) {
    let role = message.get("role").and_then(|role| role.text().ok());
    let Some(text) = message
        .get("content")
        .filter(|content| content.kind() == JsonKind::String)
        .cloned()
    else {
        return;
    };
    let tag = if role.as_deref() == Some("assistant") {
        "output_text"
    } else {
        "input_text"
    };
    let mut part = RawObject::new();
    part.set("type", Raw::string(tag));
    part.set("text", text);
    message.set("content", Raw::array_of([part.to_raw()]));
}

/// How ids of a type of item begin.
fn prefix(kind: &str) -> &'static str {
    match kind {
        "message" => "msg_",
        "reasoning" => "rs_",
        "function_call" => "fc_",
        "function_call_output" => "fco_",
        "custom_tool_call" => "ctc_",
        "custom_tool_call_output" => "ctco_",
        _ => "item_",
    }
}
