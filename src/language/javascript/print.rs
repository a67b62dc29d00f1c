//! How a script writes the constructs of the forms.

use super::Script;
use crate::language::{Grammar, Language};
use crate::lower::{File, descendants, span};
use crate::rewrite::printer::{CannotHoist, Hoist, Printer};
use crate::source::Span;
use crate::tree::Node;

impl Printer for Script {
    fn waits_for_returned(&self) -> Option<&'static str> {
        Some("await ")
    }

    fn is_settled(&self, file: &File<'_>, operand: Node<'_>) -> bool {
        match operand.kind() {
            "identifier" => {
                let name = file.normal(operand);
                file.hidden.ask(&name);
                let given = descendants(file.root, |_| true)
                    .filter(|node| node.kind() == "variable_declarator")
                    .filter(|node| {
                        node.child_by_field_name("name")
                            .is_some_and(|own| file.normal(own) == name)
                    })
                    .collect::<Vec<_>>();
                !given.is_empty()
                    && given.iter().all(|node| {
                        node.child_by_field_name("value")
                            .is_some_and(|value| is_plain_value(value.kind()))
                    })
            }
            // What is returned with the lock held was never released: waiting is what was missing.
            "call_expression" => true,
            kind => is_plain_value(kind),
        }
    }

    fn truth(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }

    fn declare_flag(&self, name: &str, value: &str) -> String {
        format!("let {name} = {value}")
    }

    fn bind(&self, binding: &str) -> String {
        format!("const {binding} = ")
    }

    fn is_verbatim(&self, kind: &str) -> bool {
        matches!(kind, "template_string" | "string" | "jsx_text")
    }

    fn hoist(&self, file: &File<'_>, stmt: Node<'_>, after: Span) -> Result<Hoist, CannotHoist> {
        let typed = self.language() != Language::JavaScript;
        let mut hoist = Hoist::default();
        let declarators: Vec<Node<'_>> = crate::lower::named_children(stmt)
            .into_iter()
            .filter(|child| child.kind() == "variable_declarator")
            .collect();
        let (Some(first), Some(last)) = (declarators.first(), declarators.last()) else {
            return Err(cannot(
                "a declaration in the span cannot be moved out of it",
            ));
        };
        let mut outside = Vec::new();
        for declarator in &declarators {
            outside.push(declared(file, *declarator, typed, after)?);
        }
        hoist.outside = vec![format!("let {};", outside.join(", "))];
        let has_value = |node: &Node<'_>| node.child_by_field_name("value").is_some();
        if declarators.iter().all(|node| !has_value(node)) {
            hoist.gone = true;
            return Ok(hoist);
        }
        if !declarators.iter().all(has_value) {
            return Err(cannot(
                "a declaration in the span declares several things at once",
            ));
        }
        let destructures = declarators.iter().any(|node| {
            node.child_by_field_name("name")
                .is_some_and(|name| name.kind() == "object_pattern")
        });
        if destructures && declarators.len() > 1 {
            return Err(cannot(
                "a declaration in the span declares several things at once",
            ));
        }
        let keyword = Span::new(stmt.start_byte(), first.start_byte());
        let open = match (destructures, continues(file, stmt)) {
            (true, true) => ";(",
            (true, false) => "(",
            (false, true)
                if first
                    .child_by_field_name("name")
                    .is_some_and(|n| n.kind() == "array_pattern") =>
            {
                ";"
            }
            _ => "",
        };
        hoist.inside.push((keyword, open.to_owned()));
        if destructures {
            hoist
                .inside
                .push((Span::new(last.end_byte(), last.end_byte()), ")".to_owned()));
        }
        for declarator in declarators {
            if let Some(annotation) = declarator.child_by_field_name("type") {
                hoist.inside.push((span(annotation), String::new()));
            }
        }
        Ok(hoist)
    }
}

/// Values that are no promises.
fn is_plain_value(kind: &str) -> bool {
    matches!(
        kind,
        "await_expression"
            | "string"
            | "template_string"
            | "number"
            | "true"
            | "false"
            | "null"
            | "undefined"
            | "object"
            | "array"
            | "binary_expression"
            | "unary_expression"
            | "update_expression"
    )
}

/// Expressions whose type is that of something declared elsewhere: no literal, which would become
/// a wider type when it is assigned later.
fn keeps_its_type(kind: &str) -> bool {
    matches!(
        kind,
        "await_expression"
            | "call_expression"
            | "new_expression"
            | "member_expression"
            | "subscript_expression"
            | "identifier"
            | "non_null_expression"
    )
}

fn cannot(message: &str) -> CannotHoist {
    ("declared-in-span", message.to_owned())
}

/// The declarator as it stands outside: its names, with their annotation.
fn declared(
    file: &File<'_>,
    declarator: Node<'_>,
    typed: bool,
    after: Span,
) -> Result<String, CannotHoist> {
    let name = declarator
        .child_by_field_name("name")
        .ok_or_else(|| cannot("a declaration in the span has no name"))?;
    let annotation = declarator.child_by_field_name("type");
    let mut names: Vec<String> = Vec::new();
    for node in descendants(name, |node| !matches!(node.kind(), "identifier")) {
        if matches!(
            node.kind(),
            "identifier" | "shorthand_property_identifier_pattern"
        ) {
            names.push(file.normal(node));
        }
        if matches!(
            node.kind(),
            "assignment_pattern" | "object_assignment_pattern"
        ) {
            return Err(cannot(
                "a pattern with default values in the span is needed after it",
            ));
        }
    }
    if typed {
        let value = declarator.child_by_field_name("value");
        if annotation.is_none() && value.is_some_and(|value| !keeps_its_type(value.kind())) {
            return Err((
                "declared-type-unknown",
                format!(
                    "`{}` is declared inside the span and used after it, and its type is not written \
                     down",
                    names.join("`, `")
                ),
            ));
        }
        let narrows = annotation.is_none_or(|annotation| !is_one_type(file, annotation));
        for name in names.iter().filter(|_| narrows) {
            if captured(file, name, declarator, after) {
                // Inference and narrowing of a `let` end at the closure.
                return Err((
                    "declared-type-unknown",
                    format!(
                        "`{name}` is declared inside the span, used after it and captured by a closure, \
                         where its type would be lost"
                    ),
                ));
            }
        }
    }
    match annotation {
        Some(annotation) if name.kind() == "identifier" => Ok(format!(
            "{}{}",
            names.join(", "),
            file.source.text(span(annotation))
        )),
        Some(_) => Err(cannot(
            "an annotated pattern in the span is needed after it",
        )),
        None => Ok(names.join(", ")),
    }
}

/// `: number` and the like: nothing that the compiler finds out makes less of it.
fn is_one_type(file: &File<'_>, annotation: Node<'_>) -> bool {
    let text = file.normal(annotation);
    let name = text.trim_start_matches(':').trim();
    matches!(name, "number" | "string" | "bigint" | "symbol")
}

/// Whether a nested function reads the name.
fn captured(file: &File<'_>, name: &str, declarator: Node<'_>, after: Span) -> bool {
    let scope = Span::new(declarator.start_byte(), after.end);
    let Some(function) = std::iter::successors(declarator.parent(), Node::parent)
        .find(|node| file.grammar.is_function(node.kind()) || node.parent().is_none())
    else {
        return false;
    };
    descendants(function, |_| true)
        .filter(|node| {
            node.id() != function.id()
                && file.grammar.is_function(node.kind())
                && scope.start <= node.start_byte()
                && node.start_byte() < scope.end
        })
        .any(|inner| {
            descendants(inner, |_| true)
                .any(|node| file.grammar.is_name(node.kind()) && file.normal(node) == name)
        })
}

/// Whether a statement that began with `(` would continue the one before it.
fn continues(file: &File<'_>, stmt: Node<'_>) -> bool {
    let before = file.source.bytes[..stmt.start_byte()].trim_ascii_end();
    !(before.ends_with(b";") || before.ends_with(b"{") || before.ends_with(b"}"))
}
