//! Commands that are not a run over files.

use super::init;
use super::learn::{self, Question};
use super::output::Output;
use super::undo::{self, Undo};
use super::{Exit, Stderr};
use crate::config;
use crate::lsp;
use crate::report::Styles;
use clap::Subcommand;
use std::io::Write;

/// What is to be done in place of a run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take back what the last run in this tree wrote
    ///
    /// Files that changed since then stay as they are, and are named.
    Undo(Undo),
    /// Write a commented lockfix.toml into this directory
    Init,
    /// A JSON schema of lockfix.toml, for editors
    ConfigSchema,
    /// Serve an editor over stdin and stdout (Language Server Protocol)
    ///
    /// Diagnostics as you type, and code actions that guarantee the release.
    Lsp,
    #[command(flatten)]
    Question(Question),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// When that is not possible, as a sentence for people.
    pub fn run(&self, styles: Styles, stderr: &Stderr) -> Result<Exit, String> {
        match self {
            Command::Undo(command) => undo::run(command, styles, stderr),
            Command::Init => init::run(stderr),
            Command::ConfigSchema => {
                let schema = format!("{:#}\n", config::schema());
                let mut out = Output::new();
                out.write_all(schema.as_bytes())
                    .and_then(|()| out.flush())
                    .map_err(|error| format!("cannot write to stdout: {error}"))?;
                Ok(Exit::Clean)
            }
            Command::Lsp => {
                lsp::serve().map_err(|error| error.to_string())?;
                Ok(Exit::Clean)
            }
            Command::Question(question) => {
                learn::answer(question).map_err(|error| error.to_string())?;
                Ok(Exit::Clean)
            }
        }
    }
}
