//! End-to-end tests over real sockets, and the tidy checks.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bad_content;
mod bad_request;
mod bad_upstream;
mod byokey;
mod cancel;
mod cli;
mod client;
mod completions;
mod conformance;
mod count;
mod crowd;
mod doctor;
mod embeddings;
mod environment;
mod matrix;
mod models;
mod private;
mod responses;
mod responses_client;
mod responses_socket;
mod responses_upstream;
mod shutdown;
mod socket;
mod stage;
mod stream_end;
mod teller;
mod tidy;
mod translated;
mod verbatim;

/// How clients read: written for the doctor against the providers' documents, and no part of the codecs.
#[path = "../../src/doctor"]
mod examination {
    #[expect(dead_code, reason = "the doctor asks more than the tests here do")]
    pub(crate) mod dialect;
}
