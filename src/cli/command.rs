//! Commands that are not a run over files.

use super::learn::{self, Question};
use super::undo::{self, Undo};
use super::{Exit, Stderr};
use crate::report::Styles;
use clap::Subcommand;

/// What is to be done in place of a run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take back what the last run in this tree wrote
    ///
    /// Files that changed since then stay as they are, and are named.
    Undo(Undo),
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
            Command::Question(question) => {
                learn::answer(question).map_err(|error| error.to_string())?;
                Ok(Exit::Clean)
            }
        }
    }
}
