//! How C and C++ write the constructs of the forms.

use super::{Dialect, results};
use crate::lower::File;
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
}
