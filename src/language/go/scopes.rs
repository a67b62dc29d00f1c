//! Which variable a name means: Go shadows.
//!
//! The flow tree knows variables by name only. A variable that shadows another one of its function
//! gets a mark for each: `err`, `err'`, `err''`.

use crate::catalog::pattern::normal;
use crate::lower::{Bindings, named_children};
use crate::tree::Node;
use rustc_hash::FxHashSet;

/// Whether a node of this kind is a scope of its own.
pub fn is_scope(kind: &str) -> bool {
    matches!(
        kind,
        "block"
            | "if_statement"
            | "for_statement"
            | "expression_switch_statement"
            | "type_switch_statement"
            | "expression_case"
            | "type_case"
            | "default_case"
            | "communication_case"
            | "func_literal"
            | "function_declaration"
            | "method_declaration"
    )
}

/// The name of the variable that the identifier means, with its marks.
pub fn variable(identifier: Node<'_>, text: &[u8]) -> String {
    let name = normal(identifier, text);
    let declaring = declaring_scopes(identifier, &name, text);
    let marks = "'".repeat(declaring.saturating_sub(1));
    format!("{name}{marks}")
}

/// How many scopes of a declared function declare the name that an identifier says, where one does: by the
/// byte that the identifier begins at. A name of the package has none.
pub fn bindings<'t>(function: Node<'t>, text: &[u8]) -> Bindings {
    enum Step<'t> {
        Visit(Node<'t>),
        Declare(Node<'t>),
        Leave,
    }
    let outermost = std::iter::successors(Some(function), Node::parent)
        .find(|around| is_declared_function(around.kind()))
        .unwrap_or(function);
    let mut found = Bindings::default();
    let mut scopes: Vec<FxHashSet<&[u8]>> = Vec::new();
    let mut steps = vec![Step::Visit(outermost)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Leave => {
                scopes.pop();
            }
            Step::Declare(name) => {
                let bytes = &text[name.byte_range()];
                if bytes != b"_"
                    && let Some(scope) = scopes.last_mut()
                {
                    scope.insert(bytes);
                }
                steps.push(Step::Visit(name));
            }
            Step::Visit(node) if node.kind() == "identifier" => {
                let bytes = &text[node.byte_range()];
                let declaring = scopes.iter().filter(|scope| scope.contains(bytes)).count();
                if declaring > 0 {
                    found.insert(node.start_byte(), declaring);
                }
            }
            Step::Visit(node) => {
                // The body of a function shares the scope of its parameters.
                let opens = is_scope(node.kind()) && !is_body_of_function(node);
                if opens {
                    scopes.push(FxHashSet::default());
                    steps.push(Step::Leave);
                }
                let names = names_declared_in(node);
                let alias_of = (!names.is_empty())
                    .then(|| node.child_by_field_name("alias"))
                    .flatten()
                    .and(node.child_by_field_name("value"));
                let first = steps.len();
                let declare = |steps: &mut Vec<Step<'t>>| {
                    steps.extend(names.iter().copied().flat_map(listed).map(Step::Declare));
                };
                for child in node.named_children() {
                    if !names.contains(&child) {
                        steps.push(Step::Visit(child));
                    }
                    if alias_of == Some(child) {
                        declare(&mut steps);
                    }
                }
                // A value is evaluated before the name that it gets is known.
                if alias_of.is_none() {
                    declare(&mut steps);
                }
                steps[first..].reverse();
            }
        }
    }
    found
}

/// What `switch v := x.(type)` declares.
fn names_in_alias(scope: Node<'_>) -> Vec<Node<'_>> {
    match scope.child_by_field_name("alias") {
        Some(alias) if scope.kind() == "type_switch_statement" => listed(alias),
        _ => Vec::new(),
    }
}

/// The names of a list, or the one name.
pub fn listed(names: Node<'_>) -> Vec<Node<'_>> {
    match names.kind() {
        "expression_list" => named_children(names),
        _ => vec![names],
    }
}

/// The children of the node that declare names, or lists of names, as soon as it has been evaluated.
fn names_declared_in(node: Node<'_>) -> Vec<Node<'_>> {
    let field = |name| node.child_by_field_name(name).into_iter().collect();
    match node.kind() {
        "short_var_declaration" => field("left"),
        "type_switch_statement" => node.child_by_field_name("alias").into_iter().collect(),
        "range_clause" | "receive_statement" if is_declaring(node) => field("left"),
        "var_spec" | "const_spec" | "parameter_declaration" | "variadic_parameter_declaration" => {
            named(node)
        }
        _ => Vec::new(),
    }
}

fn is_body_of_function(node: Node<'_>) -> bool {
    node.kind() == "block"
        && node
            .parent()
            .is_some_and(|function| function.child_by_field_name("parameters").is_some())
}

/// How many scopes around the node declare the name.
fn declaring_scopes(node: Node<'_>, name: &str, text: &[u8]) -> usize {
    let mut count = 0;
    let mut inner = node;
    while let Some(scope) = inner.parent() {
        inner = scope;
        if !is_scope(scope.kind()) {
            continue;
        }
        let before = |child: &Node<'_>| child.start_byte() <= node.start_byte();
        let declared = scope
            .named_children()
            .take_while(before)
            .any(|child| match child.kind() {
                // Statements of a block stand in a list of their own.
                "statement_list" => child
                    .named_children()
                    .take_while(before)
                    .any(|child| declares(child, name, text)),
                _ => declares(child, name, text),
            })
            || names_in_alias(scope)
                .iter()
                .any(|alias| &text[alias.byte_range()] == name.as_bytes());
        // The body of a function shares the scope of its parameters.
        let is_body = is_body_of_function(scope);
        if declared && !is_body {
            count += 1;
        } else if declared && is_body {
            count += usize::from(!scope.parent().is_some_and(|function| {
                named_children(function)
                    .into_iter()
                    .any(|child| declares(child, name, text))
            }));
        }
        if is_declared_function(scope.kind()) {
            break;
        }
    }
    count
}

/// A function that stands in no other one.
pub fn is_declared_function(kind: &str) -> bool {
    matches!(kind, "function_declaration" | "method_declaration")
}

/// Whether the function around the node gives the name a meaning of its own there.
pub fn is_local(name: &str, node: Node<'_>, text: &[u8]) -> bool {
    declaring_scopes(node, name, text) > 0
}

/// Whether a `:=` gives a new value to a variable that its scope has already.
pub fn is_declared_before(identifier: Node<'_>, text: &[u8]) -> bool {
    let name = normal(identifier, text);
    let Some(declaration) = std::iter::successors(identifier.parent(), Node::parent)
        .find(|node| node.kind() == "short_var_declaration")
    else {
        return false;
    };
    let Some(list) = declaration.parent() else {
        return false;
    };
    let earlier = named_children(list)
        .into_iter()
        .take_while(|node| node.start_byte() < declaration.start_byte())
        .any(|node| declares(node, &name, text));
    let function = list
        .parent()
        .and_then(|block| block.parent())
        .filter(|function| function.child_by_field_name("parameters").is_some());
    earlier
        || function.is_some_and(|function| {
            named_children(function)
                .into_iter()
                .any(|child| declares(child, &name, text))
        })
}

/// Whether the statement (or list of parameters) declares the name in its scope.
pub fn declares(node: Node<'_>, name: &str, text: &[u8]) -> bool {
    declared_names(node)
        .into_iter()
        .any(|identifier| &text[identifier.byte_range()] == name.as_bytes())
}

/// The names that the node declares for the scope it stands in.
pub fn declared_names(node: Node<'_>) -> Vec<Node<'_>> {
    match node.kind() {
        "short_var_declaration" => node
            .child_by_field_name("left")
            .map(named_children)
            .unwrap_or_default(),
        "range_clause" | "receive_statement" if is_declaring(node) => node
            .child_by_field_name("left")
            .map(named_children)
            .unwrap_or_default(),
        "for_clause" => node
            .child_by_field_name("initializer")
            .map(declared_names)
            .unwrap_or_default(),
        "labeled_statement" => named_children(node)
            .into_iter()
            .next_back()
            .filter(|inner| inner.kind() != "label_name")
            .map(declared_names)
            .unwrap_or_default(),
        "var_declaration" | "const_declaration" | "type_declaration" => named_children(node)
            .into_iter()
            .flat_map(|spec| match spec.kind() {
                "var_spec_list" => named_children(spec).into_iter().flat_map(named).collect(),
                _ => named(spec),
            })
            .collect(),
        "parameter_list" => named_children(node).into_iter().flat_map(named).collect(),
        _ => Vec::new(),
    }
}

/// The nodes in the field `name`.
pub fn named(node: Node<'_>) -> Vec<Node<'_>> {
    node.children_by_field_name("name")
        .filter(|name| name.is_named())
        .collect()
}

/// Whether it says `:=`, not `=`.
pub fn is_declaring(node: Node<'_>) -> bool {
    crate::lower::children(node)
        .iter()
        .any(|token| token.kind() == ":=")
}
