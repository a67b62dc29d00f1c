//! Several rounds of edits as one: edits of the last text become edits of the first.

use crate::edit::Edit;
use crate::source::Span;

/// A piece of the current text.
#[derive(Debug, Clone)]
enum Piece {
    /// Bytes of the original.
    Kept(Span),
    New(Vec<u8>),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Piece::Kept(span) => span.end - span.start,
            Piece::New(bytes) => bytes.len(),
        }
    }

    fn slice(&self, start: usize, end: usize) -> Piece {
        match self {
            Piece::Kept(span) => Piece::Kept(Span::new(span.start + start, span.start + end)),
            Piece::New(bytes) => Piece::New(bytes[start..end].to_vec()),
        }
    }
}

/// Rounds of edits applied one after the other to one text.
#[derive(Debug, Clone)]
pub struct Composition {
    original_len: usize,
    pieces: Vec<Piece>,
}

impl Composition {
    /// No edit yet of a text of this many bytes.
    pub fn new(original_len: usize) -> Composition {
        Composition {
            original_len,
            pieces: vec![Piece::Kept(Span::new(0, original_len))],
        }
    }

    /// Adds a round: sorted, disjoint edits of the text that the rounds so far give.
    pub fn push(&mut self, edits: &[Edit]) {
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2 * edits.len());
        let mut at = 0;
        for edit in edits {
            self.copy(at, edit.start, &mut pieces);
            if !edit.text.is_empty() {
                pieces.push(Piece::New(edit.text.clone()));
            }
            at = edit.end;
        }
        self.copy(at, usize::MAX, &mut pieces);
        self.pieces = pieces;
    }

    /// Copies what lies in `start..end` of the current text.
    fn copy(&self, start: usize, end: usize, into: &mut Vec<Piece>) {
        let mut at = 0;
        for piece in &self.pieces {
            let len = piece.len();
            let from = start.clamp(at, at + len) - at;
            let to = end.clamp(at, at + len) - at;
            if from < to {
                into.push(piece.slice(from, to));
            }
            at += len;
        }
    }

    /// All rounds as edits of the original: sorted, and with at least a byte between any two.
    pub fn edits(&self) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut at = 0;
        let mut text = Vec::new();
        let end = Piece::Kept(Span::new(self.original_len, self.original_len));
        for piece in self.pieces.iter().chain([&end]) {
            match piece {
                Piece::New(bytes) => text.extend_from_slice(bytes),
                Piece::Kept(span) => {
                    if span.start > at || !text.is_empty() {
                        edits.push(Edit {
                            start: at,
                            end: span.start,
                            text: std::mem::take(&mut text),
                        });
                    }
                    at = span.end;
                }
            }
        }
        edits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit {
            start,
            end,
            text: text.into(),
        }
    }

    #[test]
    fn rounds_compose() {
        let original = b"abcdef";
        let rounds = [
            vec![edit(1, 2, "XYZ"), edit(6, 6, "!")],
            vec![edit(0, 3, ""), edit(5, 6, "--")],
            vec![edit(0, 0, ">"), edit(2, 2, "")],
        ];
        let mut composition = Composition::new(original.len());
        let mut text = original.to_vec();
        for round in &rounds {
            composition.push(round);
            text = edit::apply(&text, round);
            assert_eq!(edit::apply(original, &composition.edits()), text);
        }
        assert_eq!(
            composition.edits(),
            [edit(0, 2, ">Z"), edit(3, 4, "--"), edit(6, 6, "!")]
        );
    }

    #[test]
    fn an_insert_taken_back_is_no_edit() {
        let mut composition = Composition::new(3);
        composition.push(&[edit(1, 1, "xx")]);
        composition.push(&[edit(1, 3, "")]);
        assert_eq!(composition.edits(), []);
        let mut nothing = Composition::new(0);
        nothing.push(&[edit(0, 0, "a")]);
        assert_eq!(nothing.edits(), [edit(0, 0, "a")]);
    }
}
