//! A simulated upstream that enforces the providers' own rules.
//!
//! The sandbox listens on a loopback socket and answers as OpenAI Chat Completions
//! (`POST /v1/chat/completions`; `/v1/completions` and `/v1/embeddings` beside it), OpenAI Responses
//! (`/v1/responses` and what lies below it, also as a WebSocket), Anthropic Messages
//! (`POST /v1/messages`, `/v1/messages/count_tokens`) and Google generateContent
//! (`POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent`, `:countTokens`, `:embedContent`,
//! `:batchEmbedContents`, also below `/v1`, `/v1beta1/publishers/google` and `…/projects/{p}/locations/{l}/publishers/google`)
//! would, with `GET /v1/models` in the shape of whichever API the caller's headers name and `GET /v1beta/models` in Google's.
//! It is written against the providers' documents and error texts alone and shares no code with byokey's codecs,
//! so a request that byokey encodes wrongly is refused here as it would be there.
//! Every format has a folder, `chat`, `responses`, `messages` and `gemini`, and an implementation of the crate-private `Format`.
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
//! | `fail-<status>` | the provider's error for that status; with 429 `retry-after: 7`, at Google `retryDelay: 7s` |
//! | `flaky` | fails on every odd request |
//! | `slow-start`, `slow-start-<ms>` | first content after that many milliseconds (300) |
//! | `stall-head`, `stall`, `stall-mid` | falls silent before the head, after it, half-way |
//! | `cut-head`, `cut` | closes the connection before the head, half-way |
//! | `error-mid` | an in-protocol error half-way through a stream; HTTP 500 when not streaming |
//! | `blocked`, `recite`, `malformed` | on generateContent the prompt is blocked; the answer ends in `RECITATION`, in `MALFORMED_FUNCTION_CALL` |
//! | `code` | on generateContent runs code, then echoes |
//! | `embed` | vectors, and nothing else |
//! | `raw-<name>` | whatever [`Sandbox::script`] said |
//!
//! On Chat, the prefix `ds-` (`ds-think`, `ds-echo`, …) selects a DeepSeek-like dialect: unknown fields are ignored,
//! assistant turns with tool calls must carry `reasoning_content`, and cached tokens are `prompt_cache_hit_tokens`.
//! Without it unknown fields are refused, as OpenAI does; only the `think` models take their own `reasoning_content` back.
//!
//! On generateContent, the prefix `g3-` selects the rules of the third generation: every answer is signed, the first call of
//! each step of the current turn must come back with its `thoughtSignature`, thinking has levels, a conversation must not
//! end with the model, and functions go with JSON output. Without it signatures come with thoughts only, and budgets are
//! those of the 2.5 flash models. `ids-` (after `g3-`, if both) gives calls an `id`. A signature that was not given for the
//! call that it stands beside is refused either way. `refuse` ends in `PROHIBITED_CONTENT`, `filter` in `SAFETY`, and
//! thoughts are told only with `includeThoughts`. Elsewhere both prefixes mean nothing.
//!
//! Every model honours stop sequences (`lorem` does not) and the token limit in its text, counts one token per four
//! characters (`lorem`: per word), gives at most 128,000 tokens on Messages and 65,536 on generateContent,
//! and answers the same body with the same ids. With prompt cache marks, what precedes the first of several marks
//! counts as read and the rest up to the last mark as written; with one mark everything before it counts as written.
//! Chat and generateContent count whole 128-token steps of prompts of at least 1,024 tokens as cached.
//!
//! # Responses
//!
//! Every model above, with these differences: `stop` says everything, because there are no stop sequences; with
//! `web_search` as its only tool `tools` searches the web and cites what it found; custom tools, namespaces, client-run
//! `tool_search` and `additional_tools` are called as what they are (the namespace `functions` is left unsaid);
//! reasoning is told when `reasoning.summary` asks (`detailed`: a part for every thought) and sealed when `include` asks;
//! an input that ends with `compaction_trigger` is answered with one compaction item; deltas are padded with
//! `obfuscation` unless the client declines; `error-mid` ends with `response.failed`.
//!
//! A seal opens only with the id of its item, or none, and for the organization for which it was made: the
//! `chatgpt-account-id` or `openai-organization` header, whatever the key.
//!
//! Models prefixed `codex-`, and all models under `/backend-api/codex/responses`, follow the ChatGPT backend:
//! `store: false`, `stream: true`, `instructions` (which clients whose `originator` begins with `codex` may leave out)
//! and a list as `input` are demanded, parameters that it does not know are refused by name, `codex.rate_limits`
//! precedes the stream, the last event has an empty `output`, and `codex-error-mid` ends with a bare `error` event.
//!
//! Responses are stored unless `store` is false, up to 1,024 of them and 64 MiB, and can be fetched, deleted, listed
//! (`input_items`), continued with `previous_response_id` and referred to by item. Background responses are done at once.
//! There are no conversations and no prompt templates: naming one is a 404.
//!
//! Over a WebSocket (`GET /v1/responses` with `Upgrade: websocket`) every `response.create` frame of at most 16 MiB is
//! one request; up to 16 wait while another is answered. The connection remembers what it said with `store: false` as
//! long as it lasts, except that a turn that fails is forgotten with the one that it wanted to continue.
//! The handshake is recorded as one request with an empty body, and every frame as another with the handshake's method,
//! path and headers and the frame's text as its body. Scripts are played as well: the data of each event is a frame.
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
mod gemini;
mod journal;
mod json_path;
mod messages;
mod model;
mod playback;
mod raw_server;
mod reel;
mod responses;
mod route;
mod sandbox;
mod scene;
mod schema;
mod script;
mod seal;
mod stage;
mod timestamp;
mod tokens;
mod vector;

pub use journal::{Gauges, Hangup, Outcome, Phase, Recorded};
pub use raw_server::{RawEnding, RawReply, RawServer};
pub use sandbox::{Sandbox, SandboxConfig};
pub use script::{Cue, Ending, Script, Step};
