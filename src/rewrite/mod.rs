//! Edits in the file's own style: wraps statements, takes statements out, keeps every comment.
//!
//! Bytes are spliced, never a tree printed: what no edit names stays as it is.

mod braces;
mod lines;
pub mod printer;
mod wrap;

pub use wrap::{Construct, Wrapped};

use crate::edit::{Edit, EditSet, Overlap};
use crate::flow::{Block, BlockStyle, Stmt};
use crate::source::{Source, Span};
use braces::Braces;

/// A rewrite of one text, on its way to become edits.
pub struct Draft<'a> {
    source: &'a Source<'a>,
    edits: EditSet,
    /// Lines that become one level deeper: those that start in these spans.
    deeper: Vec<Span>,
    /// Bytes that go away, and may hold whole lines.
    removed: Vec<Span>,
    /// Lines that follow the line that ends at this byte.
    tails: Vec<(usize, String)>,
    /// Bytes whose lines must not move: strings over several lines.
    verbatim: &'a [Span],
    /// Blank lines that a removed line leaves behind go with it.
    tidy: bool,
}

impl<'a> Draft<'a> {
    /// An empty draft. `verbatim` are the strings that span lines.
    pub fn new(source: &'a Source<'a>, verbatim: &'a [Span]) -> Self {
        Draft {
            source,
            edits: EditSet::default(),
            deeper: Vec::new(),
            removed: Vec::new(),
            tails: Vec::new(),
            verbatim,
            tidy: false,
        }
    }

    /// Has blank lines go with the line between them.
    pub fn tidy(mut self, tidy: bool) -> Self {
        self.tidy = tidy;
        self
    }

    /// The finished edits.
    ///
    /// # Errors
    /// [`Overlap`] when two parts of the draft claim the same bytes: the shape was not foreseen.
    pub fn finish(mut self) -> Result<Vec<Edit>, Overlap> {
        let mut starts: Vec<usize> = self
            .deeper
            .iter()
            .flat_map(|span| self.source.line_starts_in(*span))
            .collect();
        starts.sort_unstable();
        for start in starts {
            let blank =
                self.source.line_content_end(start) == start + self.source.indent_at(start).len();
            let inside = |spans: &[Span], open: bool| {
                spans.iter().any(|span| {
                    (span.start < start || !open && span.start == start) && start < span.end
                })
            };
            if !blank && !inside(self.verbatim, true) && !inside(&self.removed, false) {
                self.edits.insert(start, self.source.indent.as_str());
            }
        }
        for (at, text) in std::mem::take(&mut self.tails) {
            let gone = self
                .removed
                .iter()
                .position(|span| span.start <= at && at < span.end);
            match gone {
                // The line goes away with its end: what follows it brings one.
                Some(index) => {
                    let nl = self.source.newline;
                    let lines = text.strip_prefix(nl).unwrap_or(&text);
                    let end = self.removed[index].end;
                    self.edits.insert(end, format!("{lines}{nl}"));
                    self.take_blank_lines_above(index);
                }
                None => self.edits.insert(at, text),
            }
        }
        for span in self.removed {
            self.edits.delete(span);
        }
        self.edits.finish()
    }

    /// The lines with the braces where the file has them.
    pub fn lay_out(&self, lines: &[String]) -> Vec<String> {
        Braces::of(self.source.bytes).lay_out(lines)
    }

    /// Replaces text within a line.
    pub fn replace(&mut self, span: Span, text: impl Into<Vec<u8>>) {
        self.edits.replace(span, text);
    }

    /// Inserts text within a line.
    pub fn insert(&mut self, at: usize, text: impl Into<Vec<u8>>) {
        self.edits.insert(at, text);
    }

    /// Moves the line `head` of a `try` down behind the statement at `behind`; what stood between
    /// the two becomes one level less deep.
    ///
    /// # Errors
    /// [`Overlap`] when the lines hold anything else.
    pub fn lower_head(&mut self, at: usize, behind: Span, head: &str) -> Result<(), Overlap> {
        let start = self.source.line_start(at);
        let line = Span::new(start, self.source.line_content_end(at));
        if self.source.slice(line).trim_ascii() != head.as_bytes()
            || self.source.line_of(at) == self.source.line_of(behind.start)
        {
            return Err(Overlap(at));
        }
        let indent = String::from_utf8_lossy(self.source.indent_at(at)).into_owned();
        self.removed
            .push(Span::new(start, self.source.line_end(at)));
        let between = Span::new(self.source.line_end(at), behind.end);
        for start in self.source.line_starts_in(between) {
            let step = self.source.indent.as_bytes();
            let verbatim = self
                .verbatim
                .iter()
                .any(|span| span.start < start && start < span.end);
            if !verbatim && self.source.bytes[start..].starts_with(step) {
                self.edits.delete(Span::new(start, start + step.len()));
            }
        }
        let end = self.source.line_content_end(behind.end);
        // A block does not begin with a blank line.
        self.remove_blank_lines_above(self.next_line_with_text(behind.end), behind.end);
        self.tails
            .push((end, format!("{}{indent}{head}", self.source.newline)));
        Ok(())
    }

    /// Takes away what stands behind the end of a block, with the line ends in front of it.
    pub fn remove_tail(&mut self, tail: Span) {
        self.removed.push(tail);
    }

    /// Takes the first statement of a block out. A block does not begin with a blank line.
    pub fn remove_first_stmt(&mut self, span: Span, block: &Block) {
        self.remove_stmt(span, block, None, false);
        let opens = self.source.line_of(block.span.start) + 1 == self.source.line_of(span.start);
        if opens && self.source.first_on_line(span.start) && self.is_blank_behind(span.end) {
            self.remove_blank_lines_above(self.next_line_with_text(span.end), span.end);
        }
    }

    /// The first byte of the statement, or of the comments on the lines right above it in its block.
    pub fn start_with_comments(&self, stmt: &Stmt, block: &Block) -> usize {
        let start = self.with_comments_above(stmt.span.start, block.span.start);
        start + self.source.indent_at(start).len()
    }

    /// Takes a statement out. `previous` is the end of the statement before it in its block;
    /// `alone` says that it is the only one there.
    pub fn remove_stmt(&mut self, span: Span, block: &Block, previous: Option<usize>, alone: bool) {
        if alone && block.style == BlockStyle::Single {
            self.edits.replace(span, "{}");
            return;
        }
        let line_start = self.source.line_start(span.start);
        let content_end = self.source.line_content_end(span.end);
        let bytes = self.source.bytes;
        let mut end = span.end;
        while end < content_end && matches!(bytes[end], b' ' | b'\t' | b';') {
            end += 1;
        }
        let first = self.source.first_on_line(span.start);
        if first && end == content_end {
            let line_end = self.source.line_end(span.end);
            if line_end == content_end && line_start > 0 {
                // The last line of a file without a final newline: the one before becomes it.
                let mut above = self.source.line_start(line_start - 1);
                while above > 0 && self.is_blank(above) {
                    above = self.source.line_start(above - 1);
                }
                let above = self.source.line_content_end(above);
                self.removed.push(Span::new(above, line_end));
            } else {
                let above = if self.tidy {
                    self.blank_above(line_start, line_end)
                } else {
                    line_start
                };
                self.removed.push(Span::new(above, line_end));
            }
        } else if end == content_end {
            // `work(); release();`
            let from = previous.filter(|previous| *previous >= line_start);
            let from = from.unwrap_or_else(|| {
                let blanks = bytes[line_start..span.start]
                    .iter()
                    .rev()
                    .take_while(|byte| matches!(byte, b' ' | b'\t'))
                    .count();
                span.start - blanks
            });
            self.removed.push(Span::new(from, content_end));
        } else if self.tidy
            && bytes[end] == b'}'
            && let Some(previous) = previous.filter(|previous| *previous >= line_start)
        {
            // `{ work(); release() }`: what parts the two goes, the blank in front of the brace stays.
            let parted = bytes[span.end..end].iter();
            let terminators = parted.take_while(|byte| **byte == b';').count();
            self.removed
                .push(Span::new(previous, span.end + terminators));
        } else {
            self.removed.push(Span::new(span.start, end));
        }
    }
}
