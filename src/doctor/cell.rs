//! One cell of the matrix: a client's format at an endpoint, with the models that can be asked there.

use byokey_types::Format;
use bytes::Bytes;
use http::Method;

use super::{
    Endpoint,
    dialect::{self, Ask, Fault, Heard, Read},
    endpoint::Exchange,
};

/// Who is behind the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Upstream {
    /// The simulated provider, at which every model has a part to play.
    Sandbox {
        /// What stands before its models' names, such as `sandbox/`.
        prefix: String,
        /// What it speaks, when that is known.
        format: Option<Format>,
        /// The models that can be asked; all when absent.
        listed: Option<Vec<String>>,
    },
    /// Anyone; the name of the model to ask.
    Stranger(String),
}

/// One cell.
pub(crate) struct Cell<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) client: Format,
    pub(crate) upstream: Upstream,
}

/// Why a check did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    /// It cannot apply here, and why.
    Skip(String),
    Fail(Failure),
}

/// What was sent, what was expected, what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) sent: String,
    pub(crate) expected: String,
    pub(crate) came: String,
}

/// What a check says.
pub(crate) type Verdict<T = ()> = Result<T, Halt>;

/// A check that does not apply.
pub(crate) fn skip<T>(reason: &str) -> Verdict<T> {
    Err(Halt::Skip(reason.to_owned()))
}

impl Cell<'_> {
    /// A model of the sandbox that plays this part.
    ///
    /// # Errors
    /// [`Halt::Skip`] when there is no sandbox here.
    pub(crate) fn actor(&self, part: &str) -> Verdict<String> {
        match &self.upstream {
            Upstream::Sandbox { prefix, listed, .. } => {
                let model = format!("{prefix}{part}");
                match listed {
                    Some(listed) if !listed.contains(&model) => skip(&format!(
                        "needs the model `{model}`, which this endpoint does not list"
                    )),
                    Some(_) | None => Ok(model),
                }
            }
            Upstream::Stranger(_) => {
                skip("needs a model of byokey's sandbox, which this endpoint does not list")
            }
        }
    }

    /// A model that repeats what it is told, or any; and whether it does repeat.
    pub(crate) fn any(&self) -> (String, bool) {
        match &self.upstream {
            Upstream::Sandbox { prefix, .. } => (format!("{prefix}echo"), true),
            Upstream::Stranger(model) => (model.clone(), false),
        }
    }

    /// What the upstream speaks, when that is known.
    pub(crate) fn spoken(&self) -> Option<Format> {
        match &self.upstream {
            Upstream::Sandbox { format, .. } => *format,
            Upstream::Stranger(_) => None,
        }
    }

    /// Sends any request.
    ///
    /// # Errors
    /// [`Halt::Fail`] when there is no answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&'static str>,
        body: impl Into<Bytes>,
    ) -> Verdict<Exchange> {
        let sent = self
            .endpoint
            .send(self.client, method, path, content_type, body.into());
        sent.await.map_err(|(sent, came)| {
            Halt::Fail(Failure {
                sent,
                expected: "an answer".to_owned(),
                came,
            })
        })
    }

    /// Sends a request in the client's format.
    ///
    /// # Errors
    /// [`Halt::Fail`] when there is no answer.
    pub(crate) async fn ask(&self, ask: &Ask) -> Verdict<Exchange> {
        let path = dialect::paths(self.client, ask).swap_remove(0);
        let body = dialect::body(self.client, ask).to_string();
        self.send(Method::POST, &path, Some("application/json"), body)
            .await
    }

    /// Sends a request and reads its good answer.
    ///
    /// # Errors
    /// [`Halt::Fail`] when it is no good answer.
    pub(crate) async fn hear(&self, ask: &Ask) -> Verdict<(Exchange, Heard)> {
        let exchange = self.ask(ask).await?;
        let heard = exchange.heard(self.client, ask.stream)?;
        if let Some(fault) = &heard.fault {
            return exchange.fail(format!("no error in the stream, such as {fault:?}"));
        }
        Ok((exchange, heard))
    }

    /// Asks whole and streamed, and demands the same answer; the answer of the stream.
    ///
    /// # Errors
    /// [`Halt::Fail`] when either is no good answer, or they differ.
    pub(crate) async fn hear_both(&self, ask: &Ask) -> Verdict<(Exchange, Heard, Heard)> {
        let (_, whole) = self
            .hear(&Ask {
                stream: false,
                ..ask.clone()
            })
            .await?;
        let (exchange, stream) = self
            .hear(&Ask {
                stream: true,
                ..ask.clone()
            })
            .await?;
        let (one, other) = (gist(&whole), gist(&stream));
        exchange.expect(one == other, || {
            format!("what the whole answer says: {one:?}; the stream says {other:?}")
        })?;
        Ok((exchange, whole, stream))
    }
}

impl Exchange {
    /// The answer, read strictly.
    ///
    /// # Errors
    /// [`Halt::Fail`] when it cannot be read.
    pub(crate) fn heard(&self, client: Format, stream: bool) -> Verdict<Heard> {
        self.expect(self.status == 200, || "status 200".to_owned())?;
        if let Some(broken) = &self.broken {
            return self.fail(format!("an answer that is not cut off ({broken})"));
        }
        let media = if stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        self.expect(self.header("content-type").starts_with(media), || {
            format!("content-type {media}, not {}", self.header("content-type"))
        })?;
        self.read(if stream {
            dialect::stream(client, &self.body)
        } else {
            dialect::whole(client, &self.body)
        })
    }

    /// The error, read strictly.
    ///
    /// # Errors
    /// [`Halt::Fail`] when the status is none of these, or it has not the client's shape.
    pub(crate) fn fault(&self, client: Format, statuses: &[u16]) -> Verdict<Fault> {
        self.expect(statuses.contains(&self.status), || {
            format!("a status among {statuses:?}")
        })?;
        self.expect(
            self.header("content-type").starts_with("application/json"),
            || {
                format!(
                    "content-type application/json, not {}",
                    self.header("content-type")
                )
            },
        )?;
        let fault = self.read(dialect::fault(client, self.status, &self.body))?;
        self.expect(!fault.message.trim().is_empty(), || "a message".to_owned())?;
        Ok(fault)
    }

    /// Goes on when what was read could be read.
    ///
    /// # Errors
    /// [`Halt::Fail`] when it could not.
    pub(crate) fn read<T>(&self, read: Read<T>) -> Verdict<T> {
        read.or_else(|wrong| {
            self.fail(format!(
                "an answer that the official SDKs can read: {wrong}"
            ))
        })
    }

    /// Goes on when a condition holds.
    ///
    /// # Errors
    /// [`Halt::Fail`] when it does not.
    pub(crate) fn expect(&self, holds: bool, expected: impl FnOnce() -> String) -> Verdict {
        if holds { Ok(()) } else { self.fail(expected()) }
    }

    /// Fails.
    ///
    /// # Errors
    /// Always.
    pub(crate) fn fail<T>(&self, expected: String) -> Verdict<T> {
        Err(Halt::Fail(Failure {
            sent: self.sent.clone(),
            expected,
            came: self.came.clone(),
        }))
    }

    /// A header, empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }
}

/// What must not depend on the way an answer came: all but the ids.
fn gist(heard: &Heard) -> Heard {
    let mut gist = heard.clone();
    gist.echo.clear();
    gist.calls.iter_mut().for_each(|call| call.id.clear());
    gist
}
