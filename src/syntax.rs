//! What the command line asks of a parse: where the comments are, and whether the text is sound.

use crate::language::Language;
use crate::parse::parse;
use crate::source::Span;
use tree_sitter::{Node, Tree};

/// Calls `visit` on every node of `tree`, parents first, without recursion.
fn walk(tree: &Tree, mut visit: impl FnMut(Node<'_>)) {
    let mut cursor = tree.walk();
    loop {
        visit(cursor.node());
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// The comments of `text`, in order.
pub fn comments(language: Language, text: &[u8]) -> Vec<Span> {
    let mut found = Vec::new();
    if let Some(tree) = parse(language.grammar(), text) {
        walk(&tree, |node| {
            if node.kind().contains("comment") {
                found.push(Span::new(node.start_byte(), node.end_byte()));
            }
        });
    }
    found
}

/// The number of places where `text` breaks the grammar.
pub fn error_count(language: Language, text: &[u8]) -> usize {
    let mut count = 0;
    if let Some(tree) = parse(language.grammar(), text)
        && tree.root_node().has_error()
    {
        walk(&tree, |node| {
            count += usize::from(node.is_error() || node.is_missing());
        });
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_no_comments() {
        let text = b"s = '# no'  # yes\nt = '''\n# no\n'''\n";
        let found = comments(Language::Python, text);
        assert_eq!(found, [Span::new(12, 17)]);
    }

    #[test]
    fn errors_are_counted() {
        assert_eq!(error_count(Language::JavaScript, b"f();\n"), 0);
        assert!(error_count(Language::JavaScript, b"f( {\n") > 0);
    }
}
