//! The XML of Checkstyle, which many build servers read.

use super::xml::escaped;
use crate::finding::{Finding, Severity};

pub const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n";
pub const FOOT: &str = "</checkstyle>\n";

/// The findings of one file.
pub fn file(path: &str, findings: &[Finding]) -> String {
    let mut out = format!("  <file name=\"{}\">\n", escaped(path));
    for finding in findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "info",
        };
        out.push_str(&format!(
            "    <error line=\"{}\" column=\"{}\" severity=\"{severity}\" message=\"{}\" \
             source=\"lockfix.{}\"/>\n",
            finding.location.line,
            finding.location.column,
            escaped(&finding.message),
            finding.rule
        ));
    }
    out.push_str("  </file>\n");
    out
}
