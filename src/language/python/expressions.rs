//! Expressions of Python: what their evaluation does, in order.

use crate::catalog::pattern::unwrapped;
use crate::flow::{Event, EventKind, SiteKind, Value};
use crate::lower::expressions::{assign, children, events, short_circuit, ternary};
use crate::lower::{Lowering, label};
use crate::tree::Node;

/// What evaluating a node does.
pub fn expression(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    match node.kind() {
        "call" => call(lowering, node, out),
        "await" => {
            children(lowering, node, out);
            out.push(lowering.event(node, label::call));
        }
        "yield" => {
            children(lowering, node, out);
            let resumed = lowering.event(node, label::call);
            before_acquire(out, resumed);
        }
        "attribute" => {
            let Some(object) = node.child_by_field_name("object") else {
                return;
            };
            out.extend(events(lowering, object));
            if lowering.operators_throw() && !is_plain_owner(lowering, object) {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        "subscript" => {
            children(lowering, node, out);
            if lowering.operators_throw() {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        "binary_operator" => {
            children(lowering, node, out);
            if lowering.operators_throw() && !is_arithmetic_of_literals(node) {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        "boolean_operator" => boolean(lowering, node, out),
        "conditional_expression" => {
            let parts: Vec<Node<'_>> = crate::lower::named_children(node)
                .into_iter()
                .filter(|child| !child.is_extra())
                .collect();
            if let [yes, condition, no] = parts.as_slice() {
                ternary(lowering, node, (*condition, *yes, *no), out);
            }
        }
        "assignment" => {
            let right = node.child_by_field_name("right");
            if let Some(right) = right {
                out.extend(events(lowering, right));
            }
            if let (Some(left), Some(_)) = (node.child_by_field_name("left"), right) {
                assign_target(lowering, left, right, out);
            }
        }
        "augmented_assignment" => {
            children(lowering, node, out);
            if lowering.operators_throw() {
                out.push(lowering.event(node, label::may_throw));
            }
            if let Some(left) = node.child_by_field_name("left") {
                assign_target(lowering, left, None, out);
            }
        }
        "named_expression" => {
            let value = node.child_by_field_name("value");
            if let Some(value) = value {
                out.extend(events(lowering, value));
            }
            if let Some(name) = node.child_by_field_name("name") {
                assign_target(lowering, name, value, out);
            }
        }
        "interpolation" => {
            children(lowering, node, out);
            if lowering.operators_throw() {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        "keyword_argument" => {
            if let Some(value) = node.child_by_field_name("value") {
                out.extend(events(lowering, value));
            }
        }
        "list_comprehension"
        | "set_comprehension"
        | "dictionary_comprehension"
        | "generator_expression" => {
            children(lowering, node, out);
            out.push(lowering.event(node, label::call));
        }
        "type" => {}
        _ => children(lowering, node, out),
    }
}

fn call(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let Some(function) = node.child_by_field_name("function") else {
        return children(lowering, node, out);
    };
    // The callee's own attribute fails no earlier than the call.
    match function.child_by_field_name("object") {
        Some(object) if function.kind() == "attribute" => out.extend(events(lowering, object)),
        _ => out.extend(events(lowering, function)),
    }
    if let Some(arguments) = node.child_by_field_name("arguments") {
        out.extend(events(lowering, arguments));
    }
    let callee = lowering.file.normal(function);
    if is_assertion(&callee) {
        let asserts = lowering.event(node, label::call);
        assertion(lowering, out, asserts);
    } else {
        out.extend(lowering.called(node, &callee));
    }
}

/// Adds what the last of the events, an acquire as a rule, has to pass before it counts: the lock
/// is held from then on.
fn before_acquire(out: &mut Vec<Event>, event: Event) {
    let taken = matches!(
        out.last().map(|last| &last.kind),
        Some(EventKind::Acquire(_))
    );
    let at = out.len() - usize::from(taken);
    out.insert(at, event);
}

/// Adds an assertion. One on the result of an acquire fails only where it took nothing.
pub fn assertion(lowering: &mut Lowering<'_>, out: &mut Vec<Event>, event: Event) {
    if let Some(EventKind::Acquire(site)) = out.last().map(|last| &last.kind)
        && let SiteKind::Acquire(acquire) = &mut lowering.table.sites[*site].what
    {
        acquire.conditional = false;
    }
    before_acquire(out, event);
}

/// `self.assertTrue(lock.acquire())` and the like.
fn is_assertion(callee: &str) -> bool {
    let method = callee.rsplit('.').next().unwrap_or(callee);
    matches!(
        method,
        "assertTrue" | "assertIs" | "assertEqual" | "assertIsNotNone"
    )
}

fn boolean(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let (Some(left), Some(right), Some(operator)) = (
        node.child_by_field_name("left"),
        node.child_by_field_name("right"),
        node.child_by_field_name("operator"),
    ) else {
        return children(lowering, node, out);
    };
    short_circuit(lowering, node, (left, right), operator.kind() == "and", out);
}

/// The effect of giving `target` the value of `value`.
pub fn assign_target(
    lowering: &mut Lowering<'_>,
    target: Node<'_>,
    value: Option<Node<'_>>,
    out: &mut Vec<Event>,
) {
    let target = unwrapped(target);
    match target.kind() {
        "identifier" => out.push(assign(lowering, target, value)),
        "attribute" | "subscript" => {
            if let Some(object) = target
                .child_by_field_name("object")
                .or_else(|| target.child_by_field_name("value"))
            {
                out.extend(events(lowering, object));
            }
            out.push(assign(lowering, target, value));
            let whole = target.parent().unwrap_or(target);
            if target.kind() == "subscript" {
                // `__setitem__` of whatever it is.
                out.push(lowering.event(whole, label::call));
            } else {
                out.push(lowering.event(whole, label::effect));
            }
        }
        _ => {
            // Unpacking asks an iterator.
            if lowering.operators_throw() && value.is_some() {
                out.push(lowering.event(target, label::may_throw));
            }
            for child in crate::lower::named_children(target) {
                assign_target(lowering, child, None, out);
            }
        }
    }
}

/// `None`, `True`, `False`.
pub fn constant(literal: Node<'_>) -> Value {
    match literal.kind() {
        "none" => Value::Null,
        "true" => Value::True,
        "false" => Value::False,
        _ => Value::Unknown,
    }
}

/// `self`, `cls` and imported modules: reading an attribute of them is no risk worth a finding.
fn is_plain_owner(lowering: &Lowering<'_>, object: Node<'_>) -> bool {
    let name = lowering.text(object);
    matches!(name, "self" | "cls") || lowering.file.names.imports.contains_key(name)
}

fn is_arithmetic_of_literals(node: Node<'_>) -> bool {
    ["left", "right"].iter().all(|field| {
        node.child_by_field_name(field)
            .is_some_and(|operand| matches!(operand.kind(), "integer" | "float"))
    })
}
