//! Unified diffs that `git apply` and `patch` take: byte for byte, whatever the line ends.

use super::label::header;
use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};
use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// What a line of a diff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Header,
    Hunk,
    Context,
    Removed,
    Added,
    /// `\ No newline at end of file`
    NoNewline,
}

/// A line of a diff, its marker and its line end included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    pub kind: Kind,
    /// What stands before `text`: `+`, `-`, a blank, or nothing.
    pub marker: &'static str,
    pub text: Cow<'a, [u8]>,
    /// Which line of its side this is, counted from 0: of the new one if it is added, else of the old.
    pub at: usize,
}

/// The diff from `old` to `new`, both named `path`. Empty when they are the same.
pub fn unified<'a>(path: &Path, old: &'a [u8], new: &'a [u8]) -> Vec<Line<'a>> {
    let (old, new) = (lines(old), lines(new));
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let mut out = Vec::new();
    for group in group_diff_ops(ops, CONTEXT) {
        if out.is_empty() {
            out.push(plain(Kind::Header, header("---", "a/", path)));
            out.push(plain(Kind::Header, header("+++", "b/", path)));
        }
        out.push(plain(Kind::Hunk, hunk_header(&group)));
        for op in group {
            let (tag, old_range, new_range) = op.as_tag_tuple();
            if tag == similar::DiffTag::Equal {
                push(&mut out, (Kind::Context, " "), &old, old_range);
            } else {
                push(&mut out, (Kind::Removed, "-"), &old, old_range);
                push(&mut out, (Kind::Added, "+"), &new, new_range);
            }
        }
    }
    out
}

fn plain(kind: Kind, text: Vec<u8>) -> Line<'static> {
    Line {
        kind,
        marker: "",
        text: text.into(),
        at: 0,
    }
}

/// The lines of a text, line ends included.
pub(super) fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').collect()
}

fn push<'a>(
    out: &mut Vec<Line<'a>>,
    (kind, marker): (Kind, &'static str),
    lines: &[&'a [u8]],
    range: Range<usize>,
) {
    for at in range {
        let line = lines[at];
        let ended = line.ends_with(b"\n");
        let text = match ended {
            true => line.into(),
            false => [line, b"\n"].concat().into(),
        };
        out.push(Line {
            kind,
            marker,
            text,
            at,
        });
        if !ended {
            let note = b"\\ No newline at end of file\n".to_vec();
            out.push(plain(Kind::NoNewline, note));
        }
    }
}

fn hunk_header(group: &[DiffOp]) -> Vec<u8> {
    let mut header = "@@".to_owned();
    let sides = [
        ('-', DiffOp::old_range as fn(&DiffOp) -> Range<usize>),
        ('+', DiffOp::new_range),
    ];
    for (sign, range) in sides {
        let start = group.first().map_or(0, |op| range(op).start);
        let end = group.last().map_or(0, |op| range(op).end);
        let len = end - start;
        // An empty range is named by the line before it.
        let first = start + usize::from(len > 0);
        header.push_str(&match len {
            1 => format!(" {sign}{first}"),
            _ => format!(" {sign}{first},{len}"),
        });
    }
    header.push_str(" @@\n");
    header.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(old: &[u8], new: &[u8]) -> String {
        let bytes: Vec<u8> = unified(Path::new("f"), old, new)
            .iter()
            .flat_map(|line| [line.marker.as_bytes(), &line.text].concat())
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn line_ends_stay_as_they_are() {
        assert_eq!(
            show(b"a\r\nb\r\nc", b"a\r\nx\r\nc"),
            "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\r\n-b\r\n+x\r\n c\n\\ No newline at end of file\n"
        );
        assert_eq!(
            show(b"a", b"a\n"),
            "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
        );
    }

    #[test]
    fn empty_sides_are_named_by_the_line_before() {
        assert_eq!(show(b"", b"a\n"), "--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a\n");
        assert_eq!(show(b"same\n", b"same\n"), "");
    }
}
