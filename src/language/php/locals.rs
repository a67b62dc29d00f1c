//! Variables whose value goes with the function: PHP destroys it as the function is left, however
//! that happens.

use super::Php;
use crate::catalog::pattern::{normal, unwrapped};
use crate::language::Grammar;
use crate::lower::descendants;
use crate::tree::Node;

/// Whether the function itself makes what the variable holds, and gives it to nobody.
pub fn dies_with(function: Node<'_>, name: &str, text: &[u8]) -> bool {
    let mut made = false;
    for node in descendants(function, |_| true) {
        if node.kind() != "variable_name" || normal(node, text) != name {
            continue;
        }
        match node.parent() {
            Some(parent) if is_made(parent, node) => made = true,
            Some(parent) if gets_away(parent, node) => return false,
            _ => {}
        }
        if is_captured(function, node) {
            return false;
        }
    }
    made
}

/// `$file = fopen(…)`, `$lock = $factory->createLock(…)`, `$lock = new Lock(…)`
fn is_made(assignment: Node<'_>, name: Node<'_>) -> bool {
    if assignment.kind() != "assignment_expression" {
        return false;
    }
    let is_target = assignment
        .child_by_field_name("left")
        .is_some_and(|left| left.id() == name.id());
    let value = assignment.child_by_field_name("right").map(unwrapped);
    is_target
        && value.is_some_and(|value| {
            Php.is_call(value.kind()) || value.kind() == "object_creation_expression"
        })
}

/// Whether somebody else has the value from here on, or had it before.
fn gets_away(parent: Node<'_>, name: Node<'_>) -> bool {
    match parent.kind() {
        // Functions of the language use a file and forget it; a method may keep what it gets.
        "argument" => {
            let call = parent.parent().and_then(|arguments| arguments.parent());
            call.is_none_or(|call| call.kind() != "function_call_expression")
        }
        "simple_parameter"
        | "variadic_parameter"
        | "property_promotion_parameter"
        | "global_declaration"
        | "static_variable_declaration"
        | "function_static_declaration" => true,
        _ => Php.passes_on(name),
    }
}

/// Whether a function inside the function mentions it.
fn is_captured(function: Node<'_>, name: Node<'_>) -> bool {
    std::iter::successors(name.parent(), Node::parent)
        .take_while(|node| node.id() != function.id())
        .any(|node| Php.is_function(node.kind()))
}

/// Whether others can change the variable because of what stands around its name: a call may take a
/// reference to it, it is one itself, it lives longer than the call.
pub fn lays_open(name: Node<'_>) -> bool {
    let Some(parent) = name.parent() else {
        return false;
    };
    match parent.kind() {
        "argument"
        | "by_ref"
        | "reference_assignment_expression"
        | "global_declaration"
        | "static_variable_declaration" => true,
        "simple_parameter" => parent
            .named_children()
            .any(|part| part.kind() == "reference_modifier"),
        _ => false,
    }
}
