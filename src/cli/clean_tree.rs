//! Whether what is about to be written could not be told from what was there: uncommitted changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What git knows of the trees that paths stand in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Trees {
    /// How many of their files differ from what is committed.
    pub changed: usize,
    /// A path that no git keeps track of, if there is one.
    pub untracked: Option<PathBuf>,
}

/// Asks git about the working trees around `paths`, each once.
pub fn look(paths: &[PathBuf]) -> Trees {
    let mut trees = Trees::default();
    let mut roots = BTreeSet::new();
    for path in paths {
        // What does not exist is for the run to complain of.
        let Ok(real) = path.canonicalize() else {
            continue;
        };
        let root = real.ancestors().find(|at| at.join(".git").exists());
        match root {
            Some(root) => drop(roots.insert(root.to_owned())),
            None => trees.untracked = trees.untracked.or(Some(path.clone())),
        }
    }
    for root in roots {
        match uncommitted(&root) {
            Some(changed) => trees.changed += changed,
            None => trees.untracked = trees.untracked.or(Some(root)),
        }
    }
    trees
}

/// How many files of a working tree differ from what is committed; `None` where there is no git to ask.
fn uncommitted(root: &Path) -> Option<usize> {
    let output = Command::new("git")
        .args(["status", "--porcelain", "-z", "--untracked-files=no"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let entries = output.stdout.split(|byte| *byte == 0);
    output
        .status
        .success()
        .then(|| entries.filter(|entry| !entry.is_empty()).count())
}
