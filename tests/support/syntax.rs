//! What the grammars say about a text: errors, tokens, comments, strings.

use lockfix::language::Language;
use std::ops::Range;
use tree_sitter::{Node, Parser, Tree};

/// A leaf of the syntax tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: String,
    pub bytes: Range<usize>,
    /// 1-based.
    pub line: usize,
}

fn parse(language: Language, text: &[u8]) -> Tree {
    let grammar = match language {
        Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        Language::Python => tree_sitter_python::LANGUAGE.into(),
        Language::C => tree_sitter_c::LANGUAGE.into(),
        Language::Cpp => tree_sitter_cpp::LANGUAGE.into(),
        Language::Go => tree_sitter_go::LANGUAGE.into(),
        Language::Java => tree_sitter_java::LANGUAGE.into(),
        Language::Php => tree_sitter_php::LANGUAGE_PHP.into(),
    };
    let mut parser = Parser::new();
    parser.set_language(&grammar).expect("a compatible grammar");
    parser.parse(text, None).expect("a tree")
}

/// Calls `visit` with every node, parents first.
fn walk(tree: &Tree, visit: &mut impl FnMut(Node)) {
    let mut pending = vec![tree.root_node()];
    while let Some(node) = pending.pop() {
        visit(node);
        let count = node.child_count();
        pending.extend((0..count).rev().filter_map(|at| node.child(at)));
    }
}

/// The number of error and missing nodes.
pub fn errors(language: Language, text: &[u8]) -> usize {
    let mut count = 0;
    walk(&parse(language, text), &mut |node| {
        count += usize::from(node.is_error() || node.is_missing());
    });
    count
}

/// The leaves of the tree, in order.
pub fn tokens(language: Language, text: &[u8]) -> Vec<Token> {
    let mut found = Vec::new();
    walk(&parse(language, text), &mut |node| {
        if node.child_count() == 0 && !node.byte_range().is_empty() {
            found.push(Token {
                kind: node.kind().to_owned(),
                bytes: node.byte_range(),
                line: node.start_position().row + 1,
            });
        }
    });
    found
}

/// Whether the token is a comment.
pub fn is_comment(token: &Token) -> bool {
    ["comment", "line_comment", "block_comment"].contains(&token.kind.as_str())
}

/// Whether the token is (a part of) a string or template.
pub fn is_string(token: &Token) -> bool {
    [
        "string_fragment",
        "multiline_string_fragment",
        "string_content",
        "escape_sequence",
        "interpreted_string_literal_content",
        "raw_string_literal_content",
    ]
    .contains(&token.kind.as_str())
}
