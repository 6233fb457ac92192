//! Proofs about translation: the neutral core alone, then every codec over every fixture.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod agreement;
mod chat;
mod chunking;
mod core;
mod corpus;
mod cost;
mod facts;
mod fixture;
mod gemini;
mod golden;
mod grammar;
mod identity;
mod json;
mod ledger;
mod loss_honesty;
mod messages;
mod replay;
mod responses;
mod robustness;
mod scan;
mod scenarios;
mod seals;
mod search;
mod strategy;
mod table;
