//! The program as its users run it.

mod adopt;
mod config;
mod discover;
mod faults;
mod hostile;
mod json;
mod kills;
mod learn;
mod modes;
mod package;
mod patch;
mod round_trip;
mod services;
mod stdin;
mod support;
mod suppress;
mod undo;
mod write;
