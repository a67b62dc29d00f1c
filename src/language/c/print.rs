//! How C and C++ write the constructs of the forms.

use super::{Dialect, includes, results};
use crate::catalog::Entry;
use crate::catalog::pattern::unwrapped;
use crate::engine::Standard;
use crate::lower::{File, span};
use crate::rewrite::printer::{CannotHoist, Hoist, Printer};
use crate::source::Span;
use tree_sitter::Node;

impl Printer for Dialect {
    fn terminator(&self) -> &'static str {
        ";"
    }

    fn open_try(&self) -> &'static str {
        "try {"
    }

    fn open_finally(&self) -> &'static str {
        "} finally {"
    }

    fn close(&self) -> Option<&'static str> {
        Some("}")
    }

    fn empty_suite(&self) -> Option<&'static str> {
        None
    }

    fn waits_for_returned(&self) -> Option<&'static str> {
        None
    }

    fn is_settled(&self, _file: &File<'_>, _operand: Node<'_>) -> bool {
        true
    }

    fn declare_flag(&self, name: &str, value: &str) -> String {
        format!("bool {name} = {value}")
    }

    fn truth(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }

    fn set_flag(&self, name: &str, value: bool) -> String {
        format!("{name} = {}", self.truth(value))
    }

    fn when(&self, flag: &str, statement: &str, indent: &str) -> Vec<String> {
        vec![
            format!("if ({flag}) {{"),
            format!("{indent}{statement}"),
            "}".to_owned(),
        ]
    }

    fn bind(&self, binding: &str) -> String {
        format!("auto {binding} = ")
    }

    fn is_verbatim(&self, kind: &str) -> bool {
        matches!(
            kind,
            "string_literal" | "raw_string_literal" | "char_literal" | "system_lib_string"
        )
    }

    fn hoist(&self, _file: &File<'_>, _stmt: Node<'_>, _after: Span) -> Result<Hoist, CannotHoist> {
        Err((
            "declared-in-span",
            "a declaration in the span cannot be moved out of it".to_owned(),
        ))
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
        if code.contains("<$TYPE>") {
            let argument = match entry.type_of(lock.node, file.surroundings()) {
                Some(class) => format!("<{class}>"),
                None => deduced(file.standard, &lock.value),
            };
            code = code.replace("<$TYPE>", &argument);
        }
        if code.contains("$TYPE") {
            let class = entry.type_of(lock.node, file.surroundings())?;
            code = code.replace("$TYPE", &class);
        }
        Some(
            code.replace("$LOCK", &lock.value)
                .replace("$ADDRESS", &lock.address),
        )
    }

    fn include(&self, file: &File<'_>, header: &str) -> Option<(usize, String)> {
        includes::insertion(file, header)
    }
}

/// How the lock of a call is handed to a guard.
struct Operand<'t> {
    node: Node<'t>,
    /// `m`, `*p`
    value: String,
    /// `&m`, `p`
    address: String,
}

/// The lock that a call is about: what its method is called on, else its first argument.
fn operand<'t>(file: &File<'t>, acquire: Node<'t>) -> Option<Operand<'t>> {
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

/// The template argument of a guard whose lock has a type that is not in sight.
fn deduced(standard: Standard, lock: &str) -> String {
    match standard {
        Standard::Cpp11 => format!("<typename std::remove_reference<decltype({lock})>::type>"),
        Standard::Cpp14 => format!("<std::remove_reference_t<decltype({lock})>>"),
        Standard::Cpp17 | Standard::Cpp20 => String::new(),
    }
}
