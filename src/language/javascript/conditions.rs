//! Conditions of a script: what they ask in the end.

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
    match node.kind() {
        "true" => return plain(Test::Const(true)),
        "false" => return plain(Test::Const(false)),
        "identifier" => return plain(Test::Var(lowering.file.normal(node))),
        "member_expression" if lowering.text(node).starts_with("this.") => {
            return plain(Test::Var(lowering.file.normal(node)));
        }
        "unary_expression" => {
            if let (Some(operator), Some(argument)) = (
                node.child_by_field_name("operator"),
                node.child_by_field_name("argument"),
            ) && operator.kind() == "!"
            {
                return Cond::Not(Box::new(cond(lowering, argument)));
            }
        }
        "binary_expression" => {
            if let Some(cond) = binary(lowering, node) {
                return cond;
            }
        }
        "assignment_expression" => {
            if let Some(left) = node.child_by_field_name("left")
                && left.kind() == "identifier"
            {
                return Cond::Test {
                    events: events(lowering, node),
                    test: Test::Var(lowering.file.normal(left)),
                };
            }
        }
        _ => {}
    }
    if let Some(Does::Acquire(site)) = lowering.table.does(node) {
        return Cond::Test {
            events: events(lowering, node),
            test: Test::Taken(site),
        };
    }
    unknown(lowering, node)
}

fn binary(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    let left = node.child_by_field_name("left")?;
    let right = node.child_by_field_name("right")?;
    let operator = node.child_by_field_name("operator")?.kind();
    match operator {
        "&&" => {
            return Some(Cond::And(
                Box::new(cond(lowering, left)),
                Box::new(cond(lowering, right)),
            ));
        }
        "||" => {
            return Some(Cond::Or(
                Box::new(cond(lowering, left)),
                Box::new(cond(lowering, right)),
            ));
        }
        _ => {}
    }
    let negated = matches!(operator, "!=" | "!==");
    if !negated && !matches!(operator, "==" | "===") {
        return None;
    }
    let literal = lowering.text(right);
    let asked = match literal {
        "null" | "undefined" if unwrapped(left).kind() == "identifier" => Cond::Test {
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
