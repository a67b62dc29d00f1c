//! How C and C++ write the constructs of the forms.

use super::names::{declarators, declared_name};
use super::{Dialect, cleanup, guards, includes, results, scopes};
use crate::catalog::Entry;
use crate::catalog::pattern::unwrapped;
use crate::catalog::schema::FormCode;
use crate::engine::Standard;
use crate::language::names::TypeRef;
use crate::lower::{File, descendants, named_children, span};
use crate::rewrite::printer::{CannotHoist, Definition, Hoist, Printer};
use crate::source::Span;
use crate::tree::Node;

impl Printer for Dialect {
    fn guard_names(&self) -> &'static [&'static str] {
        &["lock", "guard", "locker"]
    }

    fn truth(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }

    fn declare_flag(&self, name: &str, value: &str) -> String {
        format!("bool {name} = {value}")
    }

    fn tidies_blank_lines(&self) -> bool {
        true
    }

    fn bind(&self, binding: &str) -> String {
        format!("auto {binding} = ")
    }

    fn is_verbatim(&self, kind: &str) -> bool {
        matches!(
            kind,
            "string_literal" | "raw_string_literal" | "char_literal"
        )
    }

    fn is_import(&self, kind: &str) -> bool {
        kind == "preproc_include"
    }

    fn fixed_lines(&self, file: &File<'_>) -> Vec<Span> {
        let source = file.source;
        source
            .line_starts_in(Span::new(0, source.bytes.len()))
            .filter(|start| source.bytes[*start..].trim_ascii_start().starts_with(b"#"))
            .filter(|start| *start > 0)
            .map(|start| Span::new(start - 1, source.line_content_end(start)))
            .collect()
    }

    fn hoist(&self, file: &File<'_>, stmt: Node<'_>, _after: Span) -> Result<Hoist, CannotHoist> {
        hoisted(file, stmt).ok_or_else(|| {
            (
                "declared-in-span",
                "a declaration in the span cannot be moved out of it".to_owned(),
            )
        })
    }

    fn declare_result(&self, file: &File<'_>, function: Span, name: &str) -> Option<String> {
        results::declared(file, function, name)
    }

    fn result_variable(&self, file: &File<'_>, function: Span) -> Option<String> {
        results::variable(file, function)
    }

    fn is_plain_value(&self, file: &File<'_>, function: Span, operand: Node<'_>) -> bool {
        results::is_plain(file, function, operand)
    }

    fn without_variable(
        &self,
        file: &File<'_>,
        function: Span,
        name: &str,
        gone: &[Span],
    ) -> Option<Vec<Span>> {
        results::without(file, function, name, gone)
    }

    fn goto(&self, label: &str) -> Option<String> {
        Some(format!("goto {label}"))
    }

    fn guard(
        &self,
        file: &File<'_>,
        entry: &Entry,
        acquire: Node<'_>,
        code: &str,
    ) -> Option<String> {
        let lock = operand(file, acquire)?;
        let mut code = code.to_owned();
        if code.contains("$OBJECT") {
            // A pointer may be null where the lock is not wanted.
            if lock.value.starts_with('*') || lock.value.contains("->") {
                return None;
            }
            code = code.replace("$OBJECT", &lock.value);
        }
        if code.contains("<$TYPE>") {
            let argument = match entry.type_of(lock.node, file.surroundings()) {
                Some(class) => format!("<{class}>"),
                None => deduced(file.standard, &lock.value),
            };
            code = code.replace("<$TYPE>", &argument);
        }
        if code.contains("$TYPE") {
            let class = entry
                .type_of(lock.node, file.surroundings())
                .or_else(|| declared_type(file, entry, lock.node))?;
            code = code.replace("$TYPE", &class);
        }
        if code.contains("$ARGUMENTS") {
            let given = acquire.child_by_field_name("arguments").map(named_children);
            let given: Vec<String> = given
                .unwrap_or_default()
                .into_iter()
                .map(|argument| file.source.text(span(argument)))
                .collect();
            code = match given.as_slice() {
                [] => code.replace(", $ARGUMENTS", ""),
                given => code.replace("$ARGUMENTS", &given.join(", ")),
            };
        }
        Some(
            code.replace("$LOCK", &lock.value)
                .replace("$ADDRESS", &lock.address),
        )
    }

    fn definition(&self, file: &File<'_>, entry: usize, form: &FormCode) -> Option<Definition> {
        cleanup::definition(file, entry, form)
    }

    fn include(&self, file: &File<'_>, headers: &[String]) -> Option<(usize, String)> {
        includes::insertion(file, headers)
    }

    fn own_guard(&self, file: &File<'_>, entry: &Entry, acquire: Node<'_>) -> Option<String> {
        guards::own(file, entry, acquire)
    }
}

/// `int n = f();` as `int n;` outside and `n = f();` inside; `None` where the type or the way in which
/// it is initialised does not allow that.
fn hoisted(file: &File<'_>, stmt: Node<'_>) -> Option<Hoist> {
    let [declarator] = declarators(stmt)[..] else {
        return None;
    };
    let name = declared_name(declarator)?;
    let inner = declarator.child_by_field_name("declarator")?;
    let class = stmt.child_by_field_name("type")?;
    let is_pointer = inner.kind() == "pointer_declarator"
        && !named_children(inner)
            .iter()
            .any(|child| child.kind() == "type_qualifier");
    let is_plain = inner.kind() == "identifier"
        && (matches!(class.kind(), "primitive_type" | "sized_type_specifier")
            || scopes::is_listed_type(file, class))
        && class.start_byte() == stmt.start_byte();
    let named = !matches!(class.kind(), "placeholder_type_specifier" | "decltype");
    let stays = named_children(stmt).iter().any(|child| {
        child.kind() == "storage_class_specifier"
            || (!is_pointer && child.kind() == "type_qualifier")
    });
    let value = declarator.child_by_field_name("value")?;
    let assigned = !matches!(value.kind(), "argument_list" | "initializer_list");
    if !(is_pointer && named || is_plain) || stays || !assigned {
        return None;
    }
    // What has this name in front of the declaration is something else.
    let own = file.normal(name);
    let named_before = std::iter::successors(stmt.prev_sibling(), Node::prev_sibling)
        .flat_map(|before| descendants(before, |_| true))
        .any(|node| node.kind() == "identifier" && file.normal(node) == own);
    if named_before {
        return None;
    }
    let head = Span::new(stmt.start_byte(), inner.end_byte());
    Some(Hoist {
        outside: vec![format!("{};", file.source.text(head))],
        inside: vec![(
            Span::new(stmt.start_byte(), name.start_byte()),
            String::new(),
        )],
        gone: false,
    })
}

/// How the lock of a call is handed to a guard.
struct Operand<'t> {
    node: Node<'t>,
    /// `m`, `*p`
    value: String,
    /// `&m`, `p`
    address: String,
}

/// The lock that an acquire is about: what its method is called on, else its first argument.
fn operand<'t>(file: &File<'t>, acquire: Node<'t>) -> Option<Operand<'t>> {
    if acquire.kind() != "call_expression" {
        // An argument of the call that takes several locks.
        let value = file.source.text(span(acquire));
        return Some(Operand {
            node: acquire,
            address: format!("&{value}"),
            value,
        });
    }
    let callee = acquire.child_by_field_name("function")?;
    let (node, is_pointer) = match callee.child_by_field_name("argument") {
        Some(object) => {
            let arrow = callee.child_by_field_name("operator")?.kind() == "->";
            (object, arrow)
        }
        None => (
            acquire.child_by_field_name("arguments")?.named_child(0)?,
            true,
        ),
    };
    let text = file.source.text(span(node));
    let inner = |operator: &str| {
        let own = node.child_by_field_name("operator")?;
        (own.kind() == operator).then(|| {
            let argument = node.child_by_field_name("argument")?;
            Some(file.source.text(span(argument)))
        })?
    };
    let (value, address) = if is_pointer {
        match inner("&") {
            Some(object) => (object, text),
            None if node.kind() == "this" => return None,
            None => (format!("*{text}"), text),
        }
    } else {
        let plain = unwrapped(node);
        if plain.kind() == "pointer_expression" && plain.id() != node.id() {
            // `(*p).lock()`
            let pointer = plain.child_by_field_name("argument")?;
            (
                file.source.text(span(plain)),
                file.source.text(span(pointer)),
            )
        } else {
            (text.clone(), format!("&{text}"))
        }
    };
    Some(Operand {
        node,
        value,
        address,
    })
}

/// The class that a lock which is known by its methods is declared with, where its name means that class.
fn declared_type(file: &File<'_>, entry: &Entry, lock: Node<'_>) -> Option<String> {
    let (TypeRef::Local(name) | TypeRef::Named(name)) =
        file.grammar.type_of(lock, file.surroundings())?
    else {
        return None;
    };
    let text = file.source.bytes;
    let defined = descendants(file.root, |_| true).find(|node| {
        matches!(node.kind(), "class_specifier" | "struct_specifier")
            && node.child_by_field_name("body").is_some()
            && node
                .child_by_field_name("name")
                .is_some_and(|own| file.normal(own) == name)
    })?;
    let nested = std::iter::successors(defined.parent(), Node::parent)
        .any(|around| matches!(around.kind(), "class_specifier" | "struct_specifier"));
    let space = guards::space_of(defined, text);
    let here = guards::space_of(lock, text);
    let seen = space.is_empty() || here == space || here.starts_with(&format!("{space}::"));
    (entry.lock.by_name && seen && !nested).then_some(name)
}

/// The template argument of a guard whose lock has a type that is not in sight.
fn deduced(standard: Standard, lock: &str) -> String {
    match standard {
        Standard::Cpp11 => format!("<typename std::remove_reference<decltype({lock})>::type>"),
        Standard::Cpp14 => format!("<std::remove_reference_t<decltype({lock})>>"),
        Standard::Cpp17 | Standard::Cpp20 => String::new(),
    }
}
