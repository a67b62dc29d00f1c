//! Places as editors count them: lines, and units of an encoding within the line.

use lsp_types::{Position, PositionEncodingKind, Range};

/// How columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    Utf8,
    /// What every client knows.
    #[default]
    Utf16,
}

impl Encoding {
    /// The best one that the client offers.
    pub fn of_client(offered: Option<&[PositionEncodingKind]>) -> Encoding {
        match offered {
            Some(kinds) if kinds.contains(&PositionEncodingKind::UTF8) => Encoding::Utf8,
            _ => Encoding::Utf16,
        }
    }

    /// Its name in the protocol.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn width(self, next: char) -> usize {
        match self {
            Encoding::Utf8 => next.len_utf8(),
            Encoding::Utf16 => next.len_utf16(),
        }
    }
}

/// The lines of a text. In the protocol, a carriage return alone ends a line too.
#[derive(Debug)]
pub struct Lines {
    starts: Vec<usize>,
    encoding: Encoding,
}

impl Lines {
    /// Finds the lines of `text`.
    pub fn of(text: &str, encoding: Encoding) -> Lines {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
        let ends = ends.filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
        let mut starts = vec![0];
        starts.extend(ends.map(|at| at + 1));
        Lines { starts, encoding }
    }

    /// The text of a line without its end, and where it begins; behind the last line, nothing.
    fn line<'t>(&self, text: &'t str, line: usize) -> (usize, &'t str) {
        let Some(&start) = self.starts.get(line) else {
            return (text.len(), "");
        };
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        (start, text[start..end].trim_end_matches(['\n', '\r']))
    }

    /// The byte offset of a place; one behind the end of its line is at that end.
    pub fn offset(&self, text: &str, position: Position) -> usize {
        let (start, line) = self.line(text, position.line as usize);
        let mut left = position.character as usize;
        for (at, next) in line.char_indices() {
            // In the middle of a character is in front of it.
            if left < self.encoding.width(next) {
                return start + at;
            }
            left -= self.encoding.width(next);
        }
        start + line.len()
    }

    /// The place of a byte offset.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let offset = offset.min(text.len());
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let before = text.get(self.starts[line]..offset).unwrap_or_default();
        let units: usize = before.chars().map(|next| self.encoding.width(next)).sum();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Position::new(number(line), number(units))
    }

    /// The places of `start..end`.
    pub fn range(&self, text: &str, start: usize, end: usize) -> Range {
        Range::new(self.position(text, start), self.position(text, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_comes_back() {
        let text = "a𝄞é\r\nb\rc\n\n漢𝄞";
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            let lines = Lines::of(text, encoding);
            for (offset, next) in text.char_indices() {
                // Between the two bytes of a line end nothing can stand.
                if next == '\n' && text[..offset].ends_with('\r') {
                    continue;
                }
                let position = lines.position(text, offset);
                assert_eq!(lines.offset(text, position), offset, "{position:?}");
            }
        }
    }

    #[test]
    fn columns_count_units_of_the_encoding() {
        let text = "x\n𝄞é = 1\n";
        let at = text.find('=').expect("there");
        let column = |encoding| Lines::of(text, encoding).position(text, at);
        assert_eq!(column(Encoding::Utf16), Position::new(1, 4));
        assert_eq!(column(Encoding::Utf8), Position::new(1, 7));
    }

    #[test]
    fn a_carriage_return_alone_ends_a_line() {
        let lines = Lines::of("a\rb\r\nc", Encoding::Utf16);
        assert_eq!(lines.position("a\rb\r\nc", 2), Position::new(1, 0));
        assert_eq!(lines.position("a\rb\r\nc", 5), Position::new(2, 0));
    }

    #[test]
    fn a_place_that_is_none_is_at_the_end() {
        let text = "ab\n𝄞";
        let lines = Lines::of(text, Encoding::Utf16);
        assert_eq!(lines.offset(text, Position::new(0, 9)), 2);
        assert_eq!(lines.offset(text, Position::new(1, 1)), 3);
        assert_eq!(lines.offset(text, Position::new(7, 0)), text.len());
    }
}
