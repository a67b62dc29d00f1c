//! Types of expressions, as Go text, as far as the file tells them.

use super::names::{ANONYMOUS, CONSTANT};
use crate::catalog::pattern::{normal, unwrapped};
use crate::language::names::{Names, TypeRef};
use crate::lower::named_children;
use crate::tree::Node;

/// How many declarations a chain of names is followed through.
const DEEPEST: usize = 12;

/// Behind the name of a function of another package: whatever type it gives.
const GIVEN: &str = "@";

/// Types of the language itself: called like a function, each is a conversion.
const BASIC: &[&str] = &[
    "bool",
    "string",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "uintptr",
    "byte",
    "rune",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "error",
    "any",
];

/// Whether a name is a type of the language or of the file.
pub fn is_type_name(name: &str, names: &Names) -> bool {
    BASIC.contains(&name) || names.class(name).is_some()
}

/// The Go text of the type of an expression.
pub fn type_text(node: Node<'_>, text: &[u8], names: &Names) -> Option<String> {
    of(node, text, names, 0)
}

/// What a type of the file is made of: `Locks` → `[]sync.Mutex`.
fn underlying(of: &str, names: &Names) -> Option<String> {
    named(&format!("type {}", base(of)), 0, names)
}

/// Whether the text is that of a type, which code can be given.
pub fn is_written(text: &str) -> bool {
    !text.contains('@')
}

/// The declared type text of a name at a byte.
pub fn named(name: &str, at: usize, names: &Names) -> Option<String> {
    match names.declared_at(name, at)? {
        TypeRef::Named(text) => Some(text.trim_start_matches(CONSTANT).to_owned()),
        TypeRef::Known { .. } | TypeRef::Local(_) => None,
    }
}

/// A type without pointers, parentheses and type arguments: `*Cache[K, V]` → `Cache`.
pub fn base(text: &str) -> &str {
    let bare = text
        .trim_start_matches(['*', '(', '&'])
        .trim_end_matches(')');
    match bare.find('[') {
        Some(at) if at > 0 => &bare[..at],
        _ => bare,
    }
}

/// What the catalogue is told of a type.
pub fn type_ref(text: &str, names: &Names) -> TypeRef {
    let mut text = text.to_owned();
    for _ in 0..DEEPEST {
        let bare = base(&text).to_owned();
        if let Some((package, name)) = bare.split_once('.') {
            return match names.imports.get(package) {
                Some(import) => TypeRef::Known {
                    module: import.module.clone(),
                    name: name.trim_end_matches(GIVEN).to_owned(),
                },
                None => TypeRef::Named(bare.clone()),
            };
        }
        let Some(class) = names.class(&bare) else {
            return TypeRef::Named(bare);
        };
        let next = underlying(&bare, names).or_else(|| {
            // A struct that embeds a lock is that lock, unless it has methods of these names.
            (!class.methods.iter().any(|method| is_locking(method)))
                .then(|| embedded(&bare, names).into_iter().find(|one| tells(one)))
                .flatten()
        });
        match next {
            Some(next) => text = next,
            None => return TypeRef::Local(bare),
        }
    }
    TypeRef::Named(text)
}

fn is_locking(method: &str) -> bool {
    method.to_lowercase().ends_with("lock")
}

/// Whether the last part of a type's name tells of a lock.
fn tells(text: &str) -> bool {
    let bare = base(text);
    crate::language::names::telling(bare.rsplit('.').next().unwrap_or(bare))
}

/// The types that a struct embeds.
fn embedded(class: &str, names: &Names) -> Vec<String> {
    let key = format!("{class}.*");
    names
        .declared_all(&key)
        .filter_map(|type_ref| match type_ref {
            TypeRef::Named(text) => Some(text.clone()),
            _ => None,
        })
        .collect()
}

/// The type of a field or method of a type, also of what it embeds.
fn member(owner: &str, name: &str, names: &Names, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    let owner = base(owner);
    if let Some(found) = named(&format!("{owner}.{name}"), 0, names) {
        return Some(found);
    }
    if let Some(other) = underlying(owner, names) {
        return member(&other, name, names, depth + 1);
    }
    embedded(owner, names)
        .iter()
        .find_map(|inner| member(inner, name, names, depth + 1))
}

/// What a container holds.
pub fn element(container: &str, names: &Names) -> Option<String> {
    let mut text = container.trim_start_matches('*').to_owned();
    for _ in 0..DEEPEST {
        if text == "string" {
            return Some("byte".to_owned());
        }
        if let Some(rest) = text.strip_prefix("map[") {
            return Some(behind_bracket(rest)?.to_owned());
        }
        if let Some(rest) = text.strip_prefix('[') {
            return Some(behind_bracket(rest)?.to_owned());
        }
        for prefix in ["<-chan ", "chan<- ", "chan "] {
            if let Some(rest) = text.strip_prefix(prefix) {
                return Some(rest.to_owned());
            }
        }
        text = underlying(&text, names)?;
    }
    None
}

/// What a range over a container gives first.
pub fn range_key(container: &str, names: &Names) -> Option<String> {
    let text = match underlying(container, names) {
        Some(text) => text,
        None => container.trim_start_matches('*').to_owned(),
    };
    if let Some(rest) = text.strip_prefix("map[") {
        let value = behind_bracket(rest)?;
        return Some(rest[..rest.len() - value.len() - 1].to_owned());
    }
    if text.starts_with('[') || text == "string" {
        return Some("int".to_owned());
    }
    ["<-chan ", "chan "]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .map(str::to_owned)
}

fn behind_bracket(text: &str) -> Option<&str> {
    let mut depth = 1usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&text[at + 1..]);
        }
    }
    None
}

/// The types of several results: `int, error`.
pub fn results(text: &str) -> Vec<String> {
    let mut depth = 0usize;
    let mut parts = vec![String::new()];
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

fn of(node: Node<'_>, text: &[u8], names: &Names, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    let node = unwrapped(node);
    let operand = || node.child_by_field_name("operand");
    let deeper = |node: Node<'_>| of(node, text, names, depth + 1);
    match node.kind() {
        "identifier" => named(&normal(node, text), node.start_byte(), names),
        "int_literal" => Some("int".to_owned()),
        "float_literal" => Some("float64".to_owned()),
        "rune_literal" => Some("rune".to_owned()),
        "true" | "false" => Some("bool".to_owned()),
        "interpreted_string_literal" | "raw_string_literal" => Some("string".to_owned()),
        "composite_literal" | "type_conversion_expression" | "type_assertion_expression" => {
            let written = node.child_by_field_name("type")?;
            match written.kind() {
                "implicit_length_array_type" => None,
                "struct_type" => Some(format!("{ANONYMOUS}{}", written.start_byte())),
                _ => Some(type_source(written, text)),
            }
        }
        "func_literal" => {
            let body = node.child_by_field_name("body")?;
            let head = &text[node.start_byte()..body.start_byte()];
            Some(String::from_utf8_lossy(head).trim().to_owned())
        }
        "selector_expression" => {
            let owner = deeper(operand()?)?;
            let field = normal(node.child_by_field_name("field")?, text);
            member(&owner, &field, names, 0)
        }
        "index_expression" => element(&deeper(operand()?)?, names),
        "slice_expression" => deeper(operand()?).map(|sliced| {
            match sliced.strip_prefix('[').and_then(behind_bracket) {
                Some(element) => format!("[]{element}"),
                None => sliced,
            }
        }),
        "unary_expression" => {
            let operator = node.child_by_field_name("operator")?;
            let inner = deeper(operand()?)?;
            match operator.kind() {
                "&" => Some(format!("*{inner}")),
                "*" => inner.strip_prefix('*').map(str::to_owned),
                "<-" => element(&inner, names),
                _ => Some(inner),
            }
        }
        "binary_expression" => binary(node, text, names, depth),
        "call_expression" => call(node, text, names, depth),
        _ => None,
    }
}

/// The text of a type, as it stands in the file.
pub fn type_source(node: Node<'_>, text: &[u8]) -> String {
    String::from_utf8_lossy(&text[node.byte_range()]).into_owned()
}

fn binary(node: Node<'_>, text: &[u8], names: &Names, depth: usize) -> Option<String> {
    let left = node.child_by_field_name("left")?;
    match node.child_by_field_name("operator")?.kind() {
        "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||" => Some("bool".to_owned()),
        "<<" | ">>" => of(left, text, names, depth + 1),
        _ => {
            // An untyped constant takes the type of the other side.
            let right = node.child_by_field_name("right")?;
            let ranks = [left, right].map(|side| untyped(side, text, names));
            let typed = match ranks {
                [Some(a), Some(b)] if a < b => right,
                [Some(_), None] => right,
                _ => left,
            };
            of(typed, text, names, depth + 1)
        }
    }
}

/// How general a constant without a type is: of two, the more general one decides.
fn untyped(node: Node<'_>, text: &[u8], names: &Names) -> Option<usize> {
    let node = unwrapped(node);
    let written = match node.kind() {
        "int_literal" => "int",
        "rune_literal" => "rune",
        "float_literal" => "float64",
        "identifier" => match names.declared_at(&normal(node, text), node.start_byte())? {
            TypeRef::Named(text) => text.strip_prefix(CONSTANT)?,
            TypeRef::Known { .. } | TypeRef::Local(_) => return None,
        },
        _ => return None,
    };
    Some(
        ["int", "rune", "float64"]
            .iter()
            .position(|one| *one == written)
            .unwrap_or_default(),
    )
}

fn call(node: Node<'_>, text: &[u8], names: &Names, depth: usize) -> Option<String> {
    let function = unwrapped(node.child_by_field_name("function")?);
    let arguments = node.child_by_field_name("arguments")?;
    let first = || named_children(arguments).into_iter().next();
    match function.kind() {
        "identifier" => {
            let name = normal(function, text);
            // A variable hides the function of its name.
            if names.is_declared_at(&name, function.start_byte()) {
                return None;
            }
            if let Some(own) = named(&format!("{name}()"), 0, names) {
                return Some(own);
            }
            match name.as_str() {
                "new" => Some(format!("*{}", type_source(first()?, text))),
                "make" => Some(type_source(first()?, text)),
                "len" | "cap" | "copy" => Some("int".to_owned()),
                "append" => of(first()?, text, names, depth + 1),
                _ => is_type_name(&name, names).then_some(name),
            }
        }
        "selector_expression" => {
            let operand = function.child_by_field_name("operand")?;
            let field = normal(function.child_by_field_name("field")?, text);
            let package = normal(operand, text);
            if names.imports.contains_key(&package)
                && named(&package, operand.start_byte(), names).is_none()
            {
                return Some(format!("{package}.{field}{GIVEN}"));
            }
            let owner = of(operand, text, names, depth + 1)?;
            member(&owner, &format!("{field}()"), names, 0)
        }
        "func_literal" => result_text(function, text),
        _ => None,
    }
}

/// The results of a function: `int, error`; `None` where it has none.
pub fn result_text(function: Node<'_>, text: &[u8]) -> Option<String> {
    let result = function.child_by_field_name("result")?;
    if result.kind() != "parameter_list" {
        return Some(type_source(result, text));
    }
    let mut types = Vec::new();
    for parameter in named_children(result) {
        let written = type_source(parameter.child_by_field_name("type")?, text);
        let count = parameter.children_by_field_name("name").count();
        types.extend(std::iter::repeat_n(written, count.max(1)));
    }
    Some(types.join(", "))
}
