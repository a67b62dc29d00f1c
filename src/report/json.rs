//! The JSON document, version 1. Its fields are a contract.

use super::{FileFindings, fix_of};
use crate::edit::Edit;
use crate::finding::{Applicability, Finding, Form, LeakKind, Reason, Rule};
use crate::resolve::Share;
use crate::source::Location;
use serde::Serialize;

/// Everything that a run found.
#[derive(Debug, Serialize)]
pub struct Document {
    /// Of this format: 1.
    pub version: u32,
    /// How many files were looked at, the skipped ones not counted.
    pub files: usize,
    pub findings: Vec<serde_json::Value>,
    pub skipped: Vec<Skipped>,
    pub errors: Vec<FileError>,
}

/// A file, directory or function that was not analysed.
#[derive(Debug, Clone, Serialize)]
pub struct Skipped {
    pub path: String,
    /// `None`: the whole file.
    #[serde(flatten)]
    pub place: SkippedPlace,
    pub reason: String,
}

/// Where in the file.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SkippedPlace {
    pub function: Option<String>,
    /// Of the function, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// A file that could not be handled.
#[derive(Debug, Clone, Serialize)]
pub struct FileError {
    pub path: String,
    pub message: String,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    path: &'a str,
    language: &'static str,
    rule: Rule,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    lock: &'a str,
    message: &'a str,
    acquire: Location,
    releases: Vec<Location>,
    leaks: Vec<JsonLeak>,
    fix: JsonFix<'a>,
}

#[derive(Serialize)]
struct JsonLeak {
    #[serde(flatten)]
    location: Location,
    kind: LeakKind,
}

/// See [`Share`] for which finding carries which edits. An unsafe fix that the run does not apply
/// has no edits here: all edits of a file together are always what `--yes` with the same options
/// writes.
#[derive(Serialize)]
struct JsonFix<'a> {
    applicability: Applicability,
    form: Option<Form>,
    reason: Option<&'a Reason>,
    edits: &'a [Edit],
    #[serde(skip_serializing_if = "Option::is_none")]
    part_of: Option<Location>,
}

/// The findings of one file, as the document lists them.
///
/// # Errors
/// When a finding cannot be turned into JSON.
pub fn findings(file: &FileFindings<'_>) -> serde_json::Result<Vec<serde_json::Value>> {
    let path = file.path.to_string_lossy();
    let all = file.findings.iter().zip(file.shares);
    all.map(|(finding, share)| {
        serde_json::to_value(JsonFinding {
            path: &path,
            language: file.language.name(),
            rule: finding.rule,
            line: finding.location.line,
            column: finding.location.column,
            end_line: finding.end.line,
            end_column: finding.end.column,
            lock: &finding.lock,
            message: &finding.message,
            acquire: finding.location,
            releases: finding.releases.iter().map(|(_, at)| *at).collect(),
            leaks: finding
                .leaks
                .iter()
                .map(|leak| JsonLeak {
                    location: leak.location,
                    kind: leak.kind,
                })
                .collect(),
            fix: fix(finding, share, file),
        })
    })
    .collect()
}

fn fix<'a>(finding: &'a Finding, share: &'a Share, file: &FileFindings<'_>) -> JsonFix<'a> {
    let best = fix_of(finding, file.least);
    let reason = match best {
        Some(fix) => fix.reason.as_ref(),
        None => finding.refusal.as_ref(),
    };
    let (edits, part_of): (&[Edit], _) = match share {
        Share::Unfixed => (&[], None),
        Share::Edits(edits) => (edits, None),
        Share::PartOf(first) => (&[], file.findings.get(*first).map(|first| first.location)),
    };
    JsonFix {
        applicability: best.map_or(Applicability::None, |fix| fix.applicability),
        form: best.map(|fix| fix.form),
        reason,
        edits,
        part_of,
    }
}
