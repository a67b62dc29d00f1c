//! Expressions of Go: what their evaluation does, in order.

use super::scopes::variable;
use super::types::is_type_name;
use crate::catalog::pattern::unwrapped;
use crate::flow::{Cond, Event, EventKind, SiteId, Test, Value};
use crate::lower::expressions::{
    all_events, children, event, events, plain, short_circuit, value_of,
};
use crate::lower::sites::Does;
use crate::lower::{Lowering, label, named_children};
use crate::tree::Node;

/// What evaluating a node does.
pub fn expression(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let operator = || {
        node.child_by_field_name("operator")
            .map_or("", |operator| operator.kind())
    };
    match node.kind() {
        "call_expression" => call(lowering, node, out),
        "binary_expression" => binary(lowering, node, operator(), out),
        "unary_expression" => {
            children(lowering, node, out);
            match operator() {
                // Another goroutine sees it.
                "<-" => out.push(lowering.event(node, label::effect)),
                "*" if lowering.operators_throw() => {
                    out.push(lowering.event(node, label::may_throw));
                }
                _ => {}
            }
        }
        "index_expression" | "slice_expression" => {
            children(lowering, node, out);
            if lowering.operators_throw() {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        "type_assertion_expression" => {
            if let Some(operand) = node.child_by_field_name("operand") {
                out.extend(events(lowering, operand));
            }
            if !is_asked(node) {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        "selector_expression" | "type_conversion_expression" => {
            if let Some(operand) = node.child_by_field_name("operand") {
                out.extend(events(lowering, operand));
            }
        }
        "composite_literal" => {
            if let Some(body) = node.child_by_field_name("body") {
                children(lowering, body, out);
            }
        }
        _ => children(lowering, node, out),
    }
}

/// `x, ok := y.(T)` does not panic.
fn is_asked(assertion: Node<'_>) -> bool {
    let mut list = assertion.parent();
    while list.is_some_and(|list| list.kind() == "parenthesized_expression") {
        list = list.and_then(|list| list.parent());
    }
    list.filter(|list| list.kind() == "expression_list")
        .and_then(|list| list.parent())
        .and_then(|parent| {
            parent
                .child_by_field_name("left")
                .or_else(|| parent.child_by_field_name("name"))
        })
        .is_some_and(|left| {
            left.next_sibling().is_some_and(|next| next.kind() == ",")
                || left.named_child_count() == 2
        })
}

fn binary(lowering: &mut Lowering<'_>, node: Node<'_>, operator: &str, out: &mut Vec<Event>) {
    let sides = (
        node.child_by_field_name("left"),
        node.child_by_field_name("right"),
    );
    match (operator, sides) {
        ("&&" | "||", (Some(left), Some(right))) => {
            short_circuit(lowering, node, (left, right), operator == "&&", out);
        }
        ("/" | "%", (_, Some(right))) => {
            children(lowering, node, out);
            let literal = matches!(right.kind(), "int_literal" | "float_literal");
            if lowering.operators_throw() && !literal {
                out.push(lowering.event(node, label::may_throw));
            }
        }
        _ => children(lowering, node, out),
    }
}

fn call(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let Some(function) = node.child_by_field_name("function").map(unwrapped) else {
        return children(lowering, node, out);
    };
    operands(lowering, node, out);
    let callee = lowering.file.normal(function);
    if !is_conversion(lowering, function, &callee) {
        out.extend(lowering.called(node, &callee));
    }
}

/// What a call evaluates before it calls.
pub fn operands(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    if let Some(function) = node.child_by_field_name("function") {
        out.extend(events(lowering, function));
    }
    if let Some(arguments) = node.child_by_field_name("arguments") {
        children(lowering, arguments, out);
    }
}

/// Whether a type is called, which does nothing that others can see, and does not panic.
fn is_conversion(lowering: &Lowering<'_>, function: Node<'_>, callee: &str) -> bool {
    let file = lowering.file;
    (function.kind() == "identifier" && is_type_name(callee, file.names))
        || matches!(function.kind(), "parenthesized_type" | "generic_type")
}

/// `a, b = c, d` and `:=`.
pub fn assignment(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut out = Vec::new();
    let (Some(left), Some(right)) = (
        node.child_by_field_name("left"),
        node.child_by_field_name("right"),
    ) else {
        return all_events(lowering, node);
    };
    let plain = node
        .child_by_field_name("operator")
        .is_none_or(|operator| operator.kind() == "=");
    let targets = named_children(left);
    // What stands on the left is evaluated first; names are not.
    for target in &targets {
        let target = unwrapped(*target);
        if target.kind() != "identifier" {
            children(lowering, target, &mut out);
        }
    }
    let values = if right.kind() == "expression_list" {
        named_children(right)
    } else {
        vec![right]
    };
    for value in &values {
        out.extend(events(lowering, *value));
    }
    assign_all(lowering, &targets, &values, plain, &mut out);
    out
}

/// The targets get the values.
pub fn assign_all(
    lowering: &mut Lowering<'_>,
    targets: &[Node<'_>],
    values: &[Node<'_>],
    plain: bool,
    out: &mut Vec<Event>,
) {
    if let [value] = values
        && let Some(Does::Acquire(site)) = lowering.table.does(unwrapped(*value))
    {
        return taken(lowering, targets, site, out);
    }
    for (index, target) in targets.iter().enumerate() {
        let value = values
            .get(index)
            .filter(|_| plain && targets.len() == values.len());
        let value = value.map_or(Value::Unknown, |value| value_of(lowering, *value));
        assign(lowering, *target, value, out);
    }
}

/// The results of an acquire: whether it took the lock, or the error that says it did not.
fn taken(lowering: &mut Lowering<'_>, targets: &[Node<'_>], site: SiteId, out: &mut Vec<Event>) {
    let says_error = lowering.table.sites[site]
        .acquire()
        .is_some_and(|acquire| acquire.zero_when_taken);
    for (index, target) in targets.iter().enumerate() {
        let last = index + 1 == targets.len();
        if last && (says_error || targets.len() > 1) {
            let mut ways = Vec::new();
            for value in [
                Value::Null,
                if says_error {
                    Value::True
                } else {
                    Value::Unknown
                },
            ] {
                let mut way = Vec::new();
                assign(lowering, *target, value, &mut way);
                ways.push(way);
            }
            let (no, yes) = (
                ways.pop().unwrap_or_default(),
                ways.pop().unwrap_or_default(),
            );
            out.push(event(
                *target,
                EventKind::Choice {
                    cond: Box::new(self::plain(Test::Taken(site))),
                    yes,
                    no,
                },
            ));
        } else if index == 0 && !says_error {
            assign(lowering, *target, Value::Taken(site), out);
        } else {
            assign(lowering, *target, Value::Unknown, out);
        }
    }
}

/// The target gets the value.
pub fn assign(lowering: &mut Lowering<'_>, target: Node<'_>, value: Value, out: &mut Vec<Event>) {
    let target = unwrapped(target);
    let text = lowering.file.source.bytes;
    if target.kind() == "identifier" {
        let var = variable(target, text);
        if var != "_" {
            out.push(event(target, EventKind::Assign { var, value }));
        }
        return;
    }
    let var = lowering.file.normal(target);
    out.push(event(target, EventKind::Assign { var, value }));
    if lowering.operators_throw() && target.kind() != "selector_expression" {
        out.push(lowering.event(target, label::may_throw));
    }
    // The statement, or the clause of a loop, that assigns.
    let whole = target
        .parent()
        .and_then(|parent| match parent.kind() {
            "expression_list" => parent.parent(),
            _ => Some(parent),
        })
        .unwrap_or(target);
    out.push(lowering.event(whole, label::effect));
}

/// `nil`, `true`, `false`.
pub fn constant(literal: Node<'_>) -> Value {
    match literal.kind() {
        "nil" => Value::Null,
        "true" => Value::True,
        "false" => Value::False,
        _ => Value::Unknown,
    }
}

/// What the condition asks, where Go tells.
pub fn condition(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    use crate::lower::expressions::{cond, negated_if};
    let text = lowering.file.source.bytes;
    match node.kind() {
        "true" => Some(plain(Test::Const(true))),
        "false" => Some(plain(Test::Const(false))),
        "identifier" => Some(plain(Test::Var(variable(node, text)))),
        "unary_expression" if node.child_by_field_name("operator")?.kind() == "!" => {
            let operand = node.child_by_field_name("operand")?;
            Some(Cond::Not(Box::new(cond(lowering, operand))))
        }
        "binary_expression" => {
            let left = unwrapped(node.child_by_field_name("left")?);
            let right = unwrapped(node.child_by_field_name("right")?);
            let operator = node.child_by_field_name("operator")?.kind();
            match (operator, right.kind()) {
                ("&&", _) => Some(Cond::And(
                    Box::new(cond(lowering, left)),
                    Box::new(cond(lowering, right)),
                )),
                ("||", _) => Some(Cond::Or(
                    Box::new(cond(lowering, left)),
                    Box::new(cond(lowering, right)),
                )),
                ("==" | "!=", "nil") => {
                    let asked = match lowering.table.does(left) {
                        Some(Does::Acquire(site)) => Cond::Test {
                            events: events(lowering, left),
                            test: Test::Taken(site),
                        },
                        _ if left.kind() == "identifier" => {
                            plain(Test::IsNull(variable(left, text)))
                        }
                        _ => return None,
                    };
                    Some(negated_if(operator == "!=", asked))
                }
                ("==" | "!=", "true" | "false") => {
                    let negated = (operator == "!=") != (right.kind() == "false");
                    Some(negated_if(negated, cond(lowering, left)))
                }
                _ => None,
            }
        }
        _ => None,
    }
}
