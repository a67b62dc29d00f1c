//! Conditions of PHP: what they ask in the end.

use crate::catalog::pattern::unwrapped;
use crate::flow::{Cond, Test, Value};
use crate::lower::Lowering;
use crate::lower::expressions::{cond, events, negated_if, plain, value_of};
use crate::tree::Node;

/// What the condition asks, where the language tells.
pub fn condition(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    Some(match node.kind() {
        "boolean" | "null" => {
            let value = lowering
                .file
                .grammar
                .constant(node, lowering.file.source.bytes);
            plain(Test::Const(value == Value::True))
        }
        "integer" => plain(Test::Const(lowering.text(node) != "0")),
        "variable_name" | "scoped_property_access_expression" => {
            plain(Test::Var(lowering.file.normal(node)))
        }
        "member_access_expression" if lowering.text(node).starts_with("$this->") => {
            plain(Test::Var(lowering.file.normal(node)))
        }
        "unary_op_expression" if node.child_by_field_name("operator")?.kind() == "!" => {
            let argument = node.child_by_field_name("argument")?;
            Cond::Not(Box::new(cond(lowering, argument)))
        }
        "cast_expression" if lowering.text(node.child_by_field_name("type")?) == "bool" => {
            cond(lowering, node.child_by_field_name("value")?)
        }
        "binary_expression" => binary(lowering, node)?,
        "assignment_expression" => {
            let left = node.child_by_field_name("left")?;
            if left.kind() != "variable_name" {
                return None;
            }
            Cond::Test {
                events: events(lowering, node),
                test: Test::Var(lowering.file.normal(left)),
            }
        }
        "function_call_expression" => asked_of_variable(lowering, node)?,
        _ => return None,
    })
}

/// `isset($x)`, `is_null($x)`, `empty($x)`
fn asked_of_variable(lowering: &Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    let callee = lowering
        .file
        .grammar
        .callee(node, lowering.file.source.bytes)?;
    let arguments = node.child_by_field_name("arguments")?;
    let variable = arguments.named_child(0)?.named_child(0)?;
    if arguments.named_child_count() != 1 || variable.kind() != "variable_name" {
        return None;
    }
    let name = lowering.file.normal(variable);
    match callee.as_str() {
        "isset" => Some(Cond::Not(Box::new(plain(Test::IsNull(name))))),
        "is_null" => Some(plain(Test::IsNull(name))),
        "empty" => Some(Cond::Not(Box::new(plain(Test::Var(name))))),
        _ => None,
    }
}

fn binary(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    let left = node.child_by_field_name("left")?;
    let right = node.child_by_field_name("right")?;
    let operator = node.child_by_field_name("operator")?.kind();
    let both = |lowering: &mut Lowering<'_>| {
        let left = Box::new(cond(lowering, left));
        (left, Box::new(cond(lowering, right)))
    };
    match operator {
        "&&" | "and" => {
            let (left, right) = both(lowering);
            Some(Cond::And(left, right))
        }
        "||" | "or" => {
            let (left, right) = both(lowering);
            Some(Cond::Or(left, right))
        }
        "===" | "==" => compared(lowering, (left, right), operator == "==", false),
        "!==" | "!=" | "<>" => compared(lowering, (left, right), operator != "!==", true),
        _ => None,
    }
}

/// `$x === null`, `false !== $lock->acquire()`
fn compared(
    lowering: &mut Lowering<'_>,
    (left, right): (Node<'_>, Node<'_>),
    loosely: bool,
    negated: bool,
) -> Option<Cond> {
    let grammar = lowering.file.grammar;
    let text = lowering.file.source.bytes;
    let (asked, literal) = match grammar.constant(unwrapped(right), text) {
        Value::Unknown => (right, grammar.constant(unwrapped(left), text)),
        value => (left, value),
    };
    let asked = unwrapped(asked);
    let cond = match literal {
        Value::Null if loosely => Cond::Not(Box::new(cond(lowering, asked))),
        Value::Null if asked.kind() == "variable_name" => {
            plain(Test::IsNull(lowering.file.normal(asked)))
        }
        Value::True if loosely || is_taken(lowering, asked) => cond(lowering, asked),
        Value::False if loosely || is_taken(lowering, asked) => {
            Cond::Not(Box::new(cond(lowering, asked)))
        }
        _ => return None,
    };
    Some(negated_if(negated, cond))
}

/// Whether the value says if a lock was taken: an acquire, or the variable that one is bound to. Of
/// other values, `=== false` asks for more than their truth.
fn is_taken(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    let value = match node.kind() {
        "assignment_expression" => node.child_by_field_name("right").unwrap_or(node),
        _ => node,
    };
    if matches!(value_of(lowering, value), Value::Taken(_)) {
        return true;
    }
    let name = lowering.file.normal(node);
    lowering
        .table
        .sites
        .iter()
        .filter_map(|site| site.acquire())
        .any(|acquire| acquire.bound.as_deref() == Some(&name))
}
