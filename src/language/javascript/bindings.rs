//! Where the value of an expression of a script goes.

use super::outer_parent;
use crate::language::Binding;
use crate::lower::{named_children, span};
use crate::source::Span;
use crate::tree::Node;

/// Where the value of the node goes.
pub fn binding(node: Node<'_>) -> Binding<'_> {
    let Some(parent) = outer_parent(node) else {
        return Binding::Other;
    };
    match parent.kind() {
        "expression_statement" => Binding::Dropped,
        "return_statement" | "arrow_function" => Binding::Given { returned: true },
        "arguments" | "pair" => Binding::Given { returned: false },
        "array" => in_list(node, parent),
        "variable_declarator" | "assignment_expression" => match bound(parent) {
            Some((target, start)) => Binding::Target {
                target,
                whole: Span::new(start, node.start_byte()),
            },
            None => Binding::Other,
        },
        "if_statement" | "while_statement" | "do_statement" | "unary_expression" => {
            Binding::Condition
        }
        _ => Binding::Other,
    }
}

/// The target of a declaration or assignment, and where it starts.
fn bound(node: Node<'_>) -> Option<(Node<'_>, usize)> {
    if node.kind() == "assignment_expression" {
        return Some((node.child_by_field_name("left")?, node.start_byte()));
    }
    let start = node
        .parent()
        .filter(|declaration| declaration.named_child_count() == 1)
        .map_or(node.start_byte(), |declaration| declaration.start_byte());
    Some((node.child_by_field_name("name")?, start))
}

/// `const [row, release] = await Promise.all([load(), mutex.acquire()])`
fn in_list<'t>(node: Node<'t>, list: Node<'t>) -> Binding<'t> {
    let part = || {
        let call = list.parent()?.parent()?;
        let declared = outer_parent(outer_parent(call)?)?;
        let (target, start) = match declared.kind() {
            "variable_declarator" | "assignment_expression" => bound(declared)?,
            _ => return None,
        };
        let index = named_children(list)
            .iter()
            .position(|element| span(*element).contains(span(node)))?;
        let names = crate::lower::children(target);
        let of_index = names
            .split(|token| token.kind() == ",")
            .nth(index)?
            .iter()
            .find(|name| name.is_named())?;
        Some((*of_index, start))
    };
    match part() {
        Some((target, start)) => Binding::Part {
            target,
            whole: Span::new(start, node.start_byte()),
        },
        None => Binding::Other,
    }
}
