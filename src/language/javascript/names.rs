//! What a script says of its names: imports, `new`, annotations, classes.

use crate::catalog::pattern::{normal, unwrapped};
use crate::language::names::{Class, Import, Names, TypeRef};
use crate::lower::{descendants, span};
use crate::source::Span;
use crate::tree::Node;

/// Collects the names of a file.
pub fn collect(root: Node<'_>, text: &[u8]) -> Names {
    let mut names = Names::default();
    let nodes: Vec<Node<'_>> = descendants(root, |_| true)
        .filter(|node| {
            matches!(
                node.kind(),
                "import_statement"
                    | "variable_declarator"
                    | "class_declaration"
                    | "abstract_class_declaration"
                    | "class"
                    | "field_definition"
                    | "public_field_definition"
                    | "assignment_expression"
                    | "required_parameter"
                    | "optional_parameter"
            )
        })
        .collect();
    for node in &nodes {
        match node.kind() {
            "import_statement" => import(*node, text, &mut names),
            "variable_declarator" => require(*node, text, &mut names),
            "class_declaration" | "abstract_class_declaration" | "class" => {
                class(*node, text, &mut names);
            }
            _ => {}
        }
    }
    for node in &nodes {
        declare(*node, text, &mut names);
    }
    names
}

fn string_value(node: Node<'_>, text: &[u8]) -> String {
    String::from_utf8_lossy(&text[node.byte_range()])
        .trim_matches(['"', '\'', '`'])
        .to_owned()
}

fn import(node: Node<'_>, text: &[u8], names: &mut Names) {
    let Some(source) = node.child_by_field_name("source") else {
        return;
    };
    let module = string_value(source, text);
    names.modules.insert(module.clone());
    let mut add = |local: Node<'_>, name: String| {
        names.imports.insert(
            normal(local, text),
            Import {
                module: module.clone(),
                name,
            },
        );
    };
    for part in descendants(node, |_| true) {
        match part.kind() {
            "import_clause" => {
                if let Some(default) = part.named_child(0).filter(|n| n.kind() == "identifier") {
                    add(default, "default".to_owned());
                }
            }
            "namespace_import" => {
                if let Some(local) = part.named_child(0) {
                    add(local, "*".to_owned());
                }
            }
            "import_specifier" => {
                if let Some(name) = part.child_by_field_name("name") {
                    let local = part.child_by_field_name("alias").unwrap_or(name);
                    add(local, normal(name, text));
                }
            }
            _ => {}
        }
    }
}

/// `const x = require('m')`, `const { a, b: c } = require('m')`, `require('m').d`.
fn require(node: Node<'_>, text: &[u8], names: &mut Names) {
    let Some(value) = node.child_by_field_name("value").map(unwrapped) else {
        return;
    };
    let (call, member) = match value.kind() {
        "member_expression" => (
            value.child_by_field_name("object"),
            value.child_by_field_name("property"),
        ),
        "await_expression" => (value.named_child(0), None),
        _ => (Some(value), None),
    };
    let Some(module) = call.and_then(|call| required_module(call, text)) else {
        return;
    };
    names.modules.insert(module.clone());
    let Some(target) = node.child_by_field_name("name") else {
        return;
    };
    let mut add = |local: &str, name: String| {
        names.imports.insert(
            local.to_owned(),
            Import {
                module: module.clone(),
                name,
            },
        );
    };
    if target.kind() == "identifier" {
        let name = member.map_or_else(|| "*".to_owned(), |member| normal(member, text));
        add(&normal(target, text), name);
        return;
    }
    for part in descendants(target, |_| true) {
        match part.kind() {
            "shorthand_property_identifier_pattern" => {
                let name = normal(part, text);
                add(&name, name.clone());
            }
            "pair_pattern" => {
                if let (Some(key), Some(local)) = (
                    part.child_by_field_name("key"),
                    part.child_by_field_name("value"),
                ) {
                    add(&normal(local, text), normal(key, text));
                }
            }
            _ => {}
        }
    }
}

fn required_module(call: Node<'_>, text: &[u8]) -> Option<String> {
    let function = call.child_by_field_name("function")?;
    if call.kind() != "call_expression"
        || !matches!(&text[function.byte_range()], b"require" | b"import")
    {
        return None;
    }
    let argument = call.child_by_field_name("arguments")?.named_child(0)?;
    (argument.kind() == "string").then(|| string_value(argument, text))
}

fn class(node: Node<'_>, text: &[u8], names: &mut Names) {
    let Some(body) = node.child_by_field_name("body") else {
        return;
    };
    let name = node
        .child_by_field_name("name")
        .map(|name| normal(name, text))
        .unwrap_or_default();
    let methods = crate::lower::named_children(body)
        .into_iter()
        .filter(|member| member.kind() == "method_definition")
        .filter_map(|method| method.child_by_field_name("name"))
        .map(|name| normal(name, text))
        .collect();
    let has_base = crate::lower::children(node)
        .into_iter()
        .any(|child| child.kind() == "class_heritage");
    names.classes.push(Class {
        name,
        span: span(node),
        methods,
        has_base,
        bases: Vec::new(),
    });
}

fn declare(node: Node<'_>, text: &[u8], names: &mut Names) {
    let (target, annotation, value) = match node.kind() {
        "variable_declarator" => (
            node.child_by_field_name("name"),
            node.child_by_field_name("type"),
            node.child_by_field_name("value"),
        ),
        "field_definition" => (
            node.child_by_field_name("property"),
            None,
            node.child_by_field_name("value"),
        ),
        "public_field_definition" => (
            node.child_by_field_name("name"),
            node.child_by_field_name("type"),
            node.child_by_field_name("value"),
        ),
        "assignment_expression" => (
            node.child_by_field_name("left"),
            None,
            node.child_by_field_name("right"),
        ),
        "required_parameter" | "optional_parameter" => (
            node.child_by_field_name("pattern"),
            node.child_by_field_name("type"),
            None,
        ),
        _ => return,
    };
    let Some(target) = target else { return };
    let elements = annotation.and_then(|annotation| element_type(annotation, text, names));
    let type_ref = annotation
        .and_then(|annotation| type_of_annotation(annotation, text, names))
        .or_else(|| type_of_value(value?, text, names));
    if type_ref.is_none() && elements.is_none() {
        return;
    }
    let mut name = normal(target, text);
    let mut scope = scope_of(node);
    let is_field = matches!(node.kind(), "field_definition" | "public_field_definition")
        || crate::lower::children(node)
            .into_iter()
            .any(|child| matches!(child.kind(), "accessibility_modifier" | "readonly"));
    if is_field {
        name = format!("this.{name}");
    }
    if name.starts_with("this.") {
        scope = names
            .class_at(node.start_byte())
            .map_or(scope, |class| class.span);
    }
    if target.kind() == "identifier" && node.kind() == "assignment_expression" {
        // The declaration may stand further out than the assignment.
        scope = Span::new(0, text.len());
    }
    if let Some(element) = elements {
        names.declare(format!("{name}[]"), scope, element);
    }
    if let Some(type_ref) = type_ref {
        names.declare(name, scope, type_ref);
    }
}

/// The innermost block, function or file around a declaration.
fn scope_of(node: Node<'_>) -> Span {
    let mut at = node;
    while let Some(parent) = at.parent() {
        at = parent;
        if matches!(
            at.kind(),
            "statement_block" | "program" | "for_statement" | "for_in_statement" | "switch_case"
        ) || at.child_by_field_name("parameters").is_some()
        {
            break;
        }
    }
    span(at)
}

fn type_of_annotation(annotation: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    type_named(annotation.named_child(0)?, text, names)
}

fn type_named(type_node: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    let mut type_node = type_node;
    if type_node.kind() == "union_type" {
        // `Mutex | null`
        type_node = descendants(type_node, |_| true)
            .find(|node| matches!(node.kind(), "type_identifier" | "nested_type_identifier"))?;
    }
    if type_node.kind() == "generic_type" {
        type_node = type_node.child_by_field_name("name")?;
    }
    matches!(
        type_node.kind(),
        "type_identifier" | "nested_type_identifier"
    )
    .then(|| names.resolve(&normal(type_node, text), false))
}

/// What an array or a map holds: `T[]`, `Map<string, T>`.
fn element_type(annotation: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    let declared = annotation.named_child(0)?;
    let element = match declared.kind() {
        "array_type" => declared.named_child(0)?,
        "generic_type" => {
            let arguments = declared.child_by_field_name("type_arguments")?;
            let last = arguments.named_child_count().checked_sub(1)?;
            arguments.named_child(u32::try_from(last).ok()?)?
        }
        _ => return None,
    };
    (element.kind() == "type_identifier").then(|| names.resolve(&normal(element, text), false))
}

/// The collection whose element the expression is: `shards[i]`, `byKey.get(k)`.
pub fn collection(node: Node<'_>) -> Option<Node<'_>> {
    let mut node = unwrapped(node);
    while node.kind() == "non_null_expression" {
        node = unwrapped(node.named_child(0)?);
    }
    match node.kind() {
        "subscript_expression" => node.child_by_field_name("object"),
        "call_expression" => node
            .child_by_field_name("function")?
            .child_by_field_name("object"),
        _ => None,
    }
}

/// Whether the expression comes to one of its operands.
fn may_be_operand(value: Node<'_>) -> bool {
    value
        .child_by_field_name("operator")
        .is_none_or(|operator| matches!(operator.kind(), "??" | "||"))
}

/// The type of an operand: by its own syntax, or by its name.
fn operand_type(operand: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    type_of_value(operand, text, names).or_else(|| {
        let name = normal(unwrapped(operand), text);
        names.type_at(&name, operand.start_byte()).cloned()
    })
}

/// The type of `new T(…)`, `factory(…)`, `require('m')(…)`.
pub fn type_of_value(value: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    let value = unwrapped(value);
    let callee = match value.kind() {
        "new_expression" => value.child_by_field_name("constructor")?,
        "call_expression" => value.child_by_field_name("function")?,
        "as_expression" | "satisfies_expression" | "non_null_expression" => {
            let cast = value
                .named_child(1)
                .and_then(|cast| type_named(cast, text, names));
            return cast.or_else(|| operand_type(value.named_child(0)?, text, names));
        }
        "binary_expression" | "ternary_expression" if may_be_operand(value) => {
            return crate::lower::named_children(value)
                .into_iter()
                .find_map(|operand| operand_type(operand, text, names));
        }
        _ => return None,
    };
    if callee.kind() == "call_expression"
        && let Some(module) = required_module(callee, text)
    {
        return Some(TypeRef::Known {
            module,
            name: "*".to_owned(),
        });
    }
    if callee.kind() == "member_expression" {
        let object = callee.child_by_field_name("object")?;
        let property = normal(callee.child_by_field_name("property")?, text);
        if let Some(module) = required_module(object, text) {
            return Some(TypeRef::Known {
                module,
                name: property,
            });
        }
    }
    let resolved = names.resolve(&normal(callee, text), false);
    // `withTimeout(new Semaphore(2), 100)`: what a module makes of a value of its own is of the
    // kind of that value.
    if let TypeRef::Known { module, .. } = &resolved
        && value.kind() == "call_expression"
        && let Some(first) = value
            .child_by_field_name("arguments")
            .and_then(|arguments| arguments.named_child(0))
    {
        let wrapped = match type_of_value(first, text, names) {
            None => names
                .type_at(&normal(first, text), first.start_byte())
                .cloned(),
            told => told,
        };
        if let Some(TypeRef::Known { module: own, .. }) = &wrapped
            && own == module
        {
            return wrapped;
        }
    }
    // A call of an unknown function tells nothing; `new Unknown()` does.
    match resolved {
        TypeRef::Named(_) if value.kind() == "call_expression" => None,
        resolved => Some(resolved),
    }
}
