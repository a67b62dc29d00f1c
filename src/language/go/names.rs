//! What a file says of its names: imports, structs, functions, variables.
//!
//! Types are kept as Go text under these names: `x` for a variable (in its scope), `S.f` for a
//! field, `S.*` for what a struct embeds, `f()` and `S.m()` for results, `type T` for what a type is
//! made of.

use super::types::{
    base, element, is_written, range_key, result_text, results, type_source, type_text,
};
use crate::catalog::pattern::{normal, unwrapped};
use crate::language::names::{Class, Import, Names, TypeRef};
use crate::lower::{descendants, named_children, span};
use crate::source::Span;
use crate::tree::Node;
use std::sync::Arc;

/// Begins the names of struct types that are written where they are used: no Go text.
pub const ANONYMOUS: &str = "struct@";

/// Begins the type that a constant without one takes by itself: beside a value that has a type, it takes that.
pub const CONSTANT: &str = "const ";

/// Collects the names of a file.
pub fn collect(root: Node<'_>, text: &[u8]) -> Names {
    collect_among(root, text, &[])
}

/// Collects the names of a file and those that the other files of its package give it.
pub fn collect_among(root: Node<'_>, text: &[u8], others: &[Arc<Names>]) -> Names {
    let mut names = Names::default();
    names.package = package_of(root, text);
    let declarations = types_and_functions(root, text, &mut names);
    if !others.is_empty() {
        let mut rest = Names::default();
        let same = |other: &&Arc<Names>| other.package == names.package;
        for other in others.iter().filter(same) {
            rest.join(other, |text| fits(text, other, &names));
        }
        names.add_headers(&rest);
    }
    for (node, scope) in declarations {
        variables(node, scope, text, &mut names);
    }
    names
}

fn package_of(root: Node<'_>, text: &[u8]) -> Option<String> {
    let clause = named_children(root)
        .into_iter()
        .find(|child| child.kind() == "package_clause")?;
    clause.named_child(0).map(|name| normal(name, text))
}

/// Whether a type that another file writes means the same in this one: the packages that it names
/// are imported here under the same names.
fn fits(of: &str, other: &Names, own: &Names) -> bool {
    !of.contains('@')
        && !other.imports.contains_key(".")
        && qualifiers(of).all(|package| {
            let module = |names: &Names| names.imports.get(package).map(|one| one.module.clone());
            module(other).is_none() || module(other) == module(own)
        })
}

/// The names in front of dots: `*pb.Message` → `pb`.
fn qualifiers(of: &str) -> impl Iterator<Item = &str> {
    of.match_indices('.').map(|(dot, _)| {
        let before = &of[..dot];
        let start = before
            .rfind(|c: char| !c.is_alphanumeric() && c != '_')
            .map_or(0, |at| at + 1);
        before.get(start..).unwrap_or(before)
    })
}

/// Collects what stands at the top level, and the fields of structs. Returns what declares variables,
/// each with the scope that it does so for.
fn types_and_functions<'t>(
    root: Node<'t>,
    text: &[u8],
    names: &mut Names,
) -> Vec<(Node<'t>, Span)> {
    let file = Span::new(0, root.end_byte());
    let mut scopes = vec![file];
    let mut found = [const { Vec::new() }; 3];
    let mut declarations = Vec::new();
    for node in descendants(root, |_| true) {
        while scopes.len() > 1
            && scopes
                .last()
                .is_some_and(|scope| scope.end <= node.start_byte())
        {
            scopes.pop();
        }
        match node.kind() {
            "import_spec" => import(node, text, names),
            "struct_type" => found[0].push(node),
            "type_spec" | "type_alias" => found[1].push(node),
            "function_declaration" | "method_declaration" => found[2].push(node),
            "parameter_declaration"
            | "variadic_parameter_declaration"
            | "var_spec"
            | "const_spec"
            | "short_var_declaration"
            | "range_clause" => declarations.push((node, scopes.last().copied().unwrap_or(file))),
            _ => {}
        }
        if super::scopes::is_scope(node.kind()) {
            scopes.push(span(node));
        }
    }
    let [structs, types, functions] = found;
    for node in structs {
        anonymous(node, text, file, names);
    }
    for node in types {
        type_spec(node, text, file, names);
    }
    for node in functions {
        function(node, text, file, names);
    }
    declarations
}

fn import(node: Node<'_>, text: &[u8], names: &mut Names) {
    let Some(path) = node.child_by_field_name("path") else {
        return;
    };
    let module = normal(path, text).trim_matches(['"', '`']).to_owned();
    let local = match node.child_by_field_name("name") {
        Some(name) => normal(name, text),
        None => package_name(&module),
    };
    names.modules.insert(module.clone());
    names.imports.insert(
        local,
        Import {
            module,
            name: "*".to_owned(),
        },
    );
}

/// The name that a package has as a rule: `github.com/a/go-b/v3` → `b`.
fn package_name(module: &str) -> String {
    let is_version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let last = module
        .rsplit('/')
        .find(|part| !is_version(part))
        .unwrap_or(module);
    let plain = last.split(".v").next().unwrap_or(last);
    let plain = plain.strip_prefix("go-").unwrap_or(plain);
    plain.strip_suffix("-go").unwrap_or(plain).to_owned()
}

/// A struct type that is written where it is used is a class by its place.
fn anonymous(node: Node<'_>, text: &[u8], file: Span, names: &mut Names) {
    if node.parent().is_some_and(|spec| spec.kind() != "type_spec") {
        add_class(written(node, text), node, names);
        fields(&written(node, text), node, text, file, names);
    }
}

/// The name of a type in these tables.
fn written(node: Node<'_>, text: &[u8]) -> String {
    if node.kind() == "struct_type" {
        format!("{ANONYMOUS}{}", node.start_byte())
    } else {
        type_source(node, text)
    }
}

fn add_class(name: String, node: Node<'_>, names: &mut Names) {
    names.classes.push(Class {
        name,
        span: span(node),
        methods: Vec::new(),
        has_base: false,
        bases: Vec::new(),
    });
}

fn declare(name: String, scope: Span, text: String, names: &mut Names) {
    names.declare(name, scope, TypeRef::Named(text));
}

fn type_spec(node: Node<'_>, text: &[u8], file: Span, names: &mut Names) {
    let (Some(name), Some(made_of)) = (
        node.child_by_field_name("name"),
        node.child_by_field_name("type"),
    ) else {
        return;
    };
    let name = normal(name, text);
    add_class(name.clone(), node, names);
    match made_of.kind() {
        "struct_type" => fields(&name, made_of, text, file, names),
        "interface_type" => {
            let methods: Vec<String> = named_children(made_of)
                .into_iter()
                .filter(|elem| elem.kind() == "method_elem")
                .filter_map(|elem| elem.child_by_field_name("name"))
                .map(|name| normal(name, text))
                .collect();
            if let Some(class) = names.classes.last_mut() {
                class.methods = methods;
            }
            // What a type parameter stands for is not known here.
            let generic = node.child_by_field_name("type_parameters").is_some();
            for elem in named_children(made_of).into_iter().filter(|_| !generic) {
                if let Some(method) = elem.child_by_field_name("name")
                    && let Some(result) = result_text(elem, text)
                {
                    let full = format!("{name}.{}()", normal(method, text));
                    declare(full, file, result, names);
                }
            }
        }
        _ => declare(
            format!("type {name}"),
            file,
            type_source(made_of, text),
            names,
        ),
    }
}

fn fields(class: &str, node: Node<'_>, text: &[u8], file: Span, names: &mut Names) {
    let generic: Vec<String> = node
        .parent()
        .and_then(|spec| spec.child_by_field_name("type_parameters"))
        .map(|list| type_parameters(list, text))
        .unwrap_or_default();
    let Some(list) = node.named_child(0) else {
        return;
    };
    for field in named_children(list) {
        let Some(field_type) = field.child_by_field_name("type") else {
            continue;
        };
        let written = written(field_type, text);
        // What a type parameter stands for is not known here.
        if generic
            .iter()
            .any(|parameter| has_word(&written, parameter))
        {
            continue;
        }
        let mut named = false;
        for name in field.children_by_field_name("name") {
            named = true;
            declare(
                format!("{class}.{}", normal(name, text)),
                file,
                written.clone(),
                names,
            );
        }
        if !named {
            let bare = base(&written);
            let name = bare.rsplit('.').next().unwrap_or(bare).to_owned();
            declare(format!("{class}.{name}"), file, written.clone(), names);
            declare(format!("{class}.*"), file, written, names);
        }
    }
}

fn type_parameters(list: Node<'_>, text: &[u8]) -> Vec<String> {
    descendants(list, |_| true)
        .filter(|node| node.kind() == "identifier")
        .map(|node| normal(node, text))
        .collect()
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|part| part == word)
}

fn function(node: Node<'_>, text: &[u8], file: Span, names: &mut Names) {
    let Some(name) = node.child_by_field_name("name") else {
        return;
    };
    let name = normal(name, text);
    let receiver = node
        .child_by_field_name("receiver")
        .and_then(|list| list.named_child(0))
        .and_then(|receiver| receiver.child_by_field_name("type"))
        .map(|receiver| type_source(receiver, text));
    let result = result_text(node, text);
    let full = match &receiver {
        Some(receiver) => {
            let class = base(receiver).to_owned();
            if let Some(known) = names.classes.iter_mut().find(|known| known.name == class) {
                known.methods.push(name.clone());
            }
            format!("{class}.{name}()")
        }
        None => format!("{name}()"),
    };
    let generic = node.child_by_field_name("type_parameters").is_some()
        || receiver.is_some_and(|receiver| receiver.contains('['));
    if let Some(result) = result.filter(|_| !generic) {
        declare(full, file, result, names);
    }
}

/// Variables with the types that are written or follow from their values.
fn variables(node: Node<'_>, whole: Span, text: &[u8], names: &mut Names) {
    let mut own: Vec<Node<'_>> = node.children_by_field_name("name").collect();
    let mut scope = behind(node, whole);
    let types = match node.kind() {
        "parameter_declaration" | "variadic_parameter_declaration" => {
            scope = whole;
            let written = node
                .child_by_field_name("type")
                .map(|of| self::written(of, text));
            let several = node.kind() == "variadic_parameter_declaration";
            let of = written.map(|of| if several { format!("[]{of}") } else { of });
            vec![of; own.len()]
        }
        "var_spec" | "const_spec" => match node.child_by_field_name("type") {
            Some(written) => vec![Some(self::written(written, text)); own.len()],
            None => {
                let mut types = values(node.child_by_field_name("value"), own.len(), text, names);
                if node.kind() == "const_spec" {
                    for untyped in types.iter_mut().flatten() {
                        untyped.insert_str(0, CONSTANT);
                    }
                }
                types
            }
        },
        "short_var_declaration" => {
            own = node
                .child_by_field_name("left")
                .map(named_children)
                .unwrap_or_default();
            values(node.child_by_field_name("right"), own.len(), text, names)
        }
        "range_clause" => {
            own = node
                .child_by_field_name("left")
                .map(named_children)
                .unwrap_or_default();
            let container = node
                .child_by_field_name("right")
                .and_then(|right| type_text(right, text, names));
            let held = |of: fn(&str, &Names) -> Option<String>| of(container.as_deref()?, names);
            vec![held(range_key), held(element)]
        }
        _ => return,
    };
    let types = types.into_iter().chain(std::iter::repeat(None));
    for (name, known) in own.into_iter().zip(types) {
        match known {
            Some(known) => declare(normal(name, text), scope, known, names),
            None => names.declare_unknown(normal(name, text), scope),
        }
    }
}

/// At the top level, order does not matter.
fn behind(node: Node<'_>, scope: Span) -> Span {
    if scope.start == 0 {
        scope
    } else {
        Span::new(node.end_byte(), scope.end)
    }
}

/// The types of `count` values.
pub fn values(
    list: Option<Node<'_>>,
    count: usize,
    text: &[u8],
    names: &Names,
) -> Vec<Option<String>> {
    let values = list.map(named_children).unwrap_or_default();
    if values.len() == count {
        return values
            .into_iter()
            .map(|value| type_text(value, text, names))
            .collect();
    }
    let Some(value) = values.first().map(|value| unwrapped(*value)) else {
        return vec![None; count];
    };
    let whole = type_text(value, text, names);
    let types: Vec<String> = match value.kind() {
        // The second one says whether there was something.
        "index_expression" | "type_assertion_expression" | "unary_expression" => {
            vec![whole.unwrap_or_default(), "bool".to_owned()]
        }
        // Only what a package's function gives first tells of a lock.
        _ if whole.as_deref().is_some_and(|whole| !is_written(whole)) => {
            let mut types = vec![None; count];
            types[0] = whole;
            return types;
        }
        _ => whole.as_deref().map(results).unwrap_or_default(),
    };
    if types.len() != count {
        return vec![None; count];
    }
    types
        .into_iter()
        .map(|one| (!one.is_empty()).then_some(one))
        .collect()
}
