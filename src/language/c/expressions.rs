//! Expressions of C and C++: what their evaluation does, in order.

use crate::catalog::pattern::unwrapped;
use crate::flow::{Event, EventKind};
use crate::lower::expressions::{assign, children, events, short_circuit, ternary};
use crate::lower::sites::Does;
use crate::lower::{Lowering, descendants, label};
use crate::tree::Node;

/// What evaluating a node does.
pub fn expression(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    match node.kind() {
        // Nothing in them is evaluated.
        "sizeof_expression"
        | "alignof_expression"
        | "offsetof_expression"
        | "string_literal"
        | "concatenated_string"
        | "type_descriptor"
        | "template_argument_list"
        | "decltype"
        | "requires_expression" => {}
        "call_expression" => call(lowering, node, out),
        "new_expression" | "co_await_expression" | "co_yield_statement" | "gnu_asm_expression" => {
            children(lowering, node, out);
            out.push(lowering.event(node, label::call));
        }
        "delete_expression" => {
            children(lowering, node, out);
            out.push(lowering.event(node, label::effect));
        }
        "assignment_expression" => {
            let (Some(left), Some(right)) = (
                node.child_by_field_name("left"),
                node.child_by_field_name("right"),
            ) else {
                return;
            };
            if left.kind() != "identifier" {
                out.extend(events(lowering, left));
            }
            out.extend(events(lowering, right));
            let plain = node
                .child_by_field_name("operator")
                .is_some_and(|operator| operator.kind() == "=");
            assign_target(lowering, left, plain.then_some(right), out);
        }
        "update_expression" => {
            children(lowering, node, out);
            if let Some(argument) = node.child_by_field_name("argument") {
                assign_target(lowering, argument, None, out);
            }
        }
        "subscript_expression" => {
            children(lowering, node, out);
            if lowering.operators_throw() {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        // Who has the address of a variable can change it.
        "pointer_expression" => {
            children(lowering, node, out);
            let operand = node.child_by_field_name("argument").map(unwrapped);
            let address = node
                .child_by_field_name("operator")
                .is_some_and(|operator| operator.kind() == "&");
            if let Some(operand) = operand.filter(|operand| operand.kind() == "identifier")
                && address
                && !is_lock(lowering, node, operand)
            {
                out.push(assign(lowering, operand, None));
            }
        }
        "binary_expression" => binary(lowering, node, out),
        "conditional_expression" => {
            let (Some(condition), Some(yes), Some(no)) = (
                node.child_by_field_name("condition"),
                node.child_by_field_name("consequence"),
                node.child_by_field_name("alternative"),
            ) else {
                return children(lowering, node, out);
            };
            ternary(lowering, node, (condition, yes, no), out);
        }
        // A statement expression of GNU C: its statements run in a row, if that is all they do.
        "compound_statement" => statement_expression(lowering, node, out),
        "init_declarator" | "declaration" => {
            out.extend(super::statements::declared_events(lowering, node));
        }
        "throw_statement" => {
            children(lowering, node, out);
            lowering.opaque = Some("an expression throws");
        }
        _ => children(lowering, node, out),
    }
}

/// Whether the variable, or what its address names, is a lock itself: that stays the same one.
fn is_lock(lowering: &Lowering<'_>, address: Node<'_>, variable: Node<'_>) -> bool {
    let written = [address, variable].map(|node| lowering.file.normal(node));
    let mut keys = lowering.table.keys.iter();
    keys.any(|key| written.contains(&key.text))
}

fn call(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let Some(function) = node.child_by_field_name("function") else {
        return children(lowering, node, out);
    };
    match function.child_by_field_name("argument") {
        Some(object) => out.extend(events(lowering, object)),
        None => out.extend(events(lowering, function)),
    }
    if let Some(arguments) = node.child_by_field_name("arguments") {
        children(lowering, arguments, out);
    }
    if takes_arguments(lowering, node) {
        return;
    }
    let callee = lowering.file.normal(function);
    let plain = callee.strip_prefix("::").unwrap_or(&callee);
    let bare = plain.strip_prefix("std::").unwrap_or(plain);
    // `elog(ERROR, …)` does not come back; `elog(DEBUG1, …)` does.
    let severity = node
        .child_by_field_name("arguments")
        .and_then(|arguments| arguments.named_child(0))
        .map(|first| format!("{bare}({})", lowering.file.normal(first)));
    if lowering.is_process_exit(bare)
        || severity.is_some_and(|severe| lowering.is_process_exit(&severe))
    {
        out.push(lowering.event(node, label::process_exit));
        return;
    }
    let text = lowering.file.source.bytes;
    if is_conversion(function, text) || lowering.is_pure_call(plain) || lowering.is_pure_call(bare)
    {
        return;
    }
    if lowering.never_throws(node, bare) {
        out.push(lowering.event(node, label::effect));
    } else {
        out.push(lowering.event(node, label::call));
    }
}

/// `std::lock(a, b)`
fn takes_arguments(lowering: &Lowering<'_>, call: Node<'_>) -> bool {
    let taken =
        |argument: Node<'_>| matches!(lowering.table.does(argument), Some(Does::Acquire(_)));
    call.child_by_field_name("arguments")
        .and_then(|arguments| arguments.named_child(0))
        .is_some_and(taken)
}

/// `int(x)`, `static_cast<T>(x)`
fn is_conversion(function: Node<'_>, text: &[u8]) -> bool {
    let name = match function.kind() {
        "primitive_type" => return true,
        "template_function" => function.child_by_field_name("name"),
        _ => None,
    };
    name.is_some_and(|name| {
        let casts: [&[u8]; 3] = [b"static_cast", b"reinterpret_cast", b"const_cast"];
        casts.contains(&&text[name.byte_range()])
    })
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
        "&&" | "||" | "and" | "or" => {
            let wanted = matches!(operator.kind(), "&&" | "and");
            short_circuit(lowering, node, (left, right), wanted, out);
        }
        kind => {
            children(lowering, node, out);
            let dropped = node
                .parent()
                .is_some_and(|parent| parent.kind() == "expression_statement");
            if dropped && matches!(kind, "<<" | ">>") {
                // `std::cout << x;`
                out.push(lowering.event(node, label::effect));
            } else if lowering.operators_throw() {
                out.push(lowering.event(node, label::may_throw));
            }
        }
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
    out.push(assign(lowering, target, value));
    if let Some(value) = value
        && target.kind() == "identifier"
        && lowering.table.does(unwrapped(value)).is_none()
    {
        out.push(means(lowering, target, unwrapped(value)));
    }
    if target.kind() != "identifier" {
        let whole = target.parent().unwrap_or(target);
        out.push(lowering.event(whole, label::effect));
    }
}

fn statement_expression(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let branches = descendants(node, |inner| {
        !lowering.file.grammar.is_function(inner.kind())
    })
    .any(|inner| {
        matches!(
            inner.kind(),
            "return_statement"
                | "goto_statement"
                | "break_statement"
                | "continue_statement"
                | "labeled_statement"
                | "if_statement"
                | "for_statement"
                | "while_statement"
                | "do_statement"
                | "switch_statement"
        )
    });
    let mut inside = Vec::new();
    for child in crate::lower::named_children(node) {
        inside.extend(super::statements::declared_events(lowering, child));
    }
    let locks = inside
        .iter()
        .any(|event| matches!(event.kind, EventKind::Acquire(_) | EventKind::Release(_)));
    if branches || locks {
        lowering.opaque = Some("an expression holds statements that branch");
    }
    out.extend(inside);
}

/// What the variable stands for, until something changes that.
fn means(lowering: &Lowering<'_>, target: Node<'_>, value: Node<'_>) -> Event {
    let file = &lowering.file;
    let mut names = Vec::new();
    file.grammar.names_in(value, file.source.bytes, &mut names);
    crate::lower::expressions::event(
        target,
        EventKind::Means {
            var: file.normal(target),
            text: file.normal(value),
            names,
            lasting: is_constant(lowering, value),
        },
    )
}

/// A literal or a constant, as people write them; also a negative one.
fn is_constant(lowering: &Lowering<'_>, value: Node<'_>) -> bool {
    match value.kind() {
        "number_literal" | "char_literal" | "string_literal" | "true" | "false" | "null" => true,
        "identifier" => !lowering
            .text(value)
            .contains(|c: char| c.is_ascii_lowercase()),
        "unary_expression" => value
            .child_by_field_name("argument")
            .is_some_and(|argument| is_constant(lowering, unwrapped(argument))),
        _ => false,
    }
}
