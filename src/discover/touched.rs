//! What a branch touched: the lines that differ from where it left another, as git tells them.

use crate::finding::Finding;
use crate::source::Source;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Changed lines by file, an absolute path without links.
#[derive(Debug, Default)]
pub struct Touched(HashMap<PathBuf, Lines>);

/// The changed lines of a file.
#[derive(Debug, PartialEq, Eq)]
enum Lines {
    All,
    Some(Vec<Hunk>),
}

/// A change, in lines of the text as it is now, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hunk {
    /// These lines are new.
    Added { first: usize, last: usize },
    /// Lines are gone behind this one.
    RemovedBehind(usize),
}

impl Hunk {
    fn within(self, first: usize, last: usize) -> bool {
        match self {
            Hunk::Added { first: a, last: b } => first <= b && a <= last,
            // Between two functions belongs to neither.
            Hunk::RemovedBehind(line) => first <= line && line < last,
        }
    }
}

impl Touched {
    /// What the working tree around `directory` changed since it had something in common with `base`.
    ///
    /// # Errors
    /// When git cannot tell, as a sentence for people.
    pub fn since(base: &str, directory: &Path) -> Result<Touched, String> {
        if base.starts_with('-') {
            return Err(format!("--diff-base: `{base}` is no revision"));
        }
        let top = git(directory, &["rev-parse", "--show-toplevel"])
            .map_err(|error| format!("--diff-base needs a git working tree: {error}"))?;
        let top = PathBuf::from(OsStr::from_bytes(top.trim_ascii_end()));
        let commit = format!("{base}^{{commit}}");
        let commit = git(&top, &["rev-parse", "--verify", "--quiet", &commit]).map_err(|_| {
            format!("--diff-base: git knows no revision `{base}`; a shallow clone may lack it")
        })?;
        let commit = String::from_utf8_lossy(commit.trim_ascii_end()).into_owned();
        // Histories without anything in common are compared as they are.
        let fork = git(&top, &["merge-base", &commit, "HEAD"]).unwrap_or_default();
        let fork = String::from_utf8_lossy(fork.trim_ascii_end()).into_owned();
        let from = if fork.is_empty() { commit } else { fork };
        let told = |error| format!("--diff-base: {error}");
        let options = ["--no-renames", "--diff-filter=d", "--ignore-submodules"];
        let names = [&["diff", "-z", "--name-only"][..], &options, &[&from]].concat();
        let names = git(&top, &names).map_err(told)?;
        let plain = [
            "--unified=0",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
        ];
        let diff = [&["diff"][..], &plain, &options, &[&from]].concat();
        let diff = git(&top, &diff).map_err(told)?;
        let new = ["ls-files", "-z", "--others", "--exclude-standard"];
        let new = git(&top, &new).map_err(told)?;
        let real = |name: &[u8]| {
            let path = top.join(OsStr::from_bytes(name));
            path.canonicalize().unwrap_or(path)
        };
        let names: Vec<PathBuf> = split(&names).map(real).collect();
        let hunks = hunks(&diff);
        // In the midst of a merge, git tells less of some files.
        let told = names.len() == hunks.len();
        let lines = hunks.into_iter().map(|hunks| match told {
            true => Lines::Some(hunks),
            false => Lines::All,
        });
        let lines = lines.chain(std::iter::repeat_with(|| Lines::All));
        let mut files: HashMap<PathBuf, Lines> = names.into_iter().zip(lines).collect();
        files.extend(split(&new).map(|name| (real(name), Lines::All)));
        Ok(Touched(files))
    }

    /// Whether the file at this absolute path without links was touched.
    pub fn file(&self, real: &Path) -> bool {
        self.0.contains_key(real)
    }

    /// The functions with findings of the file that were touched.
    pub fn functions(&self, real: &Path, text: &[u8], findings: &[Finding]) -> Functions {
        let hunks = match self.0.get(real) {
            Some(Lines::All) => return Functions(None),
            Some(Lines::Some(hunks)) => hunks.as_slice(),
            None => &[],
        };
        let source = Source::new(text, "");
        let touched = findings.iter().filter(|finding| {
            let first = source.line_of(finding.body.start) + 1;
            let last = source.line_of(finding.body.end) + 1;
            hunks.iter().any(|hunk| hunk.within(first, last))
        });
        Functions(Some(touched.map(|one| one.function.clone()).collect()))
    }
}

/// Functions of a file, by name; those of one name are told apart by nobody.
#[derive(Debug, Default)]
pub struct Functions(Option<HashSet<String>>);

impl Functions {
    /// Whether a finding is in one of them.
    pub fn have(&self, finding: &Finding) -> bool {
        self.0
            .as_ref()
            .is_none_or(|names| names.contains(&finding.function))
    }
}

/// The names in a list that ends each with a NUL byte.
fn split(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
}

/// The changes of each file of a diff without context.
fn hunks(diff: &[u8]) -> Vec<Vec<Hunk>> {
    let mut files: Vec<Vec<Hunk>> = Vec::new();
    for line in diff.split(|&byte| byte == b'\n') {
        // Lines of the files begin with a sign.
        if line.starts_with(b"diff --git ") {
            files.push(Vec::new());
        } else if line.starts_with(b"@@ ")
            && let Some(file) = files.last_mut()
        {
            file.extend(hunk(&String::from_utf8_lossy(line)));
        }
    }
    files
}

/// `@@ -1,2 +3,4 @@`
fn hunk(line: &str) -> Option<Hunk> {
    let new = line.split(' ').find_map(|part| part.strip_prefix('+'))?;
    let (first, count) = new.split_once(',').unwrap_or((new, "1"));
    let first: usize = first.parse().ok()?;
    Some(match count.parse().ok()? {
        0 => Hunk::RemovedBehind(first),
        count => Hunk::Added {
            first,
            last: first.saturating_add(count) - 1,
        },
    })
}

fn git(directory: &Path, args: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new("git")
        .args(["-c", "core.fsmonitor=false"])
        .args(args)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run git: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(message.lines().next().unwrap_or("git failed").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_are_read_file_by_file() {
        let diff = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@ f\n-a\n+b\n+@@ -9 +9 @@\n\
                     @@ -5,2 +6,0 @@\n-diff --git a/n b/n\n-y\ndiff --git a/bin b/bin\nBinary files differ\n";
        let added = Hunk::Added { first: 1, last: 2 };
        assert_eq!(
            hunks(diff),
            [vec![added, Hunk::RemovedBehind(6)], Vec::new()]
        );
    }

    #[test]
    fn what_is_removed_between_functions_belongs_to_none() {
        assert!(Hunk::RemovedBehind(4).within(1, 5));
        assert!(!Hunk::RemovedBehind(5).within(1, 5));
        assert!(!Hunk::RemovedBehind(5).within(6, 9));
        assert!(Hunk::Added { first: 5, last: 5 }.within(1, 5));
        assert!(!Hunk::Added { first: 6, last: 7 }.within(1, 5));
    }
}
