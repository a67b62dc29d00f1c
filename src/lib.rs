//! lockfix finds locks that an exception, an early return or a `break` can leave held, and
//! rewrites the code so that the release is guaranteed.
//!
//! The pipeline, one way through: discover → source → parse → lower → analyse → plan → rewrite →
//! verify → review → write. See `docs/architecture.md`.

pub mod analysis;
pub mod apply;
pub mod baseline;
pub mod catalog;
pub mod cli;
pub mod compose;
pub mod config;
pub mod discover;
pub mod edit;
pub mod engine;
pub mod explain;
pub mod finding;
pub mod flow;
pub mod guard;
pub mod inspect;
pub mod language;
pub mod lower;
pub mod lsp;
pub mod names;
pub mod parse;
pub mod plan;
pub mod prefilter;
pub mod refusal;
pub mod report;
pub mod resolve;
pub mod rewrite;
pub mod skim;
pub mod source;
pub mod spoken;
pub mod suppress;
pub mod syntax;
pub mod tree;
pub mod verify;
