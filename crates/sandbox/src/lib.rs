//! A simulated upstream that enforces the providers' own rules.
//!
//! The sandbox listens on a loopback socket and answers as OpenAI Chat Completions
//! (`POST /v1/chat/completions`) and Anthropic Messages (`POST /v1/messages`, `/v1/messages/count_tokens`)
//! would, with `GET /v1/models` in the shape of whichever API the caller's headers name.
//! It is written against the providers' documents and error texts alone and shares no code with byokey's codecs,
//! so a request that byokey encodes wrongly is refused here as it would be there.
//! Responses and generateContent get a folder each beside `chat` and `messages`, and an implementation of the
//! crate-private `Format`.
//!
//! # Models
//!
//! | model | what it does |
//! | --- | --- |
//! | `echo` | repeats the last user turn's text; after tool results, their text, with `[image image/png 68 bytes]` for media |
//! | `lorem`, `lorem-<n>`, `lorem-<n>-<r>` | `n` tokens (64), one event each, `r` a second (unpaced without) |
//! | `tools` | calls the first tool, and the second beside it when parallel calls are allowed; after results, says what they were |
//! | `think`, `think-redacted`, `think-tools` | reasons, then answers (or calls a tool); `-redacted` adds a sealed block |
//! | `agent`, `agent-think` | writes `hello.txt`, runs a command and says `AGENT-DONE …`, by the tools offered; reasons when asked, or always |
//! | `vision` | lists every image and document with media type and size, or URL |
//! | `refuse`, `filter` | declines; is cut off by a content filter |
//! | `cite` | text with citations |
//! | `structured` | JSON made from the requested schema |
//! | `stop`, `long` | always reaches the first stop sequence; always reaches the token limit |
//! | `fail-<status>` | the provider's error for that status, `retry-after: 7` with 429 |
//! | `flaky` | fails on every odd request |
//! | `slow-start`, `slow-start-<ms>` | first content after that many milliseconds (300) |
//! | `stall-head`, `stall`, `stall-mid` | falls silent before the head, after it, half-way |
//! | `cut-head`, `cut` | closes the connection before the head, half-way |
//! | `error-mid` | an in-protocol error half-way through a stream; HTTP 500 when not streaming |
//! | `raw-<name>` | whatever [`Sandbox::script`] said |
//!
//! On Chat, the prefix `ds-` (`ds-think`, `ds-echo`, …) selects a DeepSeek-like dialect: unknown fields are ignored,
//! assistant turns with tool calls must carry `reasoning_content`, and cached tokens are `prompt_cache_hit_tokens`.
//! Without it unknown fields are refused, as OpenAI does; only the `think` models take their own `reasoning_content` back.
//!
//! Every model honours stop sequences (`lorem` does not) and the token limit in its text, counts one token per four
//! characters (`lorem`: per word), gives at most 128,000 tokens on Messages,
//! and answers the same body with the same ids. With prompt cache marks, what precedes the first of several marks
//! counts as read and the rest up to the last mark as written; with one mark everything before it counts as written.
//! Chat counts whole 128-token steps of prompts of at least 1,024 tokens as cached.
//!
//! # Faults
//!
//! [`Script`] plays any bytes after a well-formed HTTP head; [`RawServer`] plays any bytes at all.
//!
//! # Inspection
//!
//! [`Sandbox::requests`], [`Sandbox::disconnected`], [`Sandbox::until`]; and, for other processes,
//! `GET` and `DELETE /_sandbox/requests` when [`SandboxConfig::record`] is on.

mod actor;
mod ask;
mod base62;
mod chat;
mod fault;
mod format;
mod journal;
mod json_path;
mod messages;
mod model;
mod playback;
mod raw_server;
mod reel;
mod route;
mod sandbox;
mod scene;
mod schema;
mod script;
mod seal;
mod stage;
mod timestamp;
mod tokens;

pub use journal::{Gauges, Hangup, Outcome, Phase, Recorded};
pub use raw_server::{RawEnding, RawReply, RawServer};
pub use sandbox::{Sandbox, SandboxConfig};
pub use script::{Cue, Ending, Script, Step};
