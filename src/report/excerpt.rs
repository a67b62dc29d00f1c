//! The lines of the source that explain a finding, with what happens on them.

use super::{Styles, printable};
use crate::finding::{Finding, LeakKind, Rule};
use crate::language::Language;
use crate::source::{Source, Span};
use crate::spoken::Words;
use std::fmt::Write;

/// Marks of one kind shown; more would hide the point.
const MOST_MARKS: usize = 5;

/// Columns shown of a line.
const WIDEST: usize = 160;

/// Columns shown however narrow the terminal is.
const NARROWEST: usize = 24;

/// A place in the source and what to say about it.
struct Mark {
    span: Span,
    /// Whether this is what the finding is about, and not only what leads to it.
    main: bool,
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
    let faint = styles.faint();
    // In front of the code stand the number of the line and a bar.
    let room = styles
        .columns()
        .map(|columns| columns.saturating_sub(width + 3).max(NARROWEST));
    let widest = room.map_or(WIDEST, |room| room.min(WIDEST));
    let mut out = String::new();
    let (mut shown, mut shift) = (0, 0);
    for mark in &marks {
        let start = source.line_start(mark.span.start);
        let end = source.line_content_end(mark.span.start);
        let before = columns(source, Span::new(start, mark.span.start));
        let before = console::measure_text_width(&before);
        if mark.line != shown {
            shown = mark.line;
            let code = columns(source, Span::new(start, end));
            // What is marked has to be seen.
            shift = match console::measure_text_width(&code) > widest && before > widest / 2 {
                true => before - widest / 4,
                false => 0,
            };
            let code = cut(&behind(&code, shift), widest);
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(out, "{faint}{shown:>width$} │{faint:#} {code}");
        }
        let marked_end = mark
            .span
            .end
            .clamp(mark.span.start, end.max(mark.span.start));
        let marked = columns(source, Span::new(mark.span.start, marked_end));
        let indent = before.saturating_sub(shift).min(widest - 1);
        let text = printable(&mark.text);
        let needed = console::measure_text_width(&text) + 1;
        let len = console::measure_text_width(&marked).clamp(1, widest - indent);
        // A label that has no room behind its mark stands below.
        let below = room.filter(|room| indent + len + needed > *room);
        // Heavy lines are seen without colour, too.
        let (line, strong) = match mark.main {
            true => ("━", styles.rule(finding.severity)),
            false => ("─", styles.place()),
        };
        let line = line.repeat(len);
        let line = match below {
            None if !text.is_empty() => format!("{line} {text}"),
            _ => line,
        };
        let bar = format!("{:width$} {faint}│{faint:#}", "");
        let _ = writeln!(out, "{bar} {:indent$}{strong}{line}{strong:#}", "");
        if let Some(room) = below {
            let indent = indent.min((room + 1).saturating_sub(needed));
            for text in textwrap::wrap(&text, room) {
                let _ = writeln!(out, "{bar} {:indent$}{strong}{text}{strong:#}", "");
            }
        }
    }
    out
}

fn marks(finding: &Finding, source: &Source<'_>, language: Language) -> Vec<Mark> {
    let remarks = remarks(finding, language).into_iter();
    remarks
        .filter(|(span, _)| span.start <= span.end && span.end <= source.bytes.len())
        .map(|(span, text)| Mark {
            span,
            main: is_main(finding, span),
            line: source.line_of(span.start) + 1,
            text,
        })
        .collect()
}

/// Whether the finding is about this place: where control leaves with the lock, else where it is taken, or
/// released too often.
fn is_main(finding: &Finding, span: Span) -> bool {
    if finding.leaks.is_empty() {
        return (span == finding.acquire) != (finding.rule == Rule::DoubleRelease);
    }
    finding.leaks.iter().any(|leak| leak.span == span)
}

/// The places that explain a finding, by position, with what happens there: where the lock is
/// acquired, where control leaves with it, where it is released.
pub fn remarks(finding: &Finding, language: Language) -> Vec<(Span, String)> {
    let throw = language.grammar().throws().trim_end_matches('s');
    let lock = &finding.lock;
    let Words { held, freed, .. } = finding.spoken.words();
    let mut remarks = vec![(finding.acquire, acquired(finding))];
    for leak in finding.leaks.iter().take(MOST_MARKS) {
        let text = match leak.kind {
            LeakKind::Exception => format!("may {throw} with `{lock}` {held}"),
            LeakKind::EndOfBody => format!("ends with `{lock}` {held}"),
            _ => format!("leaves with `{lock}` {held}"),
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
        let only = match finding.releases.len() == 1 && !finding.leaks.is_empty() {
            true => "only ",
            false => "",
        };
        remarks.push((*span, format!("{freed} {only}here")));
    }
    remarks.sort_by_key(|(span, _)| *span);
    remarks
}

fn acquired(finding: &Finding) -> String {
    if finding.rule == Rule::UnusedSuppression {
        String::new()
    } else {
        format!("{} here", finding.spoken.words().taken)
    }
}

/// The text of `span` for a terminal: tabs as blanks, so that what stands below lines up.
fn columns(source: &Source<'_>, span: Span) -> String {
    printable(&source.text(span)).replace('\t', "    ")
}

fn cut(line: &str, widest: usize) -> String {
    console::truncate_str(line, widest, "…").into_owned()
}

/// The line without its first columns.
fn behind(line: &str, columns: usize) -> String {
    if columns == 0 {
        return line.to_owned();
    }
    let mut gone = 0;
    let rest = line.char_indices().find(|(_, next)| {
        let before = gone;
        gone += console::measure_text_width(next.encode_utf8(&mut [0; 4]));
        before > columns
    });
    let rest = rest.map_or("", |(at, _)| &line[at..]);
    format!("…{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, Options};

    /// The excerpt of what is found first in `text`, on a terminal of so many columns.
    fn lines(text: &str, columns: usize) -> Vec<String> {
        let engine = Engine::new(Options::default()).expect("the catalogue is valid");
        let found = engine.analyse(Language::Python, text.as_bytes());
        let source = Source::new(text.as_bytes(), "");
        let styles = Styles::new(false).within(Some(columns));
        let excerpt = excerpt(&source, &found.findings[0], Language::Python, styles);
        excerpt.lines().map(str::to_owned).collect()
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let far = "z".repeat(120);
        let text = format!(
            "import threading\nlock = threading.Lock()\ndef f(x):\n    lock.acquire()\n    '{far}'; x()\n    lock.release()\n"
        );
        for columns in [40, 60, 100] {
            let lines = lines(&text, columns);
            for line in &lines {
                assert!(console::measure_text_width(line) <= columns, "{line}");
            }
            let all = lines.join("\n");
            assert!(
                all.contains("│ …") && all.contains("may raise with `lock` held"),
                "{all}"
            );
        }
    }
}
