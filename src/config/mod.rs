//! Configuration: `lockfix.toml`, or `[tool.lockfix]` of `pyproject.toml`, of the nearest parent
//! directory.

mod compiled;
mod read;
mod schema;
mod settings;

pub use read::parse_size;
pub use schema::schema;
pub use settings::{Overrides, Settings, Workspace};

use crate::catalog::schema::Family;
use crate::engine::{Exceptions, Standard};
use crate::finding::{Form, Rule};
use crate::language::Language;
use std::path::{Path, PathBuf};

/// What a configuration file says. Everything is optional.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// The rules that report, in place of the default ones.
    pub select: Option<Vec<Rule>>,
    /// Rules that do not report.
    pub ignore: Vec<Rule>,
    /// Rules that do not report in the files of a pattern.
    pub ignore_in: Vec<(String, Vec<Rule>)>,
    /// Patterns in the syntax of .gitignore, relative to the file's directory.
    pub exclude: Vec<String>,
    /// Preferred forms, best first.
    pub forms: Vec<(Language, Vec<Form>)>,
    /// For every language without an entry in `exceptions_of`.
    pub exceptions: Option<Exceptions>,
    pub exceptions_of: Vec<(Language, Exceptions)>,
    /// The version of C++.
    pub standard: Option<Standard>,
    /// What headers (`.h`) are written in, whatever they look like.
    pub headers: Option<Language>,
    /// What else than locks is looked for.
    pub families: Vec<Family>,
    /// In bytes.
    pub max_size: Option<u64>,
    /// `[[lock]]` tables, each a TOML text of its own.
    pub locks: Vec<Lock>,
}

/// One `[[lock]]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    /// Where it begins, from 1.
    pub line: usize,
    pub toml: String,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A wrong key or value, or a file that is no TOML.
    #[error("{}:{line}: {message}", file.display())]
    Invalid {
        file: PathBuf,
        line: usize,
        message: String,
    },
    #[error("cannot read the configuration `{}`: {message}", file.display())]
    Unreadable { file: PathBuf, message: String },
}

impl Config {
    /// Reads a configuration file. A file named `pyproject.toml` is asked for its `[tool.lockfix]`
    /// alone; `None` when it has none.
    ///
    /// # Errors
    /// When the file cannot be read or says something it should not.
    pub fn load(file: &Path) -> Result<Option<Config>, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError::Unreadable {
            file: file.to_owned(),
            message: error.to_string(),
        })?;
        Config::parse(&text, file)
    }

    /// The same of the text of a file of that name.
    ///
    /// # Errors
    /// When it says something it should not.
    pub fn parse(text: &str, file: &Path) -> Result<Option<Config>, ConfigError> {
        let in_pyproject = file.file_name().is_some_and(|name| name == PYPROJECT);
        read::read(text, in_pyproject).map_err(|error| ConfigError::Invalid {
            file: file.to_owned(),
            line: error.line(text),
            message: error.message,
        })
    }
}

const PYPROJECT: &str = "pyproject.toml";

/// The name of a configuration that is written.
pub const NAME: &str = "lockfix.toml";

/// In one directory, the first of these that configures lockfix counts.
const NAMES: [&str; 3] = [NAME, ".lockfix.toml", PYPROJECT];

/// A configuration to begin with: every key, in comments.
pub const INITIAL: &str = include_str!("init.toml");

/// The file that configures `directory` itself.
///
/// # Errors
/// When it cannot be used.
pub fn file_of(directory: &Path) -> Result<Option<PathBuf>, ConfigError> {
    Ok(of_directory(directory)?.map(|(file, _)| file))
}

/// The configuration of `directory` itself, with its file.
fn of_directory(directory: &Path) -> Result<Option<(PathBuf, Config)>, ConfigError> {
    for name in NAMES {
        let file = directory.join(name);
        if file.is_file()
            && let Some(config) = Config::load(&file)?
        {
            return Ok(Some((file, config)));
        }
    }
    Ok(None)
}
