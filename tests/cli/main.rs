//! The program as its users run it.

mod config;
mod discover;
mod json;
mod modes;
mod patch;
mod stdin;
mod support;
mod suppress;
mod write;
