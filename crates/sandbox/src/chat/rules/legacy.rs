//! What `POST /v1/completions` refuses (<https://platform.openai.com/docs/api-reference/completions/create>).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{MOST_TOKENS, field};
use crate::{
    ask::{Ask, Prompt},
    fault::Fault,
    json_path::At,
    tokens,
};

const TOP: &[&str] = &[
    "best_of",
    "echo",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_tokens",
    "model",
    "n",
    "presence_penalty",
    "prompt",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "suffix",
    "temperature",
    "top_p",
    "user",
];
/// Tokens of an answer, unless more are asked for.
const TOKENS: u64 = 16;
const MOST_CHOICES: u64 = 128;

/// Refuses what the API would refuse; what remains is the meaning of the prompt at this place.
pub(in crate::chat) fn check(body: &Value, place: usize) -> Result<Ask<'_>, Fault> {
    let top = super::top(body)?;
    if let Some(unknown) = top.keys().find(|key| !TOP.contains(&key.as_str())) {
        let message = format!("Unrecognized request argument supplied: {unknown}");
        return Err(Fault::bad(message));
    }
    sampling(top)?;
    let prompts = prompts(top)?;
    let count = field::integer(top, "n", 1, MOST_CHOICES)?.unwrap_or(1);
    let best = field::integer(top, "best_of", 1, 20)?;
    if best.is_some_and(|best| best < count) {
        let message = "You requested that the server return more choices than it will generate (HINT: best_of must be >= n)";
        return Err(Fault::bad(message).param("best_of"));
    }
    if u64::try_from(prompts.len()).unwrap_or(u64::MAX) * count > MOST_CHOICES {
        let message = format!("Too many choices: at most {MOST_CHOICES} are allowed.");
        return Err(Fault::bad(message).param("n"));
    }
    field::boolean(top, "echo")?;
    if let Some(suffix) = field::given(top, "suffix")
        && !suffix.is_string()
    {
        let at = At::ROOT.field("suffix");
        return Err(field::wrong_type(&at, "a string", suffix));
    }
    let total = prompts.iter().map(|prompt| tokens::of_text(prompt)).sum();
    let limit = field::integer(top, "max_tokens", 1, MOST_TOKENS)?;
    Ok(Ask {
        text: Cow::Owned(prompts.into_iter().nth(place).unwrap_or_default()),
        parallel: true,
        stops: super::stops(top)?,
        limit: Some(limit.unwrap_or(TOKENS)),
        prompt: Prompt {
            fresh: total,
            ..Prompt::default()
        },
        stream: super::stream(top)?,
        ..Ask::default()
    })
}

/// The prompts; without any, one empty prompt.
pub(in crate::chat) fn prompts(top: &Map<String, Value>) -> Result<Vec<String>, Fault> {
    let Some(value) = field::given(top, "prompt") else {
        return Ok(vec![String::new()]);
    };
    let at = At::ROOT.field("prompt");
    match super::prompts(top, "prompt") {
        Some(prompts) if prompts.is_empty() => Err(field::empty_array(&at)),
        Some(prompts) => Ok(prompts),
        None => Err(field::wrong_type(
            &at,
            "a string, array of strings, array of tokens, or array of token arrays",
            value,
        )),
    }
}

fn sampling(top: &Map<String, Value>) -> Result<(), Fault> {
    field::decimal(top, "temperature", 0.0, 2.0)?;
    field::decimal(top, "top_p", 0.0, 1.0)?;
    field::decimal(top, "frequency_penalty", -2.0, 2.0)?;
    field::decimal(top, "presence_penalty", -2.0, 2.0)?;
    // a number here, unlike in Chat
    field::integer(top, "logprobs", 0, 5).map(drop)
}
