//! A request that goes on from an earlier response, worded for an upstream that does not know it: the conversation is said
//! again, item by item as it was.

use byokey_provider::{Candidate, Endpoint};
use byokey_types::{
    AccountId, ByokError, Format, Kind, Peek, Raw, RawObject, Result,
    ports::{Chain, Turn},
};

use super::{Responses, items, items::Reasoning, previous_not_found, thread::Previous};
use crate::pipeline::Inbound;

/// A request that was worded anew.
pub struct Replayed {
    /// The request, with the whole conversation as its input.
    pub inbound: Inbound,
    /// Whether reasoning was left out that only another account can read.
    pub lost_reasoning: bool,
}

/// Whether the upstream of `candidate` knows the response that a request goes on from, so that its id says it all.
pub fn is_known_to(inbound: &Inbound, candidate: &Candidate) -> bool {
    let known = || inbound.thread.previous.as_ref()?.known.as_ref();
    speaks_responses(candidate)
        && known().is_some_and(|response| {
            response.account.as_ref() == Some(&candidate.account.id)
                && response.upstream_id.as_ref() == Some(&response.id)
        })
}

/// Words a request for a candidate; nothing when it can go as it is.
///
/// # Errors
/// [`Kind::InvalidRequest`] when the request needs state that neither the candidate nor byokey has,
/// [`Kind::TooLarge`] when the conversation is larger than `body_limit`; else when the store cannot be read.
pub async fn word(
    inbound: &Inbound,
    candidate: &Candidate,
    responses: &Responses,
    body_limit: usize,
) -> Result<Option<Replayed>> {
    if inbound.body_format != Format::OpenAiResponses {
        return Ok(None);
    }
    let keeps = speaks_responses(candidate);
    if !keeps {
        refuse_upstream_state(inbound, candidate)?;
    }
    let Some(previous) = &inbound.thread.previous else {
        return Ok(None);
    };
    if previous.known.is_none() {
        // the upstream may know what byokey does not
        return if keeps {
            Ok(None)
        } else {
            Err(previous_not_found(&previous.id))
        };
    }
    let turns = turns(inbound, previous, responses, body_limit).await?;
    replay(inbound, &turns, keeps.then_some(&candidate.account.id)).map(Some)
}

fn speaks_responses(candidate: &Candidate) -> bool {
    candidate
        .endpoints()
        .iter()
        .map(Endpoint::protocol)
        .any(|protocol| protocol == Format::OpenAiResponses)
}

/// State that only an upstream can keep.
fn refuse_upstream_state(inbound: &Inbound, candidate: &Candidate) -> Result<()> {
    let peek = &inbound.peek;
    let conversation = peek
        .conversation
        .as_ref()
        .filter(|raw| !raw.is_null())
        .map(|_| "conversation");
    let background = peek
        .background
        .as_ref()
        .filter(|raw| **raw == Raw::TRUE)
        .map(|_| "background");
    let Some(field) = conversation.or(background) else {
        return Ok(());
    };
    let instead = match field {
        "conversation" => "go on with `previous_response_id`",
        _ => "ask for a stream",
    };
    Err(ByokError::new(
        Kind::InvalidRequest,
        format!(
            "`{field}` needs an upstream that speaks the Responses API, and provider `{}` does not; {instead}",
            candidate.provider.id
        ),
    )
    .at(field))
}

async fn turns(
    inbound: &Inbound,
    previous: &Previous,
    responses: &Responses,
    body_limit: usize,
) -> Result<Vec<Turn>> {
    let thread = &inbound.thread;
    let most = u64::try_from(body_limit).unwrap_or(u64::MAX);
    let owner = thread.owner.as_ref();
    let chain = match &thread.local {
        Some(local) => local.chain(&previous.id, owner, responses, most).await?,
        None => responses.chain(&previous.id, owner, most).await?,
    };
    match chain {
        Chain::Whole(turns) => Ok(turns),
        Chain::Unknown => Err(previous_not_found(&previous.id)),
        Chain::Broken { missing, .. } => Err(previous_not_found(&missing)),
        Chain::TooLong | Chain::TooLarge => Err(ByokError::new(
            Kind::TooLarge,
            format!(
                "the conversation behind `previous_response_id` is too long to be sent again ({body_limit} bytes at most, see `body_limit`); begin a new one with a summary"
            ),
        )
        .at("previous_response_id")),
    }
}

fn replay(inbound: &Inbound, turns: &[Turn], account: Option<&AccountId>) -> Result<Replayed> {
    let mut lost_reasoning = false;
    let mut said: Vec<Raw> = Vec::new();
    for turn in turns {
        let stored = |bytes: &bytes::Bytes| Raw::parse(bytes.clone())?.array();
        let unreadable = |error| {
            ByokError::new(
                Kind::Internal,
                "a stored response cannot be read; begin a new conversation",
            )
            .because(error)
        };
        said.extend(stored(&turn.input).map_err(unreadable)?);
        for item in stored(&turn.output).map_err(unreadable)? {
            match account.and_then(|account| fate(&item, turn, account)) {
                None => said.push(item),
                Some(lost) => lost_reasoning |= lost,
            }
        }
    }
    said.retain(|item| !items::is_consumed(item));
    let mut body = RawObject::parse(inbound.body.clone())?;
    body.take("previous_response_id");
    said.extend(items::of_input(body.get("input"))?);
    body.set("input", Raw::array_of(said));
    let body = body.to_bytes();
    let peek = Peek::scan(&body)?;
    Ok(Replayed {
        inbound: Inbound {
            body,
            peek,
            ..inbound.clone()
        },
        lost_reasoning,
    })
}

/// Why an item is not said to a Responses upstream, and whether that is a loss; nothing when it is said.
///
/// Sealed reasoning can be read by the account that made it alone, and reasoning without a seal is known by an id that no
/// longer means anything.
fn fate(item: &Raw, turn: &Turn, account: &AccountId) -> Option<bool> {
    let elsewhere = turn.account.as_ref().is_some_and(|maker| maker != account);
    match items::reasoning(item)? {
        Reasoning::Sealed => elsewhere.then_some(true),
        Reasoning::Empty => Some(false),
        Reasoning::Open => None,
    }
}
