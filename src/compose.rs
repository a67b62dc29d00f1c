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

    /// The first `at` bytes and the others.
    fn split(self, at: usize) -> (Piece, Piece) {
        match self {
            Piece::Kept(span) => {
                let middle = span.start + at;
                let parts = [(span.start, middle), (middle, span.end)];
                let [first, second] = parts.map(|(start, end)| Piece::Kept(Span::new(start, end)));
                (first, second)
            }
            Piece::New(mut bytes) => {
                let second = bytes.split_off(at);
                (Piece::New(bytes), Piece::New(second))
            }
        }
    }
}

/// Pieces that are taken from front to back.
struct Rest {
    pieces: std::vec::IntoIter<Piece>,
    /// What is left of a piece that was taken in part.
    begun: Option<Piece>,
}

impl Rest {
    /// Takes `len` bytes, or all that are left.
    fn take(&mut self, mut len: usize, mut each: impl FnMut(Piece)) {
        while len > 0 {
            let Some(piece) = self.begun.take().or_else(|| self.pieces.next()) else {
                return;
            };
            if piece.len() > len {
                let (taken, left) = piece.split(len);
                self.begun = Some(left);
                each(taken);
                return;
            }
            len -= piece.len();
            each(piece);
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
        let mut rest = Rest {
            pieces: std::mem::take(&mut self.pieces).into_iter(),
            begun: None,
        };
        let mut at = 0;
        for edit in edits {
            rest.take(edit.start - at, |piece| pieces.push(piece));
            rest.take(edit.end - edit.start, drop);
            if !edit.text.is_empty() {
                pieces.push(Piece::New(edit.text.clone()));
            }
            at = edit.end;
        }
        rest.take(usize::MAX, |piece| pieces.push(piece));
        self.pieces = pieces;
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
