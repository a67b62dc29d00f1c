//! What a function of C gives back: its type, the variable that holds it, and values that nobody else
//! can change.

use super::names::{declarators, declared_name, type_text};
use crate::catalog::pattern::unwrapped;
use crate::lower::{File, descendants, named_children};
use crate::source::Span;
use crate::tree::Node;

/// The type of a function, as a declaration writes it in front of a name: `struct item *`.
fn type_of_function(file: &File<'_>, function: Node<'_>) -> Option<String> {
    let class = function.child_by_field_name("type")?;
    if class.child_by_field_name("body").is_some() {
        return None;
    }
    let mut written = String::new();
    // What stands between the type and the name may be macros: then nothing is known.
    for child in named_children(function) {
        match child.kind() {
            "type_qualifier" => {
                written.push_str(&file.normal(child));
                written.push(' ');
            }
            _ if child.is_error() => return None,
            _ => {}
        }
    }
    written.push_str(file.source.text(crate::lower::span(class)).trim());
    written.push(' ');
    let mut at = function.child_by_field_name("declarator")?;
    while at.kind() == "pointer_declarator" {
        written.push('*');
        at = at.child_by_field_name("declarator")?;
    }
    let plain = at.kind() == "function_declarator"
        && at
            .child_by_field_name("declarator")
            .is_some_and(|name| name.kind() == "identifier");
    let void = type_text(class, file.source.bytes) == "void" && !written.contains('*');
    (plain && !void).then_some(written)
}

/// The function at `span`.
fn function<'t>(file: &File<'t>, span: Span) -> Option<Node<'t>> {
    let node = file
        .root
        .descendant_for_byte_range(span.start, span.end.saturating_sub(1))?;
    std::iter::successors(Some(node), Node::parent).find(|node| file.is_own_body(*node))
}

/// `int ret`
pub fn declared(file: &File<'_>, span: Span, name: &str) -> Option<String> {
    let written = type_of_function(file, function(file, span)?)?;
    Some(format!("{written}{name}"))
}

/// A local variable of the function's type that some return gives back.
pub fn variable(file: &File<'_>, span: Span) -> Option<String> {
    let function = function(file, span)?;
    let wanted = type_of_function(file, function)?;
    let body = function.child_by_field_name("body")?;
    let returned: Vec<String> = descendants(body, |_| true)
        .filter(|node| node.kind() == "return_statement")
        .filter_map(|node| named_children(node).into_iter().next())
        .filter(|operand| operand.kind() == "identifier")
        .map(|operand| file.normal(operand))
        .collect();
    named_children(body)
        .into_iter()
        .filter(|node| node.kind() == "declaration")
        .flat_map(|node| locals(file, node))
        .find(|(name, class)| returned.contains(name) && *class == wanted)
        .map(|(name, _)| name)
}

/// The variables that a declaration makes, with their types as [`type_of_function`] writes them.
fn locals(file: &File<'_>, declaration: Node<'_>) -> Vec<(String, String)> {
    let qualified = named_children(declaration)
        .iter()
        .any(|child| matches!(child.kind(), "storage_class_specifier" | "type_qualifier"));
    let Some(class) = declaration
        .child_by_field_name("type")
        .filter(|_| !qualified)
    else {
        return Vec::new();
    };
    let class = file.source.text(crate::lower::span(class));
    declarators(declaration)
        .into_iter()
        .filter_map(|declarator| {
            let mut at = declarator;
            if at.kind() == "init_declarator" {
                at = at.child_by_field_name("declarator")?;
            }
            let mut written = format!("{} ", class.trim());
            while at.kind() == "pointer_declarator" {
                written.push('*');
                at = at.child_by_field_name("declarator")?;
            }
            (at.kind() == "identifier").then(|| (file.normal(at), written))
        })
        .collect()
}

/// Whether nobody else can change the value: constants, and variables of the function itself.
pub fn is_plain(file: &File<'_>, span: Span, operand: Node<'_>) -> bool {
    let Some(function) = function(file, span) else {
        return false;
    };
    let own = own_names(file, function);
    is_own(file, operand, &own, 0)
}

fn is_own(file: &File<'_>, node: Node<'_>, own: &[String], depth: usize) -> bool {
    let node = unwrapped(node);
    let all = |node: Node<'_>| {
        depth < 20
            && named_children(node)
                .into_iter()
                .all(|child| is_own(file, child, own, depth + 1))
    };
    match node.kind() {
        "number_literal"
        | "char_literal"
        | "string_literal"
        | "true"
        | "false"
        | "null"
        | "concatenated_string"
        | "sizeof_expression"
        | "type_descriptor" => true,
        "identifier" => {
            let name = file.normal(node);
            // A constant or a macro, as people write them.
            let constant = !name.contains(|c: char| c.is_ascii_lowercase());
            constant || own.contains(&name)
        }
        "unary_expression" | "binary_expression" | "conditional_expression" | "cast_expression" => {
            all(node)
        }
        // The address of something does not change.
        "pointer_expression" => {
            node.child_by_field_name("operator")
                .is_some_and(|operator| operator.kind() == "&")
                && node
                    .child_by_field_name("argument")
                    .is_some_and(|argument| is_own(file, argument, own, depth + 1))
        }
        _ => false,
    }
}

/// Parameters and local variables that are not static.
fn own_names(file: &File<'_>, function: Node<'_>) -> Vec<String> {
    descendants(function, |_| true)
        .filter(|node| matches!(node.kind(), "declaration" | "parameter_declaration"))
        .filter(|node| {
            !named_children(*node)
                .iter()
                .any(|child| child.kind() == "storage_class_specifier")
        })
        .flat_map(|node| declarators(node))
        .filter_map(|declarator| declared_name(declarator))
        .map(|name| file.normal(name))
        .collect()
}

/// The declaration of a variable that nothing but what goes uses.
pub fn without(file: &File<'_>, span: Span, name: &str, gone: &[Span]) -> Option<Vec<Span>> {
    let body = function(file, span)?.child_by_field_name("body")?;
    let mut declared = None;
    for node in descendants(body, |_| true) {
        if node.kind() != "identifier" || file.normal(node) != name {
            continue;
        }
        let at = crate::lower::span(node);
        if gone.iter().any(|gone| gone.contains(at)) {
            continue;
        }
        let parent = node.parent()?;
        if parent.kind() != "declaration" || declared.is_some() {
            return None;
        }
        declared = Some((parent, node));
    }
    let (declaration, own) = declared?;
    let all = declarators(declaration);
    let index = all.iter().position(|one| one.id() == own.id())?;
    if let Some(next) = all.get(index + 1) {
        return Some(vec![Span::new(own.start_byte(), next.start_byte())]);
    }
    if index > 0 {
        return Some(vec![Span::new(all[index - 1].end_byte(), own.end_byte())]);
    }
    let source = file.source;
    let lines = Span::new(
        source.line_start(declaration.start_byte()),
        source.line_end(declaration.end_byte()),
    );
    let alone = source.text(lines).trim() == source.text(crate::lower::span(declaration));
    if !alone {
        return Some(vec![crate::lower::span(declaration)]);
    }
    // The blank line behind the only declaration goes with it.
    let only = named_children(body)
        .iter()
        .filter(|child| child.kind() == "declaration")
        .count()
        == 1;
    let blank = source.text(Span::new(lines.end, source.line_end(lines.end)));
    let end = if only && blank.trim().is_empty() && !blank.is_empty() {
        source.line_end(lines.end)
    } else {
        lines.end
    };
    Some(vec![Span::new(lines.start, end)])
}
