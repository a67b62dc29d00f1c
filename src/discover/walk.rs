//! Walking a directory, in parallel.

use super::{Candidate, Gathered, Query, language_of};
use crate::apply::is_temporary;
use ignore::{DirEntry, WalkBuilder, WalkState};
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

/// Adds what is under the directory `root`, whose path without links is `real`.
pub(super) fn walk(root: &Path, real: &Path, query: &Query, gathered: &mut Gathered) {
    // Shared because the walker's filter has to outlive this call's borrows.
    let shared = Arc::new(Mutex::new(std::mem::take(gathered)));
    let for_filter = shared.clone();
    WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .add_custom_ignore_filename(".lockfixignore")
        .threads(query.jobs)
        .filter_entry(move |entry| {
            let descend = !is_directory(entry) || is_ours(entry);
            if !descend && is_named(entry, &VENDORED) {
                with(&for_filter, |gathered| {
                    gathered.skip(&without_dot(entry.path()), "vendored");
                });
            }
            descend
        })
        .build_parallel()
        .run(|| {
            Box::new(|entry| {
                match entry {
                    Ok(entry) => visit(&entry, root, real, query, &shared),
                    Err(error) => fail(&error, root, &shared),
                }
                WalkState::Continue
            })
        });
    *gathered = with(&shared, std::mem::take);
}

fn with<T>(shared: &Mutex<Gathered>, act: impl FnOnce(&mut Gathered) -> T) -> T {
    act(&mut shared.lock().unwrap_or_else(PoisonError::into_inner))
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

fn visit(entry: &DirEntry, root: &Path, real: &Path, query: &Query, shared: &Mutex<Gathered>) {
    let path = entry.path();
    let Some(kind) = entry.file_type() else {
        return;
    };
    if kind.is_dir() || is_temporary(entry.file_name()) {
        return;
    }
    let shown = without_dot(path);
    if kind.is_symlink() {
        // What it leads to is found where it is, if it is ours.
        let leads_to_code = path.is_dir() || (path.is_file() && language_of(path).is_some());
        if leads_to_code {
            with(shared, |gathered| gathered.skip(&shown, "symbolic-link"));
        }
        return;
    }
    if !kind.is_file() {
        // Only one that poses as source is worth a word.
        if path.extension().is_some() && language_of(path).is_some() {
            with(shared, |gathered| {
                gathered.skip(&shown, "not-a-regular-file")
            });
        }
        return;
    }
    let Some(language) = language_of(path).filter(|language| query.wants(*language)) else {
        return;
    };
    let Ok(inner) = path.strip_prefix(root) else {
        return;
    };
    let candidate = Candidate {
        path: shown,
        real: real.join(inner),
        language,
        named: false,
        is_link: false,
    };
    with(shared, |gathered| gathered.candidates.push(candidate));
}

fn fail(error: &ignore::Error, root: &Path, shared: &Mutex<Gathered>) {
    let (path, message) = match error {
        ignore::Error::WithPath { path, err } => (without_dot(path), err.to_string()),
        _ => (without_dot(root), error.to_string()),
    };
    with(shared, |gathered| gathered.fail(&path, message));
}
