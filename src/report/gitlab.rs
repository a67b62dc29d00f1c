//! The Code Quality report of GitLab.

use crate::finding::{Finding, Severity};
use serde_json::{Value, json};

/// One finding as an issue of the report.
pub fn issue(path: &str, finding: &Finding, fingerprint: &str) -> Value {
    let severity = match finding.severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    };
    json!({
        "description": finding.message,
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": path,
            "lines": { "begin": finding.location.line, "end": finding.end.line },
        },
    })
}
