//! Conditions of Python: what they ask in the end.

use crate::flow::{Cond, Test};
use crate::lower::Lowering;
use crate::lower::expressions::{cond, events, negated_if, plain};
use crate::tree::Node;

/// What the condition asks, where Python tells.
pub fn condition(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    Some(match node.kind() {
        "true" => plain(Test::Const(true)),
        "false" | "none" => plain(Test::Const(false)),
        "integer" if lowering.text(node) == "1" => plain(Test::Const(true)),
        "identifier" => plain(Test::Var(lowering.file.normal(node))),
        "attribute" if lowering.text(node).starts_with("self.") => {
            plain(Test::Var(lowering.file.normal(node)))
        }
        "not_operator" => {
            let argument = node.child_by_field_name("argument")?;
            Cond::Not(Box::new(cond(lowering, argument)))
        }
        "boolean_operator" => boolean(lowering, node)?,
        "comparison_operator" => comparison(lowering, node)?,
        "named_expression" => {
            let name = node.child_by_field_name("name")?;
            Cond::Test {
                events: events(lowering, node),
                test: Test::Var(lowering.file.normal(name)),
            }
        }
        _ => return None,
    })
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
        "none" if left.kind() == "identifier" => plain(Test::IsNull(lowering.file.normal(left))),
        "true" => cond(lowering, left),
        "false" => Cond::Not(Box::new(cond(lowering, left))),
        _ => return None,
    };
    Some(negated_if(negated, asked))
}
