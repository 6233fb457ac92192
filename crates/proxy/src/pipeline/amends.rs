//! What a refusal teaches: one more try at the same candidate, without what it does not take.

use byokey_provider::{Candidate, Objection};
use byokey_types::{ByokError, Format, Kind};
use bytes::Bytes;

use crate::App;

/// How often one candidate is asked for one request, at most. spec/routing.md, "Failures".
const MOST_TRIES: u8 = 3;

/// What was changed about a request since it was first refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amends {
    /// Whether seals are left out: the upstream could not read one.
    pub without_seals: bool,
    /// How often the candidate was asked.
    tries: u8,
}

impl Amends {
    /// Takes a refusal of a body and says whether another try can do better.
    ///
    /// A member that the upstream does not take is remembered for every later request.
    pub fn after(
        &mut self,
        app: &App,
        refusal: &ByokError,
        candidate: &Candidate,
        format: Format,
        sent: &[Bytes],
    ) -> bool {
        self.tries += 1;
        if self.tries >= MOST_TRIES {
            return false;
        }
        if refusal.kind == Kind::StaleSeal {
            return !std::mem::replace(&mut self.without_seals, true);
        }
        let Some(upstream) = &refusal.upstream else {
            return false;
        };
        let objection = Objection::read(upstream, format, sent);
        let (Some(objection), Some(key)) = (objection, candidate.learned_key(format)) else {
            return false;
        };
        tracing::info!(
            provider = %candidate.provider.id,
            model = %candidate.model,
            members = ?objection.remedies().iter().map(|remedy| remedy.path.to_string()).collect::<Vec<_>>(),
            "the upstream does not take a member; left out from now on"
        );
        app.learned.learn(key, &objection, app.ports.clock.now());
        true
    }
}
