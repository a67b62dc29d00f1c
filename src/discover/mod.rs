//! From the paths named on the command line to the files to analyse, each once, in path order.

mod content;
mod language;
mod touched;
mod walk;

pub use content::reason_to_skip;
pub use language::language_of;
pub use touched::{Functions, Touched};

use crate::config::{ConfigError, Settings, Workspace};
use crate::language::Language;
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only these languages; empty: all.
    pub languages: Vec<Language>,
    /// Threads that walk; 0: as many as the machine has.
    pub jobs: usize,
}

/// A file to analyse.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// As people name it: relative if the argument was.
    pub path: PathBuf,
    /// Absolute, without links.
    pub real: PathBuf,
    pub language: Language,
    pub settings: Arc<Settings>,
}

/// A file or directory that is not analysed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkippedPath {
    pub path: PathBuf,
    /// A stable code.
    pub reason: &'static str,
}

/// A path that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathError {
    pub path: PathBuf,
    /// A sentence without the path and without a final stop.
    pub message: String,
}

/// Everything found, each list in path order.
#[derive(Debug, Default)]
pub struct Found {
    pub files: Vec<SourceFile>,
    pub skipped: Vec<SkippedPath>,
    pub errors: Vec<PathError>,
}

/// A file before its settings are known.
#[derive(Debug)]
struct Candidate {
    path: PathBuf,
    real: PathBuf,
    language: Language,
    /// Whether it stands on the command line: then nothing excludes it.
    named: bool,
    is_link: bool,
}

/// What looking at the paths gathers.
#[derive(Debug, Default)]
struct Gathered {
    candidates: Vec<Candidate>,
    skipped: Vec<SkippedPath>,
    errors: Vec<PathError>,
}

impl Gathered {
    fn skip(&mut self, path: &Path, reason: &'static str) {
        let path = path.to_owned();
        self.skipped.push(SkippedPath { path, reason });
    }

    fn fail(&mut self, path: &Path, message: impl ToString) {
        self.errors.push(PathError {
            path: path.to_owned(),
            message: message.to_string(),
        });
    }
}

/// Finds the files under `paths`.
///
/// Directories are walked, honouring ignore files, `exclude` and the list of vendored directories;
/// a file that is named is taken whatever those say.
///
/// # Errors
/// When a configuration file in force cannot be used. Paths that cannot be read are no such error:
/// they are listed in the result.
pub fn discover(
    paths: &[PathBuf],
    query: &Query,
    workspace: &Workspace,
) -> Result<Found, ConfigError> {
    let mut gathered = Gathered::default();
    for path in paths {
        look_at(path, query, &mut gathered);
    }
    let mut found = Found {
        files: unique(gathered.candidates, workspace)?,
        skipped: gathered.skipped,
        errors: gathered.errors,
    };
    found.skipped.sort();
    found.skipped.dedup();
    found.errors.sort();
    found.errors.dedup();
    Ok(found)
}

fn look_at(path: &Path, query: &Query, gathered: &mut Gathered) {
    let shown = walk::without_dot(path);
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return gathered.fail(&shown, "there is no such file or directory");
        }
        Err(error) => return gathered.fail(&shown, error),
    };
    match fs::metadata(&real) {
        Ok(metadata) if metadata.is_dir() => walk::walk(path, &real, query, gathered),
        Ok(metadata) if metadata.is_file() => {
            match language_of(&real).or_else(|| language_of(path)) {
                None => gathered.skip(&shown, "unknown-language"),
                Some(language) if query.wants(language) => gathered.candidates.push(Candidate {
                    is_link: fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()),
                    path: shown,
                    real,
                    language,
                    named: true,
                }),
                Some(_) => {}
            }
        }
        Ok(_) => gathered.skip(&shown, "not-a-regular-file"),
        Err(error) => gathered.fail(&shown, error),
    }
}

impl Query {
    fn wants(&self, language: Language) -> bool {
        self.languages.is_empty() || self.languages.contains(&language)
    }
}

/// Sorts, and drops second names of one file: spelt twice, or reached through a link.
fn unique(
    mut candidates: Vec<Candidate>,
    workspace: &Workspace,
) -> Result<Vec<SourceFile>, ConfigError> {
    // The plain name of a file is kept rather than a link's.
    candidates.sort_by(|a, b| (a.is_link, &a.path).cmp(&(b.is_link, &b.path)));
    // A file both named and walked counts as named.
    candidates.sort_by_key(|candidate| !candidate.named);
    let mut seen = HashSet::new();
    let mut files = Vec::new();
    for candidate in candidates {
        let identity =
            fs::metadata(&candidate.real).map(|metadata| (metadata.dev(), metadata.ino()));
        // Who deleted it meanwhile is told when it is read.
        if identity.is_ok_and(|identity| !seen.insert(identity)) {
            continue;
        }
        let directory = candidate.real.parent().unwrap_or(Path::new("/"));
        let settings = workspace.settings(directory)?;
        if !candidate.named && settings.excludes(&candidate.real) {
            continue;
        }
        files.push(SourceFile {
            path: candidate.path,
            real: candidate.real,
            language: candidate.language,
            settings,
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
