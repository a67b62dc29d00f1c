//! What names one lock in C and C++, however it is written: `&(p->m)` is `&p->m`, `(*p).m` is `p->m`, and
//! `this->m` is `m`.

use super::names::{declarators, declared_name};
use crate::catalog::pattern::{normal, unwrapped};
use crate::lower::{descendants, named_children};
use tree_sitter::Node;

/// Deeper expressions are taken as they are written.
const DEEPEST: usize = 30;

/// The expression, without what does not change its meaning.
pub fn known_as(node: Node<'_>, text: &[u8]) -> String {
    canonical(node, text, 0)
}

fn canonical(node: Node<'_>, text: &[u8], depth: usize) -> String {
    let node = unwrapped(node);
    let written = || normal(node, text);
    if depth == DEEPEST {
        return written();
    }
    let inner = |node: Node<'_>| canonical(node, text, depth + 1);
    match node.kind() {
        "pointer_expression" => {
            let Some((operator, operand)) = pointer(node) else {
                return written();
            };
            match pointer(operand) {
                // `&*p`, `*&x`
                Some((other, object)) if other != operator => inner(object),
                _ => format!("{operator}{}", inner(operand)),
            }
        }
        "field_expression" => {
            let (Some(object), Some(field), Some(operator)) = (
                node.child_by_field_name("argument").map(unwrapped),
                node.child_by_field_name("field"),
                node.child_by_field_name("operator"),
            ) else {
                return written();
            };
            let field = normal(field, text);
            // `(*p).m`
            let (object, operator) = match pointer(object) {
                Some(("*", object)) if operator.kind() == "." => (object, "->"),
                _ => (object, operator.kind()),
            };
            if object.kind() == "this" && !is_hidden(node, &field, text) {
                field
            } else if binds_tightly(object) {
                format!("{}{operator}{field}", inner(object))
            } else {
                format!("({}){operator}{field}", inner(object))
            }
        }
        "call_expression" => {
            let (Some(function), Some(arguments)) = (
                node.child_by_field_name("function"),
                node.child_by_field_name("arguments"),
            ) else {
                return written();
            };
            let given: Vec<String> = named_children(arguments).into_iter().map(inner).collect();
            format!("{}({})", inner(function), given.join(","))
        }
        _ => written(),
    }
}

/// The operator and the operand of `&x` and `*p`.
fn pointer<'t>(node: Node<'t>) -> Option<(&'t str, Node<'t>)> {
    let operator = node.child_by_field_name("operator")?.kind();
    let operand = unwrapped(node.child_by_field_name("argument")?);
    (node.kind() == "pointer_expression").then_some((operator, operand))
}

/// Whether a `.` or `->` behind the expression needs no parentheses around it.
fn binds_tightly(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "identifier" | "field_expression" | "subscript_expression" | "call_expression" | "this"
    )
}

/// Whether a variable of a function around hides the member of this name.
fn is_hidden(node: Node<'_>, member: &str, text: &[u8]) -> bool {
    let declares = |function: Node<'_>| {
        descendants(function, |_| true)
            .filter(|node| {
                matches!(
                    node.kind(),
                    "declaration" | "parameter_declaration" | "optional_parameter_declaration"
                )
            })
            .flat_map(declarators)
            .filter_map(declared_name)
            .any(|name| &text[name.byte_range()] == member.as_bytes())
    };
    std::iter::successors(Some(node), Node::parent)
        .filter(|node| matches!(node.kind(), "function_definition" | "lambda_expression"))
        .any(declares)
}
