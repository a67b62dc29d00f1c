//! The program as its users run it.

mod adopt;
mod branch;
mod ci;
mod config;
mod discover;
mod faults;
mod hostile;
mod ignores;
mod init;
mod json;
mod kills;
mod learn;
mod lsp;
mod modes;
mod package;
mod patch;
mod peers;
mod round_trip;
mod run_report;
mod services;
mod stdin;
mod support;
mod suppress;
mod undo;
mod write;
