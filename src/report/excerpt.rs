//! The lines of the source that explain a finding, with what happens on them.

use super::{Styles, printable};
use crate::finding::{Finding, LeakKind};
use crate::language::Language;
use crate::source::{Source, Span};
use std::fmt::Write;

/// Marks of one kind shown; more would hide the point.
const MOST_MARKS: usize = 5;

/// Columns shown of a line.
const WIDEST: usize = 160;

/// A place in the source and what to say about it.
struct Mark {
    span: Span,
    /// Counted from 1.
    line: usize,
    text: String,
}

/// The excerpt for `finding`, each line ended; empty when the places are not in the text.
pub(super) fn excerpt(
    source: &Source<'_>,
    finding: &Finding,
    language: Language,
    styles: Styles,
) -> String {
    let marks = marks(finding, source, language);
    let width = marks
        .last()
        .map_or(0, |mark| mark.line.to_string().len())
        .max(4);
    let (faint, strong) = (styles.faint(), styles.rule(finding.severity));
    let mut out = String::new();
    let mut shown = 0;
    for mark in &marks {
        let start = source.line_start(mark.span.start);
        let end = source.line_content_end(mark.span.start);
        if mark.line != shown {
            shown = mark.line;
            let code = cut(&columns(source, Span::new(start, end)));
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(out, "{faint}{shown:>width$} │{faint:#} {code}");
        }
        let before = columns(source, Span::new(start, mark.span.start));
        let marked_end = mark
            .span
            .end
            .clamp(mark.span.start, end.max(mark.span.start));
        let marked = columns(source, Span::new(mark.span.start, marked_end));
        let indent = console::measure_text_width(&before).min(WIDEST);
        let len = console::measure_text_width(&marked)
            .min(WIDEST - indent)
            .max(1);
        let _ = writeln!(
            out,
            "{:width$} {faint}│{faint:#} {:indent$}{strong}{} {}{strong:#}",
            "",
            "",
            "─".repeat(len),
            printable(&mark.text)
        );
    }
    out
}

fn marks(finding: &Finding, source: &Source<'_>, language: Language) -> Vec<Mark> {
    let remarks = remarks(finding, language).into_iter();
    remarks
        .filter(|(span, _)| span.start <= span.end && span.end <= source.bytes.len())
        .map(|(span, text)| Mark {
            span,
            line: source.line_of(span.start) + 1,
            text,
        })
        .collect()
}

/// The places that explain a finding, by position, with what happens there: where the lock is
/// acquired, where control leaves with it, where it is released.
pub fn remarks(finding: &Finding, language: Language) -> Vec<(Span, String)> {
    let throw = language.grammar().throws().trim_end_matches('s');
    let lock = &finding.lock;
    let mut remarks = vec![(finding.acquire, acquired(finding))];
    for leak in finding.leaks.iter().take(MOST_MARKS) {
        let text = match leak.kind {
            LeakKind::Exception => format!("may {throw} with `{lock}` held"),
            LeakKind::EndOfBody => format!("ends with `{lock}` held"),
            _ => format!("leaves with `{lock}` held"),
        };
        remarks.push((leak.span, text));
    }
    let more = finding.leaks.len().saturating_sub(MOST_MARKS);
    if more > 0
        && let Some((_, last)) = remarks.last_mut()
    {
        last.push_str(&format!(" (and {more} more)"));
    }
    for (span, _) in finding.releases.iter().take(MOST_MARKS) {
        let only = if finding.releases.len() == 1 && !finding.leaks.is_empty() {
            "released only here"
        } else {
            "released here"
        };
        remarks.push((*span, only.to_owned()));
    }
    remarks.sort_by_key(|(span, _)| *span);
    remarks
}

fn acquired(finding: &Finding) -> String {
    if finding.rule == crate::finding::Rule::UnusedSuppression {
        String::new()
    } else {
        "acquired here".to_owned()
    }
}

/// The text of `span` for a terminal: tabs as blanks, so that what stands below lines up.
fn columns(source: &Source<'_>, span: Span) -> String {
    printable(&source.text(span)).replace('\t', "    ")
}

fn cut(line: &str) -> String {
    console::truncate_str(line, WIDEST, "…").into_owned()
}
