//! The XML of Checkstyle, which many build servers read.

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

/// The text in an attribute. What XML has no way to write is left out.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", character as u32)),
            character
                if character.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&character) => {}
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_hold_any_text() {
        assert_eq!(
            escaped("a<b>&\"c\"\n\u{1}"),
            "a&lt;b&gt;&amp;&quot;c&quot;&#10;"
        );
    }
}
