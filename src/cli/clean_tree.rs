//! Whether what is about to be written could not be told from what was there: uncommitted changes.

use std::path::Path;
use std::process::{Command, Stdio};

/// How many files of the working tree around `directory` differ from what is committed; `None` where
/// there is no such tree, or no git to ask.
pub fn uncommitted(directory: &Path) -> Option<usize> {
    let output = Command::new("git")
        .args(["status", "--porcelain", "-z", "--untracked-files=no"])
        .current_dir(directory)
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
