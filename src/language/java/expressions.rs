//! Expressions of Java: what their evaluation does, in order.

use super::{locals, switches, variable};
use crate::catalog::pattern::unwrapped;
use crate::flow::{Event, EventKind, Value};
use crate::lower::expressions::{children, event, events, short_circuit, ternary, value_of};
use crate::lower::{Lowering, descendants, label, named_children};
use crate::tree::Node;

/// What evaluating a node does.
pub fn expression(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    match node.kind() {
        "class_body" | "string_literal" | "class_literal" | "modifiers" | "annotation"
        | "marker_annotation" | "this" | "super" => {}
        "method_invocation" | "explicit_constructor_invocation" => call(lowering, node, out),
        "object_creation_expression" => {
            children(lowering, node, out);
            let created = lowering
                .file
                .grammar
                .callee(node, lowering.file.source.bytes);
            if !created.is_some_and(|created| lowering.is_pure_call(&created)) {
                out.push(lowering.event(node, label::call));
            }
        }
        "template_expression" => {
            children(lowering, node, out);
            out.push(lowering.event(node, label::call));
        }
        "field_access" | "method_reference" => {
            children(lowering, node, out);
            may_throw_if(lowering, node, dereferences(lowering, node), out);
        }
        "array_access" => {
            children(lowering, node, out);
            may_throw_if(lowering, node, true, out);
        }
        "array_creation_expression" => {
            children(lowering, node, out);
            may_throw_if(lowering, node, has_computed_size(node), out);
        }
        "cast_expression" => {
            children(lowering, node, out);
            if is_checked_cast(node) {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        "assignment_expression" => assignment(lowering, node, out),
        "update_expression" => {
            children(lowering, node, out);
            if let Some(operand) = node.named_child(0) {
                assign_target(lowering, operand, None, out);
            }
        }
        "binary_expression" => binary(lowering, node, out),
        "ternary_expression" => {
            if let (Some(condition), Some(yes), Some(no)) = (
                node.child_by_field_name("condition"),
                node.child_by_field_name("consequence"),
                node.child_by_field_name("alternative"),
            ) {
                ternary(lowering, node, (condition, yes, no), out);
            }
        }
        "switch_expression" => switches::value(lowering, node, out),
        _ => children(lowering, node, out),
    }
}

fn may_throw_if(lowering: &Lowering<'_>, node: Node<'_>, fails: bool, out: &mut Vec<Event>) {
    if fails && lowering.operators_throw() {
        out.push(lowering.event(node, label::may_throw));
    }
}

fn call(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let grammar = lowering.file.grammar;
    // A null receiver throws no earlier than the call.
    if let Some(receiver) = grammar.receiver(node) {
        out.extend(events(lowering, receiver));
    }
    if let Some(arguments) = grammar.arguments(node) {
        children(lowering, arguments, out);
    }
    let callee = grammar.callee(node, lowering.file.source.bytes);
    out.extend(lowering.called(node, &callee.unwrap_or_default()));
}

/// Whether a member of something is asked for that may be null.
fn dereferences(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    let owner = node
        .child_by_field_name("object")
        .or_else(|| node.named_child(0));
    owner.is_some_and(|owner| may_be_null(lowering, unwrapped(owner)))
}

fn may_be_null(lowering: &Lowering<'_>, owner: Node<'_>) -> bool {
    match owner.kind() {
        "identifier" => {
            let name = lowering.text(owner);
            !is_class_name(name) && !is_made_here(lowering, name)
        }
        // `Outer.this`, `java.util.Map`
        "field_access" => owner.child_by_field_name("field").is_none_or(|field| {
            let name = lowering.text(field);
            name != "this" && (!is_class_name(name) || name.chars().all(|c| !c.is_lowercase()))
        }),
        "method_invocation" | "array_access" | "cast_expression" | "ternary_expression"
        | "switch_expression" => true,
        _ => false,
    }
}

fn is_class_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_uppercase())
}

/// Whether the function makes the variable's value itself, and nothing else is ever put into it.
fn is_made_here(lowering: &Lowering<'_>, name: &str) -> bool {
    let file = lowering.file;
    let named = |node: Option<Node<'_>>| node.is_some_and(|node| file.normal(node) == name);
    let enter = |node: Node<'_>| !file.grammar.is_function(node.kind());
    let mut made = false;
    for node in descendants(lowering.function, enter) {
        match node.kind() {
            "variable_declarator" if named(node.child_by_field_name("name")) => {
                let value = node.child_by_field_name("value").map(unwrapped);
                made = value.is_some_and(|value| {
                    matches!(
                        value.kind(),
                        "object_creation_expression"
                            | "array_creation_expression"
                            | "array_initializer"
                            | "string_literal"
                    )
                });
                if !made {
                    return false;
                }
            }
            "assignment_expression" if named(node.child_by_field_name("left")) => return false,
            _ => {}
        }
    }
    made
}

fn has_computed_size(node: Node<'_>) -> bool {
    named_children(node)
        .into_iter()
        .filter(|child| child.kind() == "dimensions_expr")
        .any(|size| {
            named_children(size)
                .last()
                .is_some_and(|size| size.kind() != "decimal_integer_literal")
        })
}

/// A cast between primitives never fails.
fn is_checked_cast(node: Node<'_>) -> bool {
    let to = node.child_by_field_name("type");
    let value = node.child_by_field_name("value");
    to.is_some_and(|to| {
        !matches!(
            to.kind(),
            "integral_type" | "floating_point_type" | "boolean_type"
        )
    }) && value.is_some_and(|value| {
        !matches!(
            value.kind(),
            "null_literal" | "string_literal" | "lambda_expression" | "method_reference"
        )
    })
}

fn assignment(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let (Some(left), Some(right)) = (
        node.child_by_field_name("left"),
        node.child_by_field_name("right"),
    ) else {
        return;
    };
    // What names the place is evaluated before the value, and found wanting after it.
    if left.kind() != "identifier" {
        children(lowering, left, out);
    }
    out.extend(events(lowering, right));
    let operator = node
        .child_by_field_name("operator")
        .map_or("=", |operator| operator.kind());
    if matches!(operator, "/=" | "%=") {
        may_throw_if(lowering, node, may_be_zero(lowering, right), out);
    }
    let value = (operator == "=").then_some(right);
    assign_target(lowering, left, value, out);
}

/// The effect of giving `target` the value of `value`.
pub fn assign_target(
    lowering: &mut Lowering<'_>,
    target: Node<'_>,
    value: Option<Node<'_>>,
    out: &mut Vec<Event>,
) {
    let target = unwrapped(target);
    let fails = match target.kind() {
        "array_access" => true,
        "field_access" => dereferences(lowering, target),
        _ => false,
    };
    may_throw_if(lowering, target, fails, out);
    let var = variable(lowering, target).unwrap_or_else(|| lowering.file.normal(target));
    let local = target.kind() == "identifier" && locals::is_local(lowering, &var);
    let value = match value.map(|value| value_of(lowering, value)) {
        // Others may write to a field meanwhile: what it holds is not known for long.
        Some(value) if local || matches!(value, Value::Taken(_)) => value,
        _ => Value::Unknown,
    };
    out.push(event(target, EventKind::Assign { var, value }));
    if !local {
        let whole = target.parent().unwrap_or(target);
        out.push(lowering.event(whole, label::effect));
    }
}

fn may_be_zero(lowering: &Lowering<'_>, divisor: Node<'_>) -> bool {
    let divisor = unwrapped(divisor);
    match divisor.kind() {
        "decimal_floating_point_literal" => false,
        kind if kind.ends_with("integer_literal") => !lowering
            .text(divisor)
            .contains(['1', '2', '3', '4', '5', '6', '7', '8', '9']),
        _ => true,
    }
}

fn binary(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let (Some(left), Some(right), Some(operator)) = (
        node.child_by_field_name("left"),
        node.child_by_field_name("right"),
        node.child_by_field_name("operator"),
    ) else {
        return children(lowering, node, out);
    };
    match operator.kind() {
        "&&" => short_circuit(lowering, node, (left, right), true, out),
        "||" => short_circuit(lowering, node, (left, right), false, out),
        "/" | "%" => {
            children(lowering, node, out);
            may_throw_if(lowering, node, may_be_zero(lowering, right), out);
        }
        _ => children(lowering, node, out),
    }
}
