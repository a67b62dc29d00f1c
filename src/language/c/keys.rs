//! What names one lock in C and C++, however it is written: `&(p->m)` is `&p->m`, `(*p).m` is `p->m`, and
//! `this->m` is `m`.

use super::names::{declarators, declared_name};
use crate::catalog::pattern::{normal, unwrapped};
use crate::lower::{descendants, named_children};
use crate::tree::Node;

/// Deeper expressions are taken as they are written.
const DEEPEST: usize = 30;

/// The expression, without what does not change its meaning.
pub fn known_as(node: Node<'_>, text: &[u8]) -> String {
    canonical(node, text, 0)
}

fn canonical(node: Node<'_>, text: &[u8], depth: usize) -> String {
    let node = unwrapped(node);
    let written = || normal(node, text);
    if depth == DEEPEST {
        return written();
    }
    let inner = |node: Node<'_>| canonical(node, text, depth + 1);
    match node.kind() {
        "pointer_expression" => {
            let Some((operator, operand)) = pointer(node) else {
                return written();
            };
            match pointer(operand) {
                // `&*p`, `*&x`
                Some((other, object)) if other != operator => inner(object),
                _ => format!("{operator}{}", inner(operand)),
            }
        }
        "field_expression" => {
            let (Some(object), Some(field), Some(operator)) = (
                node.child_by_field_name("argument").map(unwrapped),
                node.child_by_field_name("field"),
                node.child_by_field_name("operator"),
            ) else {
                return written();
            };
            let field = normal(field, text);
            // `(*p).m`
            let (object, operator) = match pointer(object) {
                Some(("*", object)) if operator.kind() == "." => (object, "->"),
                _ => (object, operator.kind()),
            };
            if object.kind() == "this" && !is_hidden(node, &field, text) {
                field
            } else if binds_tightly(object) {
                format!("{}{operator}{field}", inner(object))
            } else {
                format!("({}){operator}{field}", inner(object))
            }
        }
        "call_expression" => {
            let (Some(function), Some(arguments)) = (
                node.child_by_field_name("function"),
                node.child_by_field_name("arguments"),
            ) else {
                return written();
            };
            let given: Vec<String> = named_children(arguments).into_iter().map(inner).collect();
            format!("{}({})", inner(function), given.join(","))
        }
        _ => written(),
    }
}

/// The variables behind `->` and `*`: `p` of `&p->m`.
pub fn reached_through(node: Node<'_>, text: &[u8]) -> Vec<String> {
    descendants(node, |_| true)
        .filter_map(|node| match node.kind() {
            "field_expression" => {
                let arrow = node.child_by_field_name("operator")?.kind() == "->";
                node.child_by_field_name("argument").filter(|_| arrow)
            }
            _ => pointer(node)
                .filter(|(operator, _)| *operator == "*")
                .map(|(_, operand)| operand),
        })
        .map(unwrapped)
        .filter(|object| object.kind() == "identifier")
        .map(|object| normal(object, text))
        .collect()
}

/// The operator and the operand of `&x` and `*p`.
fn pointer<'t>(node: Node<'t>) -> Option<(&'t str, Node<'t>)> {
    let operator = node.child_by_field_name("operator")?.kind();
    let operand = unwrapped(node.child_by_field_name("argument")?);
    (node.kind() == "pointer_expression").then_some((operator, operand))
}

/// Whether a `.` or `->` behind the expression needs no parentheses around it.
fn binds_tightly(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "identifier" | "field_expression" | "subscript_expression" | "call_expression" | "this"
    )
}

/// Whether a variable of a function around hides the member of this name.
fn is_hidden(node: Node<'_>, member: &str, text: &[u8]) -> bool {
    let declares = |function: Node<'_>| {
        descendants(function, |_| true)
            .filter(|node| {
                matches!(
                    node.kind(),
                    "declaration" | "parameter_declaration" | "optional_parameter_declaration"
                )
            })
            .flat_map(declarators)
            .filter_map(declared_name)
            .any(|name| &text[name.byte_range()] == member.as_bytes())
    };
    std::iter::successors(Some(node), Node::parent)
        .filter(|node| matches!(node.kind(), "function_definition" | "lambda_expression"))
        .any(declares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::parse::parse;

    /// What the first argument of the first call in the function is known as.
    fn named(code: &str) -> String {
        let grammar = Language::Cpp.grammar();
        let tree = parse(grammar, code.as_bytes()).expect("a tree");
        let arguments = descendants(tree.root_node(), |_| true)
            .find(|node| node.kind() == "argument_list")
            .expect("a call");
        known_as(named_children(arguments)[0], code.as_bytes())
    }

    #[test]
    fn a_lock_has_one_name() {
        for (written, name) in [
            ("&(p->m)", "&p->m"),
            ("&(*p).m", "&p->m"),
            ("(&*p)", "p"),
            ("*&x", "x"),
            ("&((a->b).m)", "&a->b.m"),
            ("(*this).m", "m"),
            ("this->m", "m"),
            ("&(p + 1)->m", "&(p+1)->m"),
            ("&locks[i].m", "&locks[i].m"),
            ("of( (x) )", "of(x)"),
        ] {
            assert_eq!(named(&format!("void f() {{ lock({written}); }}")), name);
        }
    }

    #[test]
    fn a_variable_hides_the_member() {
        assert_eq!(named("void f(M &m) { lock(this->m); }"), "this->m");
        assert_eq!(named("void f() { M m; lock(this->m); }"), "this->m");
    }
}
