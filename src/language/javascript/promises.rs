//! Promise chains that release when they are fulfilled: `.then(() => { release(); })`.

use super::outer_parent;
use crate::catalog::pattern::{normal, unwrapped};
use crate::language::Settling;
use crate::lower::{named_children, span};
use crate::tree::Node;

/// What a call hands to a promise for when it is settled, if nothing but one handler.
pub fn settling<'t>(call: Node<'t>, text: &[u8]) -> Option<Settling<'t>> {
    if call.kind() != "call_expression" {
        return None;
    }
    let member = call.child_by_field_name("function")?;
    let property = member.child_by_field_name("property")?;
    let either_way = match &text[property.byte_range()] {
        b"then" => false,
        b"finally" => true,
        _ => return None,
    };
    let [handler] = named_children(call.child_by_field_name("arguments")?)[..] else {
        return None;
    };
    let promise = member.child_by_field_name("object")?;
    let mut settling = Settling {
        promise,
        handler,
        release: handler,
        either_way,
        method: span(property),
        passing_on: Vec::new(),
    };
    if handler.kind() == "identifier" {
        return (either_way || is_unused(call)).then_some(settling);
    }
    if handler.kind() != "arrow_function" && handler.kind() != "function_expression" {
        return None;
    }
    let body = handler.child_by_field_name("body")?;
    if body.kind() != "statement_block" {
        settling.release = unwrapped(body);
        return (either_way || is_unused(call)).then_some(settling);
    }
    let stmts = named_children(body);
    let (release, rest) = stmts.split_first()?;
    settling.release = unwrapped(release.named_child(0)?);
    match rest {
        [] if either_way || is_unused(call) => Some(settling),
        // `value => { release(); return value; }`: what `finally` does by itself.
        [returned] if !either_way && returned.kind() == "return_statement" => {
            let parameter = handler
                .child_by_field_name("parameter")
                .or_else(|| handler.child_by_field_name("parameters"))?;
            let name = normal(parameter, text);
            let value = normal(returned.named_child(0)?, text);
            if name.trim_matches(['(', ')']) != value {
                return None;
            }
            settling.passing_on = vec![span(parameter), span(*returned)];
            Some(settling)
        }
        _ => None,
    }
}

/// Nobody looks at what the chain comes to.
fn is_unused(call: Node<'_>) -> bool {
    let mut parent = outer_parent(call);
    if let Some(awaiting) = parent.filter(|parent| parent.kind() == "await_expression") {
        parent = outer_parent(awaiting);
    }
    parent.is_some_and(|parent| parent.kind() == "expression_statement")
}
