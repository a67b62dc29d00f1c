//! How PHP writes the constructs of the forms.

use super::Php;
use crate::lower::File;
use crate::rewrite::printer::{CannotHoist, Hoist, Printer};
use crate::source::Span;
use tree_sitter::Node;

impl Printer for Php {
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

    fn is_settled(&self, _: &File<'_>, _: Node<'_>) -> bool {
        true
    }

    fn variable(&self, name: &str) -> String {
        format!("${name}")
    }

    fn declare_flag(&self, name: &str, value: &str) -> String {
        format!("{name} = {value}")
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
        format!("{binding} = ")
    }

    fn is_verbatim(&self, kind: &str) -> bool {
        matches!(
            kind,
            "string"
                | "encapsed_string"
                | "heredoc"
                | "nowdoc"
                | "shell_command_expression"
                | "text_interpolation"
                | "text"
        )
    }

    fn hoist(&self, _: &File<'_>, _: Node<'_>, _: Span) -> Result<Hoist, CannotHoist> {
        // Names live in the whole function.
        Ok(Hoist::default())
    }
}
