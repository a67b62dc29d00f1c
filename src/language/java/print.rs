//! How Java writes the constructs of the forms.

use super::Java;
use super::names::declarators;
use crate::catalog::pattern::unwrapped;
use crate::lower::{File, children, descendants, named_children, span};
use crate::rewrite::printer::{CannotHoist, Hoist, Printer};
use crate::source::Span;
use crate::tree::Node;

impl Printer for Java {
    fn truth(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }

    fn is_something(&self, variable: &str, number: bool) -> String {
        format!("{variable} != {}", if number { "0" } else { "null" })
    }

    fn is_nothing(&self, variable: &str, number: bool) -> Option<String> {
        let nothing = if number { "0" } else { "null" };
        Some(format!("{variable} == {nothing}"))
    }

    fn declare_flag(&self, name: &str, value: &str) -> String {
        format!("boolean {name} = {value}")
    }

    fn bind(&self, binding: &str) -> String {
        format!("var {binding} = ")
    }

    fn with_resource(&self, declaration: &str) -> Option<String> {
        Some(format!("try ({declaration}) {{"))
    }

    fn is_verbatim(&self, kind: &str) -> bool {
        kind == "string_literal"
    }

    fn hoist(&self, file: &File<'_>, stmt: Node<'_>, after: Span) -> Result<Hoist, CannotHoist> {
        let declarators: Vec<Node<'_>> = declarators(stmt).collect();
        let (Some(first), Some(type_node)) =
            (declarators.first(), stmt.child_by_field_name("type"))
        else {
            return Err(cannot(
                "a declaration in the span cannot be moved out of it",
            ));
        };
        for declarator in &declarators {
            name_is_free(file, stmt, *declarator)?;
        }
        let is_final = modifiers(file, stmt)?;
        let head = if is_final { "final " } else { "" };
        let is_var = file.normal(type_node) == "var";
        let declared_type = if is_var {
            told_type(file, *first)?
        } else {
            file.source.text(span(type_node))
        };
        let mut hoist = Hoist::default();
        let with_value: Vec<Node<'_>> = declarators
            .iter()
            .copied()
            .filter(|declarator| declarator.child_by_field_name("value").is_some())
            .collect();
        if with_value.is_empty() || (is_final && with_value.iter().all(|one| is_constant(*one))) {
            // A constant that is assigned later would be none any more.
            hoist.outside = vec![file.source.text(span(stmt))];
            hoist.gone = true;
            return Ok(hoist);
        }
        if with_value.len() < declarators.len() {
            return Err(cannot(
                "a declaration in the span declares several things at once",
            ));
        }
        if is_final {
            stays_no_constant(file, &declarators, (stmt, after))?;
        }
        let names: Vec<String> = declarators
            .iter()
            .map(|declarator| {
                ["name", "dimensions"]
                    .iter()
                    .filter_map(|field| declarator.child_by_field_name(field))
                    .map(|part| file.normal(part))
                    .collect()
            })
            .collect();
        hoist.outside = vec![format!("{head}{declared_type} {};", names.join(", "))];
        let mut from = stmt.start_byte();
        let mut separator = "";
        for declarator in &declarators {
            hoist.inside.push((
                Span::new(from, declarator.start_byte()),
                separator.to_owned(),
            ));
            from = declarator.end_byte();
            separator = "; ";
            let dimensions = declarator.child_by_field_name("dimensions");
            hoist
                .inside
                .extend(dimensions.map(|dimensions| (span(dimensions), String::new())));
            if let Some(value) = declarator.child_by_field_name("value")
                && value.kind() == "array_initializer"
            {
                let dimensions =
                    dimensions.map_or_else(String::new, |dimensions| file.normal(dimensions));
                hoist.inside.push((
                    Span::new(value.start_byte(), value.start_byte()),
                    format!("new {declared_type}{dimensions} "),
                ));
            }
        }
        Ok(hoist)
    }
}

fn cannot(message: &str) -> CannotHoist {
    ("declared-in-span", message.to_owned())
}

/// Whether the declaration is `final`; annotations are about the declaration with its value.
fn modifiers(file: &File<'_>, stmt: Node<'_>) -> Result<bool, CannotHoist> {
    let modifiers = children(stmt)
        .into_iter()
        .find(|child| child.kind() == "modifiers");
    match modifiers {
        None => Ok(false),
        Some(modifiers) if named_children(modifiers).is_empty() => {
            Ok(file.normal(modifiers).contains("final"))
        }
        Some(_) => Err(cannot(
            "a declaration with an annotation stands in the span and is used after it",
        )),
    }
}

/// Nothing in front of the declaration may mean something else by its name: a field, say.
fn name_is_free(file: &File<'_>, stmt: Node<'_>, declarator: Node<'_>) -> Result<(), CannotHoist> {
    let (Some(block), Some(name)) = (stmt.parent(), declarator.child_by_field_name("name")) else {
        return Ok(());
    };
    let name = file.normal(name);
    let taken = descendants(block, |node| node.start_byte() < stmt.start_byte())
        .filter(|node| node.end_byte() <= stmt.start_byte() && node.kind() == "identifier")
        .any(|node| file.normal(node) == name);
    if taken {
        return Err(cannot(&format!(
            "`{name}` is declared inside the span and used after it, and means something else before"
        )));
    }
    Ok(())
}

/// The type of a `var`, where its value spells it out.
fn told_type(file: &File<'_>, declarator: Node<'_>) -> Result<String, CannotHoist> {
    let value = declarator.child_by_field_name("value").map(unwrapped);
    let told = value.and_then(|value| match value.kind() {
        "string_literal" => Some("String".to_owned()),
        "true" | "false" => Some("boolean".to_owned()),
        "character_literal" => Some("char".to_owned()),
        kind if kind.ends_with("integer_literal") => Some(
            if file.normal(value).ends_with(['l', 'L']) {
                "long"
            } else {
                "int"
            }
            .to_owned(),
        ),
        "decimal_floating_point_literal" => Some(
            if file.normal(value).ends_with(['f', 'F']) {
                "float"
            } else {
                "double"
            }
            .to_owned(),
        ),
        "object_creation_expression" => {
            let anonymous = named_children(value)
                .into_iter()
                .any(|child| child.kind() == "class_body");
            let made = value.child_by_field_name("type")?;
            let text = file.source.text(span(made));
            // `new ArrayList<>()`: inferred. `outer.new Inner()`: a type of the outer one.
            let plain = !anonymous && !file.normal(made).contains("<>");
            (plain && file.source.slice(span(value)).starts_with(b"new")).then_some(text)
        }
        "cast_expression" => {
            let types: Vec<Node<'_>> = value.children_by_field_name("type").collect();
            match types.as_slice() {
                [one] => Some(file.source.text(span(*one))),
                _ => None,
            }
        }
        _ => None,
    });
    told.ok_or_else(|| {
        let name = declarator
            .child_by_field_name("name")
            .map_or_else(String::new, |name| file.normal(name));
        (
            "declared-type-unknown",
            format!(
                "`{name}` is declared inside the span and used after it, and its type is not written down"
            ),
        )
    })
}

/// Whether the value is a literal, which is the same wherever it stands.
fn is_constant(declarator: Node<'_>) -> bool {
    declarator
        .child_by_field_name("value")
        .is_some_and(|value| {
            matches!(
                value.kind(),
                "true" | "false" | "character_literal" | "string_literal"
            ) || value.kind().ends_with("integer_literal")
                || value.kind().ends_with("floating_point_literal")
        })
}

/// A `final` variable with a value made of constants is a constant itself, as labels of a `switch`
/// and narrow types need it. One that is assigned later is none.
fn stays_no_constant(
    file: &File<'_>,
    declarators: &[Node<'_>],
    (stmt, after): (Node<'_>, Span),
) -> Result<(), CannotHoist> {
    let Some(block) = stmt.parent() else {
        return Ok(());
    };
    for declarator in declarators {
        let computed = declarator.child_by_field_name("value").is_none_or(|value| {
            descendants(value, |_| true).any(|node| {
                matches!(
                    node.kind(),
                    "method_invocation" | "object_creation_expression"
                )
            })
        });
        let Some(name) = declarator.child_by_field_name("name") else {
            continue;
        };
        let name = file.normal(name);
        let counted_on = descendants(block, |_| true)
            .filter(|node| stmt.end_byte() <= node.start_byte() && node.start_byte() < after.end)
            .filter(|node| {
                node.kind() == "switch_label"
                    || (node.kind() == "local_variable_declaration"
                        && node.child_by_field_name("type").is_some_and(|narrow| {
                            matches!(file.normal(narrow).as_str(), "byte" | "short" | "char")
                        }))
            })
            .any(|place| {
                descendants(place, |_| true)
                    .any(|node| node.kind() == "identifier" && file.normal(node) == name)
            });
        if !computed && counted_on {
            return Err(cannot(&format!(
                "`{name}` is a constant inside the span and used after it"
            )));
        }
    }
    Ok(())
}
