//! From the paths named on the command line to the files to analyse, each once, in path order, as
//! they are found.

mod content;
mod language;
mod named;
mod touched;
mod walk;

pub use content::reason_to_skip;
use language::is_header;
pub use language::language_of;
pub use touched::{Functions, Touched};

use crate::config::{ConfigError, Settings, Workspace};
use crate::language::Language;
use named::Named;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only these languages; empty: all.
    pub languages: Vec<Language>,
}

impl Query {
    fn wants(&self, language: Language) -> bool {
        self.languages.is_empty() || self.languages.contains(&language)
    }

    /// The same before the configuration has said what headers are.
    fn may_want(&self, path: &Path, language: Language) -> bool {
        let is_either = || [Language::C, Language::Cpp].map(|either| self.wants(either));
        self.wants(language) || (is_header(path) && is_either().contains(&true))
    }
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
    /// In bytes, when it was found.
    pub size: u64,
}

/// What is met on the way.
#[derive(Debug)]
pub enum Met {
    File(SourceFile),
    /// A file or directory that is not analysed, with a stable code.
    Skipped(PathBuf, &'static str),
    /// A path that could not be looked at: a sentence without the path and without a final stop.
    Failed(PathBuf, String),
    /// The configuration in force from here on cannot be used. Nothing follows.
    Unusable(ConfigError),
}

/// The same before it is known whether it was met before. Ordered by path.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    path: PathBuf,
    what: What,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    File {
        real: PathBuf,
        language: Language,
        /// Whether it stands on the command line: then nothing excludes it.
        named: bool,
    },
    Skipped(&'static str),
    Failed(String),
}

/// What is the same for all names of a file: its device and its number there.
type Identity = (u64, u64);

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

/// Finds the files under the paths of a run.
///
/// Directories are walked as the iterator is asked, honouring ignore files, `exclude` and the list
/// of vendored directories; a file that is named is taken whatever those say.
pub struct Discovery<'a> {
    workspace: &'a Workspace,
    query: Query,
    /// Each in path order.
    streams: Vec<Box<dyn Iterator<Item = Entry> + Send>>,
    /// The next entry of each stream, with the number of the stream.
    heads: BinaryHeap<Reverse<(Entry, usize)>>,
    /// The streams without a head. They are asked for one when it is needed: a walk may take its time.
    headless: Vec<usize>,
    /// The files that are named: where a walk meets them, they are passed over.
    named: HashSet<Identity>,
    /// Files that a walk met, if they can be met again.
    walked: HashSet<Identity>,
    /// Whether two walks may meet the same file under the same name.
    overlapping: bool,
    /// What was told last of what is no file.
    told: Option<Entry>,
    /// The settings of the directory of the last file.
    settings: Option<(PathBuf, Arc<Settings>)>,
    ended: bool,
}

impl<'a> Discovery<'a> {
    /// Begins to look under `paths`.
    pub fn new(paths: &[PathBuf], query: &Query, workspace: &'a Workspace) -> Discovery<'a> {
        let named = Named::of(paths, query);
        let overlapping = named.directories.len() > 1;
        let mut streams: Vec<Box<dyn Iterator<Item = Entry> + Send>> =
            vec![Box::new(named.entries.into_iter())];
        for walk in named.directories {
            streams.push(Box::new(walk));
        }
        Discovery {
            workspace,
            query: query.clone(),
            heads: BinaryHeap::new(),
            named: named.files,
            walked: HashSet::new(),
            overlapping,
            told: None,
            settings: None,
            ended: false,
            headless: (0..streams.len()).collect(),
            streams,
        }
    }

    /// The first, in path order, of what the streams have left.
    fn first(&mut self) -> Option<Entry> {
        for stream in self.headless.drain(..) {
            let head = self.streams[stream].next();
            self.heads.extend(head.map(|head| Reverse((head, stream))));
        }
        let Reverse((entry, stream)) = self.heads.pop()?;
        self.headless.push(stream);
        Some(entry)
    }

    /// The file, unless it was met before or is excluded.
    fn file(
        &mut self,
        path: PathBuf,
        real: PathBuf,
        language: Language,
        named: bool,
    ) -> Result<Option<SourceFile>, ConfigError> {
        let settings = self.settings_of(&real)?;
        let said = settings.headers().filter(|_| is_header(&path));
        let language = said.unwrap_or(language);
        if (!named && settings.excludes(&real)) || !self.query.wants(language) {
            return Ok(None);
        }
        // Who deleted it meanwhile is told when it is read.
        let metadata = fs::metadata(&real).ok();
        if let Some(metadata) = &metadata
            && !named
            && self.met_before(metadata)
        {
            return Ok(None);
        }
        Ok(Some(SourceFile {
            path,
            real,
            language,
            settings,
            size: metadata.map_or(0, |metadata| metadata.len()),
        }))
    }

    /// Whether a walk comes to a file that is named, or that a walk has come to: by another path, or
    /// by another name of the file.
    fn met_before(&mut self, metadata: &Metadata) -> bool {
        let identity = identity(metadata);
        self.named.contains(&identity)
            || (self.overlapping || metadata.nlink() > 1) && !self.walked.insert(identity)
    }

    fn settings_of(&mut self, file: &Path) -> Result<Arc<Settings>, ConfigError> {
        let directory = file.parent().unwrap_or(Path::new("/"));
        if let Some((of, settings)) = &self.settings
            && of.as_os_str() == directory.as_os_str()
        {
            return Ok(settings.clone());
        }
        let settings = self.workspace.settings(directory)?;
        self.settings = Some((directory.to_owned(), settings.clone()));
        Ok(settings)
    }
}

impl Iterator for Discovery<'_> {
    type Item = Met;

    fn next(&mut self) -> Option<Met> {
        while !self.ended {
            let Entry { path, what } = self.first()?;
            let met = match what {
                What::File {
                    real,
                    language,
                    named,
                } => match self.file(path, real, language, named) {
                    Ok(None) => continue,
                    Ok(Some(file)) => Met::File(file),
                    Err(error) => {
                        self.ended = true;
                        Met::Unusable(error)
                    }
                },
                // Of two walks that meet it, one tells.
                What::Skipped(_) | What::Failed(_) => {
                    let entry = Entry { path, what };
                    if self.told.as_ref() == Some(&entry) {
                        continue;
                    }
                    let told = self.told.insert(entry);
                    match &told.what {
                        What::Skipped(reason) => Met::Skipped(told.path.clone(), reason),
                        What::Failed(message) => Met::Failed(told.path.clone(), message.clone()),
                        What::File { .. } => continue,
                    }
                }
            };
            return Some(met);
        }
        None
    }
}
