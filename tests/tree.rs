//! The table that a syntax tree is copied into says of every node of every fixture what the parser says of it,
//! whether it was copied as a whole or around a place.

#[path = "support/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use lockfix::language::Language;
use lockfix::source::Span;
use lockfix::tree::{Node, Tree, Vocabulary};

const FOLDERS: [&str; 7] = ["c", "cpp", "go", "java", "javascript", "php", "python"];

fn parsed(language: Language, text: &[u8]) -> tree_sitter::Tree {
    let mut parser = tree_sitter::Parser::new();
    let grammar = language.grammar().grammar();
    parser.set_language(&grammar).expect("a grammar that fits");
    parser.parse(text, None).expect("a tree")
}

/// What both sides say of a node and its place among others.
fn said_by_parser(node: tree_sitter::Node<'_>, field: Option<&str>) -> String {
    let place = |node: Option<tree_sitter::Node<'_>>| {
        node.map_or_else(String::new, |node| {
            format!("{} {:?}", node.kind(), node.byte_range())
        })
    };
    let flags = [
        node.is_named(),
        node.is_extra(),
        node.is_missing(),
        node.is_error(),
        node.has_error(),
    ];
    let named = field.and_then(|field| node.parent()?.child_by_field_name(field));
    format!(
        "{} {:?} {} {flags:?} of [{}] field {field:?}: [{}]",
        place(Some(node)),
        node.kind_id(),
        node.child_count(),
        place(node.parent()),
        place(named),
    )
}

fn said_by_table(node: Node<'_>, field: Option<&str>) -> String {
    let place = |node: Option<Node<'_>>| {
        node.map_or_else(String::new, |node| {
            format!("{} {:?}", node.kind(), node.byte_range())
        })
    };
    let flags = [
        node.is_named(),
        node.is_extra(),
        node.is_missing(),
        node.is_error(),
        node.has_error(),
    ];
    let named = field.and_then(|field| node.parent()?.child_by_field_name(field));
    format!(
        "{} {:?} {} {flags:?} of [{}] field {field:?}: [{}]",
        place(Some(node)),
        node.kind_id(),
        node.child_count(),
        place(node.parent()),
        place(named),
    )
}

/// Walks both trees together. Returns the number of nodes.
#[track_caller]
fn compare(tree: &Tree, parsed: &tree_sitter::Tree, name: &str) -> usize {
    let mut cursor = parsed.walk();
    let mut node = tree.root_node();
    let mut count = 0;
    loop {
        count += 1;
        let field = cursor.field_name();
        let (own, other) = (
            said_by_table(node, field),
            said_by_parser(cursor.node(), field),
        );
        assert_eq!(own, other, "{name}");
        if cursor.goto_first_child() {
            node = node.first_child().expect("a child");
            continue;
        }
        while !cursor.goto_next_sibling() {
            assert_eq!(node.next_sibling(), None, "{name}");
            if !cursor.goto_parent() {
                return count;
            }
            node = node.parent().expect("a parent");
        }
        node = node.next_sibling().expect("a sibling");
    }
}

#[test]
fn every_node_of_every_fixture_is_as_the_parser_has_it() {
    let mut count = 0;
    for folder in FOLDERS {
        for fixture in fixture::of_language(folder) {
            let words = Vocabulary::of(&fixture.language.grammar().grammar());
            let one = parsed(fixture.language, &fixture.text);
            count += compare(&Tree::whole(one.clone(), words), &one, &fixture.name);
            let middle = fixture.text.len() / 2;
            let around = Tree::around(one.clone(), words, Span::new(middle, middle + 1));
            compare(&around, &one, &fixture.name);
        }
    }
    assert!(count > 10_000, "only {count} nodes were compared");
}

#[test]
fn the_innermost_node_around_a_place_is_that_of_the_parser() {
    for folder in FOLDERS {
        for fixture in fixture::of_language(folder).into_iter().step_by(5) {
            let words = Vocabulary::of(&fixture.language.grammar().grammar());
            let one = parsed(fixture.language, &fixture.text);
            let tree = Tree::whole(one.clone(), words);
            for start in 0..fixture.text.len() {
                for end in [start, start + 1, start + 20] {
                    let own = tree.root_node().descendant_for_byte_range(start, end);
                    let other = one.root_node().descendant_for_byte_range(start, end);
                    assert_eq!(
                        own.map(|node| (node.kind(), node.byte_range())),
                        other.map(|node| (node.kind(), node.byte_range())),
                        "{} {start}..{end}",
                        fixture.name
                    );
                }
            }
        }
    }
}
