//! Expressions of a script: what their evaluation does, in order.

use super::conditions::cond;
use super::statements::callback_body;
use crate::catalog::pattern::unwrapped;
use crate::flow::{Cond, Event, EventKind, SiteKind, Test, Value};
use crate::lower::sites::Does;
use crate::lower::{Lowering, label, span};
use tree_sitter::Node;

/// The events of an expression.
pub fn events(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut out = Vec::new();
    lowering.deeper(|lowering| expression(lowering, node, &mut out));
    out
}

fn expression(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    if node.is_extra() || lowering.file.grammar.is_function(node.kind()) {
        return;
    }
    match lowering.table.does(node) {
        Some(Does::Acquire(site)) => {
            operands(lowering, node, out);
            out.push(event(node, EventKind::Acquire(site)));
            return;
        }
        Some(Does::Release(site)) => return release(lowering, node, site, out),
        Some(Does::Guard {
            enter,
            exit,
            callback,
        }) => return guard(lowering, node, (enter, exit, callback), out),
        Some(Does::Settle { site, either_way }) => {
            return settle(lowering, node, (site, either_way), out);
        }
        Some(Does::Close(_)) | None => {}
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
            let test = cond(lowering, condition);
            let yes = events(lowering, yes);
            let no = events(lowering, no);
            choice(node, test, (yes, no), out);
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

fn event(node: Node<'_>, kind: EventKind) -> Event {
    Event {
        span: span(node),
        kind,
    }
}

fn children(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    for child in crate::lower::named_children(node) {
        out.extend(events(lowering, child));
    }
}

/// What is evaluated before a release. The lock's own name was evaluated when it was taken, and
/// it still names that lock: reading it again does not throw.
fn release_operands(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let mut events = Vec::new();
    operands(lowering, node, &mut events);
    events.retain(|event| !matches!(event.kind, EventKind::MayThrow { .. }));
    out.extend(events);
}

/// What is evaluated before a lock's own call: its receiver and its arguments.
fn operands(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let call = lowering.file.grammar.awaited_operand(node).unwrap_or(node);
    if let Some(receiver) = call
        .child_by_field_name("function")
        .and_then(|function| function.child_by_field_name("object"))
    {
        // Reading the lock's own name fails no earlier than taking or freeing it does.
        let receiver = events(lowering, receiver);
        out.extend(
            receiver
                .into_iter()
                .filter(|event| !matches!(event.kind, EventKind::MayThrow { .. })),
        );
    }
    if let Some(arguments) = call.child_by_field_name("arguments") {
        children(lowering, arguments, out);
    }
}

fn release(lowering: &mut Lowering<'_>, node: Node<'_>, site: usize, out: &mut Vec<Event>) {
    let call = lowering.file.grammar.awaited_operand(node).unwrap_or(node);
    let release = event(node, EventKind::Release(site));
    let optional = crate::lower::children(call)
        .into_iter()
        .any(|child| child.kind() == "optional_chain");
    if optional
        && let SiteKind::Release {
            ticket: Some(ticket),
            ..
        } = &lowering.table.sites[site].what
    {
        let test = Test::Var(ticket.clone());
        out.push(event(
            node,
            EventKind::Choice {
                cond: Box::new(Cond::Test {
                    events: Vec::new(),
                    test,
                }),
                yes: vec![release],
                no: Vec::new(),
            },
        ));
        return;
    }
    release_operands(lowering, node, out);
    out.push(release);
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

fn guard(
    lowering: &mut Lowering<'_>,
    node: Node<'_>,
    (enter, exit, callback): (usize, usize, usize),
    out: &mut Vec<Event>,
) {
    let call = lowering.file.grammar.awaited_operand(node).unwrap_or(node);
    let Some(arguments) = call.child_by_field_name("arguments") else {
        return;
    };
    let mut body = None;
    for index in 0..arguments.named_child_count() as u32 {
        let Some(argument) = arguments.named_child(index) else {
            continue;
        };
        if argument.id() == callback {
            body = Some(callback_body(lowering, argument));
        } else {
            out.extend(events(lowering, argument));
        }
    }
    if let Some(body) = body {
        out.push(event(node, EventKind::Inline { enter, exit, body }));
    }
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
    let optional = crate::lower::children(node)
        .into_iter()
        .any(|child| child.kind() == "optional_chain");
    let mut inside = Vec::new();
    if let Some(arguments) = node.child_by_field_name("arguments") {
        inside.extend(events(lowering, arguments));
    }
    if lowering.is_process_exit(&callee) {
        inside.push(lowering.event(node, label::process_exit));
    } else if !lowering.is_pure_call(&callee) {
        inside.push(lowering.event(node, label::call));
    }
    if optional {
        let test = Cond::unknown(Vec::new(), callee);
        choice(node, test, (inside, Vec::new()), out);
    } else {
        out.extend(inside);
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
        "&&" | "||" | "??" => {
            let second = events(lowering, right);
            if second.is_empty() {
                out.extend(events(lowering, left));
                return;
            }
            let test = cond(lowering, left);
            match operator.kind() {
                "&&" => choice(node, test, (second, Vec::new()), out),
                _ => choice(node, test, (Vec::new(), second), out),
            }
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

fn choice(node: Node<'_>, cond: Cond, (yes, no): (Vec<Event>, Vec<Event>), out: &mut Vec<Event>) {
    if yes.is_empty()
        && no.is_empty()
        && let Cond::Test { events, .. } = cond
    {
        out.extend(events);
        return;
    }
    out.push(event(
        node,
        EventKind::Choice {
            cond: Box::new(cond),
            yes,
            no,
        },
    ));
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
        "identifier" => out.push(event(
            target,
            EventKind::Assign {
                var: lowering.file.normal(target),
                value: value.map_or(Value::Unknown, |value| value_of(lowering, value)),
            },
        )),
        "member_expression" | "subscript_expression" => {
            out.push(event(
                target,
                EventKind::Assign {
                    var: lowering.file.normal(target),
                    value: value.map_or(Value::Unknown, |value| value_of(lowering, value)),
                },
            ));
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

fn value_of(lowering: &Lowering<'_>, value: Node<'_>) -> Value {
    let value = unwrapped(value);
    if let Some(Does::Acquire(site)) = lowering.table.does(value) {
        return Value::Taken(site);
    }
    match value.kind() {
        "null" | "undefined" => Value::Null,
        "true" => Value::True,
        "false" => Value::False,
        "identifier" if lowering.text(value) == "undefined" => Value::Null,
        _ => Value::Unknown,
    }
}

/// Whether reading a property of the object may meet null or undefined.
fn may_be_null(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    let chained = crate::lower::children(node)
        .into_iter()
        .any(|child| child.kind() == "optional_chain");
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
