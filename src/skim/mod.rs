//! What of a file need not be parsed: the bodies of functions that hold nothing that an analysis asks for.
//!
//! A skim reads bytes, not syntax, and may be wrong about what is a body. So it is never trusted: the parse
//! that leaves bodies out has to show that each of them was the whole body of an outermost function, and an
//! analysis that asks for a word that was left out is done again with it ([`Hidden`]).

pub mod lexis;
mod scan;

use crate::language::Grammar;
use crate::source::Span;
use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use lexis::Lexis;
use memchr::memmem;
use scan::Scan;
use std::cell::RefCell;
use tree_sitter::Tree;

/// Bytes that a body must have to be worth leaving out.
const SHORTEST: usize = 24;

/// The search for what makes bodies worth reading.
#[derive(Debug)]
pub struct Skimmer {
    search: AhoCorasick,
    /// The words in front of this one are those of locks.
    first_telling: usize,
}

impl Skimmer {
    /// A skimmer for bodies without any of `words`, as far as the names that they tell are concerned.
    ///
    /// # Errors
    /// When the words are too many for one automaton.
    pub fn new(lexis: &Lexis, words: &[&str]) -> Result<Skimmer, BuildError> {
        let telling = lexis.telling.iter().map(|telling| telling.word);
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(words.iter().copied().chain(telling))?;
        Ok(Skimmer {
            search,
            first_telling: words.len(),
        })
    }

    /// The insides of bodies that need not be parsed, in order. Nothing when in doubt.
    pub fn skim(&self, lexis: &Lexis, text: &[u8]) -> Vec<Span> {
        let marks: Vec<usize> = self
            .search
            .find_iter(text)
            .filter(|found| {
                let before = found.start().checked_sub(1).map(|at| text[at]);
                let rest = &text[found.end()..];
                let part_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                if before.is_some_and(part_of_name) || rest.first().copied().is_some_and(part_of_name) {
                    return false;
                }
                let telling = found.pattern().as_usize().checked_sub(self.first_telling);
                // `T.class` declares nothing.
                telling.is_none_or(|at| before != Some(b'.') && lexis.telling[at].tells(rest))
            })
            .map(|found| found.start())
            .collect();
        let mut bodies = Scan::new(lexis, text, &marks).run().unwrap_or_default();
        bodies.retain(|body| body.end - body.start >= SHORTEST);
        bodies
    }
}

/// The text with blanks in the place of `bodies`; lines stay.
pub fn without(text: &[u8], bodies: &[Span]) -> Vec<u8> {
    let mut masked = text.to_vec();
    for body in bodies {
        for byte in &mut masked[body.start..body.end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    masked
}

/// Whether the tree shows that each of `bodies` was the body of an outermost function.
pub fn confirms(tree: &Tree, grammar: &dyn Grammar, bodies: &[Span]) -> bool {
    let root = tree.root_node();
    if root.has_error() {
        return false;
    }
    let mut rest = bodies;
    let mut cursor = root.walk();
    // Whether the node at each level is a function.
    let mut functions: Vec<bool> = Vec::new();
    loop {
        let node = cursor.node();
        let Some(body) = rest.first() else {
            return true;
        };
        let around = functions.iter().filter(|function| **function).count();
        let is_body = node.start_byte() + 1 == body.start
            && node.end_byte() == body.end + 1
            && node.child_count() == 2
            && functions.last() == Some(&true)
            && around == 1;
        if is_body {
            rest = &rest[1..];
        } else if node.start_byte() >= body.start {
            return false;
        }
        let enter = !is_body && node.end_byte() > body.start;
        if enter && cursor.goto_first_child() {
            functions.push(grammar.is_function(node.kind()));
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return rest.is_empty();
            }
            functions.pop();
        }
    }
}

/// What was left out of a parse.
#[derive(Debug, Default)]
pub struct Hidden<'a> {
    text: &'a [u8],
    bodies: Vec<Span>,
    /// What was asked for and is in there.
    missed: RefCell<Vec<String>>,
}

impl<'a> Hidden<'a> {
    /// The bodies of `text` that were left out.
    pub fn new(text: &'a [u8], bodies: Vec<Span>) -> Hidden<'a> {
        Hidden {
            text,
            bodies,
            missed: RefCell::default(),
        }
    }

    pub fn bodies(&self) -> &[Span] {
        &self.bodies
    }

    /// Notes that the analysis depends on whether the word stands somewhere in the file.
    pub fn ask(&self, word: &str) {
        if self.bodies.iter().any(|body| self.holds(*body, word)) {
            self.missed.borrow_mut().push(word.to_owned());
        }
    }

    fn holds(&self, body: Span, word: &str) -> bool {
        memmem::find(&self.text[body.start..body.end], word.as_bytes()).is_some()
    }

    /// The bodies that may still be left out after what was asked; `None` when nothing was missed.
    pub fn without_missed(&self) -> Option<Vec<Span>> {
        let missed = self.missed.borrow();
        if missed.is_empty() {
            return None;
        }
        let asked = |body: &Span| missed.iter().any(|word| self.holds(*body, word));
        let kept = self.bodies.iter().filter(|body| !asked(body));
        Some(kept.copied().collect())
    }
}
