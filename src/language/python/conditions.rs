//! Conditions of Python: what they ask in the end.

use super::expressions::events;
use crate::catalog::pattern::unwrapped;
use crate::flow::{Cond, Event, EventKind, Test};
use crate::lower::Lowering;
use crate::lower::sites::Does;
use tree_sitter::Node;

/// Lowers a condition.
pub fn cond(lowering: &mut Lowering<'_>, node: Node<'_>) -> Cond {
    lowering
        .deeper(|lowering| Some(cond_inner(lowering, unwrapped(node))))
        .unwrap_or_else(|| Cond::unknown(Vec::new(), String::new()))
}

fn cond_inner(lowering: &mut Lowering<'_>, node: Node<'_>) -> Cond {
    let plain = |test| Cond::Test {
        events: Vec::new(),
        test,
    };
    if let Some(Does::Acquire(site)) = lowering.table.does(node) {
        return Cond::Test {
            events: events(lowering, node),
            test: Test::Taken(site),
        };
    }
    match node.kind() {
        "true" => plain(Test::Const(true)),
        "false" | "none" => plain(Test::Const(false)),
        "integer" if lowering.text(node) == "1" => plain(Test::Const(true)),
        "identifier" => plain(Test::Var(lowering.file.normal(node))),
        "attribute" if lowering.text(node).starts_with("self.") => {
            plain(Test::Var(lowering.file.normal(node)))
        }
        "not_operator" => match node.child_by_field_name("argument") {
            Some(argument) => Cond::Not(Box::new(cond(lowering, argument))),
            None => unknown(lowering, node),
        },
        "boolean_operator" => boolean(lowering, node).unwrap_or_else(|| unknown(lowering, node)),
        "comparison_operator" => {
            comparison(lowering, node).unwrap_or_else(|| unknown(lowering, node))
        }
        "named_expression" => match node.child_by_field_name("name") {
            Some(name) => Cond::Test {
                events: events(lowering, node),
                test: Test::Var(lowering.file.normal(name)),
            },
            None => unknown(lowering, node),
        },
        _ => unknown(lowering, node),
    }
}

fn boolean(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    let left = Box::new(cond(lowering, node.child_by_field_name("left")?));
    let right = Box::new(cond(lowering, node.child_by_field_name("right")?));
    Some(match node.child_by_field_name("operator")?.kind() {
        "and" => Cond::And(left, right),
        _ => Cond::Or(left, right),
    })
}

/// `x is None`, `x is not None`, `x is True`, `x == False`.
fn comparison(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    if node.named_child_count() != 2 {
        return None;
    }
    let left = node.named_child(0)?;
    let right = node.named_child(1)?;
    let operator =
        String::from_utf8_lossy(&lowering.file.source.bytes[left.end_byte()..right.start_byte()])
            .trim()
            .to_owned();
    let negated = match operator.as_str() {
        "is" | "==" => false,
        "is not" | "!=" => true,
        _ => return None,
    };
    let asked = match right.kind() {
        "none" if left.kind() == "identifier" => Cond::Test {
            events: Vec::new(),
            test: Test::IsNull(lowering.file.normal(left)),
        },
        "true" => cond(lowering, left),
        "false" => Cond::Not(Box::new(cond(lowering, left))),
        _ => return None,
    };
    Some(if negated {
        Cond::Not(Box::new(asked))
    } else {
        asked
    })
}

fn unknown(lowering: &mut Lowering<'_>, node: Node<'_>) -> Cond {
    let file = lowering.file;
    if let Some(key) = lowering.table.asks_held(&file, node) {
        return Cond::Test {
            events: Vec::new(),
            test: Test::Held(key),
        };
    }
    let events = events(lowering, node);
    let mut names = Vec::new();
    lowering
        .file
        .grammar
        .names_in(node, lowering.file.source.bytes, &mut names);
    Cond::Test {
        test: Test::Unknown {
            label: lowering.file.normal(node),
            names,
            pure: events.iter().all(is_pure),
        },
        events,
    }
}

/// Whether evaluating it twice gives the same answer.
fn is_pure(event: &Event) -> bool {
    match &event.kind {
        EventKind::MayThrow { .. } => true,
        EventKind::Choice { yes, no, .. } => yes.iter().chain(no).all(is_pure),
        _ => false,
    }
}
