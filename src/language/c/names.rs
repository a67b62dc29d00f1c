//! What a file of C or C++ says of its names: includes, declared types, classes.

use super::{guards, macros};
use crate::catalog::joined;
use crate::catalog::pattern::{normal, unwrapped};
use crate::language::names::{Class, Import, Names, TypeRef};
use crate::lower::{descendants, named_children, span};
use crate::source::Span;
use crate::tree::Node;

/// Templates that stand for what they hold: `std::unique_ptr<std::mutex>`.
const HOLDERS: [&str; 10] = [
    "unique_ptr",
    "shared_ptr",
    "scoped_ptr",
    "vector",
    "array",
    "deque",
    "list",
    "optional",
    "QScopedPointer",
    "QSharedPointer",
];

/// Collects the names of a file.
pub fn collect(root: Node<'_>, text: &[u8]) -> Names {
    let mut names = Names::default();
    names.jumps = macros::that_jump(root, text);
    let nodes: Vec<Node<'_>> = descendants(root, |_| true).collect();
    for node in &nodes {
        match node.kind() {
            "preproc_include" => include(*node, text, &mut names),
            "class_specifier" | "struct_specifier" => class(*node, text, &mut names),
            "alias_declaration" | "type_definition" => alias(*node, text, &mut names),
            "using_declaration" => using(*node, text, &mut names),
            "namespace_definition" => space(*node, text, &mut names),
            _ => {}
        }
    }
    for node in &nodes {
        declare(*node, text, &mut names);
    }
    names
}

fn space(node: Node<'_>, text: &[u8], names: &mut Names) {
    if let Some(name) = node.child_by_field_name("name") {
        let (own, around) = (normal(name, text), guards::space_of(node, text));
        names.spaces.insert(joined(&around, &own));
    }
}

fn include(node: Node<'_>, text: &[u8], names: &mut Names) {
    if let Some(path) = node.child_by_field_name("path") {
        let path = normal(path, text);
        let path = path.trim_matches(['<', '>', '"']);
        names.modules.insert(path.to_owned());
        // `linux/mutex.h` is a header of `linux`.
        if let Some((folder, _)) = path.split_once('/') {
            names.modules.insert(folder.to_owned());
        }
    }
}

fn class(node: Node<'_>, text: &[u8], names: &mut Names) {
    let (Some(name), Some(body)) = (
        node.child_by_field_name("name"),
        node.child_by_field_name("body"),
    ) else {
        return;
    };
    names.guards.extend(guards::of_class(node, text));
    let methods = named_children(body)
        .into_iter()
        .filter(|member| {
            matches!(
                member.kind(),
                "function_definition" | "field_declaration" | "declaration"
            )
        })
        .filter(|member| {
            descendants(*member, |node| node.kind() != "compound_statement")
                .any(|node| node.kind() == "function_declarator")
        })
        .filter_map(declared_name)
        .map(|name| normal(name, text))
        .collect();
    names.classes.push(Class {
        name: normal(name, text),
        span: span(node),
        methods,
        has_base: named_children(node)
            .iter()
            .any(|child| child.kind() == "base_class_clause"),
        bases: Vec::new(),
    });
}

/// `using Lock = std::mutex;`, `typedef pthread_mutex_t lock_t;`
fn alias(node: Node<'_>, text: &[u8], names: &mut Names) {
    let name = node
        .child_by_field_name("name")
        .or_else(|| node.child_by_field_name("declarator"));
    let (Some(name), Some(stands_for)) = (name, node.child_by_field_name("type")) else {
        return;
    };
    if stands_for.child_by_field_name("body").is_some() {
        return;
    }
    let import = match resolve(&type_text(stands_for, text), names) {
        TypeRef::Known { module, name } => Import { module, name },
        TypeRef::Named(name) => {
            let used = names.wildcards.iter().filter(|space| !space.is_empty());
            let module = used.min().cloned().unwrap_or_default();
            Import { module, name }
        }
        TypeRef::Local(_) => return,
    };
    names.imports.insert(normal(name, text), import);
}

/// `using std::mutex;`, `using namespace std;`
fn using(node: Node<'_>, text: &[u8], names: &mut Names) {
    let Some(what) = node.named_child(0) else {
        return;
    };
    let what = normal(what, text);
    if normal(node, text).starts_with("using namespace") {
        names.wildcards.extend([what, String::new()]);
    } else if let Some((module, name)) = what.rsplit_once("::") {
        let import = Import {
            module: module.to_owned(),
            name: name.to_owned(),
        };
        names.imports.insert(name.to_owned(), import);
    }
}

fn declare(node: Node<'_>, text: &[u8], names: &mut Names) {
    let is_field = node.kind() == "field_declaration";
    if !is_field
        && !matches!(
            node.kind(),
            "declaration"
                | "parameter_declaration"
                | "optional_parameter_declaration"
                | "function_definition"
        )
    {
        return;
    }
    let Some(class) = node.child_by_field_name("type") else {
        return;
    };
    let written = type_text(class, text);
    for declarator in declarators(node) {
        let Some(name) = declared_name(declarator) else {
            continue;
        };
        let gives = is_function_declarator(declarator, name);
        let type_ref = if written == "auto" {
            let value = declarator.child_by_field_name("value");
            value.and_then(|value| type_of_value(value, text, names))
        } else {
            Some(resolve(&written, names))
        };
        let Some(type_ref) = type_ref else { continue };
        let own = normal(name, text);
        // What a function gives is asked for by its call.
        let own = if gives { format!("{own}()") } else { own };
        if is_field && let Some(class) = class_around(node, text) {
            let member = (class, own.clone());
            names.members.insert(member, type_ref.clone());
        }
        // In a function this is a variable, which only looks like a function that gives something.
        let is_local = gives && !is_field && stands_in_block(node);
        if is_field || (gives && !is_local) {
            names.declare(format!("this.{own}"), span_of_scope(node), type_ref.clone());
        }
        if !gives || is_field {
            names.declare(own, span_of_scope(node), type_ref);
        }
    }
}

fn is_function_declarator(declarator: Node<'_>, name: Node<'_>) -> bool {
    std::iter::successors(name.parent(), Node::parent)
        .take_while(|node| node.id() != declarator.id())
        .chain([declarator])
        .any(|node| node.kind() == "function_declarator")
}

fn stands_in_block(node: Node<'_>) -> bool {
    node.parent()
        .is_some_and(|parent| parent.kind() == "compound_statement")
}

/// Where a declaration is in sight: the block, class or file around it.
fn span_of_scope(node: Node<'_>) -> Span {
    let mut at = node;
    while let Some(parent) = at.parent() {
        at = parent;
        if matches!(
            at.kind(),
            "compound_statement"
                | "function_definition"
                | "lambda_expression"
                | "for_statement"
                | "for_range_loop"
                | "class_specifier"
                | "struct_specifier"
                | "namespace_definition"
        ) {
            break;
        }
    }
    span(at)
}

/// The declarators of a declaration; the declaration itself where it has one without a node of its
/// own.
pub fn declarators(node: Node<'_>) -> Vec<Node<'_>> {
    if node.kind() == "init_declarator" {
        return vec![node];
    }
    node.children_by_field_name("declarator").collect()
}

/// The name that a declaration, declarator or function definition declares, without qualifiers.
pub fn declared_name(node: Node<'_>) -> Option<Node<'_>> {
    let mut at = node;
    loop {
        at = match at.kind() {
            "identifier" | "field_identifier" | "type_identifier" | "destructor_name"
            | "operator_name" | "operator_cast" => return Some(at),
            "qualified_identifier" | "template_function" => at.child_by_field_name("name")?,
            // `*b __free(kfree)`
            "pointer_declarator" if let Some(name) = misplaced_name(at) => return Some(name),
            _ => match at.child_by_field_name("declarator") {
                Some(inner) => inner,
                None if at.kind().ends_with("declarator") => named_children(at).pop()?,
                None => return None,
            },
        };
    }
}

/// The name of a variable that the grammar cannot place, since a macro with arguments stands behind it.
pub fn misplaced_name(declarator: Node<'_>) -> Option<Node<'_>> {
    let word = crate::lower::children(declarator)
        .into_iter()
        .find(|child| {
            child.is_error()
                && child
                    .next_named_sibling()
                    .is_some_and(|next| next.kind() == "function_declarator")
        })?;
    named_children(word)
        .pop()
        .filter(|name| name.byte_range() == word.byte_range() && name.kind() == "identifier")
}

/// The text of a type without qualifiers: `const struct Foo` → `Foo`.
pub fn type_text(class: Node<'_>, text: &[u8]) -> String {
    let class = match class.kind() {
        "type_descriptor" => class.child_by_field_name("type").unwrap_or(class),
        "struct_specifier" | "class_specifier" | "union_specifier" | "enum_specifier" => {
            class.child_by_field_name("name").unwrap_or(class)
        }
        _ => class,
    };
    normal(class, text)
}

/// What the text of a type stands for.
pub fn resolve(written: &str, names: &Names) -> TypeRef {
    let mut written = written.trim_start_matches("::");
    // `std::unique_ptr<std::mutex>` → `std::mutex`
    while let Some((holder, held)) = written.split_once('<') {
        let last = holder.rsplit("::").next().unwrap_or(holder);
        if !HOLDERS.contains(&last) {
            written = holder;
            break;
        }
        written = held.trim_end_matches('>');
        written = written.split(',').next().unwrap_or(written);
    }
    if let Some(import) = names.imports.get(written) {
        return TypeRef::Known {
            module: import.module.clone(),
            name: import.name.clone(),
        };
    }
    if names.classes.iter().any(|class| class.name == written) {
        return TypeRef::Local(written.to_owned());
    }
    let of_the_file = |(module, name): &(&str, &str)| {
        names.spaces.contains(*module) && names.classes.iter().any(|class| class.name == *name)
    };
    if let Some((_, name)) = written.rsplit_once("::").filter(of_the_file) {
        return TypeRef::Local(name.to_owned());
    }
    let (module, name) = match written.rsplit_once("::") {
        Some((module, name)) => (module.to_owned(), name),
        // Of a namespace that the file uses, or of none.
        None if !names.wildcards.is_empty() => return TypeRef::Named(written.to_owned()),
        None => (String::new(), written),
    };
    TypeRef::Known {
        module,
        name: name.to_owned(),
    }
}

/// Every full name that the text of a class may stand for.
pub fn full_names(written: &str, names: &Names) -> Vec<String> {
    match resolve(written, names) {
        TypeRef::Known { module, name } => {
            let whole = joined(&module, &name);
            let inside = names.spaces.iter().map(|space| joined(space, &whole));
            inside.chain([whole.clone()]).collect()
        }
        TypeRef::Local(name) => vec![name],
        TypeRef::Named(name) => {
            let spaces = names.wildcards.iter();
            spaces.map(|space| joined(space, &name)).collect()
        }
    }
}

/// The type of what initialises an `auto`: `std::unique_lock<std::mutex>(m)`, `new QMutex`.
fn type_of_value(value: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    match value.kind() {
        "call_expression" => {
            let function = value.child_by_field_name("function")?;
            let written = normal(function, text);
            if written.contains("make_unique<") || written.contains("make_shared<") {
                let held = written.split_once('<')?.1.trim_end_matches('>');
                return Some(resolve(held, names));
            }
            if let Some(found) = type_of(value, text, names) {
                return Some(found);
            }
            let last = written.rsplit("::").next().unwrap_or(&written);
            // A class is called by the name of its constructor.
            (written.contains('<') || last.ends_with("lock") || last.ends_with("guard"))
                .then(|| resolve(&written, names))
        }
        "new_expression" => Some(resolve(
            &type_text(value.child_by_field_name("type")?, text),
            names,
        )),
        "compound_literal_expression" => Some(resolve(
            &type_text(value.child_by_field_name("type")?, text),
            names,
        )),
        _ => type_of(value, text, names),
    }
}

/// The class that a node stands in: that around it, or that of the method around it.
fn class_around(node: Node<'_>, text: &[u8]) -> Option<String> {
    std::iter::successors(node.parent(), Node::parent).find_map(|around| match around.kind() {
        "class_specifier" | "struct_specifier" => around
            .child_by_field_name("name")
            .map(|name| normal(name, text)),
        "function_definition" => {
            let declarator = around.child_by_field_name("declarator")?;
            let name = descendants(declarator, |node| node.kind() != "parameter_list")
                .find(|node| node.kind() == "qualified_identifier")?;
            let written = normal(name, text);
            let (class, _) = written.rsplit_once("::")?;
            let class = class.rsplit("::").next().unwrap_or(class);
            Some(class.split('<').next().unwrap_or(class).to_owned())
        }
        _ => None,
    })
}

/// The type of an expression by what it names.
pub fn type_of(node: Node<'_>, text: &[u8], names: &Names) -> Option<TypeRef> {
    let node = unwrapped(node);
    let at = node.start_byte();
    let member = |class: String, name: Node<'_>| {
        let known = names.members.get(&(class, normal(name, text)));
        known.cloned()
    };
    let field = |name: Node<'_>| {
        let any = || names.fields.get(&normal(name, text))?.clone();
        let own = class_around(node, text).and_then(|class| member(class, name));
        own.or_else(any)
    };
    match node.kind() {
        "identifier" => {
            let name = normal(node, text);
            names.type_at(&name, at).cloned().or_else(|| field(node))
        }
        "field_expression" => {
            let name = node.child_by_field_name("field")?;
            let object = node.child_by_field_name("argument")?;
            let class = match type_of(object, text, names) {
                Some(TypeRef::Known { name, .. } | TypeRef::Local(name) | TypeRef::Named(name)) => {
                    Some(name)
                }
                None => None,
            };
            match class {
                Some(class) => member(class, name).or_else(|| field(name)),
                None => field(name),
            }
        }
        "qualified_identifier" => {
            let name = node.child_by_field_name("name")?;
            names
                .type_at(&normal(name, text), at)
                .cloned()
                .or_else(|| field(name))
        }
        "pointer_expression" | "subscript_expression" => {
            type_of(node.child_by_field_name("argument")?, text, names)
        }
        "call_expression" => {
            let mut callee = node.child_by_field_name("function")?;
            if let Some(name) = callee.child_by_field_name("field") {
                callee = name;
            }
            names
                .fields
                .get(&format!("{}()", normal(callee, text)))?
                .clone()
        }
        _ => None,
    }
}

/// Whether the declaration or function definition is known in this file only.
pub fn is_static(node: Node<'_>, text: &[u8]) -> bool {
    named_children(node).iter().any(|child| {
        child.kind() == "storage_class_specifier" && &text[child.byte_range()] == b"static"
    })
}

/// The type of the object of which the lock is a member: `struct box` of `&box->lock`.
pub fn owner_of(lock: Node<'_>, text: &[u8], names: &Names) -> Option<String> {
    let mut lock = unwrapped(lock);
    while matches!(lock.kind(), "pointer_expression" | "subscript_expression") {
        lock = unwrapped(lock.child_by_field_name("argument")?);
    }
    if lock.kind() != "field_expression" {
        return None;
    }
    let mut object = unwrapped(lock.child_by_field_name("argument")?);
    while matches!(object.kind(), "pointer_expression" | "subscript_expression") {
        object = unwrapped(object.child_by_field_name("argument")?);
    }
    let known = match object.kind() {
        "identifier" => names
            .declared_at(&normal(object, text), object.start_byte())
            .cloned(),
        // Only the very member of a known type; fields of one name are many.
        "field_expression" => {
            let class = owner_of(object, text, names)?;
            let field = normal(object.child_by_field_name("field")?, text);
            names.members.get(&(class, field)).cloned()
        }
        _ => None,
    };
    match known? {
        // `box_t` is a `struct box`, as a rule.
        TypeRef::Known { name, .. } | TypeRef::Local(name) | TypeRef::Named(name) => {
            Some(name.strip_suffix("_t").unwrap_or(&name).to_owned())
        }
    }
}
