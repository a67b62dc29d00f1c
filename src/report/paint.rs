//! A diff on a terminal with colour: code looks like code, and lines that only moved in or out stand back
//! behind those that are new.

use super::diff::{Kind, Line, lines};
use super::{Styles, printable};
use crate::language::Language;
use crate::source::Span;
use crate::syntax::{self, Look};
use anstyle::Style;
use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::io::{self, Write};

/// What is known of both sides of a diff.
#[derive(Debug)]
pub struct Paint {
    old: Side,
    new: Side,
}

#[derive(Debug)]
struct Side {
    /// Where each line starts.
    starts: Vec<usize>,
    /// Of each line, whether the other side has it with another indentation.
    moved: Vec<bool>,
    looks: Vec<(Span, Look)>,
}

impl Paint {
    /// For the diff from `old` to `new`; `None` where there is no colour.
    pub fn with(styles: Styles, language: Language, old: &[u8], new: &[u8]) -> Option<Paint> {
        styles.are_on().then(|| Paint::of(language, old, new))
    }

    fn of(language: Language, old: &[u8], new: &[u8]) -> Paint {
        let (mut left, mut right) = (Side::of(language, old), Side::of(language, new));
        let trimmed =
            |text| -> Vec<&[u8]> { lines(text).into_iter().map(<[u8]>::trim_ascii).collect() };
        for op in capture_diff_slices(Algorithm::Myers, &trimmed(old), &trimmed(new)) {
            if let (DiffTag::Equal, before, after) = op.as_tag_tuple() {
                left.moved[before].fill(true);
                right.moved[after].fill(true);
            }
        }
        Paint {
            old: left,
            new: right,
        }
    }

    /// Writes a line of the diff that is code.
    pub(super) fn write(
        &self,
        out: &mut impl Write,
        line: &Line<'_>,
        styles: Styles,
    ) -> io::Result<()> {
        let side = if line.kind == Kind::Added {
            &self.new
        } else {
            &self.old
        };
        let moved = side.moved.get(line.at).copied().unwrap_or(false);
        let (marker, base) = match line.kind {
            Kind::Removed if moved => (styles.removed(), styles.faint()),
            Kind::Removed => (styles.removed(), styles.removed()),
            Kind::Added if moved => (styles.added(), Style::new()),
            Kind::Added => (styles.added(), styles.added()),
            _ => (Style::new(), Style::new()),
        };
        write!(out, "{marker}{}{marker:#}", line.marker)?;
        let start = side.starts.get(line.at).copied().unwrap_or_default();
        let end = start + line.text.trim_ascii_end().len();
        let text = |from: usize, to: usize| &line.text[from - start..to - start];
        let mut reached = start;
        let first = side.looks.partition_point(|(span, _)| span.end <= start);
        for (span, look) in side.looks[first..]
            .iter()
            .take_while(|(span, _)| span.start < end)
        {
            let (from, to) = (span.start.max(start), span.end.min(end));
            piece(out, text(reached, from), base)?;
            piece(out, text(from, to), styles.code(*look, base))?;
            reached = to;
        }
        piece(out, text(reached, end), base)?;
        writeln!(out)
    }
}

impl Side {
    fn of(language: Language, text: &[u8]) -> Side {
        let mut reached = 0;
        let mut starts = Vec::new();
        for line in lines(text) {
            starts.push(reached);
            reached += line.len();
        }
        Side {
            moved: vec![false; starts.len()],
            starts,
            looks: syntax::looks(language, text),
        }
    }
}

fn piece(out: &mut impl Write, text: &[u8], style: Style) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    write!(
        out,
        "{style}{}{style:#}",
        printable(&String::from_utf8_lossy(text))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::diff;
    use std::path::Path;

    #[test]
    fn every_byte_of_a_line_is_written_once() {
        let old = b"def f(x):\n    g('''\n  if x''')  # if\n    return x\n";
        let new = b"def f(x):\n    if x:\n        g('''\n  if x''')  # if\n        return x\n";
        let paint = Paint::of(Language::Python, old, new);
        let mut plain = Vec::new();
        for line in diff::unified(Path::new("f.py"), old, new) {
            if matches!(line.kind, Kind::Context | Kind::Removed | Kind::Added) {
                let written = paint.write(&mut plain, &line, Styles::new(false));
                written.expect("written");
            }
        }
        let wanted = [
            " def f(x):",
            "-    g('''",
            "+    if x:",
            "+        g('''",
            "   if x''')  # if",
            "-    return x",
            "+        return x",
            "",
        ];
        let text = String::from_utf8(plain).expect("text");
        assert_eq!(text, wanted.join("\n"));
    }

    #[test]
    fn lines_that_only_moved_are_told_apart() {
        let paint = Paint::of(Language::Go, b"a()\nb()\nc()\n", b"a()\nd()\n\tc()\n");
        assert_eq!(paint.old.moved, [true, false, true]);
        assert_eq!(paint.new.moved, [true, false, true]);
    }
}
