//! What the Gemini API refuses.
//!
//! The reader of `proto` has gone first: here every member has its type.

mod config;
mod contents;
mod schema;
mod tools;
mod turns;

pub(super) use config::MOST_TOKENS;
use serde_json::{Map, Value};

use super::proto::{self, messages};
use crate::{
    ask::{Ask, Prompt},
    fault::Fault,
    json_path::At,
    model::Model,
    tokens,
};

/// The message that the validator names; [`At`] tells the place in it.
const REQUEST: &str = "GenerateContentRequest";

/// Refuses what the API would refuse; what remains is the request's meaning.
pub(super) fn check<'a>(body: &'a Value, model: &Model<'_>) -> Result<Ask<'a>, Fault> {
    let top = proto::read(body, &messages::GENERATE_CONTENT)?;
    request(top, model)
}

/// As [`check`], for `countTokens`, whose request may be wrapped or bare contents.
pub(super) fn check_count<'a>(body: &'a Value, model: &Model<'_>) -> Result<Ask<'a>, Fault> {
    let top = proto::read(body, &messages::COUNT_TOKENS)?;
    let wrapped = proto::object(top, "generate_content_request");
    if wrapped.is_some() && !proto::list(top, "contents").is_empty() {
        return Err(Fault::bad(
            "Please set either contents or generate_content_request, but not both.",
        ));
    }
    request(wrapped.unwrap_or(top), model)
}

/// The texts of an `embedContent` or `batchEmbedContents` body, and how many numbers each asks for.
pub(super) fn check_embed(
    body: &Value,
    batch: bool,
) -> Result<Vec<(String, Option<usize>)>, Fault> {
    if !batch {
        let top = proto::read(body, &messages::EMBED_CONTENT)?;
        return embed(top).map(|one| vec![one]);
    }
    let top = proto::read(body, &messages::BATCH_EMBED_CONTENTS)?;
    let requests = proto::list(top, "requests");
    if requests.is_empty() {
        return Err(Fault::bad(
            "* BatchEmbedContentsRequest.requests: requests is not specified\n",
        ));
    }
    let requests = requests.iter().filter_map(Value::as_object);
    requests.map(embed).collect()
}

/// A refusal by the validator, which names a place.
fn invalid(at: &At<'_>, reason: &str) -> Fault {
    Fault::bad(format!("* {REQUEST}.{}: {reason}\n", at.bracketed()))
}

fn request<'a>(top: &'a Map<String, Value>, model: &Model<'_>) -> Result<Ask<'a>, Fault> {
    let mut ask = Ask {
        parallel: true,
        ..Ask::default()
    };
    let mut chars = 0;
    if let Some(name) = proto::text(top, "cached_content") {
        let message = format!("CachedContent not found (or permission denied): {name}");
        return Err(Fault::new(403, message));
    }
    if let Some(system) = proto::object(top, "system_instruction") {
        chars += contents::system(system)?;
    }
    chars += tools::check(top, model, &mut ask)?;
    config::check(top, model, &mut ask)?;
    chars += turns::check(top, model, &mut ask)?;
    let media = u64::try_from(ask.attachments.len()).unwrap_or(0) * tokens::MEDIA;
    ask.prompt = prompt(tokens::of_chars(chars) + media);
    Ok(ask)
}

/// Prompts from 1,024 tokens on are cached of themselves, in steps of 128.
fn prompt(total: u64) -> Prompt {
    let cached = if total < 1024 { 0 } else { total / 128 * 128 };
    Prompt {
        fresh: total - cached,
        cache_read: cached,
        ..Prompt::default()
    }
}

fn embed(top: &Map<String, Value>) -> Result<(String, Option<usize>), Fault> {
    let parts = proto::object(top, "content").map(|content| proto::list(content, "parts"));
    let texts: Vec<_> = parts
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .filter_map(|part| proto::text(part, "text"))
        .collect();
    let text = texts.join("\n");
    if text.is_empty() {
        return Err(Fault::bad(
            "* EmbedContentRequest.content: contents is not specified\n",
        ));
    }
    let most = i64::try_from(super::embed::MOST).unwrap_or(i64::MAX);
    let size = match proto::integer(top, "output_dimensionality") {
        None => None,
        Some(size) if (1..=most).contains(&size) => usize::try_from(size).ok(),
        Some(_) => {
            return Err(Fault::bad(format!(
                "* EmbedContentRequest.output_dimensionality: output_dimensionality must be in the range [1, {most}].\n"
            )));
        }
    };
    Ok((text, size))
}
