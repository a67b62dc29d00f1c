//! Walking a directory, in path order.

use super::{Entry, Query, What, language_of};
use crate::apply::is_temporary;
use ignore::{DirEntry, WalkBuilder};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Other people's code.
const VENDORED: [&str; 13] = [
    ".tox",
    ".venv",
    ".yarn",
    "__pypackages__",
    "bower_components",
    "jspm_packages",
    "node_modules",
    "site-packages",
    "third-party",
    "third_party",
    "vendor",
    "vendored",
    "venv",
];

/// No code at all.
const VERSION_CONTROL: [&str; 5] = [".git", ".hg", ".jj", ".svn", ".bzr"];

/// The path without `./` in front.
pub(super) fn without_dot(path: &Path) -> PathBuf {
    let stripped: PathBuf = path
        .components()
        .filter(|component| *component != Component::CurDir)
        .collect();
    if stripped.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        stripped
    }
}

/// What is under a directory. A directory is read when its turn comes.
pub(super) struct Walk {
    entries: ignore::Walk,
    /// As it is named.
    root: PathBuf,
    /// The same, as it is shown.
    shown: PathBuf,
    /// The same, absolute and without links.
    real: PathBuf,
    query: Query,
    /// What the walker's filter, which has to stand alone, passed over on the way to the next entry.
    passed_over: Arc<Mutex<VecDeque<PathBuf>>>,
    /// The entry behind those.
    held_back: Option<Entry>,
}

impl Walk {
    /// The walk through `root`, whose path without links is `real`.
    pub(super) fn new(root: &Path, real: &Path, query: &Query) -> Walk {
        let passed_over: Arc<Mutex<VecDeque<PathBuf>>> = Arc::default();
        let for_filter = passed_over.clone();
        let entries = WalkBuilder::new(root)
            .hidden(false)
            .require_git(false)
            .add_custom_ignore_filename(".lockfixignore")
            // Names in order, in each directory, are paths in order.
            .sort_by_file_name(OsStr::cmp)
            .filter_entry(move |entry| {
                let descend = !is_directory(entry) || is_ours(entry);
                if !descend && is_named(entry, &VENDORED) {
                    let mut passed = for_filter.lock().unwrap_or_else(PoisonError::into_inner);
                    passed.push_back(without_dot(entry.path()));
                }
                descend
            })
            .build();
        let shown = without_dot(root);
        Walk {
            entries,
            root: root.to_owned(),
            shown: if shown.as_os_str() == "." {
                PathBuf::new()
            } else {
                shown
            },
            real: real.to_owned(),
            query: query.clone(),
            passed_over,
            held_back: None,
        }
    }

    fn passed_over(&self) -> Option<Entry> {
        let passed = self.passed_over.lock();
        let path = passed.unwrap_or_else(PoisonError::into_inner).pop_front()?;
        Some(Entry {
            path,
            what: What::Skipped("vendored"),
        })
    }

    fn visit(&self, entry: &DirEntry) -> Option<Entry> {
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() || is_temporary(entry.file_name()) {
            return None;
        }
        let skipped = |reason| {
            Some(Entry {
                path: without_dot(path),
                what: What::Skipped(reason),
            })
        };
        if kind.is_symlink() {
            // What it leads to is found where it is, if it is ours.
            let leads_to_code = path.is_dir() || (path.is_file() && language_of(path).is_some());
            return leads_to_code.then(|| skipped("symbolic-link")).flatten();
        }
        if !kind.is_file() {
            // Only one that poses as source is worth a word.
            let poses = path.extension().is_some() && language_of(path).is_some();
            return poses.then(|| skipped("not-a-regular-file")).flatten();
        }
        let language = language_of(path).filter(|language| self.query.may_want(path, *language))?;
        let inner = path.strip_prefix(&self.root).ok()?;
        Some(Entry {
            path: self.shown.join(inner),
            what: What::File {
                real: self.real.join(inner),
                language,
                named: false,
            },
        })
    }

    fn failed(&self, error: &ignore::Error) -> Entry {
        let (path, message) = match error {
            ignore::Error::WithPath { path, err } => (without_dot(path), err.to_string()),
            _ => (without_dot(&self.root), error.to_string()),
        };
        Entry {
            path,
            what: What::Failed(message),
        }
    }
}

impl Iterator for Walk {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            if let Some(entry) = self.passed_over().or_else(|| self.held_back.take()) {
                return Some(entry);
            }
            let next = self.entries.next();
            self.held_back = match &next {
                Some(Ok(entry)) => self.visit(entry),
                Some(Err(error)) => Some(self.failed(error)),
                None => None,
            };
            if next.is_none() {
                return self.passed_over();
            }
        }
    }
}

fn is_directory(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

fn is_named(entry: &DirEntry, names: &[&str]) -> bool {
    names
        .iter()
        .any(|name| entry.file_name() == OsStr::new(name))
}

/// A directory named on the command line is ours whatever its name.
fn is_ours(entry: &DirEntry) -> bool {
    entry.depth() == 0 || !(is_named(entry, &VENDORED) || is_named(entry, &VERSION_CONTROL))
}
