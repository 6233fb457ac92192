//! From a model's name to those who can serve it.

use std::{fmt::Write as _, sync::Arc};

use byokey_types::{
    ByokError, Format, Kind, ModelName, ModelRow, ReasoningAsk, Result, Str, Token,
};
use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::{
    Call, Endpoint,
    endpoint::Operation,
    fields::{self, Patch, Patched},
    headers::Outbound,
    learned::LearnedKey,
    provider::{Account, Provider},
    registry::{Offer, Registry},
};

/// Longest part of an unknown name that an error repeats, in characters.
const REPEATED: usize = 100;

/// Names suggested for an unknown one.
const SUGGESTIONS: usize = 3;

/// The least likeness of a suggestion, from 0 to 1.
const LIKENESS: f64 = 0.55;

/// The shortest part of a name that is worth looking for, in bytes.
const LEAST_PART: usize = 3;

/// Who serves a model: at least one candidate.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The name as the client wrote it.
    pub asked: Str,
    /// Who can serve it, in the order in which they are tried.
    pub candidates: Vec<Candidate>,
    /// Who knows the model and cannot serve it.
    pub refused: Vec<Refusal>,
}

/// One way to serve a request.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Who.
    pub provider: Arc<Provider>,
    /// With whose credential.
    pub account: Arc<Account>,
    /// The upstream's name of the model.
    pub model: Str,
    /// What is known about it.
    pub row: Arc<ModelRow>,
    /// What the suffix of the name asks for; the client's goes before that of an alias.
    pub effort: Option<ReasoningAsk>,
}

/// A provider that knows the model and cannot serve it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Who.
    pub provider: Arc<Provider>,
    /// Why not.
    pub reason: Str,
}

/// What a candidate is to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    /// The upstream's format: one of [`Candidate::endpoints`].
    pub protocol: Format,
    /// Whether the client speaks it too.
    pub same_format: bool,
    /// Whether a stream is asked for.
    pub stream: bool,
    /// The headers the client sent.
    pub client: &'a HeaderMap,
    /// The query the client sent, without `?`.
    pub query: Option<&'a str>,
    /// The credential of the account; none when it is an open one.
    pub token: Option<&'a Token>,
    /// The body, in pieces.
    pub body: Vec<Bytes>,
}

impl Candidate {
    /// The formats it can be asked in and where, best first.
    pub fn endpoints(&self) -> &[Endpoint] {
        self.account.endpoints(&self.provider)
    }

    /// The body as the upstream takes it: the rules of manifest and configuration, and what its row says of sampling.
    ///
    /// Once for each request, after it was worded; the pieces come back untouched when no rule applies.
    pub fn patch(&self, protocol: Format, body: Vec<Bytes>) -> Patched {
        fields::apply(self.patches(protocol), protocol, body)
    }

    /// Whether a rule gives `stream` the value `true`, whatever the client asked for.
    pub fn streams_always(&self, protocol: Format) -> bool {
        self.patches(protocol).any(Patch::forces_stream)
    }

    /// Under which key it is remembered what the upstream does not take; `None` when it does not speak the format.
    pub fn learned_key(&self, protocol: Format) -> Option<LearnedKey> {
        let endpoint = self.account.endpoint(&self.provider, protocol)?;
        Some(LearnedKey {
            provider: self.provider.id.clone(),
            host: endpoint.host().into(),
            model: self.model.clone(),
            protocol,
        })
    }

    fn patches(&self, protocol: Format) -> impl Iterator<Item = &Patch> {
        let unsampled = (!self.row.temperature).then(|| fields::no_sampling(protocol));
        let (model, account) = (&self.model, self.account.kind);
        let ruled = self.provider.fields.iter();
        unsampled.into_iter().chain(
            ruled
                .filter(move |fields| fields.scope.holds(protocol, model, account))
                .map(|fields| &fields.patch),
        )
    }

    /// The request to send to it, for an answer.
    ///
    /// # Errors
    /// Those of [`Candidate::call_for`].
    pub fn call(&self, outgoing: Outgoing<'_>) -> Result<Call> {
        self.call_for(Operation::Generate, outgoing)
    }

    /// The request to send to it, for any operation.
    ///
    /// # Errors
    /// [`Kind::Internal`] when it does not speak the format, [`Kind::CredentialRejected`] when the token cannot be
    /// sent, [`Kind::InvalidRequest`] when the model's name or the query cannot be part of a URL, or the format has no such
    /// operation.
    pub fn call_for(&self, operation: Operation, outgoing: Outgoing<'_>) -> Result<Call> {
        let endpoint = self
            .account
            .endpoint(&self.provider, outgoing.protocol)
            .ok_or_else(|| {
                let protocol = outgoing.protocol.protocol();
                ByokError::new(
                    Kind::Internal,
                    format!("`{}` does not speak `{protocol}`", self.provider.id),
                )
            })?;
        let uri = endpoint
            .uri_for(operation, &self.model, outgoing.stream, outgoing.query)
            .map_err(|error| {
                ByokError::new(Kind::InvalidRequest, error.to_string()).because(error)
            })?;
        let headers = Outbound {
            protocol: outgoing.protocol,
            auth: endpoint.auth(),
            token: outgoing.token,
            client: outgoing.client,
            same_format: outgoing.same_format,
            stream: outgoing.stream,
            extra: &self.provider.headers,
        }
        .headers()?;
        Ok(Call {
            method: Method::POST,
            uri,
            headers,
            body: outgoing.body,
            limits: self.provider.limits,
        })
    }
}

impl Registry {
    /// Who serves a model: alias, then qualifier, then catalogue. spec/routing.md, "Resolution".
    ///
    /// # Errors
    /// [`Kind::UnknownModel`] with the nearest names when nobody knows it, [`Kind::LoginNeeded`] with what to set when
    /// those who know it have no credential.
    pub fn resolve(&self, name: &ModelName) -> Result<Resolution> {
        let mut resolution = Resolution {
            asked: name.asked().clone(),
            candidates: Vec::new(),
            refused: Vec::new(),
        };
        if let Some(targets) = self.aliases.get(name.asked()) {
            self.through(targets, None, &mut resolution);
        } else if let Some(targets) = self.aliases.get(name.base()) {
            self.through(targets, name.effort(), &mut resolution);
        } else {
            self.collect(name, None, &mut resolution);
        }
        if !resolution.candidates.is_empty() {
            return Ok(resolution);
        }
        if resolution.refused.is_empty() {
            return Err(self.unknown(name));
        }
        Err(no_credential(&resolution))
    }

    fn through(
        &self,
        targets: &[ModelName],
        effort: Option<ReasoningAsk>,
        resolution: &mut Resolution,
    ) {
        for target in targets {
            self.collect(target, effort, resolution);
        }
    }

    fn collect(&self, name: &ModelName, effort: Option<ReasoningAsk>, resolution: &mut Resolution) {
        let effort = effort.or(name.effort());
        let qualified = name
            .split_qualifier()
            .and_then(|(first, rest)| Some((self.by_name.get(first)?, rest)));
        if let Some((provider, model)) = qualified {
            let row = provider.model_or_unknown(model);
            resolution.add(provider, &row, effort);
            return;
        }
        for Offer { provider, row } in self.catalogue.get(name.base()).into_iter().flatten() {
            resolution.add(provider, row, effort);
        }
    }

    fn unknown(&self, name: &ModelName) -> ByokError {
        let asked: String = name.asked().chars().take(REPEATED).collect();
        let mut message = format!("the model `{asked}` is not known");
        let near = self.nearest(&asked);
        match near.split_last() {
            Some((only, [])) => write!(message, "; did you mean `{only}`?"),
            Some((last, others)) => {
                let others = others.join("`, `");
                write!(message, "; did you mean `{others}` or `{last}`?")
            }
            None => write!(
                message,
                "; `GET /v1/models` lists those that are, and `<provider>/<model>` reaches any other"
            ),
        }
        .ok();
        ByokError::new(Kind::UnknownModel, message).at("model")
    }

    /// The names most like an unknown one, among those that can be served now.
    fn nearest(&self, asked: &str) -> Vec<&str> {
        let asked = asked.to_lowercase();
        // what was meant as a qualifier may be the mistake
        let bare = asked.rsplit('/').next().unwrap_or_default();
        let live = self
            .providers
            .iter()
            .filter(|provider| provider.is_live())
            .flat_map(|provider| provider.by_name.keys());
        let mut scored: Vec<(f64, &str)> = live
            .chain(self.aliases.keys())
            .map(|name| {
                (
                    likeness(&asked, name).max(likeness(bare, name)),
                    name.as_str(),
                )
            })
            .filter(|(score, _)| *score >= LIKENESS)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        scored.dedup_by_key(|(_, name)| *name);
        scored
            .into_iter()
            .take(SUGGESTIONS)
            .map(|(_, name)| name)
            .collect()
    }
}

impl Resolution {
    fn add(&mut self, provider: &Arc<Provider>, row: &Arc<ModelRow>, effort: Option<ReasoningAsk>) {
        if !provider.is_live() {
            let reasons = provider.refused.iter().map(|reason| Refusal {
                provider: Arc::clone(provider),
                reason: reason.clone(),
            });
            self.refused.extend(reasons);
            return;
        }
        self.candidates
            .extend(provider.pool.in_turn().map(|account| Candidate {
                provider: Arc::clone(provider),
                account: Arc::clone(account),
                model: row.id.clone(),
                row: Arc::clone(row),
                effort,
            }));
    }
}

fn no_credential(resolution: &Resolution) -> ByokError {
    let asked: String = resolution.asked.chars().take(REPEATED).collect();
    let mut message = format!("nothing can serve `{asked}`");
    for (at, refusal) in resolution.refused.iter().enumerate() {
        let separator = if at == 0 { ":" } else { ";" };
        write!(
            message,
            "{separator} `{}`: {}",
            refusal.provider.id, refusal.reason
        )
        .ok();
    }
    ByokError::new(Kind::LoginNeeded, message)
}

/// From 0 to 1. A name that holds the whole of what was asked is a good guess, however much longer it is.
fn likeness(asked: &str, name: &str) -> f64 {
    let distance = strsim::normalized_damerau_levenshtein(asked, name);
    if asked.len() >= LEAST_PART && name.contains(asked) {
        distance.max(LIKENESS)
    } else {
        distance
    }
}
