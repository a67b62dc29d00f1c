//! The XML of JUnit, in which build servers show what tests came to.

use super::xml::escaped;
use crate::finding::{Finding, Severity};

/// The cases of one file, a failed one for each finding.
pub fn cases(path: &str, findings: &[Finding]) -> Vec<String> {
    let name = escaped(path);
    findings
        .iter()
        .map(|finding| {
            let (line, column) = (finding.location.line, finding.location.column);
            let severity = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            let message = escaped(&finding.message);
            format!(
                    "    <testcase classname=\"{name}\" name=\"{} at {line}:{column}\">\n      \
                     <failure type=\"{severity}\" message=\"{message}\">{name}:{line}:{column}: {}: \
                     {message}</failure>\n    </testcase>\n",
                    finding.rule, finding.rule
                )
        })
        .collect()
}

/// The whole report. Build servers take a report without any test for a mistake.
pub fn document(cases: &[String]) -> String {
    let passes = "    <testcase classname=\"lockfix\" name=\"nothing found\"/>\n".to_owned();
    let (cases, failures) = match cases {
        [] => (std::slice::from_ref(&passes), 0),
        cases => (cases, cases.len()),
    };
    let counts = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"0\"",
        cases.len()
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lockfix\" {counts}>\n  \
         <testsuite name=\"lockfix\" {counts} skipped=\"0\">\n{}  </testsuite>\n</testsuites>\n",
        cases.concat()
    )
}
