//! How Go writes the constructs of the forms.

use super::Go;
use crate::lower::File;
use crate::rewrite::printer::{CannotHoist, Hoist, Printer};
use crate::source::Span;
use tree_sitter::Node;

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

    fn close(&self) -> Option<&'static str> {
        Some("}")
    }

    fn empty_suite(&self) -> Option<&'static str> {
        None
    }

    fn waits_for_returned(&self) -> Option<&'static str> {
        None
    }

    fn is_settled(&self, _: &File<'_>, _: Node<'_>) -> bool {
        true
    }

    fn declare_flag(&self, name: &str, value: &str) -> String {
        format!("{name} := {value}")
    }

    fn truth(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }

    fn set_flag(&self, name: &str, value: bool) -> String {
        format!("{name} = {}", self.truth(value))
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

    fn called_in_place(&self) -> Option<(&'static str, &'static str, &'static str)> {
        Some(("func() {", "}()", "return"))
    }

    fn bind(&self, binding: &str) -> String {
        format!("{binding} := ")
    }

    fn is_verbatim(&self, kind: &str) -> bool {
        matches!(kind, "raw_string_literal" | "interpreted_string_literal")
    }

    fn hoist(&self, _: &File<'_>, _: Node<'_>, _: Span) -> Result<Hoist, CannotHoist> {
        Err(("declared-in-span", "later".to_owned()))
    }
}
