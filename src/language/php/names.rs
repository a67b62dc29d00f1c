//! What a file says of its names: namespaces, imports, declared types, classes.

use crate::catalog::pattern::{normal, unwrapped};
use crate::language::names::{Class, Import, Names, TypeRef};
use crate::lower::{descendants, named_children, span};
use crate::source::Span;
use crate::tree::Node;

/// Collects the names of a file.
pub fn collect(root: Node<'_>, text: &[u8]) -> Names {
    let mut names = Names::default();
    let nodes: Vec<Node<'_>> = descendants(root, |_| true)
        .filter(|node| node.is_named())
        .collect();
    for node in &nodes {
        match node.kind() {
            "namespace_definition" => namespace(*node, text, &mut names),
            "namespace_use_declaration" => import(*node, text, &mut names),
            "qualified_name" => mention(&normal(*node, text), &mut names),
            "class_declaration"
            | "trait_declaration"
            | "interface_declaration"
            | "enum_declaration"
            | "anonymous_class" => class(*node, text, &mut names),
            _ => {}
        }
    }
    for node in &nodes {
        declare(*node, text, &mut names);
    }
    names
}

/// `A\B\C` → `A\B` and `C`.
fn split(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('\\');
    path.rsplit_once('\\').unwrap_or(("", path))
}

/// The file mentions the class by its full name, or as part of one.
fn mention(path: &str, names: &mut Names) {
    let (module, _) = split(path);
    names.modules.insert(module.to_owned());
}

/// The namespace that a file is in is known as the import `namespace`, which no class can be
/// called.
fn namespace(node: Node<'_>, text: &[u8], names: &mut Names) {
    let Some(name) = node.child_by_field_name("name") else {
        return;
    };
    let module = normal(name, text);
    names.modules.insert(module.clone());
    names.imports.insert(
        "namespace".to_owned(),
        Import {
            module,
            name: "*".to_owned(),
        },
    );
}

fn import(node: Node<'_>, text: &[u8], names: &mut Names) {
    let of_function = |node: Node<'_>| node.child_by_field_name("type").is_some();
    let prefix = named_children(node)
        .into_iter()
        .find(|child| child.kind() == "namespace_name")
        .map(|prefix| format!("{}\\", normal(prefix, text)));
    for clause in descendants(node, |_| true).filter(|node| node.kind() == "namespace_use_clause") {
        let Some(path) = clause.named_child(0) else {
            continue;
        };
        let path = format!(
            "{}{}",
            prefix.as_deref().unwrap_or_default(),
            normal(path, text)
        );
        let (module, name) = split(&path);
        names.modules.insert(module.to_owned());
        // A namespace may be imported like a class.
        names
            .modules
            .insert(path.trim_start_matches('\\').to_owned());
        if of_function(node) || of_function(clause) {
            continue;
        }
        let local = match clause.child_by_field_name("alias") {
            Some(alias) => normal(alias, text),
            None => name.to_owned(),
        };
        names.imports.insert(
            local,
            Import {
                module: module.to_owned(),
                name: name.to_owned(),
            },
        );
    }
}

fn class(node: Node<'_>, text: &[u8], names: &mut Names) {
    let Some(body) = node.child_by_field_name("body") else {
        return;
    };
    let members = named_children(body);
    let methods = members
        .iter()
        .filter(|member| member.kind() == "method_declaration")
        .filter_map(|method| method.child_by_field_name("name"))
        .map(|name| normal(name, text))
        .collect();
    let inherits = named_children(node)
        .iter()
        .chain(&members)
        .any(|child| matches!(child.kind(), "base_clause" | "use_declaration"));
    names.classes.push(Class {
        name: node
            .child_by_field_name("name")
            .map(|name| normal(name, text))
            .unwrap_or_default(),
        span: span(node),
        methods,
        has_base: inherits,
        bases: Vec::new(),
    });
}

/// What a class name of the code stands for. Classes of no namespace are of the module `` (empty).
fn resolve(name: &str, names: &Names) -> TypeRef {
    let known = |module: &str, name: &str| TypeRef::Known {
        module: module.to_owned(),
        name: name.to_owned(),
    };
    if let Some(full) = name.strip_prefix('\\') {
        let (module, name) = split(full);
        return known(module, name);
    }
    let (root, rest) = match name.split_once('\\') {
        Some((root, rest)) => (root, Some(rest)),
        None => (name, None),
    };
    if let Some(import) = names.imports.get(root).filter(|_| root != "namespace") {
        let full = match rest {
            Some(rest) => format!("{}\\{}\\{rest}", import.module, import.name),
            None => format!("{}\\{}", import.module, import.name),
        };
        let (module, name) = split(&full);
        return known(module, name);
    }
    if rest.is_none() && names.classes.iter().any(|class| class.name == name) {
        return TypeRef::Local(name.to_owned());
    }
    match names.imports.get("namespace") {
        Some(own) => {
            let full = format!("{}\\{name}", own.module);
            let (module, name) = split(&full);
            known(module, name)
        }
        None => known("", name),
    }
}

/// The class that a type names: the first one of several.
fn type_of_annotation(annotation: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    descendants(annotation, |_| true)
        .find(|node| node.kind() == "named_type")
        .map(|node| resolve(&normal(node, text), names))
}

/// The type that a doc comment in front of the node gives: `@var Lock`, `@param Lock $lock`.
fn type_in_comment(node: Node<'_>, text: &[u8], tag: &str, names: &Names) -> Option<TypeRef> {
    let comment = node
        .prev_sibling()
        .filter(|before| before.kind() == "comment")?;
    let comment = String::from_utf8_lossy(&text[comment.byte_range()]).into_owned();
    let of_variable = tag.split_once(' ').map(|(_, variable)| variable);
    let tag = tag.split(' ').next().unwrap_or(tag);
    comment.lines().find_map(|line| {
        let mut words = line
            .split_whitespace()
            .skip_while(|word| *word != tag)
            .skip(1);
        let written = words.next()?;
        if of_variable.is_some() && words.next() != of_variable {
            return None;
        }
        let name = written
            .split('|')
            .map(|name| name.trim_start_matches('?'))
            .find(|name| !matches!(*name, "null" | "false" | "bool"))?;
        let is_class = name
            .trim_start_matches('\\')
            .starts_with(|first: char| first.is_ascii_uppercase());
        is_class.then(|| resolve(name, names))
    })
}

fn declare(node: Node<'_>, text: &[u8], names: &mut Names) {
    match node.kind() {
        "simple_parameter" | "property_promotion_parameter" => parameter(node, text, names),
        "property_declaration" => property(node, text, names),
        "assignment_expression" => assigned(node, text, names),
        _ => {}
    }
}

fn parameter(node: Node<'_>, text: &[u8], names: &mut Names) {
    let Some(name) = node.child_by_field_name("name") else {
        return;
    };
    let name = normal(name, text).trim_start_matches('&').to_owned();
    let function = node.parent().and_then(|parameters| parameters.parent());
    let found = node
        .child_by_field_name("type")
        .and_then(|annotation| type_of_annotation(annotation, text, names))
        .or_else(|| type_in_comment(function?, text, &format!("@param {name}"), names));
    let (Some(type_ref), Some(function)) = (found, function) else {
        return;
    };
    if node.kind() == "property_promotion_parameter" {
        declare_property(&name, node, type_ref.clone(), names);
    }
    names.declare(name, span(function), type_ref);
}

fn property(node: Node<'_>, text: &[u8], names: &mut Names) {
    let found = node
        .child_by_field_name("type")
        .and_then(|annotation| type_of_annotation(annotation, text, names))
        .or_else(|| type_in_comment(node, text, "@var", names));
    let Some(type_ref) = found else { return };
    for element in named_children(node) {
        if let Some(name) = element.child_by_field_name("name") {
            declare_property(&normal(name, text), node, type_ref.clone(), names);
        }
    }
}

/// A property is `$this->name` or, where it is static, `self::$name`.
fn declare_property(name: &str, node: Node<'_>, type_ref: TypeRef, names: &mut Names) {
    let scope = class_span(node, names);
    let bare = name.trim_start_matches('$');
    for written in [
        format!("$this->{bare}"),
        format!("self::{name}"),
        format!("static::{name}"),
    ] {
        names.declare(written, scope, type_ref.clone());
    }
}

fn class_span(node: Node<'_>, names: &Names) -> Span {
    names
        .class_at(node.start_byte())
        .map_or(span(node), |class| class.span)
}

/// `$lock = new Lock()`, `$this->lock = $lock`
fn assigned(node: Node<'_>, text: &[u8], names: &mut Names) {
    let (Some(left), Some(right)) = (
        node.child_by_field_name("left"),
        node.child_by_field_name("right"),
    ) else {
        return;
    };
    let is_property = matches!(
        left.kind(),
        "member_access_expression" | "scoped_property_access_expression"
    );
    if !is_property && left.kind() != "variable_name" {
        return;
    }
    let name = normal(left, text);
    let own = ["$this->", "self::", "static::"]
        .iter()
        .any(|own| name.starts_with(own));
    if is_property && !own {
        return;
    }
    let Some(type_ref) = type_of_value(right, text, names) else {
        return;
    };
    let scope = if is_property {
        class_span(node, names)
    } else {
        scope_of(node)
    };
    names.declare(name, scope, type_ref);
}

/// The innermost function around a node, or the file.
fn scope_of(node: Node<'_>) -> Span {
    let mut at = node;
    while let Some(parent) = at.parent() {
        at = parent;
        if matches!(
            at.kind(),
            "function_definition" | "method_declaration" | "anonymous_function" | "arrow_function"
        ) {
            break;
        }
    }
    span(at)
}

/// The type of `new T(…)`, of what a known factory gives, and of a variable that has one.
pub fn type_of_value(value: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    let value = unwrapped(value);
    match value.kind() {
        "variable_name" | "member_access_expression" | "scoped_property_access_expression" => names
            .type_at(&normal(value, text), value.start_byte())
            .cloned(),
        "object_creation_expression" => named_children(value)
            .into_iter()
            .find(|child| matches!(child.kind(), "name" | "qualified_name"))
            .map(|class| resolve(&normal(class, text), names)),
        "scoped_call_expression" => {
            let scope = value.child_by_field_name("scope")?;
            if !matches!(scope.kind(), "name" | "qualified_name") {
                return None;
            }
            given_by(&resolve(&normal(scope, text), names), value, text)
        }
        "member_call_expression" => {
            let receiver = value.child_by_field_name("object")?;
            given_by(&type_of_value(receiver, text, names)?, value, text)
        }
        "assignment_expression" => type_of_value(value.child_by_field_name("right")?, text, names),
        "clone_expression" => type_of_value(value.named_child(0)?, text, names),
        "binary_expression" | "conditional_expression" => named_children(value)
            .into_iter()
            .filter(|operand| operand.kind() == "object_creation_expression")
            .find_map(|operand| type_of_value(operand, text, names)),
        _ => None,
    }
}

/// What the method of a known class gives: `LockFactory::createLock`.
fn given_by(class: &TypeRef, call: Node<'_>, text: &[u8]) -> Option<TypeRef> {
    let method = normal(call.child_by_field_name("name")?, text);
    match class {
        TypeRef::Known { module, name } => Some(TypeRef::Known {
            module: module.clone(),
            name: format!("{name}::{method}"),
        }),
        _ => None,
    }
}
