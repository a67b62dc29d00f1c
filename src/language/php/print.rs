//! How PHP writes the constructs of the forms.

use super::{Php, callback};
use crate::lower::File;
use crate::rewrite::printer::{CannotHoist, Hoist, Moved, Printer};
use crate::source::Span;
use crate::tree::Node;

impl Printer for Php {
    fn variable(&self, name: &str) -> String {
        format!("${name}")
    }

    fn truth(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }

    fn declare_flag(&self, name: &str, value: &str) -> String {
        format!("{name} = {value}")
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

    fn callback(
        &self,
        file: &File<'_>,
        moved: Moved<'_>,
        code: String,
    ) -> Result<String, CannotHoist> {
        callback::told(file, moved, code)
    }

    fn hoist(&self, _: &File<'_>, _: Node<'_>, _: Span) -> Result<Hoist, CannotHoist> {
        // Names live in the whole function.
        Ok(Hoist::default())
    }
}
