//! Lines round a place: blank ones, comments that belong to it, its indentation.

use super::Draft;
use crate::flow::Block;
use crate::source::Span;

impl Draft<'_> {
    /// The indentation that statements of the block have, and whether `first` stands on a line of
    /// its own.
    pub(super) fn indent_of(&self, block: &Block, first: Span) -> (String, bool) {
        if self.source.first_on_line(first.start) {
            let indent = self.source.indent_at(first.start);
            return (String::from_utf8_lossy(indent).into_owned(), true);
        }
        let mut indent =
            String::from_utf8_lossy(self.source.indent_at(block.span.start)).into_owned();
        indent.push_str(&self.source.indent);
        (indent, false)
    }

    /// The start of the first line behind the line of `at` that is not blank.
    pub(super) fn next_line_with_text(&self, at: usize) -> usize {
        let mut start = self.source.line_end(at);
        while start < self.source.bytes.len()
            && self.source.line_content_end(start) == start + self.source.indent_at(start).len()
        {
            start = self.source.line_end(start);
        }
        start
    }

    /// Whether the line behind that of `at` is blank, or there is none.
    pub(super) fn is_blank_behind(&self, at: usize) -> bool {
        let start = self.source.line_end(at);
        start > self.source.line_content_end(at) && self.is_blank(start)
    }

    /// Whether the line that starts at `start` is blank.
    pub(super) fn is_blank(&self, start: usize) -> bool {
        self.source.line_content_end(start) == start + self.source.indent_at(start).len()
    }

    /// Takes the blank lines out that follow the line that holds `at`.
    pub fn remove_blank_lines(&mut self, at: usize) {
        let from = self.source.line_end(at);
        let mut to = from;
        while to < self.source.bytes.len() && self.is_blank(to) {
            to = self.source.line_end(to);
        }
        if from < to {
            self.removed.push(Span::new(from, to));
        }
    }

    /// A blank line in front of the release would end the block that it leaves.
    pub(super) fn remove_blank_lines_above(&mut self, at: usize, floor: usize) {
        let mut start = at;
        while start > 0 {
            let above = self.source.line_start(start - 1);
            let blank =
                self.source.line_content_end(above) == above + self.source.indent_at(above).len();
            if above <= floor || !blank {
                break;
            }
            start = above;
        }
        if start < at {
            self.removed.push(Span::new(start, at));
        }
    }

    /// The blank lines above what is removed go with it, where no other removal has them.
    pub(super) fn take_blank_lines_above(&mut self, index: usize) {
        let mut start = self.removed[index].start;
        while start > 0 && self.source.line_start(start) == start {
            let above = self.source.line_start(start - 1);
            let taken = |span: &Span| span.start < start && above < span.end;
            if !self.is_blank(above) || self.removed.iter().any(taken) {
                break;
            }
            start = above;
        }
        self.removed[index].start = start;
    }

    /// Where the blank lines above `start` begin, if they have to go with the lines up to `end`:
    /// another blank line or the end of the block follows.
    pub(super) fn blank_above(&self, start: usize, end: usize) -> usize {
        let is_blank = |at: usize| {
            at < self.source.bytes.len()
                && self.source.indent_at(at).len() + at == self.source.line_content_end(at)
        };
        let next = &self.source.bytes[(end
            + self
                .source
                .indent_at(end.min(self.source.bytes.len() - 1))
                .len())
        .min(self.source.bytes.len())..];
        let ends = is_blank(end)
            || next.starts_with(b"}")
            || next.starts_with(b"case ")
            || next.starts_with(b"default:");
        let mut above = start;
        while ends && above > 0 && is_blank(self.source.line_start(above - 1)) {
            above = self.source.line_start(above - 1);
        }
        above
    }

    /// The start of the line of `at`, or of the comment lines right above it, behind `floor`.
    pub(super) fn with_comments_above(&self, at: usize, floor: usize) -> usize {
        let mut start = self.source.line_start(at);
        while start > 0 {
            let above = self.source.line_start(start - 1);
            let text = &self.source.bytes[above + self.source.indent_at(above).len()..start];
            let is_comment = text.starts_with(b"//")
                || text.starts_with(b"#")
                || text.starts_with(b"/*") && { text.windows(2).any(|pair| pair == b"*/") };
            if above <= floor || !is_comment {
                break;
            }
            start = above;
        }
        start
    }

    pub(super) fn is_gap(&self, span: Span) -> bool {
        self.source
            .slice(span)
            .iter()
            .all(|byte| byte.is_ascii_whitespace() || *byte == b';')
    }

    pub(super) fn break_before(&mut self, at: usize, indent: &str) {
        let line = self.source.line_start(at);
        let blanks = self.source.bytes[line..at]
            .iter()
            .rev()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        self.edits.replace(
            Span::new(at - blanks, at),
            format!("{}{indent}", self.source.newline),
        );
    }
}
