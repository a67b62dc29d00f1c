//! Conditions of Java: what they ask in the end.

use super::variable;
use crate::catalog::pattern::unwrapped;
use crate::flow::{Cond, Test};
use crate::lower::Lowering;
use crate::lower::expressions::{cond, events, negated_if, plain};
use crate::tree::Node;

/// What the condition asks, where Java tells.
pub fn condition(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    Some(match node.kind() {
        "true" => plain(Test::Const(true)),
        "false" => plain(Test::Const(false)),
        "identifier" | "field_access" => plain(Test::Var(variable(lowering, node)?)),
        "unary_expression" if lowering.text(node).starts_with('!') => {
            let operand = node.child_by_field_name("operand")?;
            Cond::Not(Box::new(cond(lowering, operand)))
        }
        "binary_expression" => binary(lowering, node)?,
        "assignment_expression" => {
            let left = node.child_by_field_name("left")?;
            let var = variable(lowering, left)?;
            Cond::Test {
                events: events(lowering, node),
                test: Test::Var(var),
            }
        }
        _ => return None,
    })
}

fn binary(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    let left = node.child_by_field_name("left")?;
    let right = node.child_by_field_name("right")?;
    let operator = node.child_by_field_name("operator")?.kind();
    if matches!(operator, "&&" | "||") {
        let left = Box::new(cond(lowering, left));
        let right = Box::new(cond(lowering, right));
        return Some(if operator == "&&" {
            Cond::And(left, right)
        } else {
            Cond::Or(left, right)
        });
    }
    let negated = operator == "!=";
    if !negated && operator != "==" {
        return None;
    }
    let asked = match right.kind() {
        "null_literal" => is_nothing(lowering, left)?,
        _ if is_zero(lowering, right) => {
            // Only of what an acquire gives is zero nothing.
            let named = match unwrapped(left) {
                node if node.kind() == "assignment_expression" => {
                    node.child_by_field_name("left")?
                }
                node => node,
            };
            let var = variable(lowering, named)?;
            let given = lowering.table.sites.iter().any(|site| {
                site.acquire()
                    .is_some_and(|acquire| acquire.bound.as_deref() == Some(&var))
            });
            if !given {
                return None;
            }
            is_nothing(lowering, left)?
        }
        "true" => cond(lowering, left),
        "false" => Cond::Not(Box::new(cond(lowering, left))),
        _ => return None,
    };
    Some(negated_if(negated, asked))
}

fn is_zero(lowering: &Lowering<'_>, value: Node<'_>) -> bool {
    let text = lowering.text(value);
    match value.kind() {
        "decimal_integer_literal" => matches!(text, "0" | "0L" | "0l"),
        "identifier" | "field_access" => {
            let known = &lowering.file.catalog.facts.zeros;
            known.iter().any(|zero| zero == text)
        }
        _ => false,
    }
}

/// `x == null`, `(x = f()) == null`
fn is_nothing(lowering: &mut Lowering<'_>, asked: Node<'_>) -> Option<Cond> {
    let asked = unwrapped(asked);
    if asked.kind() == "assignment_expression" {
        let var = variable(lowering, asked.child_by_field_name("left")?)?;
        return Some(Cond::Test {
            events: events(lowering, asked),
            test: Test::IsNull(var),
        });
    }
    Some(plain(Test::IsNull(variable(lowering, asked)?)))
}
