//! The text of a file: bytes, line ends, indentation, and places in it.

use memchr::{memchr, memchr_iter, memrchr};
use serde::Serialize;

/// Bytes `start..end` of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct Span {
    /// Byte offset.
    pub start: usize,
    /// Byte offset, exclusive.
    pub end: usize,
}

impl Span {
    /// The bytes `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    /// Whether `other` lies within.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A place for people: both numbers count from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct Location {
    pub line: usize,
    pub column: usize,
}

/// The bytes of a file with what a rewrite has to know of their layout.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// The file as read, byte order mark included.
    pub bytes: &'a [u8],
    line_starts: Vec<usize>,
    /// The line end of the file: that of its first line.
    pub newline: &'static str,
    /// One level of indentation, as most lines of the file show it.
    pub indent: String,
}

impl<'a> Source<'a> {
    /// Reads the layout off `bytes`. `default_indent` serves files that indent nothing.
    pub fn new(bytes: &'a [u8], default_indent: &str) -> Self {
        let mut line_starts = vec![0];
        line_starts.extend(memchr_iter(b'\n', bytes).map(|at| at + 1));
        let newline = match memchr(b'\n', bytes) {
            Some(at) if at > 0 && bytes[at - 1] == b'\r' => "\r\n",
            _ => "\n",
        };
        let indent = detect_indent(bytes).unwrap_or_else(|| default_indent.to_owned());
        Source {
            bytes,
            line_starts,
            newline,
            indent,
        }
    }

    /// The text `bytes` that replacing these sorted, disjoint spans makes of this one; it has the
    /// same layout.
    pub fn edited<'b, 'n>(
        &self,
        replaced: impl Iterator<Item = (Span, &'n [u8])>,
        bytes: &'b [u8],
    ) -> Source<'b> {
        let mut line_starts = Vec::with_capacity(self.line_starts.len());
        let mut rest = self.line_starts.as_slice();
        let (mut grown, mut shrunk) = (0, 0);
        for (span, new) in replaced {
            // The start of a line belongs to the newline in front of it.
            let (kept, others) = rest.split_at(rest.partition_point(|&at| at <= span.start));
            line_starts.extend(kept.iter().map(|at| at + grown - shrunk));
            rest = &others[others.partition_point(|&at| at <= span.end)..];
            let start = span.start + grown - shrunk;
            line_starts.extend(memchr_iter(b'\n', new).map(|at| start + at + 1));
            grown += new.len();
            shrunk += span.end - span.start;
        }
        line_starts.extend(rest.iter().map(|at| at + grown - shrunk));
        Source {
            bytes,
            line_starts,
            newline: self.newline,
            indent: self.indent.clone(),
        }
    }

    /// The bytes of `span`.
    pub fn slice(&self, span: Span) -> &'a [u8] {
        &self.bytes[span.start..span.end]
    }

    /// The text of `span`, with bytes that are not UTF-8 replaced.
    pub fn text(&self, span: Span) -> String {
        String::from_utf8_lossy(self.slice(span)).into_owned()
    }

    /// The 0-based number of the line that holds the byte at `at`.
    pub fn line_of(&self, at: usize) -> usize {
        self.line_starts.partition_point(|&start| start <= at) - 1
    }

    /// The byte offset of the first byte of the line that holds `at`.
    pub fn line_start(&self, at: usize) -> usize {
        self.line_starts[self.line_of(at)]
    }

    /// The byte offset behind the line end of the line that holds `at`.
    pub fn line_end(&self, at: usize) -> usize {
        self.line_starts
            .get(self.line_of(at) + 1)
            .copied()
            .unwrap_or(self.bytes.len())
    }

    /// The byte offset of the line end of the line that holds `at`, line end excluded.
    pub fn line_content_end(&self, at: usize) -> usize {
        let mut end = self.line_end(at);
        for byte in [b'\n', b'\r'] {
            if end > self.line_start(at) && self.bytes[end - 1] == byte {
                end -= 1;
            }
        }
        end
    }

    /// `at`, or the end of its line where nothing but a comment follows.
    pub fn behind_comment(&self, at: usize) -> usize {
        let end = self.line_content_end(at);
        let rest = self.slice(Span::new(at, end)).trim_ascii();
        let to_the_end = rest.starts_with(b"//") || rest.starts_with(b"#");
        let closed = rest.starts_with(b"/*") && rest.ends_with(b"*/");
        if to_the_end || closed { end } else { at }
    }

    /// The starts of the lines that begin within `span`, the first one only if `span` starts there.
    pub fn line_starts_in(&self, span: Span) -> impl Iterator<Item = usize> + '_ {
        let from = self
            .line_starts
            .partition_point(|&start| start < span.start);
        self.line_starts[from..]
            .iter()
            .copied()
            .take_while(move |&start| start < span.end)
    }

    /// The white space in front of the first other byte of the line that holds `at`.
    pub fn indent_at(&self, at: usize) -> &'a [u8] {
        let start = self.line_start(at);
        let len = self.bytes[start..]
            .iter()
            .take_while(|&&byte| byte == b' ' || byte == b'\t')
            .count();
        &self.bytes[start..start + len]
    }

    /// Whether only white space stands between the line's start and `at`.
    pub fn first_on_line(&self, at: usize) -> bool {
        self.line_start(at) + self.indent_at(at).len() >= at
    }

    /// Whether blocks within functions open with a brace on a line of its own, as far as the text shows.
    pub fn braces_on_lines(&self) -> bool {
        let (mut own, mut behind) = (0, 0);
        for line in self.bytes.split(|&byte| byte == b'\n') {
            let code = line.trim_ascii();
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                own += usize::from(code == b"{");
                behind += usize::from(code.ends_with(b") {"));
            }
        }
        own > behind
    }

    /// Line and column of the byte at `at`.
    pub fn location(&self, at: usize) -> Location {
        let line = self.line_of(at);
        let mut start = self.line_starts[line];
        if line == 0 && self.bytes.starts_with(b"\xef\xbb\xbf") {
            start = 3.min(at);
        }
        let column = match std::str::from_utf8(&self.bytes[start..at]) {
            Ok(text) => text.chars().count(),
            Err(_) => at - start,
        };
        Location {
            line: line + 1,
            column: column + 1,
        }
    }
}

/// The step by which most indented lines are deeper than the line before.
fn detect_indent(bytes: &[u8]) -> Option<String> {
    let mut tabs = 0usize;
    let mut steps = [0usize; 9];
    let mut previous = 0usize;
    for line in bytes.split(|&byte| byte == b'\n').take(5_000) {
        let spaces = line.iter().take_while(|&&byte| byte == b' ').count();
        match line.get(spaces) {
            None | Some(b'\r' | b'*') => continue,
            Some(b'\t') => {
                tabs += 1;
                continue;
            }
            Some(_) => {}
        }
        if spaces > previous && spaces - previous <= 8 {
            steps[spaces - previous] += 1;
        }
        previous = spaces;
    }
    let (width, count) = (2..=8)
        .map(|width| (width, steps[width]))
        .max_by_key(|&(width, count)| (count, std::cmp::Reverse(width)))?;
    if tabs > 0 && tabs >= count {
        return Some("\t".to_owned());
    }
    (count > 0).then(|| " ".repeat(width))
}

/// Where the line that ends the text before `at` begins; a helper for callers without a [`Source`].
pub fn start_of_line(bytes: &[u8], at: usize) -> usize {
    memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_skip_the_byte_order_mark() {
        let source = Source::new("\u{feff}é = 1\r\nx".as_bytes(), "    ");
        assert_eq!(source.location(5), Location { line: 1, column: 2 });
        assert_eq!(source.newline, "\r\n");
        assert_eq!(source.location(12), Location { line: 2, column: 2 });
    }

    #[test]
    fn lines_of_an_edited_text_are_those_of_a_new_one() {
        let text = b"one\ntwo\n\nthree\nfour";
        let cases: [&[(usize, usize, &str)]; 3] = [
            &[(0, 0, "zero\n"), (5, 8, "\n\n")],
            &[(3, 4, ""), (9, 9, "a\nb"), (19, 19, "\n")],
            &[(0, 19, "x")],
        ];
        for edits in cases {
            let mut edited = text.to_vec();
            for (start, end, new) in edits.iter().rev() {
                edited.splice(*start..*end, new.bytes());
            }
            let fresh = Source::new(&edited, "");
            let replaced = edits
                .iter()
                .map(|(start, end, new)| (Span::new(*start, *end), new.as_bytes()));
            let source = Source::new(text, "");
            assert_eq!(
                source.edited(replaced, &edited).line_starts,
                fresh.line_starts
            );
        }
    }

    #[test]
    fn indentation_is_what_most_lines_do() {
        assert_eq!(
            Source::new(b"a {\n  b {\n    c\n  }\n}\n", "\t").indent,
            "  "
        );
        assert_eq!(Source::new(b"a {\n\tb\n}\n", "  ").indent, "\t");
        assert_eq!(Source::new(b"a\n", "    ").indent, "    ");
    }
}
