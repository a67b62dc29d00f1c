//! The program as its users run it.

mod adopt;
mod config;
mod discover;
mod json;
mod learn;
mod modes;
mod package;
mod patch;
mod services;
mod stdin;
mod support;
mod suppress;
mod write;
