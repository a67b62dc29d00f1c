//! What a run comes to: counts, what was skipped, what went wrong.

use super::exit::Exit;
use super::stderr::Stderr;
use crate::report::{FileError, Skipped, SkippedPlace, plural, printable};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

/// Counts of a run. Files are counted when they were looked at; skipped ones are not.
#[derive(Debug, Default)]
pub struct Totals {
    pub files: usize,
    /// Files with findings, before anything was fixed.
    pub files_with_findings: usize,
    /// Before anything was fixed.
    pub found: usize,
    /// Of those found, the ones with a fix that the run may apply.
    pub fixable: usize,
    pub fixed: usize,
    pub files_fixed: usize,
    /// Still there at the end.
    pub remaining: usize,
    /// How many were found of each rule.
    pub found_by_rule: BTreeMap<&'static str, usize>,
    /// How many of those found have no fix that the run may apply, by the code of the reason.
    pub refused: BTreeMap<&'static str, usize>,
    /// Files that were written, or would be, with the number of findings that go.
    pub changed: Vec<(String, usize)>,
    pub skipped: Vec<Skipped>,
    pub errors: Vec<FileError>,
    /// Lines that stand below the summary.
    pub afterword: Vec<String>,
    /// How many of the errors were printed.
    told: usize,
}

impl Totals {
    /// Counts a file or directory that was not looked at.
    pub fn skip(&mut self, path: &Path, reason: &str) {
        self.skipped.push(Skipped {
            path: path.to_string_lossy().into_owned(),
            place: SkippedPlace::default(),
            reason: reason.to_owned(),
        });
    }

    /// Counts a function that was not looked at.
    pub fn skip_function(&mut self, path: &Path, skipped: &crate::finding::SkippedFunction) {
        self.skipped.push(Skipped {
            path: path.to_string_lossy().into_owned(),
            place: SkippedPlace {
                function: Some(skipped.function.clone()),
                line: Some(skipped.line),
            },
            reason: skipped.reason.clone(),
        });
    }

    /// Counts a file that something went wrong with.
    pub fn fail(&mut self, path: &Path, message: impl Display) {
        self.errors.push(FileError {
            path: path.to_string_lossy().into_owned(),
            message: message.to_string(),
        });
    }

    /// Prints what went wrong since it was asked last.
    pub fn tell(&mut self, stderr: &Stderr) {
        for FileError { path, message } in &self.errors[self.told..] {
            stderr.error(format_args!("{}: {}", printable(path), printable(message)));
        }
        self.told = self.errors.len();
    }

    /// Counts what others counted, too.
    pub fn add(&mut self, other: Totals) {
        self.files += other.files;
        self.files_with_findings += other.files_with_findings;
        self.found += other.found;
        self.fixable += other.fixable;
        self.fixed += other.fixed;
        self.files_fixed += other.files_fixed;
        self.remaining += other.remaining;
        for (rule, found) in other.found_by_rule {
            *self.found_by_rule.entry(rule).or_default() += found;
        }
        for (code, refused) in other.refused {
            *self.refused.entry(code).or_default() += refused;
        }
        self.changed.extend(other.changed);
        self.skipped.extend(other.skipped);
        self.errors.extend(other.errors);
    }

    /// Counts a file that was written, or would be.
    pub fn changed(&mut self, path: &Path, fixed: usize) {
        let path = path.to_string_lossy().into_owned();
        self.changed.push((path, fixed));
        self.fixed += fixed;
        self.files_fixed += 1;
    }

    /// How the run ends.
    pub fn exit(&self, exit_zero: bool) -> Exit {
        if !self.errors.is_empty() {
            Exit::Failure
        } else if self.remaining > 0 && !exit_zero {
            Exit::Findings
        } else {
            Exit::Clean
        }
    }

    /// One or two lines for people. `did` is what was done about the findings, if anything.
    pub fn summary(&self, did: Option<&str>) -> String {
        let mut line = match (self.found, did) {
            (0, _) => "nothing found".to_owned(),
            (found, None) => format!(
                "{} in {}, {} fixable",
                plural(found, "finding"),
                plural(self.files_with_findings, "file"),
                self.fixable
            ),
            (_, Some(did)) => {
                let remain = if self.remaining == 1 {
                    "remains"
                } else {
                    "remain"
                };
                let fixed = plural(self.fixed, "finding");
                let files = plural(self.files_fixed, "file");
                format!("{did} {fixed} in {files}, {} {remain}", self.remaining)
            }
        };
        line.push_str(&format!(" ({} looked at", plural(self.files, "file")));
        if !self.skipped.is_empty() {
            let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
            for skipped in &self.skipped {
                *reasons.entry(&skipped.reason).or_default() += 1;
            }
            let reasons: Vec<String> = reasons
                .iter()
                .map(|(reason, count)| format!("{count} {reason}"))
                .collect();
            line.push_str(&format!(
                ", {} skipped: {}",
                self.skipped.len(),
                reasons.join(", ")
            ));
        }
        if !self.errors.is_empty() {
            line.push_str(&format!(", {}", plural(self.errors.len(), "error")));
        }
        line.push(')');
        printable(&line)
    }

    /// Each skipped file, directory or function, for -v.
    pub fn skipped_lines(&self) -> Vec<String> {
        let line = |skipped: &Skipped| {
            let place = match (&skipped.place.function, skipped.place.line) {
                (Some(function), Some(line)) => format!(":{line} ({function})"),
                _ => String::new(),
            };
            printable(&format!(
                "skipped {}{place}: {}",
                skipped.path, skipped.reason
            ))
        };
        self.skipped.iter().map(line).collect()
    }
}
