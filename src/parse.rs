//! Bytes to syntax trees, with a bound on time.

use crate::edit::Edit;
use crate::language::Grammar;
use crate::source::{Source, Span};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tree_sitter::{InputEdit, Node, ParseOptions, ParseState, Parser, Point, Tree};

/// Time that one file may take to parse.
const LONGEST: Duration = Duration::from_secs(20);

/// Parses a file. `None` when it takes too long.
pub fn parse(grammar: &dyn Grammar, text: &[u8]) -> Option<Tree> {
    parse_after(grammar, text, None)
}

/// Parses the text that `edits` make of a file, taking over what they do not touch of its tree.
/// Returns the new tree and the bytes of the new text within which the trees may differ; `None`
/// when it takes too long.
pub fn reparse(
    grammar: &dyn Grammar,
    before: (&Source<'_>, &Tree),
    edits: &[Edit],
    text: &[u8],
) -> Option<(Tree, Span)> {
    let (source, tree) = before;
    let mut old = tree.clone();
    // From the last to the first, so that positions of the file stay true.
    for edit in edits.iter().rev() {
        let start = point(source, edit.start);
        old.edit(&InputEdit {
            start_byte: edit.start,
            old_end_byte: edit.end,
            new_end_byte: edit.start + edit.text.len(),
            start_position: start,
            old_end_position: point(source, edit.end),
            new_end_position: behind(start, &edit.text),
        });
    }
    let new = parse_after(grammar, text, Some(&old))?;
    let (mut grown, mut shrunk) = (0, 0);
    let mut spans: Vec<Span> = Vec::new();
    for edit in edits {
        let start = edit.start + grown - shrunk;
        spans.push(Span::new(start, start + edit.text.len()));
        grown += edit.text.len();
        shrunk += edit.end - edit.start;
    }
    let changed = old.changed_ranges(&new);
    spans.extend(changed.map(|range| Span::new(range.start_byte, range.end_byte)));
    let start = spans.iter().map(|span| span.start).min().unwrap_or(0);
    let end = spans.iter().map(|span| span.end).max().unwrap_or(0);
    Some((new, Span::new(start, end)))
}

/// Row and column (in bytes) of a byte, both from 0.
fn point(source: &Source<'_>, at: usize) -> Point {
    let row = source.location(at).line - 1;
    Point::new(row, at - source.line_start(at))
}

/// Where a text ends that begins at `start`.
fn behind(start: Point, text: &[u8]) -> Point {
    let rows = memchr::memchr_iter(b'\n', text).count();
    match memchr::memrchr(b'\n', text) {
        Some(last) => Point::new(start.row + rows, text.len() - last - 1),
        None => Point::new(start.row, start.column + text.len()),
    }
}

fn parse_after(grammar: &dyn Grammar, text: &[u8], old: Option<&Tree>) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&grammar.grammar()).ok()?;
    let begun = Instant::now();
    let mut bound = |_: &ParseState| {
        if begun.elapsed() > LONGEST {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut bound);
    parser.parse_with_options(
        &mut |at, _| text.get(at..).unwrap_or_default(),
        old,
        Some(options),
    )
}

/// Levels of nesting that a file may have. What generators write goes deeper, people do not.
pub const DEEPEST: usize = 1_000;

/// Whether something stands more than `deepest` levels below the node: too deep to be worth the
/// walks from leaves to roots.
pub fn too_deep(node: Node<'_>, deepest: usize) -> bool {
    if node.descendant_count() <= deepest {
        return false;
    }
    let mut cursor = node.walk();
    let mut depth = 0usize;
    loop {
        if cursor.goto_first_child() {
            depth += 1;
            if depth > deepest {
                return true;
            }
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
            depth -= 1;
        }
    }
}
