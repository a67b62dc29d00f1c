//! Edits as plain data: byte ranges of one exact text and what replaces them.

use crate::source::Span;
use serde::Serialize;

/// Replaces the bytes `start..end` by `text`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Edit {
    /// Byte offset into the text that was analysed.
    pub start: usize,
    /// Byte offset, exclusive.
    pub end: usize,
    #[serde(serialize_with = "lossy")]
    pub text: Vec<u8>,
}

fn lossy<S: serde::Serializer>(text: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(text))
}

/// Edits of one text. Sorted and disjoint once [`EditSet::finish`] has accepted them.
#[derive(Debug, Clone, Default)]
pub struct EditSet {
    edits: Vec<Edit>,
}

/// Two edits touch the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("edits overlap at byte {0}")]
pub struct Overlap(pub usize);

impl EditSet {
    /// Inserts `text` before the byte at `at`. Inserts at one place keep the order of the calls.
    pub fn insert(&mut self, at: usize, text: impl Into<Vec<u8>>) {
        self.replace(Span::new(at, at), text);
    }

    /// Removes the bytes of `span`.
    pub fn delete(&mut self, span: Span) {
        self.replace(span, "");
    }

    /// Replaces the bytes of `span` by `text`.
    pub fn replace(&mut self, span: Span, text: impl Into<Vec<u8>>) {
        self.edits.push(Edit {
            start: span.start,
            end: span.end,
            text: text.into(),
        });
    }

    /// Sorts the edits and joins those that touch.
    ///
    /// # Errors
    /// [`Overlap`] when two edits claim the same byte.
    pub fn finish(mut self) -> Result<Vec<Edit>, Overlap> {
        // Stable: inserts at one place stay in order, and stand before a replacement that starts there.
        self.edits.sort_by_key(|edit| (edit.start, edit.end));
        let mut joined: Vec<Edit> = Vec::with_capacity(self.edits.len());
        for edit in self.edits {
            match joined.last_mut() {
                Some(last) if edit.start < last.end => return Err(Overlap(edit.start)),
                Some(last) if edit.start == last.end => {
                    last.end = edit.end;
                    last.text.extend_from_slice(&edit.text);
                }
                _ => joined.push(edit),
            }
        }
        joined.retain(|edit| edit.start != edit.end || !edit.text.is_empty());
        Ok(joined)
    }
}

/// The text with the edits applied. The edits must be sorted and disjoint.
pub fn apply(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let grown: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut out = Vec::with_capacity(text.len() + grown);
    let mut at = 0;
    for edit in edits {
        debug_assert!(at <= edit.start && edit.start <= edit.end && edit.end <= text.len());
        out.extend_from_slice(&text[at..edit.start]);
        out.extend_from_slice(&edit.text);
        at = edit.end;
    }
    out.extend_from_slice(&text[at..]);
    out
}

/// Where the byte at `at` stands after the edits.
pub fn moved(at: usize, edits: &[Edit]) -> usize {
    let before = edits
        .iter()
        .filter(|edit| edit.end <= at && edit.start < at);
    let (mut grown, mut shrunk) = (0, 0);
    for edit in before {
        grown += edit.text.len();
        shrunk += edit.end - edit.start;
    }
    at + grown - shrunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserts_at_one_place_keep_their_order() {
        let mut set = EditSet::default();
        set.insert(1, "x");
        set.insert(1, "y");
        set.delete(Span::new(1, 2));
        let edits = set.finish().expect("disjoint");
        assert_eq!(apply(b"abc", &edits), b"axyc");
    }

    #[test]
    fn overlapping_edits_are_refused() {
        let mut set = EditSet::default();
        set.delete(Span::new(0, 2));
        set.replace(Span::new(1, 3), "z");
        assert_eq!(set.finish(), Err(Overlap(1)));
    }
}
