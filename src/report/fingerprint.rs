//! Names for findings that stay the same while code around them moves.

use crate::finding::Finding;
use crate::source::{Source, Span};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Hexadecimal digits of a fingerprint: enough that no two findings of a tree share one by chance.
const DIGITS: usize = 32;

/// A fingerprint for each finding of a file, in order. `path` is how reports name the file.
///
/// It is made of the rule, the file, the function, the lock and the line of the acquire without
/// its indentation, so it survives lines that come or go above. Findings that are alike in all of
/// these are counted.
pub fn fingerprints(path: &str, text: &[u8], findings: &[Finding]) -> Vec<String> {
    let source = Source::new(text, "");
    let mut seen: HashMap<String, usize> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let what = identity(path, &source, finding);
            let count = seen.entry(what.clone()).or_default();
            *count += 1;
            let digest = Sha256::digest(format!("{what}\0{count}"));
            let mut text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            text.truncate(DIGITS);
            text
        })
        .collect()
}

fn identity(path: &str, source: &Source<'_>, finding: &Finding) -> String {
    let at = finding.acquire.start.min(source.bytes.len());
    let line = Span::new(source.line_start(at), source.line_content_end(at));
    let code = source.text(line);
    [
        finding.rule.name(),
        path,
        &finding.function,
        &finding.lock,
        code.trim(),
    ]
    .join("\0")
}
