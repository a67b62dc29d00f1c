//! Expressions of a script: what their evaluation does, in order.

use super::is_optional;
use crate::catalog::pattern::unwrapped;
use crate::flow::{Cond, Event, EventKind, Value};
use crate::lower::expressions::{
    assign, children, choice, event, events, short_circuit, ternary, value_of,
};
use crate::lower::sites::Does;
use crate::lower::{Lowering, descendants, label, named_children};
use crate::tree::Node;

/// What evaluating a node does.
pub fn expression(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    if let Some(Does::Settle { site, either_way }) = lowering.table.does(node) {
        return settle(lowering, node, (site, either_way), out);
    }
    match node.kind() {
        "class" | "class_declaration" | "string" | "number" | "regex" | "this" | "super"
        | "type_annotation" | "type_arguments" => {}
        "call_expression" => call(lowering, node, out),
        "new_expression" => {
            children(lowering, node, out);
            let constructor = node
                .child_by_field_name("constructor")
                .map(|constructor| lowering.file.normal(constructor))
                .unwrap_or_default();
            if !lowering.is_pure_call(&format!("new {constructor}")) {
                out.push(lowering.event(node, label::call));
            }
        }
        "await_expression" | "yield_expression" => {
            children(lowering, node, out);
            match settled(lowering, node) {
                // It fails no other way than an acquire does.
                None if waits_for_locks(lowering, node) => {}
                Some(label) => out.push(event(node, EventKind::Call { label })),
                None => out.push(lowering.event(node, label::call)),
            }
        }
        "member_expression" | "subscript_expression" => {
            children(lowering, node, out);
            if lowering.operators_throw() && may_be_null(lowering, node) {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        "assignment_expression" => {
            let (Some(left), Some(right)) = (
                node.child_by_field_name("left"),
                node.child_by_field_name("right"),
            ) else {
                return;
            };
            if left.kind() != "identifier" {
                target_operands(lowering, left, out);
            }
            out.extend(events(lowering, right));
            assign_target(lowering, left, Some(right), out);
        }
        "augmented_assignment_expression" => {
            children(lowering, node, out);
            if let Some(left) = node.child_by_field_name("left") {
                assign_target(lowering, left, None, out);
            }
        }
        "update_expression" => {
            children(lowering, node, out);
            if let Some(argument) = node.child_by_field_name("argument") {
                assign_target(lowering, argument, None, out);
            }
        }
        "unary_expression" => {
            children(lowering, node, out);
            if lowering.text(node).starts_with("delete") {
                out.push(lowering.event(node, label::effect));
            }
        }
        "binary_expression" => binary(lowering, node, out),
        "ternary_expression" => {
            let (Some(condition), Some(yes), Some(no)) = (
                node.child_by_field_name("condition"),
                node.child_by_field_name("consequence"),
                node.child_by_field_name("alternative"),
            ) else {
                return;
            };
            ternary(lowering, node, (condition, yes, no), out);
        }
        "spread_element" => {
            children(lowering, node, out);
            if lowering.operators_throw() {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        _ => children(lowering, node, out),
    }
}

/// The release of a settled promise happens at once here; what differs between `then` and
/// `finally` is whether it happens when the promise is rejected.
fn settle(
    lowering: &mut Lowering<'_>,
    node: Node<'_>,
    (site, either_way): (usize, bool),
    out: &mut Vec<Event>,
) {
    let promise = node
        .child_by_field_name("function")
        .and_then(|member| member.child_by_field_name("object"))
        .unwrap_or(node);
    let mut before = events(lowering, promise);
    // What gives the promise fails by rejecting it: a function that returns promises and throws
    // besides is beyond what any handler can see.
    if let Some(last) = before.last_mut()
        && let EventKind::Call { label } = &last.kind
    {
        last.kind = EventKind::Effect {
            label: label.clone(),
        };
    }
    out.extend(before);
    let label = format!("{} settles", lowering.file.normal(promise));
    let rejects = event(promise, EventKind::MayThrow { label });
    let release = event(node, EventKind::Release(site));
    if either_way {
        out.extend([release, rejects]);
    } else {
        out.extend([rejects, release]);
    }
}

/// What a chain that ends in a release is told by: the promise, not the method.
pub fn settled(lowering: &Lowering<'_>, node: Node<'_>) -> Option<String> {
    let call = lowering.file.grammar.awaited_operand(node).unwrap_or(node);
    if !matches!(lowering.table.does(call), Some(Does::Settle { .. })) {
        return None;
    }
    let promise = call
        .child_by_field_name("function")?
        .child_by_field_name("object")?;
    Some(format!("{} settled", lowering.file.normal(promise)))
}

fn call(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let Some(function) = node.child_by_field_name("function") else {
        return children(lowering, node, out);
    };
    let callee = lowering.file.normal(function);
    // The callee's own property access throws no earlier than the call.
    match function.kind() {
        "member_expression" | "subscript_expression" => children(lowering, function, out),
        _ => out.extend(events(lowering, function)),
    }
    let optional = is_optional(node);
    let mut inside = Vec::new();
    if let Some(arguments) = node.child_by_field_name("arguments") {
        inside.extend(events(lowering, arguments));
    }
    if !takes_locks(lowering, node) {
        inside.extend(lowering.called(node, &callee));
    }
    if optional {
        let test = Cond::unknown(Vec::new(), callee);
        choice(node, test, (inside, Vec::new()), out);
    } else {
        out.extend(inside);
    }
}

/// `Promise.all([a.acquire(), b.acquire()])`: it takes locks and does nothing else.
fn takes_locks(lowering: &Lowering<'_>, call: Node<'_>) -> bool {
    let list = call
        .child_by_field_name("arguments")
        .and_then(|arguments| arguments.named_child(0))
        .filter(|list| list.kind() == "array");
    let callee = call
        .child_by_field_name("function")
        .map(|callee| lowering.file.normal(callee));
    let acquires = |node: Node<'_>| matches!(lowering.table.does(node), Some(Does::Acquire(_)));
    let only_acquires = |element: Node<'_>| {
        descendants(element, |node| !acquires(node)).all(|node| {
            let called = lowering
                .file
                .grammar
                .callee(node, lowering.file.source.bytes);
            acquires(node)
                || !lowering.file.grammar.is_call(node.kind())
                || called.as_deref() == Some("Promise.resolve")
        })
    };
    callee.as_deref() == Some("Promise.all")
        && list.is_some_and(|list| {
            descendants(list, |node| !acquires(node)).any(acquires)
                && named_children(list).into_iter().all(only_acquires)
        })
}

fn waits_for_locks(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    lowering
        .file
        .grammar
        .awaited_operand(node)
        .is_some_and(|call| call.kind() == "call_expression" && takes_locks(lowering, call))
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
        "&&" | "||" | "??" => {
            let wanted = operator.kind() == "&&";
            short_circuit(lowering, node, (left, right), wanted, out);
        }
        "in" | "instanceof" => {
            children(lowering, node, out);
            if lowering.operators_throw() {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        _ => children(lowering, node, out),
    }
}

/// What is evaluated of an assignment's left side before its right side.
fn target_operands(lowering: &mut Lowering<'_>, target: Node<'_>, out: &mut Vec<Event>) {
    if matches!(target.kind(), "member_expression" | "subscript_expression") {
        children(lowering, target, out);
    }
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
        "member_expression" | "subscript_expression" => {
            out.push(assign(lowering, target, value));
            let whole = target.parent().unwrap_or(target);
            out.push(lowering.event(whole, label::effect));
        }
        _ => {
            // Destructuring may meet null or run getters, but not that of a lock's own ticket.
            let ticket = value.is_some_and(|value| {
                matches!(
                    lowering.table.does(unwrapped(value)),
                    Some(Does::Acquire(_))
                )
            });
            if lowering.operators_throw() && value.is_some() && !ticket {
                out.push(lowering.event(target, label::may_throw));
            }
            let mut names = Vec::new();
            lowering
                .file
                .grammar
                .names_in(target, lowering.file.source.bytes, &mut names);
            for node in crate::lower::descendants(target, |_| true) {
                if node.kind() == "shorthand_property_identifier_pattern" {
                    names.push(lowering.file.normal(node));
                }
            }
            let taken = value.map_or(Value::Unknown, |value| value_of(lowering, value));
            for var in names {
                out.push(event(
                    target,
                    EventKind::Assign {
                        var,
                        value: taken.clone(),
                    },
                ));
            }
        }
    }
}

/// `null`, `undefined`, `true`, `false`.
pub fn constant(literal: Node<'_>, text: &[u8]) -> Value {
    match literal.kind() {
        "null" | "undefined" => Value::Null,
        "true" => Value::True,
        "false" => Value::False,
        "identifier" if &text[literal.byte_range()] == b"undefined" => Value::Null,
        _ => Value::Unknown,
    }
}

/// Whether reading a property of the object may meet null or undefined.
fn may_be_null(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    let chained = is_optional(node);
    let Some(object) = node.child_by_field_name("object").map(unwrapped) else {
        return false;
    };
    if chained {
        return false;
    }
    match object.kind() {
        "this" | "super" | "string" | "template_string" | "array" | "object" | "new_expression" => {
            false
        }
        "identifier" => {
            let name = lowering.text(object);
            !lowering.file.names.imports.contains_key(name)
                && !lowering
                    .file
                    .catalog
                    .facts
                    .globals
                    .iter()
                    .any(|known| known == name)
        }
        _ => true,
    }
}
