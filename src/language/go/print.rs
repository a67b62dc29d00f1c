//! How Go writes the constructs of the forms.

use super::names::values;
use super::types::{is_written, results};
use super::{Go, enclosing, reach, scopes};
use crate::language::names::Names;
use crate::lower::{File, named_children, span};
use crate::rewrite::printer::{CannotHoist, Hoist, Literal, Printer};
use crate::source::Span;
use crate::tree::Node;

impl Printer for Go {
    fn terminator(&self) -> &'static str {
        ""
    }

    fn open_try(&self) -> &'static str {
        ""
    }

    fn open_finally(&self) -> &'static str {
        ""
    }

    fn truth(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }

    fn is_something(&self, variable: &str, number: bool) -> String {
        format!("{variable} != {}", if number { "0" } else { "nil" })
    }

    fn is_nothing(&self, variable: &str, number: bool) -> Option<String> {
        let nothing = if number { "0" } else { "nil" };
        Some(format!("{variable} == {nothing}"))
    }

    fn declare_flag(&self, name: &str, value: &str) -> String {
        format!("{name} := {value}")
    }

    fn when(&self, flag: &str, statement: &str, indent: &str) -> Vec<String> {
        vec![
            format!("if {flag} {{"),
            format!("{indent}{statement}"),
            "}".to_owned(),
        ]
    }

    fn deferred(&self, statements: &[String], indent: &str) -> Option<Vec<String>> {
        if let [call] = statements
            && call.ends_with(')')
        {
            return Some(vec![format!("defer {call}")]);
        }
        let mut lines = vec!["defer func() {".to_owned()];
        lines.extend(statements.iter().map(|line| format!("{indent}{line}")));
        lines.push("}()".to_owned());
        Some(lines)
    }

    fn called_in_place(&self) -> Option<Literal> {
        Some(Literal {
            open: "func() {",
            close: "}()",
            leave: "return",
            open_asked: "if func() bool {",
            asks: "}() {{}}",
            exits: "return true",
            stays: "return false",
        })
    }

    fn bind(&self, binding: &str) -> String {
        format!("{binding} := ")
    }

    fn is_verbatim(&self, kind: &str) -> bool {
        matches!(kind, "raw_string_literal" | "interpreted_string_literal")
    }

    fn may_enclose(&self, file: &File<'_>, region: Span) -> Result<(), CannotHoist> {
        enclosing::check(file, region)
    }

    fn tidies_blank_lines(&self) -> bool {
        true
    }

    fn hoist(&self, file: &File<'_>, stmt: Node<'_>, _: Span) -> Result<Hoist, CannotHoist> {
        match stmt.kind() {
            "short_var_declaration" => hoist_short(file, stmt),
            "var_declaration" => hoist_var(file, stmt),
            _ => Err(cannot("a declaration in the span is needed after it")),
        }
    }
}

fn cannot(message: &str) -> CannotHoist {
    ("declared-in-span", message.to_owned())
}

/// `x, err := f()` → `var x T` outside, `x, err = f()` inside.
fn hoist_short(file: &File<'_>, stmt: Node<'_>) -> Result<Hoist, CannotHoist> {
    let (Some(left), Some(right)) = (
        stmt.child_by_field_name("left"),
        stmt.child_by_field_name("right"),
    ) else {
        return Err(cannot("a declaration in the span is needed after it"));
    };
    let targets = named_children(left);
    let text = file.source.bytes;
    let new: Vec<bool> = targets
        .iter()
        .map(|target| file.normal(*target) != "_" && !scopes::is_declared_before(*target, text))
        .collect();
    let types = types_of(file, right, &new);
    let mut lines = Vec::new();
    for ((target, own), _) in targets.iter().zip(types).zip(&new).filter(|(_, new)| **new) {
        let name = file.normal(*target);
        let own = own.filter(|own| names_types(own, stmt, text)).ok_or_else(|| {
            (
                "declared-type-unknown",
                format!(
                    "`{name}` is declared inside the span and used after it, and its type is not \
                     known here"
                ),
            )
        })?;
        lines.push(format!("var {name} {own}"));
    }
    let token = crate::lower::children(stmt)
        .into_iter()
        .find(|token| token.kind() == ":=")
        .ok_or_else(|| cannot("a declaration in the span is needed after it"))?;
    Ok(Hoist {
        outside: lines,
        inside: vec![(span(token), "=".to_owned())],
        gone: false,
    })
}

/// The types of the values: what the file tells, where that is not enough for those that are
/// `needed` what its package tells, and what is known of other packages.
fn types_of(file: &File<'_>, list: Node<'_>, needed: &[bool]) -> Vec<Option<String>> {
    let count = needed.len();
    let told = |names: &Names| -> Vec<Option<String>> {
        let types = values(Some(list), count, file.source.bytes, names);
        let types = types.into_iter().enumerate().map(|(index, own)| {
            own.filter(|own| is_written(own))
                .or_else(|| result_of_known(file, list, index, count))
        });
        types.collect()
    };
    let own = told(file.names);
    let enough = own
        .iter()
        .zip(needed)
        .all(|(own, needed)| own.is_some() || !needed);
    // What other packages declare, no file of this one tells.
    let foreign = || {
        named_children(list)
            .into_iter()
            .all(|value| is_of_import(file, value))
    };
    if enough || foreign() {
        own
    } else {
        told(&file.names_with(reach::files(file, list)))
    }
}

/// Whether the value is what something of an imported package gives: `os.Open(path)`, `sync.OnceValue(read)()`.
fn is_of_import(file: &File<'_>, value: Node<'_>) -> bool {
    fn inner<'t>(node: &Node<'t>) -> Option<Node<'t>> {
        node.child_by_field_name("function")
            .or_else(|| node.child_by_field_name("operand"))
    }
    let first = std::iter::successors(Some(value), inner).last();
    first.is_some_and(|first| {
        let name = file.normal(first);
        first.id() != value.id()
            && first.kind() == "identifier"
            && file.names.imports.contains_key(&name)
            && !file.names.is_declared_at(&name, first.start_byte())
    })
}

/// Whether the names in the text of a type mean types where the statement stands, not variables.
fn names_types(of: &str, stmt: Node<'_>, text: &[u8]) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    of.split(|c: char| !is_name(c) && c != '.')
        .filter_map(|word| word.split('.').find(|part| !part.is_empty()))
        .all(|word| !scopes::is_local(word, stmt, text))
}

/// The type of a result of a function that the language's facts know.
fn result_of_known(file: &File<'_>, list: Node<'_>, index: usize, count: usize) -> Option<String> {
    let values = named_children(list);
    let (value, result) = if values.len() == count {
        (values.get(index)?, 0)
    } else {
        (values.first()?, index)
    };
    let callee = file.normal(value.child_by_field_name("function")?);
    let (package, _) = callee.split_once('.')?;
    file.names.imports.get(package)?;
    let known = file.catalog.facts.results.get(&callee)?;
    results(known).get(result).cloned()
}

/// `var x T = f()` → `var x T` outside, `x = f()` inside.
fn hoist_var(file: &File<'_>, stmt: Node<'_>) -> Result<Hoist, CannotHoist> {
    let specs = named_children(stmt);
    let [spec] = specs.as_slice() else {
        return Err(cannot("a declaration in the span declares several things"));
    };
    if spec.kind() != "var_spec" {
        return Err(cannot("a declaration in the span declares several things"));
    }
    let names: Vec<String> = scopes::named(*spec)
        .into_iter()
        .map(|name| file.normal(name))
        .collect();
    let value = spec.child_by_field_name("value");
    let types = match spec.child_by_field_name("type") {
        Some(written) => vec![Some(file.source.text(span(written))); names.len()],
        None => value.map_or_else(Vec::new, |value| {
            types_of(file, value, &vec![true; names.len()])
        }),
    };
    let mut lines = Vec::new();
    for (name, own) in names.iter().zip(types) {
        let own = own
            .filter(|own| names_types(own, stmt, file.source.bytes))
            .ok_or_else(|| {
                (
                    "declared-type-unknown",
                    format!(
                        "the type of `{name}`, which is used after the span, is not known here"
                    ),
                )
            })?;
        lines.push(format!("var {name} {own}"));
    }
    match value {
        None => Ok(Hoist {
            outside: lines,
            inside: Vec::new(),
            gone: true,
        }),
        Some(value) => {
            let head = Span::new(stmt.start_byte(), value.start_byte());
            Ok(Hoist {
                outside: lines,
                inside: vec![(head, format!("{} = ", names.join(", ")))],
                gone: false,
            })
        }
    }
}
