//! SARIF 2.1.0, for services that show findings beside the code.

use super::{FileFindings, fix_of};
use crate::explain;
use crate::finding::{Finding, LeakKind, Rule, Severity};
use crate::report::FileError;
use crate::resolve::Share;
use crate::source::{Location, Source, Span};
use crate::spoken::Words;
use serde_json::{Value, json};
use std::fmt::Write;

/// The findings of one file as results. `path` is relative to the root of the run, or absolute.
pub fn results(path: &str, file: &FileFindings<'_>, fingerprints: &[String]) -> Vec<Value> {
    let source = Source::new(file.text, "");
    let place = Place {
        uri: uri(path),
        source: &source,
    };
    file.findings
        .iter()
        .zip(file.shares)
        .zip(fingerprints)
        .map(|((finding, share), fingerprint)| {
            let mut result = json!({
                "ruleId": finding.rule,
                "ruleIndex": Rule::ALL.iter().position(|rule| *rule == finding.rule),
                "level": level(finding.severity),
                "message": { "text": format!("{}.", finding.message) },
                "locations": [place.location(finding.acquire, None)],
                "partialFingerprints": { "lockfix/v1": fingerprint },
            });
            let Words { taken, held, .. } = finding.spoken.words();
            let flows: Vec<Value> = finding
                .leaks
                .iter()
                .map(|leak| {
                    let ends = match leak.kind {
                        LeakKind::Exception => format!("may fail with `{}` {held}", finding.lock),
                        _ => format!("leaves with `{}` {held}", finding.lock),
                    };
                    let steps = [
                        place.location(finding.acquire, Some(&format!("{taken} here"))),
                        place.location(leak.span, Some(&ends)),
                    ];
                    let steps: Vec<Value> = steps
                        .into_iter()
                        .map(|step| json!({ "location": step }))
                        .collect();
                    json!({ "threadFlows": [{ "locations": steps }] })
                })
                .collect();
            if !flows.is_empty() {
                result["codeFlows"] = Value::Array(flows);
            }
            if let Some(fix) = place.fix(finding, share, file) {
                result["fixes"] = json!([fix]);
            }
            result
        })
        .collect()
}

/// The whole log.
pub fn log(results: &[Value], errors: &[FileError]) -> Value {
    let rules: Vec<Value> = Rule::ALL
        .into_iter()
        .map(|rule| {
            json!({
                "id": rule,
                "shortDescription": { "text": explain::headline(rule) },
                "help": {
                    "text": explain::meaning(rule),
                    "markdown": explain::meaning(rule),
                },
                "defaultConfiguration": {
                    "enabled": rule.on_by_default(),
                    "level": level(rule.severity()),
                },
            })
        })
        .collect();
    let notifications: Vec<Value> = errors
        .iter()
        .map(|error| {
            json!({
                "level": "error",
                "message": { "text": error.message },
                "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(&error.path) } } }],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "lockfix",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": errors.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// One file.
struct Place<'a> {
    uri: String,
    source: &'a Source<'a>,
}

impl Place<'_> {
    fn region(&self, span: Span) -> Value {
        let at = |offset: usize| -> Location { self.source.location(offset) };
        let (start, end) = (at(span.start), at(span.end));
        json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        })
    }

    fn location(&self, span: Span, message: Option<&str>) -> Value {
        let mut location = json!({
            "physicalLocation": {
                "artifactLocation": { "uri": self.uri },
                "region": self.region(span),
            },
        });
        if let Some(message) = message {
            location["message"] = json!({ "text": message });
        }
        location
    }

    /// The edits that the finding carries. SARIF writes text as Unicode: a file that is not has no
    /// fix here.
    fn fix(&self, finding: &Finding, share: &Share, file: &FileFindings<'_>) -> Option<Value> {
        let (Share::Edits(edits), Some(fix)) = (share, fix_of(finding, file.least)) else {
            return None;
        };
        std::str::from_utf8(file.text).ok()?;
        let replacements: Vec<Value> = edits
            .iter()
            .map(|edit| {
                let text = String::from_utf8_lossy(&edit.text);
                json!({
                    "deletedRegion": self.region(Span::new(edit.start, edit.end)),
                    "insertedContent": { "text": text },
                })
            })
            .collect();
        Some(json!({
            "description": { "text": format!("Guarantee the release ({})", fix.form) },
            "artifactChanges": [{
                "artifactLocation": { "uri": self.uri },
                "replacements": replacements,
            }],
        }))
    }
}

/// The path as a URI: relative, or of a file.
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(byte as char);
            }
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("src/my file.js"), "src/my%20file.js");
        assert_eq!(uri("/tmp/a#b.js"), "file:///tmp/a%23b.js");
    }
}
