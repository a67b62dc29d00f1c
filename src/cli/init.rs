//! `lockfix init`: a configuration to begin with.

use super::{Exit, Stderr, current_directory};
use crate::apply;
use crate::config;

/// Writes a commented `lockfix.toml`, unless the directory has a configuration.
///
/// # Errors
/// When it has one, or the file cannot be written, as a sentence for people.
pub fn run(stderr: &Stderr) -> Result<Exit, String> {
    let directory = current_directory()?;
    if let Some(file) = config::file_of(&directory).map_err(|error| error.to_string())? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        return Err(format!("`{name}` configures lockfix here already"));
    }
    let file = directory.join(config::NAME);
    apply::create(&file, config::INITIAL.as_bytes())
        .map_err(|error| format!("cannot write `{}`: {error}", config::NAME))?;
    stderr.note(format_args!(
        "wrote `{}`; everything in it is a comment so far",
        config::NAME
    ));
    Ok(Exit::Clean)
}
