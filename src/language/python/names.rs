//! What a module says of its names: imports, constructor calls, annotations, classes.

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
                    | "import_from_statement"
                    | "class_definition"
                    | "assignment"
                    | "typed_parameter"
                    | "typed_default_parameter"
            )
        })
        .collect();
    for node in &nodes {
        match node.kind() {
            "import_statement" => import(*node, text, &mut names),
            "import_from_statement" => import_from(*node, text, &mut names),
            "class_definition" => class(*node, text, &mut names),
            _ => {}
        }
    }
    for node in &nodes {
        declare(*node, text, &mut names);
    }
    names
}

fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    crate::lower::named_children(node).into_iter()
}

fn add_module(module: &str, names: &mut Names) {
    let mut at = module;
    loop {
        names.modules.insert(at.to_owned());
        match at.rsplit_once('.') {
            Some((parent, _)) if !parent.is_empty() => at = parent,
            _ => break,
        }
    }
}

fn import(node: Node<'_>, text: &[u8], names: &mut Names) {
    for part in children(node) {
        let (module, local) = match part.kind() {
            "dotted_name" => {
                let module = normal(part, text);
                // `import a.b` binds `a`.
                let root = module.split('.').next().unwrap_or(&module).to_owned();
                add_module(&module, names);
                (root.clone(), root)
            }
            "aliased_import" => {
                let (Some(name), Some(alias)) = (
                    part.child_by_field_name("name"),
                    part.child_by_field_name("alias"),
                ) else {
                    continue;
                };
                let module = normal(name, text);
                add_module(&module, names);
                (module, normal(alias, text))
            }
            _ => continue,
        };
        names.imports.insert(
            local,
            Import {
                module,
                name: "*".to_owned(),
            },
        );
    }
}

fn import_from(node: Node<'_>, text: &[u8], names: &mut Names) {
    let Some(module_node) = node.child_by_field_name("module_name") else {
        return;
    };
    let module = normal(module_node, text);
    add_module(&module, names);
    for part in children(node).filter(|part| part.id() != module_node.id()) {
        let (name, local) = match part.kind() {
            "dotted_name" => (part, part),
            "aliased_import" => match (
                part.child_by_field_name("name"),
                part.child_by_field_name("alias"),
            ) {
                (Some(name), Some(alias)) => (name, alias),
                _ => continue,
            },
            _ => continue,
        };
        let name = normal(name, text);
        // `from concurrent import futures` may bring in a module.
        names.modules.insert(format!("{module}.{name}"));
        names.imports.insert(
            normal(local, text),
            Import {
                module: module.clone(),
                name,
            },
        );
    }
}

fn class(node: Node<'_>, text: &[u8], names: &mut Names) {
    let Some(body) = node.child_by_field_name("body") else {
        return;
    };
    let methods = children(body)
        .filter_map(|member| match member.kind() {
            "decorated_definition" => member.child_by_field_name("definition"),
            _ => Some(member),
        })
        .filter(|member| member.kind() == "function_definition")
        .filter_map(|method| method.child_by_field_name("name"))
        .map(|name| normal(name, text))
        .collect();
    let bases = node
        .child_by_field_name("superclasses")
        .into_iter()
        .flat_map(children)
        .filter(|base| matches!(base.kind(), "identifier" | "attribute"))
        .map(|base| names.resolve(&normal(base, text), true))
        .filter(|base| matches!(base, TypeRef::Known { .. }))
        .collect();
    names.classes.push(Class {
        bases,
        name: node
            .child_by_field_name("name")
            .map(|name| normal(name, text))
            .unwrap_or_default(),
        span: span(node),
        methods,
        has_base: node
            .child_by_field_name("superclasses")
            .is_some_and(|bases| bases.named_child_count() > 0),
    });
}

fn declare(node: Node<'_>, text: &[u8], names: &mut Names) {
    let (target, annotation, value) = match node.kind() {
        "assignment" => (
            node.child_by_field_name("left"),
            node.child_by_field_name("type"),
            node.child_by_field_name("right"),
        ),
        "typed_parameter" => (node.named_child(0), node.child_by_field_name("type"), None),
        "typed_default_parameter" => (
            node.child_by_field_name("name"),
            node.child_by_field_name("type"),
            None,
        ),
        _ => return,
    };
    let Some(target) = target.filter(|target| matches!(target.kind(), "identifier" | "attribute"))
    else {
        return;
    };
    let element = value.and_then(|value| type_of_elements(value, text, names));
    let type_ref = annotation
        .and_then(|annotation| type_of_annotation(annotation, text, names))
        .or_else(|| type_of_value(value?, text, names));
    if type_ref.is_none() && element.is_none() {
        return;
    }
    let mut name = normal(target, text);
    let (mut scope, in_class) = scope_of(node);
    if in_class {
        name = format!("self.{name}");
    }
    if name.starts_with("self.") || name.starts_with("cls.") {
        scope = names
            .class_at(node.start_byte())
            .map_or(scope, |class| class.span);
    }
    if let Some(element) = element {
        names.declare(format!("{name}[]"), scope, element);
    }
    if let Some(type_ref) = type_ref {
        names.declare(name, scope, type_ref);
    }
}

/// The innermost function or class around a declaration, or the file; and whether it is a class.
fn scope_of(node: Node<'_>) -> (Span, bool) {
    let mut at = node;
    while let Some(parent) = at.parent() {
        at = parent;
        match at.kind() {
            "function_definition" | "lambda" => break,
            "class_definition" => return (span(at), true),
            _ => {}
        }
    }
    (span(at), false)
}

fn type_of_annotation(annotation: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    descendants(annotation, |node| node.kind() != "attribute")
        .filter(|node| matches!(node.kind(), "identifier" | "attribute"))
        .map(|node| normal(node, text))
        .find(|name| !matches!(name.as_str(), "Optional" | "Union" | "typing.Optional"))
        .map(|name| names.resolve(&name, true))
}

/// The type of what a list or dictionary is filled with: `[T() for _ in names]`, `{"a": T()}`.
fn type_of_elements(value: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    let first = match value.kind() {
        "list" | "tuple" | "list_comprehension" => value.named_child(0)?,
        "dictionary" | "dictionary_comprehension" => {
            value.named_child(0)?.child_by_field_name("value")?
        }
        _ => return None,
    };
    type_of_value(first, text, names)
}

/// The type of `T(…)`, also as an operand of `or` and of a conditional expression.
pub fn type_of_value(value: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    let value = unwrapped(value);
    match value.kind() {
        // What its class inherits.
        "identifier" if &text[value.byte_range()] == b"self" => {
            names.class_at(value.start_byte())?.base().cloned()
        }
        "subscript" => {
            let held = normal(value.child_by_field_name("value")?, text);
            names
                .type_at(&format!("{held}[]"), value.start_byte())
                .cloned()
        }
        "boolean_operator" | "conditional_expression" => {
            children(value).find_map(|operand| type_of_value(operand, text, names))
        }
        "call" => {
            let function = value.child_by_field_name("function")?;
            if !matches!(function.kind(), "identifier" | "attribute") {
                return None;
            }
            match names.resolve(&normal(function, text), true) {
                // `self.make_lock()` or a function of this file tells nothing of the result.
                TypeRef::Named(_) => None,
                TypeRef::Local(class) => {
                    let base = names.class(&class).and_then(Class::base);
                    Some(base.cloned().unwrap_or(TypeRef::Local(class)))
                }
                resolved => Some(resolved),
            }
        }
        _ => None,
    }
}
