//! Bytes to syntax trees, with a bound on time.

use crate::edit::{self, Edit};
use crate::language::Grammar;
use crate::source::{Source, Span};
use crate::tree::{Node, Tree, Vocabulary};
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tree_sitter::{InputEdit, Language, ParseOptions, ParseState, Parser, Point};

/// Time that one file may take to parse.
const LONGEST: Duration = Duration::from_secs(20);

/// Parses a file. `None` when it takes too long.
pub fn parse(grammar: &dyn Grammar, text: &[u8]) -> Option<Tree> {
    parse_as(&grammar.grammar(), text)
}

/// Parses a text by a grammar.
pub fn parse_as(language: &Language, text: &[u8]) -> Option<Tree> {
    let parsed = parse_after(language, text, None, Errors::AreRead)?;
    Some(Tree::whole(parsed, Vocabulary::of(language)))
}

/// Parses a file that is of use only without a syntax error: gives up at the first one.
pub fn parse_sound(grammar: &dyn Grammar, text: &[u8]) -> Option<Tree> {
    let language = grammar.grammar();
    let parsed = parse_after(&language, text, None, Errors::EndIt)?;
    let sound = !parsed.root_node().has_error();
    sound.then(|| Tree::whole(parsed, Vocabulary::of(&language)))
}

/// What a parse does when it meets a syntax error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Errors {
    AreRead,
    EndIt,
}

/// Parses the text that `edits` make of a file, taking over what they do not touch of its tree.
/// Returns the new tree, read at first where it may differ and at `wanted`, and the bytes of the new text within
/// which the trees may differ; `None` when it takes too long.
pub fn reparse(
    grammar: &dyn Grammar,
    before: (&Source<'_>, &Tree),
    edits: &[Edit],
    text: &[u8],
    wanted: Span,
) -> Option<(Tree, Span)> {
    let (source, tree) = before;
    let language = grammar.grammar();
    let old = edited(tree.parsed(), source, edits);
    let new = parse_after(&language, text, Some(&old), Errors::AreRead)?;
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
    let read = Span::new(start.min(wanted.start), end.max(wanted.end));
    let tree = Tree::around(new, Vocabulary::of(&language), read);
    Some((tree, Span::new(start, end)))
}

/// A text without syntax errors as it was parsed: the parse of what edits make of it may go on from there. (What is made of
/// errors depends on the way there.)
#[derive(Debug)]
pub struct Earlier {
    text: Vec<u8>,
    tree: tree_sitter::Tree,
}

impl Earlier {
    /// `None` for a text with syntax errors.
    pub fn new(text: &[u8], tree: &Tree) -> Option<Earlier> {
        let tree = tree.parsed().clone();
        let sound = !tree.root_node().has_error();
        sound.then(|| Earlier {
            text: text.to_vec(),
            tree,
        })
    }

    /// Whether `edits` make the text of it.
    pub fn becomes(&self, text: &[u8], edits: &[Edit]) -> bool {
        let within = edits.last().is_none_or(|last| last.end <= self.text.len());
        within && edit::apply(&self.text, edits) == text
    }

    /// The tree of the text that `edits` make of it. `None` when that has syntax errors or takes too long.
    pub fn parse(&self, grammar: &dyn Grammar, text: &[u8], edits: &[Edit]) -> Option<Tree> {
        let language = grammar.grammar();
        let source = Source::new(&self.text, grammar.default_indent());
        let old = edited(&self.tree, &source, edits);
        let parsed = parse_after(&language, text, Some(&old), Errors::EndIt)?;
        let sound = !parsed.root_node().has_error();
        sound.then(|| Tree::whole(parsed, Vocabulary::of(&language)))
    }
}

/// The tree of a text, told what edits do to that.
fn edited(tree: &tree_sitter::Tree, source: &Source<'_>, edits: &[Edit]) -> tree_sitter::Tree {
    let mut tree = tree.clone();
    // From the last to the first, so that positions of the file stay true.
    for edit in edits.iter().rev() {
        let start = point(source, edit.start);
        tree.edit(&InputEdit {
            start_byte: edit.start,
            old_end_byte: edit.end,
            new_end_byte: edit.start + edit.text.len(),
            start_position: start,
            old_end_position: point(source, edit.end),
            new_end_position: behind(start, &edit.text),
        });
    }
    tree
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

thread_local! {
    /// The parser of each language that was met, used again for the next text.
    static PARSERS: RefCell<Vec<(Language, Parser)>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with the parser of the language. `None` when the grammar does not fit the parser.
fn with_parser<T>(language: &Language, work: impl FnOnce(&mut Parser) -> Option<T>) -> Option<T> {
    PARSERS.with_borrow_mut(|parsers| {
        let known = parsers.iter().position(|(known, _)| known == language);
        let at = match known {
            Some(at) => at,
            None => {
                let mut parser = Parser::new();
                parser.set_language(language).ok()?;
                parsers.push((language.clone(), parser));
                parsers.len() - 1
            }
        };
        work(&mut parsers[at].1)
    })
}

fn parse_after(
    language: &Language,
    text: &[u8],
    old: Option<&tree_sitter::Tree>,
    errors: Errors,
) -> Option<tree_sitter::Tree> {
    let begun = Instant::now();
    let mut bound = |state: &ParseState| {
        let mistaken = errors == Errors::EndIt && state.has_error();
        if mistaken || begun.elapsed() > LONGEST {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    with_parser(language, |parser| {
        // A parse that was given up would go on otherwise.
        parser.reset();
        parser.parse_with_options(
            &mut |at, _| text.get(at..).unwrap_or_default(),
            old,
            Some(ParseOptions::new().progress_callback(&mut bound)),
        )
    })
}

/// Levels of nesting that a file may have. What generators write goes deeper, people do not.
pub const DEEPEST: usize = 1_000;

/// Whether something stands more than `deepest` levels below the node: too deep to be worth the
/// walks from leaves to roots.
pub fn too_deep(node: Node<'_>, deepest: usize) -> bool {
    node.height() > deepest
}
