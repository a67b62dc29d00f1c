//! A snapshot: what is found in a fixture, and what is made of it.

use crate::checks::Study;
use lockfix::finding::{Finding, Reason};
use similar::TextDiff;
use std::fmt::Write;

/// The findings of a fixture, one paragraph each, then the diff of all its safe fixes.
pub fn render(study: &Study) -> String {
    let Study {
        fixture,
        analysis,
        fixed,
    } = study;
    let mut out = String::new();
    for finding in &analysis.findings {
        render_finding(&mut out, finding);
    }
    for skipped in &analysis.skipped {
        let _ = writeln!(
            out,
            "{}: skipped {}: {}",
            skipped.line, skipped.function, skipped.reason
        );
    }
    if let Some(reason) = &analysis.skipped_file {
        let _ = writeln!(out, "skipped: {reason}");
    }
    if out.is_empty() {
        out.push_str("nothing found\n");
    }
    let old = String::from_utf8_lossy(&fixture.text);
    let new = String::from_utf8_lossy(&fixed.text);
    let diff = TextDiff::from_lines(&*old, &*new);
    let (a, b) = (
        format!("a/{}", fixture.file_name),
        format!("b/{}", fixture.file_name),
    );
    let _ = write!(out, "\n{}", diff.unified_diff().header(&a, &b));
    out
}

fn render_finding(out: &mut String, finding: &Finding) {
    let _ = writeln!(
        out,
        "{}:{} {} in {} `{}`: {}",
        finding.location.line,
        finding.location.column,
        finding.rule,
        finding.function,
        finding.lock,
        finding.message
    );
    for (_, at) in &finding.releases {
        let _ = writeln!(out, "    release {}:{}", at.line, at.column);
    }
    for leak in &finding.leaks {
        let _ = writeln!(
            out,
            "    leak {}:{} {:?}",
            leak.location.line, leak.location.column, leak.kind
        );
    }
    for fix in &finding.fixes {
        let why = fix.reason.as_ref().map(sentence).unwrap_or_default();
        let _ = writeln!(out, "    fix {} {:?}{why}", fix.form, fix.applicability);
    }
    if let Some(reason) = &finding.refusal {
        let _ = writeln!(out, "    no fix{}", sentence(reason));
    }
}

fn sentence(reason: &Reason) -> String {
    format!(": {}: {}", reason.code, reason.message)
}
