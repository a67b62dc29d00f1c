//! Findings and diffs for people.
//!
//! The findings of a file stand before its diff, so nothing in them may look like the beginning of
//! one: `git apply` and `patch` read past everything else.

use super::diff::{Kind, Line};
use super::excerpt::excerpt;
use super::paint::Paint;
use super::{Styles, fix_of, printable};
use crate::finding::{Applicability, Finding};
use crate::language::Language;
use crate::source::Source;
use std::io::{self, Write};
use std::path::Path;

/// Beginnings of lines that mean something to programs that apply patches.
const PATCH_WORDS: [&str; 9] = [
    "---", "+++", "***", "@@", "diff ", "Index:", "Prereq:", "index ", "GIT ",
];

/// One finding: a line with place, rule and message, the lines of the source that explain it, and
/// whether it can be fixed.
///
/// # Errors
/// When `out` cannot be written.
pub fn finding(
    out: &mut impl Write,
    (path, language): (&Path, Language),
    source: &Source<'_>,
    finding: &Finding,
    least: Applicability,
    styles: Styles,
) -> io::Result<()> {
    let (strong, faint) = (styles.strong(), styles.faint());
    let rule = styles.rule(finding.severity);
    let location = finding.location;
    let heading = format!(
        "{strong}{}:{}:{}{strong:#}  {rule}{}{rule:#}  {}",
        harmless(&printable(&path.to_string_lossy())),
        location.line,
        location.column,
        finding.rule,
        printable(&finding.message)
    );
    writeln!(out, "{}", fill(&heading, "    ", styles))?;
    write!(out, "\n{}", excerpt(source, finding, language, styles))?;
    if let Some(note) = fix_note(finding, least) {
        let note = format!("  = {}", printable(&note));
        writeln!(out, "{faint}{}{faint:#}", fill(&note, "    ", styles))?;
    }
    writeln!(out)
}

/// The text broken between words, so that it fits the terminal, if it goes to one.
pub fn fill(text: &str, indent: &str, styles: Styles) -> String {
    let Some(columns) = styles.columns() else {
        return text.to_owned();
    };
    let options = textwrap::Options::new(columns)
        .subsequent_indent(indent)
        .break_words(false);
    textwrap::fill(text, options)
}

/// What to say about the fix of a finding, unless the run applies it and its diff speaks for itself.
fn fix_note(finding: &Finding, least: Applicability) -> Option<String> {
    match fix_of(finding, least) {
        Some(fix) if fix.applicability >= least => None,
        Some(fix) => {
            let reason = fix.reason.as_ref().map(|reason| reason.message.as_str());
            let why = reason.map_or(String::new(), |reason| format!(": {reason}"));
            Some(format!(
                "unsafe fix ({}), for --unsafe-fixes{why}",
                fix.form
            ))
        }
        None => {
            let reason = finding.refusal.as_ref()?;
            Some(format!("no fix: {}", reason.message))
        }
    }
}

/// The path, so written that no line that begins with it looks like part of a patch.
fn harmless(path: &str) -> String {
    if PATCH_WORDS.iter().any(|word| path.starts_with(word)) {
        format!("./{path}")
    } else {
        path.to_owned()
    }
}

/// A diff: exact bytes for programs, or for a terminal, coloured and with control characters
/// spelt out. With `paint`, the code in it is coloured as well.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_diff(
    out: &mut impl Write,
    lines: &[Line<'_>],
    terminal: bool,
    styles: Styles,
    paint: Option<&Paint>,
) -> io::Result<()> {
    for line in lines {
        if !terminal {
            out.write_all(line.marker.as_bytes())?;
            out.write_all(&line.text)?;
            continue;
        }
        let code = matches!(line.kind, Kind::Context | Kind::Removed | Kind::Added);
        if let Some(paint) = paint.filter(|_| code) {
            paint.write(out, line, styles)?;
            continue;
        }
        let style = match line.kind {
            Kind::Header => styles.strong(),
            Kind::Hunk => styles.place(),
            Kind::Removed => styles.removed(),
            Kind::Added => styles.added(),
            Kind::Context => anstyle::Style::new(),
            Kind::NoNewline => styles.faint(),
        };
        let text = String::from_utf8_lossy(&line.text);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        writeln!(out, "{style}{}{}{style:#}", line.marker, printable(text))?;
    }
    Ok(())
}
