//! What people and programs are told: text, patches, and the formats of the services that show findings.

pub mod checkstyle;
pub mod diff;
mod escape;
mod excerpt;
mod fingerprint;
pub mod github;
pub mod gitlab;
mod json;
pub mod junit;
mod label;
mod paint;
pub mod sarif;
mod stat;
mod style;
mod text;
mod xml;

pub use escape::{harmless_json, printable};
pub use excerpt::remarks;
pub use fingerprint::fingerprints;
pub use json::{Document, FileError, Skipped, SkippedPlace, findings as json_findings};
pub use label::Labels;
pub use paint::Paint;
pub use stat::{Stat, plural};
pub use style::Styles;
pub use text::{fill, finding as text_finding, write_diff};

use crate::finding::{Applicability, Finding, Fix};
use crate::language::Language;
use crate::resolve::Share;
use std::path::Path;

/// The findings of one file, with what a report has to know to show them.
#[derive(Debug, Clone, Copy)]
pub struct FileFindings<'a> {
    /// As people name the file.
    pub path: &'a Path,
    pub language: Language,
    /// The text that the findings are about.
    pub text: &'a [u8],
    pub findings: &'a [Finding],
    /// Parallel to `findings`.
    pub shares: &'a [Share],
    /// What the run applies.
    pub least: Applicability,
}

/// The fix that a report speaks of: the one that the run applies, or else the best.
fn fix_of(finding: &Finding, least: Applicability) -> Option<&Fix> {
    finding.acceptable(least).or(finding.fixes.first())
}
