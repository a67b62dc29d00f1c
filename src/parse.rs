//! Bytes to syntax trees, with a bound on time.

use crate::language::Grammar;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

/// Time that one file may take to parse.
const LONGEST: Duration = Duration::from_secs(20);

/// Parses a file. `None` when it takes too long.
pub fn parse(grammar: &dyn Grammar, text: &[u8]) -> Option<Tree> {
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
        None,
        Some(options),
    )
}

/// Levels of nesting that a file may have. What generators write goes deeper, people do not.
const DEEPEST: usize = 1_000;

/// Whether the tree nests too deeply to be worth the walks from its leaves to its root.
pub fn too_deep(tree: &Tree) -> bool {
    let mut cursor = tree.walk();
    let mut depth = 0usize;
    loop {
        if cursor.goto_first_child() {
            depth += 1;
            if depth > DEEPEST {
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
