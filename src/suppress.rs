//! Suppression comments: `lockfix: ignore[rule, rule] reason`, `lockfix: ignore` (every rule) and,
//! in the first lines of a file, `lockfix: ignore-file`.
//!
//! A comment behind code counts for its line; one that has its line to itself counts for the next
//! line that is no such comment.

mod silence;

pub use silence::{is_reason, silence};

use crate::finding::{Finding, Rule};
use crate::language::Language;
use crate::source::{Source, Span};
use crate::spoken::Spoken;
use crate::syntax;
use memchr::memmem;
use std::collections::HashMap;

const MARKER: &[u8] = b"lockfix:";

/// `ignore-file` counts in a comment that begins in one of the first lines.
const FIRST_LINES: usize = 10;

/// Whether `text` may hold a suppression comment: one pass over the bytes, no parse.
pub fn may_suppress(text: &[u8]) -> bool {
    memmem::find(text, MARKER).is_some()
}

/// What the suppression comments of a file leave.
#[derive(Debug, Default)]
pub struct Suppressed {
    /// The findings to report, with those about the comments themselves, by position.
    pub findings: Vec<Finding>,
    /// The whole file is suppressed.
    pub whole_file: bool,
}

/// Takes out the findings that the comments of `text` suppress, and reports the comments that
/// suppress nothing, if [`Rule::UnusedSuppression`] is among the `active` rules.
///
/// A comment is only called unused when every rule that it could suppress was active and every
/// function of the file was analysed (`complete`).
pub fn apply(
    language: Language,
    text: &[u8],
    mut findings: Vec<Finding>,
    complete: bool,
    active: &[Rule],
) -> Suppressed {
    if !may_suppress(text) {
        return Suppressed {
            findings,
            whole_file: false,
        };
    }
    let source = Source::new(text, "");
    let mut comments = read_comments(language, &source);
    if comments.iter().any(|comment| comment.whole_file) {
        return Suppressed {
            findings: Vec::new(),
            whole_file: true,
        };
    }
    let mut on_line: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, comment) in comments.iter().enumerate() {
        on_line.entry(comment.line).or_default().push(at);
    }
    findings.retain(|finding| {
        let mut suppressed = false;
        for at in on_line.get(&finding.location.line).into_iter().flatten() {
            let comment = &mut comments[*at];
            if comment.covers(finding.rule) {
                comment.used = true;
                suppressed = true;
            }
        }
        !suppressed
    });
    if active.contains(&Rule::UnusedSuppression) {
        let unused = comments
            .iter()
            .filter_map(|comment| comment.complaint(active, complete))
            .map(|(comment, message)| finding(&source, comment.span, message));
        findings.extend(unused);
        findings.sort_by_key(|finding| finding.location);
    }
    Suppressed {
        findings,
        whole_file: false,
    }
}

/// One suppression comment.
#[derive(Debug)]
struct Comment {
    span: Span,
    /// The line that it is about, counted from 1.
    line: usize,
    /// Rule names as written; `None`: every rule.
    rules: Option<Vec<String>>,
    whole_file: bool,
    used: bool,
}

impl Comment {
    fn covers(&self, rule: Rule) -> bool {
        self.rules
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| name == rule.name()))
    }

    /// What is wrong with the comment, if anything.
    fn complaint(&self, active: &[Rule], complete: bool) -> Option<(&Comment, String)> {
        let names = self.rules.as_deref().unwrap_or_default();
        if let Some(unknown) = names.iter().find(|name| name.parse::<Rule>().is_err()) {
            return Some((self, format!("`{unknown}` is not the name of a rule")));
        }
        let judged = Rule::ALL.into_iter().filter(|rule| match &self.rules {
            None => rule.on_by_default(),
            Some(_) => self.covers(*rule),
        });
        let all_ran = complete && judged.into_iter().all(|rule| active.contains(&rule));
        if self.used || !all_ran {
            return None;
        }
        let what = if names.is_empty() {
            "nothing".to_owned()
        } else {
            format!("nothing of `{}`", names.join("`, `"))
        };
        Some((self, format!("this comment suppresses {what}; remove it")))
    }
}

fn read_comments(language: Language, source: &Source<'_>) -> Vec<Comment> {
    let mut found: Vec<(Comment, bool)> = Vec::new();
    for span in syntax::comments(language, source.bytes) {
        let text = source.slice(span);
        let Some(at) = memmem::find(text, MARKER) else {
            continue;
        };
        let text = String::from_utf8_lossy(&text[at + MARKER.len()..]).into_owned();
        let line = source.line_of(span.start) + 1;
        let Some((mut rules, whole_file)) = read_directive(&text) else {
            continue;
        };
        if whole_file && line > FIRST_LINES {
            // Too late: it is a comment that suppresses nothing.
            rules = Some(Vec::new());
        }
        let last = source.line_of(span.end.saturating_sub(1).max(span.start));
        let alone = source.first_on_line(span.start)
            && source.bytes[span.end..]
                .iter()
                .take_while(|&&byte| byte != b'\n')
                .all(u8::is_ascii_whitespace);
        let comment = Comment {
            span,
            line: if alone { last + 2 } else { line },
            rules,
            whole_file: whole_file && line <= FIRST_LINES,
            used: false,
        };
        found.push((comment, alone));
    }
    // Comments that stand over each other are all about the line below the last.
    for at in (1..found.len()).rev() {
        let next = source.line_of(found[at].0.span.start) + 1;
        if found[at].1 && found[at - 1].1 && found[at - 1].0.line == next {
            found[at - 1].0.line = found[at].0.line;
        }
    }
    found.into_iter().map(|(comment, _)| comment).collect()
}

/// The rules named and whether the whole file is meant; `None` when this is no directive.
fn read_directive(text: &str) -> Option<(Option<Vec<String>>, bool)> {
    let rest = text.trim_start().strip_prefix("ignore")?;
    if let Some(rest) = rest.strip_prefix("-file") {
        return ends_word(rest).then_some((None, true));
    }
    if let Some(list) = rest.strip_prefix('[') {
        let (names, _) = list.split_once(']')?;
        let names = names.split(',').map(|name| name.trim().to_owned());
        return Some((Some(names.filter(|name| !name.is_empty()).collect()), false));
    }
    ends_word(rest).then_some((None, false))
}

fn ends_word(rest: &str) -> bool {
    !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-' || next == '_')
}

fn finding(source: &Source<'_>, span: Span, message: String) -> Finding {
    Finding {
        rule: Rule::UnusedSuppression,
        severity: Rule::UnusedSuppression.severity(),
        function: String::new(),
        body: span,
        lock: String::new(),
        spoken: Spoken::default(),
        message,
        acquire: span,
        location: source.location(span.start),
        end: source.location(span.end),
        releases: Vec::new(),
        leaks: Vec::new(),
        fixes: Vec::new(),
        refusal: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_line(text: &str, line: usize, rule: Rule) -> Finding {
        let source = Source::new(text.as_bytes(), "");
        let at = source
            .line_starts_in(Span::new(0, text.len()))
            .nth(line - 1);
        let at = at.expect("the line exists");
        Finding {
            rule,
            ..finding(&source, Span::new(at, at), String::new())
        }
    }

    /// Runs the text with one leak on `line`; returns the rules reported, with lines.
    fn reported(language: Language, text: &str, line: usize) -> Vec<(Rule, usize)> {
        let findings = vec![on_line(text, line, Rule::LeakOnExit)];
        apply(language, text.as_bytes(), findings, true, &Rule::ALL)
            .findings
            .iter()
            .map(|finding| (finding.rule, finding.location.line))
            .collect()
    }

    #[test]
    fn the_line_itself_and_the_line_above_suppress() {
        for text in [
            "lock();  // lockfix: ignore[leak-on-exit] on purpose\n",
            "lock();  /* lockfix: ignore */\n",
            "lock();  // lockfix: ignore[never-released, leak-on-exit]\n",
        ] {
            assert_eq!(reported(Language::JavaScript, text, 1), [], "{text}");
        }
        let above = "// lockfix: ignore[leak-on-exit]\nlock();\n";
        assert_eq!(reported(Language::JavaScript, above, 2), []);
        let above = "# lockfix: ignore[leak-on-exit]\nlock()\n";
        assert_eq!(reported(Language::Python, above, 2), []);
    }

    #[test]
    fn stacked_comments_are_about_the_code_below() {
        let text =
            "// lockfix: ignore[leak-on-exit]\n// lockfix: ignore[never-released]\nlock();\n";
        assert_eq!(
            reported(Language::JavaScript, text, 3),
            [(Rule::UnusedSuppression, 2)]
        );
    }

    #[test]
    fn what_suppresses_nothing_is_reported() {
        let leak = (Rule::LeakOnExit, 1);
        let unused = (Rule::UnusedSuppression, 1);
        for text in [
            "lock(); // lockfix: ignore[never-released]\n",
            "lock(); // lockfix: ignore[leak-on-exti]\n",
        ] {
            assert_eq!(
                reported(Language::JavaScript, text, 1),
                [leak, unused],
                "{text}"
            );
        }
        // Behind code, a comment says nothing about the next line.
        let text = "lock(); // lockfix: ignore\nlock();\n";
        assert_eq!(
            reported(Language::JavaScript, text, 2),
            [unused, (Rule::LeakOnExit, 2)]
        );
    }

    #[test]
    fn a_marker_in_a_string_is_code() {
        let text = "lock('// lockfix: ignore');\n";
        assert_eq!(
            reported(Language::JavaScript, text, 1),
            [(Rule::LeakOnExit, 1)]
        );
        let text = "lock(`\n// lockfix: ignore-file\n`);\n";
        assert_eq!(
            reported(Language::JavaScript, text, 1),
            [(Rule::LeakOnExit, 1)]
        );
    }

    #[test]
    fn a_whole_file_is_suppressed_from_its_first_lines_only() {
        let text = "#!/usr/bin/env python3\n# lockfix: ignore-file\nlock()\n";
        assert_eq!(reported(Language::Python, text, 3), []);
        let late = format!("{}# lockfix: ignore-file\nlock()\n", "x = 1\n".repeat(10));
        assert_eq!(
            reported(Language::Python, &late, 12),
            [(Rule::UnusedSuppression, 11), (Rule::LeakOnExit, 12)]
        );
    }

    #[test]
    fn a_rule_that_did_not_run_leaves_its_comments_alone() {
        let text = "f(); // lockfix: ignore[leak-on-exit]\n";
        let active = [Rule::NeverReleased, Rule::UnusedSuppression];
        let left = apply(
            Language::JavaScript,
            text.as_bytes(),
            Vec::new(),
            true,
            &active,
        );
        assert!(left.findings.is_empty());
    }
}
