//! What a request says of the conversation it goes on from.

use std::sync::Arc;

use byokey_provider::Resolution;
use byokey_types::{Format, JsonKind, Result, Str, ports::StoredResponse};

use super::{Local, Responses};
use crate::pipeline::Inbound;

/// The conversation a request belongs to.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    /// Whose responses it may see: the digest of the client key that was shown.
    pub owner: Option<Str>,
    /// What its connection remembers.
    pub local: Option<Arc<Local>>,
    /// The response it goes on from.
    pub previous: Option<Previous>,
}

/// A response that is gone on from.
#[derive(Clone, Debug)]
pub struct Previous {
    /// Its id, as the client says it.
    pub id: Str,
    /// The response, when it is known here.
    pub known: Option<Arc<StoredResponse>>,
}

impl Thread {
    /// Looks up what a request goes on from.
    ///
    /// # Errors
    /// [`Kind::InvalidRequest`](byokey_types::Kind::InvalidRequest) when its `previous_response_id` is no string; else when
    /// the store cannot be read.
    pub async fn recall(inbound: &mut Inbound, responses: &Responses) -> Result<()> {
        if inbound.body_format != Format::OpenAiResponses {
            return Ok(());
        }
        let Some(raw) = &inbound.peek.previous_response_id else {
            return Ok(());
        };
        if raw.kind() == JsonKind::Null {
            return Ok(());
        }
        let id = raw
            .text()
            .map_err(|error| error.under("previous_response_id"))?;
        let thread = &mut inbound.thread;
        let known = match thread.local.as_ref().and_then(|local| local.find(&id)) {
            Some(response) => Some(response),
            None => responses.get(&id, thread.owner.as_ref()).await?,
        };
        thread.previous = Some(Previous {
            id: id.into(),
            known,
        });
        Ok(())
    }

    /// Puts the account first that made the response, where its upstream keeps it or has sealed its thoughts.
    pub fn prefer(&self, resolution: &mut Resolution) {
        let known = self.previous.as_ref().and_then(|it| it.known.as_ref());
        if let Some(maker) = known.and_then(|response| response.account.as_ref()) {
            // stable: the others keep their order
            resolution
                .candidates
                .sort_by_key(|candidate| candidate.account.id != *maker);
        }
    }
}
