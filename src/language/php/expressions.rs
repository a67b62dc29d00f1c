//! Expressions of PHP: what their evaluation does, in order.

use crate::catalog::pattern::unwrapped;
use crate::flow::{Cond, Event, EventKind, SiteKind};
use crate::language::{Grammar, php::Php};
use crate::lower::expressions::{
    all_events, assign, children, choice, events, short_circuit, ternary,
};
use crate::lower::{Lowering, descendants, label, named_children};
use crate::tree::Node;

/// What evaluating a node does.
pub fn expression(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    match node.kind() {
        "function_call_expression" => call(lowering, node, out),
        "member_call_expression" => {
            operand(lowering, node.child_by_field_name("object"), out);
            called(lowering, node, out);
        }
        "nullsafe_member_call_expression" => {
            operand(lowering, node.child_by_field_name("object"), out);
            let mut inside = Vec::new();
            called(lowering, node, &mut inside);
            let is_null = Cond::unknown(
                Vec::new(),
                format!("null in {}", lowering.file.normal(node)),
            );
            choice(node, is_null, (Vec::new(), inside), out);
        }
        "scoped_call_expression" => {
            operand(lowering, node.child_by_field_name("scope"), out);
            called(lowering, node, out);
        }
        "object_creation_expression" => {
            created(lowering, node, out);
            out.push(lowering.event(node, label::call));
        }
        "clone_expression"
        | "include_expression"
        | "include_once_expression"
        | "require_expression"
        | "require_once_expression"
        | "shell_command_expression"
        | "yield_expression" => {
            children(lowering, node, out);
            out.push(lowering.event(node, label::call));
        }
        "print_intrinsic" => {
            children(lowering, node, out);
            out.push(lowering.event(node, label::effect));
        }
        "member_access_expression"
        | "nullsafe_member_access_expression"
        | "scoped_property_access_expression"
        | "class_constant_access_expression" => read(lowering, node, out),
        "name" => {
            if lowering.is_process_exit(&lowering.text(node).to_ascii_lowercase()) {
                out.push(lowering.event(node, label::process_exit));
            }
        }
        "argument" => {
            let value = named_children(node).pop();
            operand(lowering, value, out);
        }
        "binary_expression" => binary(lowering, node, out),
        "conditional_expression" => conditional(lowering, node, out),
        "match_expression" => matched(lowering, node, out),
        "assignment_expression" | "reference_assignment_expression" => {
            assignment(lowering, node, out);
        }
        "augmented_assignment_expression" => augmented(lowering, node, out),
        "update_expression" => {
            if let Some(target) = node.child_by_field_name("argument") {
                target_operands(lowering, target, out);
                assign_target(lowering, target, None, out);
            }
        }
        "throw_expression" => {
            let (value, _) = thrown(lowering, node);
            out.extend(value);
            out.push(lowering.event(node, label::throw));
        }
        "declaration_list" | "qualified_name" | "relative_name" | "variable_name" | "string"
        | "nowdoc" | "integer" | "float" | "boolean" | "null" => {}
        kind if kind.ends_with("_declaration") => {}
        _ => children(lowering, node, out),
    }
}

fn operand(lowering: &mut Lowering<'_>, node: Option<Node<'_>>, out: &mut Vec<Event>) {
    if let Some(node) = node.filter(|node| node.kind() != "name") {
        out.extend(events(lowering, node));
    }
}

/// Reading a property or constant. Of null it is a warning, no exception.
fn read(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let holder = named_children(node).into_iter().next();
    operand(lowering, holder, out);
    operand(lowering, node.child_by_field_name("name"), out);
}

/// A call of a method, its receiver evaluated already.
fn called(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    operand(lowering, node.child_by_field_name("name"), out);
    let text = lowering.file.source.bytes;
    let word = Php.called_word(node, text).unwrap_or_default();
    let callee = Php.callee(node, text).unwrap_or_default();
    finish_call(lowering, node, (&word, &callee), out);
}

fn call(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let Some(function) = node.child_by_field_name("function") else {
        return children(lowering, node, out);
    };
    operand(lowering, Some(function), out);
    let name = lowering.file.normal(unwrapped(function));
    finish_call(lowering, node, (&name, &name), out);
}

fn finish_call(
    lowering: &mut Lowering<'_>,
    node: Node<'_>,
    (word, callee): (&str, &str),
    out: &mut Vec<Event>,
) {
    if let Some(arguments) = node.child_by_field_name("arguments") {
        if is_reference_to_function(arguments) {
            return;
        }
        out.extend(events(lowering, arguments));
    }
    if asserts_success(word) {
        assertion(lowering, node, out);
    } else if lowering.is_process_exit(&callee.to_ascii_lowercase()) {
        out.push(lowering.event(node, label::process_exit));
    } else {
        out.extend(lowering.called(node, callee));
    }
}

/// `strlen(...)` makes a closure and calls nothing.
fn is_reference_to_function(arguments: Node<'_>) -> bool {
    arguments
        .named_child(0)
        .is_some_and(|first| first.kind() == "variadic_placeholder")
}

/// The arguments of `new`, and what gives the name of the class.
fn created(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    for child in named_children(node) {
        operand(lowering, Some(child), out);
    }
}

/// What a `throw` evaluates, and the class that it names. Building the very exception that is
/// thrown is no call that others see.
pub fn thrown(lowering: &mut Lowering<'_>, node: Node<'_>) -> (Vec<Event>, Option<String>) {
    let Some(built) = named_children(node)
        .pop()
        .map(unwrapped)
        .filter(|built| built.kind() == "object_creation_expression")
    else {
        return (all_events(lowering, node), None);
    };
    let mut out = Vec::new();
    created(lowering, built, &mut out);
    let class = named_children(built)
        .into_iter()
        .find(|child| matches!(child.kind(), "name" | "qualified_name"))
        .map(|class| {
            let class = lowering.file.normal(class);
            class.trim_start_matches('\\').to_owned()
        });
    (out, class)
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
        "&&" | "and" => short_circuit(lowering, node, (left, right), true, out),
        "||" | "or" => short_circuit(lowering, node, (left, right), false, out),
        "??" => {
            out.extend(events(lowering, left));
            let second = events(lowering, right);
            if !second.is_empty() {
                let label = format!("null in {}", lowering.file.normal(left));
                choice(
                    node,
                    Cond::unknown(Vec::new(), label),
                    (second, Vec::new()),
                    out,
                );
            }
        }
        "instanceof" => out.extend(events(lowering, left)),
        operator => {
            children(lowering, node, out);
            divided(lowering, node, (operator, right), out);
        }
    }
}

/// Division by what may be zero throws.
fn divided(
    lowering: &Lowering<'_>,
    node: Node<'_>,
    (operator, by): (&str, Node<'_>),
    out: &mut Vec<Event>,
) {
    let by = unwrapped(by);
    let literal = matches!(by.kind(), "integer" | "float")
        && lowering
            .text(by)
            .contains(|digit: char| ('1'..='9').contains(&digit));
    let divides = matches!(operator, "/" | "%" | "/=" | "%=");
    if divides && !literal && lowering.operators_throw() {
        out.push(lowering.event(node, label::may_throw));
    }
}

fn conditional(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let (Some(condition), Some(no)) = (
        node.child_by_field_name("condition"),
        node.child_by_field_name("alternative"),
    ) else {
        return children(lowering, node, out);
    };
    match node.child_by_field_name("body") {
        Some(yes) => ternary(lowering, node, (condition, yes, no), out),
        // `a ?: b`
        None => short_circuit(lowering, node, (condition, no), false, out),
    }
}

/// The arms are tried in order; without a default, what none of them matches throws.
fn matched(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let (Some(subject), Some(body)) = (
        node.child_by_field_name("condition"),
        node.child_by_field_name("body"),
    ) else {
        return children(lowering, node, out);
    };
    out.extend(events(lowering, subject));
    let arms = named_children(body);
    let mut otherwise = vec![lowering.event(node, label::throw)];
    let default = arms
        .iter()
        .find(|arm| arm.kind() == "match_default_expression");
    if let Some(value) = default.and_then(|arm| arm.child_by_field_name("return_expression")) {
        otherwise = events(lowering, value);
    }
    for arm in arms.into_iter().rev() {
        let (Some(conditions), Some(value)) = (
            arm.child_by_field_name("conditional_expressions"),
            arm.child_by_field_name("return_expression"),
        ) else {
            continue;
        };
        let asked = all_events(lowering, conditions);
        let label = format!("case {}", lowering.file.normal(conditions));
        let yes = events(lowering, value);
        let mut chosen = Vec::new();
        let test = Cond::unknown(asked, label);
        choice(arm, test, (yes, otherwise), &mut chosen);
        otherwise = chosen;
    }
    out.extend(otherwise);
}

fn assignment(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let (Some(left), Some(right)) = (
        node.child_by_field_name("left"),
        node.child_by_field_name("right"),
    ) else {
        return children(lowering, node, out);
    };
    target_operands(lowering, left, out);
    out.extend(events(lowering, right));
    if node.kind() == "assignment_expression" {
        assign_target(lowering, left, Some(right), out);
    } else {
        // Two names of one variable: what is written to one changes the other.
        assign_target(lowering, left, None, out);
        assign_target(lowering, right, None, out);
    }
}

fn augmented(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let (Some(left), Some(right), Some(operator)) = (
        node.child_by_field_name("left"),
        node.child_by_field_name("right"),
        node.child_by_field_name("operator"),
    ) else {
        return children(lowering, node, out);
    };
    target_operands(lowering, left, out);
    let mut inside = events(lowering, right);
    divided(lowering, node, (operator.kind(), right), &mut inside);
    assign_target(lowering, left, None, &mut inside);
    if operator.kind() == "??=" {
        let label = format!("null in {}", lowering.file.normal(left));
        let is_null = Cond::unknown(Vec::new(), label);
        choice(node, is_null, (inside, Vec::new()), out);
    } else {
        out.extend(inside);
    }
}

/// What is evaluated to find the place that is assigned to.
fn target_operands(lowering: &mut Lowering<'_>, target: Node<'_>, out: &mut Vec<Event>) {
    match unwrapped(target).kind() {
        "variable_name" | "list_literal" | "array_creation_expression" => {}
        _ => out.extend(events(lowering, target)),
    }
}

/// The effect of giving `target` the value of `value`; its operands are evaluated already.
pub fn assign_target(
    lowering: &mut Lowering<'_>,
    target: Node<'_>,
    value: Option<Node<'_>>,
    out: &mut Vec<Event>,
) {
    let target = unwrapped(target);
    match target.kind() {
        "variable_name" => out.push(assign(lowering, target, value)),
        "member_access_expression" | "nullsafe_member_access_expression" => {
            let object = target.child_by_field_name("object");
            let own = object.is_some_and(|object| lowering.text(object) == "$this");
            if !own && lowering.operators_throw() {
                out.push(lowering.event(target, label::may_throw));
            }
            out.push(assign(lowering, target, value));
            out.push(lowering.event(target, label::effect));
        }
        "scoped_property_access_expression" => {
            out.push(assign(lowering, target, value));
            out.push(lowering.event(target, label::effect));
        }
        "subscript_expression" => {
            out.push(assign(lowering, target, value));
            let mut base = target;
            while base.kind() == "subscript_expression"
                && let Some(inner) = base.named_child(0)
            {
                base = inner;
            }
            out.push(assign(lowering, base, None));
            if !is_own_array(lowering, base) {
                out.push(lowering.event(target, label::effect));
            }
        }
        "dynamic_variable_name" => {
            lowering.opaque = Some("it assigns to a variable whose name is computed");
        }
        "list_literal"
        | "array_creation_expression"
        | "array_element_initializer"
        | "by_ref"
        | "pair" => {
            for child in named_children(target) {
                assign_target(lowering, child, None, out);
            }
        }
        _ => {}
    }
}

/// Whether the variable begins as an array in this function: writing to it is nobody else's business.
fn is_own_array(lowering: &Lowering<'_>, base: Node<'_>) -> bool {
    let file = &lowering.file;
    let name = file.normal(base);
    base.kind() == "variable_name"
        && descendants(lowering.function, |node| !Php.is_function(node.kind()))
            .filter(|node| node.kind() == "assignment_expression")
            .any(|node| {
                let [left, right] = ["left", "right"].map(|field| node.child_by_field_name(field));
                left.is_some_and(|left| file.normal(left) == name)
                    && right.is_some_and(|right| right.kind() == "array_creation_expression")
            })
}

fn asserts_success(word: &str) -> bool {
    matches!(word, "assertTrue" | "assertNotFalse" | "assertNotNull")
}

/// An assertion on the result of an acquire fails only where it took nothing.
fn assertion(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let asserts = lowering.event(node, label::call);
    let taken = match out.last().map(|last| &last.kind) {
        Some(EventKind::Acquire(site)) => Some(*site),
        _ => None,
    };
    if let Some(site) = taken
        && let SiteKind::Acquire(acquire) = &mut lowering.table.sites[site].what
    {
        acquire.conditional = false;
    }
    let at = out.len() - usize::from(taken.is_some());
    out.insert(at, asserts);
}

/// `$this->assertFalse($lock->acquire())`
pub fn asserts_failure(acquire: Node<'_>, text: &[u8]) -> bool {
    let Some(argument) = acquire.parent().filter(|node| node.kind() == "argument") else {
        return false;
    };
    let word = argument
        .parent()
        .and_then(|arguments| arguments.parent())
        .and_then(|call| Php.called_word(call, text));
    matches!(word.as_deref(), Some("assertFalse" | "assertNull"))
}
