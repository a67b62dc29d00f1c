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
