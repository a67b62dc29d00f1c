//! Which names of a function are its own variables.

use super::JAVA;
use crate::language::Grammar;
use crate::lower::{Lowering, descendants, named_children};
use crate::tree::Node;

/// Whether a local variable hides the field of this name (its first part counts) where `node` stands.
pub fn is_hidden(node: Node<'_>, field: &str, text: &[u8]) -> bool {
    let name = field
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
        .next()
        .unwrap_or(field);
    std::iter::successors(node.parent(), Node::parent)
        .take_while(|around| {
            !around.kind().ends_with("_body") || around.kind() == "constructor_body"
        })
        .filter(|around| JAVA.is_function(around.kind()))
        .any(|function| declares(function, name, text))
}

/// Whether the function that is being lowered declares a variable of this name.
pub fn is_local(lowering: &Lowering<'_>, name: &str) -> bool {
    declares(lowering.function, name, lowering.file.source.bytes)
}

/// Whether the function itself declares a variable of this name: a parameter, a local, a pattern.
fn declares(function: Node<'_>, name: &str, text: &[u8]) -> bool {
    let named = |node: Node<'_>| &text[node.byte_range()] == name.as_bytes();
    let own = |node: Node<'_>| node.child_by_field_name("name").is_some_and(named);
    let enter = |node: Node<'_>| !JAVA.is_function(node.kind());
    descendants(function, enter).any(|node| match node.kind() {
        "variable_declarator" => {
            own(node)
                && node.parent().is_some_and(|parent| {
                    matches!(
                        parent.kind(),
                        "local_variable_declaration" | "spread_parameter"
                    )
                })
        }
        "formal_parameter"
        | "catch_formal_parameter"
        | "resource"
        | "enhanced_for_statement"
        | "instanceof_expression" => own(node),
        "inferred_parameters" | "type_pattern" | "record_pattern_component" => {
            named_children(node).into_iter().any(named)
        }
        "lambda_expression" if node.id() == function.id() => {
            node.child_by_field_name("parameters").is_some_and(named)
        }
        _ => false,
    })
}
