//! Conditions of a script: what they ask in the end.

use crate::catalog::pattern::unwrapped;
use crate::flow::{Cond, Test};
use crate::lower::Lowering;
use crate::lower::expressions::{cond, events, negated_if, plain};
use crate::tree::Node;

/// What the condition asks, where the language tells.
pub fn condition(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    Some(match node.kind() {
        "true" => plain(Test::Const(true)),
        "false" => plain(Test::Const(false)),
        "identifier" => plain(Test::Var(lowering.file.normal(node))),
        "member_expression" if lowering.text(node).starts_with("this.") => {
            plain(Test::Var(lowering.file.normal(node)))
        }
        "unary_expression" if node.child_by_field_name("operator")?.kind() == "!" => {
            let argument = node.child_by_field_name("argument")?;
            Cond::Not(Box::new(cond(lowering, argument)))
        }
        "binary_expression" => binary(lowering, node)?,
        "assignment_expression" => {
            let left = node.child_by_field_name("left")?;
            if left.kind() != "identifier" {
                return None;
            }
            Cond::Test {
                events: events(lowering, node),
                test: Test::Var(lowering.file.normal(left)),
            }
        }
        _ => return None,
    })
}

fn binary(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    let left = node.child_by_field_name("left")?;
    let right = node.child_by_field_name("right")?;
    let negated = match node.child_by_field_name("operator")?.kind() {
        "&&" => {
            let left = Box::new(cond(lowering, left));
            return Some(Cond::And(left, Box::new(cond(lowering, right))));
        }
        "||" => {
            let left = Box::new(cond(lowering, left));
            return Some(Cond::Or(left, Box::new(cond(lowering, right))));
        }
        "!=" | "!==" => true,
        "==" | "===" => false,
        _ => return None,
    };
    let asked = match lowering.text(right) {
        "null" | "undefined" if unwrapped(left).kind() == "identifier" => {
            plain(Test::IsNull(lowering.file.normal(left)))
        }
        "true" => cond(lowering, left),
        "false" => Cond::Not(Box::new(cond(lowering, left))),
        _ => return None,
    };
    Some(negated_if(negated, asked))
}
