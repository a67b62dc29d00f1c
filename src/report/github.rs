//! Workflow commands that GitHub shows as annotations on the changed lines.

use super::printable;
use crate::finding::{Finding, Severity};

/// One finding as a line of a workflow's log. `path` is relative to the checkout.
pub fn annotation(path: &str, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    format!(
        "::{level} file={},line={},col={},endLine={},title={}::{}",
        property(path),
        finding.location.line,
        finding.location.column,
        finding.end.line,
        finding.rule,
        data(&finding.message)
    )
}

/// Characters that end a command are spelt as the runner reads them; those that would command the
/// terminal of who reads the log, so that people can read them.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_ends_the_command() {
        assert_eq!(property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
    }
}
