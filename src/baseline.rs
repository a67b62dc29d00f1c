//! Findings that were there before: a list that a run leaves out, so that only new ones count.

use crate::finding::Finding;
use crate::report::fingerprints;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Of the file's format.
const VERSION: u64 = 1;

/// The findings that baseline files list.
#[derive(Debug)]
pub struct Baseline(Vec<List>);

/// The findings of one file.
#[derive(Debug)]
struct List {
    /// What the file's paths may be relative to: directories, absolute and without links.
    roots: Vec<PathBuf>,
    known: HashSet<String>,
}

/// The baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    #[error("cannot read the baseline `{}`: {error}", file.display())]
    Unreadable {
        file: PathBuf,
        error: std::io::Error,
    },
    #[error(
        "the baseline `{}` is not valid: {message}; write it anew with --dry-run --format baseline",
        file.display()
    )]
    Invalid { file: PathBuf, message: String },
}

#[derive(Deserialize)]
struct Document {
    version: u64,
    findings: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    fingerprint: String,
}

impl Baseline {
    /// Reads a baseline file. Its paths are relative to where it was written, which is where it lies or,
    /// if it was put elsewhere, the current `directory`.
    ///
    /// # Errors
    /// When it cannot be read, or is none of this version.
    pub fn read(file: &Path, directory: &Path) -> Result<Baseline, BaselineError> {
        let unreadable = |error| BaselineError::Unreadable {
            file: file.to_owned(),
            error,
        };
        let real = file.canonicalize().map_err(unreadable)?;
        let mut roots = vec![real.parent().unwrap_or(Path::new("/")).to_owned()];
        if roots[0] != directory {
            roots.push(directory.to_owned());
        }
        Baseline::read_in(file, roots)
    }

    /// The same of a file whose paths are relative to one of the directories `roots`.
    ///
    /// # Errors
    /// When it cannot be read, or is none of this version.
    pub fn read_in(file: &Path, roots: Vec<PathBuf>) -> Result<Baseline, BaselineError> {
        let unreadable = |error| BaselineError::Unreadable {
            file: file.to_owned(),
            error,
        };
        let invalid = |message: String| BaselineError::Invalid {
            file: file.to_owned(),
            message,
        };
        let text = std::fs::read(file).map_err(unreadable)?;
        let document: Document =
            serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
        if document.version != VERSION {
            return Err(invalid(format!("its version is {}", document.version)));
        }
        let listed = document.findings.into_iter();
        Ok(Baseline(vec![List {
            roots,
            known: listed.map(|one| one.fingerprint).collect(),
        }]))
    }

    /// What either lists.
    pub fn and(mut self, other: Option<Baseline>) -> Baseline {
        self.0.extend(other.into_iter().flat_map(|other| other.0));
        self
    }

    /// The findings that are not listed. `real` is the file's absolute path without links.
    pub fn new_in(&self, real: &Path, text: &[u8], findings: Vec<Finding>) -> Vec<Finding> {
        let mut known = vec![false; findings.len()];
        let lists = self.0.iter();
        for (list, root) in lists.flat_map(|list| list.roots.iter().map(move |root| (list, root))) {
            let name = real.strip_prefix(root).unwrap_or(real);
            let prints = fingerprints(&name.to_string_lossy(), text, &findings);
            for (known, print) in known.iter_mut().zip(prints) {
                *known |= list.known.contains(&print);
            }
        }
        let all = findings.into_iter().zip(known);
        all.filter(|(_, known)| !known)
            .map(|(finding, _)| finding)
            .collect()
    }
}

/// The findings of one file as a baseline lists them. `path` is relative to its directory.
pub fn entries(path: &str, text: &[u8], findings: &[Finding]) -> Vec<Value> {
    let prints = fingerprints(path, text, findings);
    let all = findings.iter().zip(prints);
    all.map(|(finding, fingerprint)| {
        json!({
            "path": path,
            "rule": finding.rule,
            "function": finding.function,
            "lock": finding.lock,
            "fingerprint": fingerprint,
        })
    })
    .collect()
}

/// A whole baseline file.
pub fn document(findings: Vec<Value>) -> Value {
    json!({ "version": VERSION, "findings": findings })
}
