//! What a Java file says of its names: imports, declared types, classes.

use crate::catalog::Surroundings;
use crate::catalog::pattern::{normal, unwrapped};
use crate::language::names::{Class, Import, Names, TypeRef};
use crate::lower::{children, descendants, named_children, span};
use crate::source::Span;
use crate::tree::Node;

/// Collects the names of a file.
pub fn collect(root: Node<'_>, text: &[u8]) -> Names {
    let mut names = Names::default();
    let nodes: Vec<Node<'_>> = descendants(root, |_| true)
        .filter(|node| {
            node.kind().ends_with("_declaration")
                || matches!(
                    node.kind(),
                    "formal_parameter"
                        | "catch_formal_parameter"
                        | "spread_parameter"
                        | "resource"
                        | "enhanced_for_statement"
                        | "instanceof_expression"
                        | "type_pattern"
                        | "record_pattern_component"
                )
        })
        .collect();
    for node in &nodes {
        match node.kind() {
            "import_declaration" => import(*node, text, &mut names),
            // What the package holds is known without an import.
            "package_declaration" => {
                let name = named_children(*node).pop();
                let package = name.map(|name| normal(name, text)).unwrap_or_default();
                names.modules.insert(package.clone());
                names.wildcards.push(package);
            }
            "class_declaration"
            | "enum_declaration"
            | "interface_declaration"
            | "record_declaration" => class(*node, text, &mut names),
            _ => {}
        }
    }
    for node in &nodes {
        declare(*node, text, &mut names);
    }
    made_in_constructors(root, text, &mut names);
    names
}

/// What constructors put into a `final` field tells more than the interface that it goes by.
fn made_in_constructors(root: Node<'_>, text: &[u8], names: &mut Names) {
    let mut blank: Vec<(String, Span, Option<TypeRef>, bool)> = Vec::new();
    for node in descendants(root, |_| true) {
        match node.kind() {
            "field_declaration" if is_final(node, text) => {
                let scope = around(node, BODIES);
                for declarator in declarators(node) {
                    if let (Some(name), None) = (
                        declarator.child_by_field_name("name"),
                        declarator.child_by_field_name("value"),
                    ) {
                        blank.push((normal(name, text), scope, None, true));
                    }
                }
            }
            "assignment_expression" => {
                let (Some(left), Some(right)) = (
                    node.child_by_field_name("left"),
                    node.child_by_field_name("right"),
                ) else {
                    continue;
                };
                let target = normal(left, text);
                let field = target.strip_prefix("this.").unwrap_or(&target);
                let scope = around(node, BODIES);
                for (name, of, made, agreed) in &mut blank {
                    if name == field && *of == scope && is_in_constructor(node) {
                        let now = type_of_value(right, text, names);
                        *agreed &= now.is_some() && (made.is_none() || *made == now);
                        *made = now;
                    }
                }
            }
            _ => {}
        }
    }
    for (name, scope, made, agreed) in blank {
        let Some(type_ref) = made.filter(|_| agreed) else {
            continue;
        };
        names.retype(&name, scope, &type_ref);
        names.retype(&format!("this.{name}"), scope, &type_ref);
        if let Some(Some(field)) = names.fields.get_mut(&name) {
            *field = type_ref;
        }
    }
}

/// Whether what stands here may give a `final` field its value.
fn is_in_constructor(node: Node<'_>) -> bool {
    std::iter::successors(node.parent(), Node::parent)
        .map(|around| around.kind())
        .find(|kind| {
            BODIES.contains(kind)
                || kind.ends_with("_declaration")
                || matches!(*kind, "static_initializer" | "lambda_expression")
        })
        .is_some_and(|kind| !matches!(kind, "method_declaration" | "lambda_expression"))
}

/// Where fields are declared.
const BODIES: &[&str] = &["class_body", "interface_body", "enum_body"];

fn is_final(declaration: Node<'_>, text: &[u8]) -> bool {
    named_children(declaration)
        .first()
        .is_some_and(|modifiers| {
            modifiers.kind() == "modifiers"
                && normal(*modifiers, text)
                    .split_whitespace()
                    .any(|word| word == "final")
        })
}

fn import(node: Node<'_>, text: &[u8], names: &mut Names) {
    let parts = named_children(node);
    let Some(path) = parts.first().map(|name| normal(*name, text)) else {
        return;
    };
    if parts.iter().any(|part| part.kind() == "asterisk") {
        names.modules.insert(path.clone());
        names.wildcards.push(path);
        return;
    }
    let (package, name) = split(&path);
    names.modules.insert(package.clone());
    names.imports.insert(
        name.clone(),
        Import {
            module: package,
            name,
        },
    );
}

/// `a.b.Outer.Inner` → `a.b`, `Inner`.
fn split(path: &str) -> (String, String) {
    let is_package = |part: &&str| part.starts_with(|first: char| first.is_lowercase());
    let mut package: Vec<&str> = path.split('.').take_while(is_package).collect();
    let name = path.rsplit('.').next().unwrap_or(path);
    if package.len() == path.split('.').count() {
        package.pop();
    }
    (package.join("."), name.to_owned())
}

fn class(node: Node<'_>, text: &[u8], names: &mut Names) {
    let (Some(body), Some(name)) = (
        node.child_by_field_name("body"),
        node.child_by_field_name("name"),
    ) else {
        return;
    };
    let methods = named_children(body)
        .into_iter()
        .filter(|member| member.kind() == "method_declaration")
        // What `acquire` of a pool gives is an object.
        .filter(|method| {
            method.child_by_field_name("type").is_some_and(|given| {
                matches!(given.kind(), "void_type" | "boolean_type" | "integral_type")
            })
        })
        .filter_map(|method| method.child_by_field_name("name"))
        .map(|name| normal(name, text))
        .collect();
    let has_base = children(node).into_iter().any(|child| {
        matches!(
            child.kind(),
            "superclass" | "super_interfaces" | "extends_interfaces"
        )
    });
    names.classes.push(Class {
        name: normal(name, text),
        span: span(node),
        methods,
        has_base,
        bases: Vec::new(),
    });
}

fn declare(node: Node<'_>, text: &[u8], names: &mut Names) {
    match node.kind() {
        "field_declaration" | "constant_declaration" => {
            let scope = around(node, BODIES);
            for declarator in declarators(node) {
                declare_one(names, text, (node, declarator), scope, true);
            }
        }
        "local_variable_declaration" => {
            let scope = scope_of(node);
            for declarator in declarators(node) {
                declare_one(names, text, (node, declarator), scope, false);
            }
        }
        "method_declaration" => {
            // `getLock()` is of the type that the method returns.
            let scope = around(node, BODIES);
            if let (Some(name), Some(type_ref)) = (
                node.child_by_field_name("name"),
                node.child_by_field_name("type")
                    .and_then(|node| type_named(node, text, names)),
            ) {
                let name = format!("{}()", normal(name, text));
                names.declare(format!("this.{name}"), scope, type_ref.clone());
                names.declare(name, scope, type_ref);
            }
        }
        "formal_parameter"
            if node
                .parent()
                .and_then(|parameters| parameters.parent())
                .is_some_and(|owner| owner.kind() == "record_declaration") =>
        {
            let scope = node
                .parent()
                .and_then(|parameters| parameters.parent())
                .map_or(span(node), span);
            declare_one(names, text, (node, node), scope, true);
        }
        "spread_parameter" => {}
        _ if node.child_by_field_name("name").is_some() => {
            let typed = node.child_by_field_name("right").map_or(node, |_| node);
            declare_one(names, text, (typed, node), scope_of(node), false);
        }
        _ => {}
    }
}

/// The declarators of a declaration.
pub fn declarators(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    named_children(node)
        .into_iter()
        .filter(|child| child.kind() == "variable_declarator")
}

/// Declares one name; `whole` has the type, `declarator` the name.
fn declare_one(
    names: &mut Names,
    text: &[u8],
    (whole, declarator): (Node<'_>, Node<'_>),
    scope: Span,
    is_field: bool,
) {
    let Some(name) = declarator.child_by_field_name("name") else {
        return;
    };
    let name = normal(name, text);
    let type_node = ["type", "right"]
        .iter()
        .find_map(|field| whole.child_by_field_name(field))
        .or_else(|| {
            named_children(whole)
                .into_iter()
                .find(|child| child.kind() == "catch_type")
        });
    let Some(type_node) = type_node else { return };
    let value = declarator.child_by_field_name("value");
    let made = value.and_then(|value| type_of_value(value, text, names));
    // What a `final` variable is made of tells more than the interface that it goes by.
    let type_ref = match type_named(type_node, text, names) {
        _ if made.is_some() && is_final(whole, text) => made,
        Some(TypeRef::Named(name)) if name == "var" => made,
        declared => declared,
    };
    let element = element_type(type_node, declarator, text, names);
    let mut add = |name: String, type_ref: &Option<TypeRef>| {
        if let Some(type_ref) = type_ref {
            if is_field {
                names.declare(format!("this.{name}"), scope, type_ref.clone());
            }
            names.declare(name, scope, type_ref.clone());
        }
    };
    add(format!("{name}[]"), &element);
    add(name, &type_ref);
}

/// The innermost of these kinds of node around the node.
fn around(node: Node<'_>, kinds: &[&str]) -> Span {
    std::iter::successors(node.parent(), Node::parent)
        .find(|at| kinds.contains(&at.kind()))
        .map_or(span(node), span)
}

/// Where a local name is known: the innermost block, loop or function around its declaration.
fn scope_of(node: Node<'_>) -> Span {
    around(
        node,
        &[
            "block",
            "constructor_body",
            "switch_block",
            "for_statement",
            "enhanced_for_statement",
            "lambda_expression",
            "method_declaration",
            "constructor_declaration",
            "catch_clause",
            "try_with_resources_statement",
            "program",
        ],
    )
}

/// The name of a type without its arguments and annotations: `locks.ReadLock`.
pub fn plain_type(node: Node<'_>, text: &[u8]) -> Option<String> {
    match node.kind() {
        "type_identifier" | "scoped_type_identifier" => Some(normal(node, text)),
        "generic_type" => plain_type(node.named_child(0)?, text),
        "catch_type" => plain_type(node.named_child(0)?, text),
        "annotated_type" => {
            let last = u32::try_from(node.named_child_count().checked_sub(1)?).ok()?;
            plain_type(node.named_child(last)?, text)
        }
        _ => None,
    }
}

fn type_named(node: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    match plain_type(node, text) {
        Some(name) => Some(resolve(&name, names)),
        // Arrays and primitives: no lock, and no name to judge them by.
        None => Some(TypeRef::Named(String::new())),
    }
}

/// What the name of a type stands for in this file.
fn resolve(dotted: &str, names: &Names) -> TypeRef {
    let last = dotted.rsplit('.').next().unwrap_or(dotted);
    let root = dotted.split('.').next().unwrap_or(dotted);
    if names.class(last).is_some() && (root == last || names.class(root).is_some()) {
        return TypeRef::Local(last.to_owned());
    }
    if let Some(import) = names.imports.get(root) {
        return TypeRef::Known {
            module: import.module.clone(),
            name: last.to_owned(),
        };
    }
    if dotted.contains('.') && root.starts_with(|first: char| first.is_lowercase()) {
        let (module, name) = split(dotted);
        return TypeRef::Known { module, name };
    }
    TypeRef::Named(last.to_owned())
}

/// What an array or a collection holds: `Lock[]`, `Map<K, Lock>`.
fn element_type(
    type_node: Node<'_>,
    declarator: Node<'_>,
    text: &[u8],
    names: &Names,
) -> Option<TypeRef> {
    let element = match type_node.kind() {
        "array_type" => type_node.child_by_field_name("element")?,
        "generic_type" => {
            let arguments = named_children(type_node)
                .into_iter()
                .find(|child| child.kind() == "type_arguments")?;
            named_children(arguments).pop()?
        }
        _ => {
            declarator.child_by_field_name("dimensions")?;
            type_node
        }
    };
    plain_type(element, text).map(|name| resolve(&name, names))
}

/// The type of `new T(…)` and `(T) x`.
fn type_of_value(value: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    let value = unwrapped(value);
    match value.kind() {
        "object_creation_expression" | "cast_expression" => {
            let name = plain_type(value.child_by_field_name("type")?, text)?;
            Some(resolve(&name, names))
        }
        _ => None,
    }
}

/// The type of an expression, as far as the file tells.
pub fn type_of(node: Node<'_>, at: Surroundings<'_>) -> Option<TypeRef> {
    let node = unwrapped(node);
    let declared = |name: String| at.names.type_at(&name, node.start_byte()).cloned();
    match node.kind() {
        "array_access" => {
            let array = normal(node.child_by_field_name("array")?, at.text);
            declared(format!("{array}[]"))
        }
        "method_invocation" => {
            let returned = || {
                let arguments = node.child_by_field_name("arguments")?;
                let none = arguments.named_child_count() == 0;
                none.then(|| declared(normal(node, at.text))).flatten()
            };
            let element = || {
                let held = normal(node.child_by_field_name("object")?, at.text);
                declared(format!("{held}[]"))
            };
            returned().or_else(element)
        }
        _ => type_of_value(node, at.text, at.names),
    }
}
